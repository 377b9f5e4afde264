/* Objects made by a constructor behind a function pointer and kept in a table. */
#include "raw.h"

#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "raw_pack.h"
#include "raw_pair.h"
#include "raw_world.h"

struct object {
    uint64_t sum;
};

static struct object **table;
static uint64_t used, room;

/* Nothing is given back if memory is short: then the program is not long for this world. */
static void create(uint32_t target, uint64_t value)
{
    (void)target;
    if (used == room) {
        room = room ? 2 * room : 64;
        table = realloc(table, room * sizeof *table);
    }
    struct object *object = table ? malloc(sizeof *object) : NULL;
    if (!object)
        abort();
    object->sum = value;
    table[used++] = object;
}

static raw_handler *const volatile handlers[] = {create};

static void destroy_all(void)
{
    while (used)
        free(table[--used]);
    free(table);
    table = NULL;
    room = 0;
}

double raw_create_local(uint64_t n)
{
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++)
        handlers[0](0, i);
    double seconds = bench_now() - begin;
    destroy_all();
    return seconds;
}

static struct raw_record record(uint64_t i, uint64_t *state)
{
    (void)state;
    return (struct raw_record){0, 0, i};
}

double raw_create_remote(uint64_t n)
{
    static struct raw_lane lane;
    if (!raw_pair_exists())
        return NAN;
    raw_lane_open(&lane, 1, handlers);
    raw_pair_meet();
    double begin = bench_now();
    raw_lane_put_all(&lane, n, record, NULL);
    raw_lane_close(&lane);
    uint64_t made = raw_pack_answer_of(1);
    double seconds = bench_now() - begin;
    raw_world_expect("create_remote", made, n);
    return seconds;
}

void raw_create_remote_mate(uint64_t n)
{
    raw_pair_meet();
    raw_pack_receive(n, handlers);
    raw_pack_answer(used);
    destroy_all();
}
