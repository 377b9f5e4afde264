/* New actors. Calls of a pair stay in order: when the last one answers, all have been made. */
#include "ours.h"

#include "clock.h"
#include "target.h"

static double create(int rank, uint64_t n)
{
    const struct troupe_options with = {.place = troupe_on(rank)};
    target last = {0};
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++)
        last = troupe_new(target, .with = with);
    uint64_t echo = troupe_await(target_echo(last, n));
    double seconds = bench_now() - begin;
    target_expect("an ask to a new actor", echo, n);
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
