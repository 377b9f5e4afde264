/* New actors, with a constructor. The last one answers; the others are looked at afterwards. */
#include "ours.h"

#include <stdlib.h>

#include "clock.h"
#include "target.h"

static cell *handles(uint64_t n)
{
    static cell *made;
    static uint64_t room;
    if (n > room) {
        free(made);
        made = target_memory(n * sizeof *made);
        room = n;
    }
    return made;
}

/* They all go, before anything else is measured. */
static void stop_all(const cell *made, uint64_t n, int rank)
{
    for (uint64_t i = 0; i < n; i++)
        troupe_stop(made[i]);
    troupe_await(target_echo(target_on(rank), 0)); /* they have stopped, */
    troupe_await(target_echo(target_on(0), 0));    /* and this rank has heard of it */
}

static double create(int rank, uint64_t n)
{
    const struct troupe_options with = {.place = troupe_on(rank)};
    cell *made = handles(n);
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++)
        made[i] = troupe_new(cell, .value = i, .with = with);
    uint64_t last = troupe_await(cell_sum(made[n - 1]));
    double seconds = bench_now() - begin;
    target_expect("new actors", last + cell_sum_all(made, n), n * (n - 1) / 2);
    stop_all(made, n, rank);
    return seconds;
}

double ours_create_local(uint64_t n)
{
    return create(0, n);
}

double ours_create_remote(uint64_t n)
{
    return create(1, n);
}
