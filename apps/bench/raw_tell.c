/* Records to other ranks, each dispatched there by an indirect call and added up. */
#include "raw.h"

#include <stdlib.h>

#include "clock.h"
#include "raw_pack.h"
#include "raw_world.h"
#include "setting.h"

static uint64_t sums[BENCH_CELLS];

static void add(uint32_t target, uint64_t value)
{
    sums[target] += value;
}

/* Volatile: the compiler shall not see through it, as it cannot in a program of many handlers. */
static raw_handler *const volatile handlers[] = {add};

static void clear(void)
{
    for (uint32_t i = 0; i < BENCH_CELLS; i++)
        sums[i] = 0;
}

static uint64_t total(void)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < BENCH_CELLS; i++)
        sum += sums[i];
    return sum;
}

static struct raw_lane *lanes;

static struct raw_lane *open_lanes(int ranks)
{
    if (!lanes)
        lanes = malloc((size_t)ranks * sizeof *lanes);
    if (!lanes)
        abort();
    for (int i = 0; i < ranks; i++)
        raw_lane_open(&lanes[i], i, handlers);
    return lanes;
}

/* ---- to few ---------------------------------------------------------------------------------- */

/* How many of n records rank `rank` gets. */
static uint64_t share(uint64_t n, int rank)
{
    const uint32_t all = bench_setting.destinations;
    uint64_t sum = 0;
    for (uint32_t d = 0; d < all; d++)
        if (bench_destination_rank(d, raw_world_ranks()) == rank)
            sum += n / all + (d < n % all);
    return sum;
}

static struct raw_record record(uint64_t i, uint64_t *state)
{
    (void)state;
    return (struct raw_record){0, 0, i};
}

static void send_to_many(int ranks, uint64_t n)
{
    struct raw_lane *to[BENCH_DESTINATIONS_MAX];
    const uint32_t all = bench_setting.destinations;
    for (uint32_t d = 0; d < all; d++)
        to[d] = &lanes[bench_destination_rank(d, ranks)];
    for (uint64_t i = 0, d = 0; i < n; i++, d = d + 1 == all ? 0 : d + 1)
        raw_lane_put(to[d], 0, (uint32_t)d, i);
}

static uint64_t finish(int ranks, uint64_t n)
{
    uint64_t sum = 0;
    for (int i = 0; i < ranks; i++)
        raw_lane_close(&lanes[i]);
    for (int i = 1; i < ranks; i++)
        if (share(n, i))
            sum += raw_pack_answer_of(i);
    return sum;
}

double raw_tell_rate(uint64_t n)
{
    const int ranks = raw_world_ranks();
    open_lanes(ranks);
    clear();
    raw_world_meet();
    double begin = bench_now();
    if (bench_setting.destinations == 1)
        raw_lane_put_all(&lanes[bench_destination_rank(0, ranks)], n, record, NULL);
    else
        send_to_many(ranks, n);
    uint64_t sum = finish(ranks, n);
    double seconds = bench_now() - begin;
    raw_world_expect("tell_rate", sum + total(), n * (n - 1) / 2);
    return seconds;
}

void raw_tell_rate_mate(uint64_t n)
{
    const uint64_t mine = share(n, raw_world_rank());
    clear();
    raw_world_meet();
    if (!mine)
        return;
    raw_pack_receive(mine, handlers);
    uint64_t sum = 0;
    for (uint32_t d = 0; d < BENCH_DESTINATIONS_MAX; d++)
        sum += sums[d];
    raw_pack_answer(sum);
}

/* ---- to 100,000 on rank 1 -------------------------------------------------------------------- */

static struct raw_record random_record(uint64_t i, uint64_t *random)
{
    return (struct raw_record){0, (uint32_t)bench_draw(random, BENCH_CELLS), i};
}

double raw_tell_rate_many(uint64_t n)
{
    uint64_t random = bench_seed(0);
    struct raw_lane *lane = &open_lanes(raw_world_ranks())[1];
    raw_world_meet();
    double begin = bench_now();
    raw_lane_put_all(lane, n, random_record, &random);
    raw_lane_close(lane);
    uint64_t done = raw_pack_answer_of(1);
    double seconds = bench_now() - begin;
    raw_world_expect("tell_rate_many", done, n);
    raw_world_expect("tell_rate_many", raw_pack_answer_of(1), n * (n - 1) / 2);
    return seconds;
}

void raw_tell_rate_many_mate(uint64_t n)
{
    clear();
    raw_world_meet();
    if (raw_world_rank() != 1)
        return;
    raw_pack_receive(n, handlers);
    raw_pack_answer(n);
    raw_pack_answer(total());
}
