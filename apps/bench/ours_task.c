/* Tasks that do nothing: many at once, and one after the other. */
#include "ours.h"

#include "clock.h"
#include "target.h"

TROUPE_TASK(empty_task, uint64_t, (uint64_t, value));

static uint64_t on_empty_task(uint64_t value)
{
    return value;
}

TROUPE_BODY(empty_task, on_empty_task);

/* All are submitted, and then awaited. */
double ours_task_rate(uint64_t n)
{
    struct troupe_scope scope = troupe_scope_begin();
    TROUPE_FUTURE(uint64_t) *futures = troupe_alloc(n * sizeof *futures);
    uint64_t sum = 0;
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++)
        futures[i] = empty_task(i);
    for (uint64_t i = 0; i < n; i++)
        sum += troupe_await(futures[i]);
    double seconds = bench_now() - begin;
    troupe_scope_end(scope);
    target_expect("tasks", sum, n * (n - 1) / 2);
    return seconds;
}

static double latency(uint64_t n, int rank)
{
    uint64_t sum = 0;
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++)
        sum += troupe_await(
            troupe_submit(empty_task, .value = i, .with = {.place = troupe_on(rank)}));
    double seconds = bench_now() - begin;
    target_expect("tasks one by one", sum, n * (n - 1) / 2);
    return seconds;
}

double ours_task_latency(uint64_t n)
{
    return latency(n, 0);
}

double ours_task_latency_remote(uint64_t n)
{
    return latency(n, 1);
}
