/* Tells of the driver to an actor on rank 1, sent and received. */
#include "ours.h"

#include "clock.h"
#include "target.h"

double ours_tell_rate(uint64_t n)
{
    target to = target_on(1);
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++)
        target_add(to, i, 1);
    uint64_t sum = troupe_await(target_sum(to));
    double seconds = bench_now() - begin;
    target_expect("tells", sum, n * (n - 1) / 2 + n);
    return seconds;
}
