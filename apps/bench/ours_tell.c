/* Tells of the driver to actors on other ranks, sent and received. */
#include "ours.h"

#include "clock.h"
#include "setting.h"
#include "target.h"

/* ---- to few ---------------------------------------------------------------------------------- */

static void tell_one(target to, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        target_add(to, i, 1);
}

static void tell_many(const target *to, uint32_t count, uint64_t n)
{
    for (uint64_t i = 0, d = 0; i < n; i++, d = d + 1 == count ? 0 : d + 1)
        target_add(to[d], i, 1);
}

/* All are asked before the first answer is awaited. */
static uint64_t sum_of(const target *to, uint32_t count)
{
    TROUPE_FUTURE(uint64_t) asked[BENCH_DESTINATIONS_MAX];
    uint64_t sum = 0;
    for (uint32_t d = 0; d < count; d++)
        asked[d] = target_sum(to[d]);
    for (uint32_t d = 0; d < count; d++)
        sum += troupe_await(asked[d]);
    return sum;
}

double ours_tell_rate(uint64_t n)
{
    target to[BENCH_DESTINATIONS_MAX];
    const uint32_t count = bench_setting.destinations;
    for (uint32_t d = 0; d < count; d++)
        to[d] = target_at(d);
    double begin = bench_now();
    if (count == 1)
        tell_one(to[0], n);
    else
        tell_many(to, count, n);
    uint64_t sum = sum_of(to, count);
    double seconds = bench_now() - begin;
    target_expect("tells", sum, n * (n - 1) / 2 + n);
    return seconds;
}

/* ---- to 100,000 on rank 1 -------------------------------------------------------------------- */

static const cell *cells_on_1(void)
{
    static cell *made;
    if (made)
        return made;
    made = target_memory(BENCH_CELLS * sizeof *made);
    for (uint32_t i = 0; i < BENCH_CELLS; i++)
        made[i] = troupe_new(cell, .with = {.place = troupe_on(1)});
    cell_sum_all(made, BENCH_CELLS);
    return made;
}

double ours_tell_rate_many(uint64_t n)
{
    uint64_t random = bench_seed(0);
    const cell *to = cells_on_1();
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++)
        cell_add(to[bench_draw(&random, BENCH_CELLS)], i, 1);
    tally_await("tells to many", n);
    double seconds = bench_now() - begin;
    target_expect("the sum of tells to many", cell_sum_all(to, BENCH_CELLS), n * (n - 1) / 2 + n);
    return seconds;
}
