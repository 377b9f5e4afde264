/* Tasks that do nothing, many at once, and one after the other; many that wait; and tasks of very
   different lengths. */
#include "ours.h"

#include <math.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "resident.h"
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

/* ---- many that wait -------------------------------------------------------------------------- */

#define QUEUED 1000000
#define QUEUED_PART 100000

static atomic_bool block_wanted;

TROUPE_TASK(block, void, (int, unused));

/* Holds its slots, as no call of troupe's would. */
static void on_block(int unused)
{
    (void)unused;
    const struct timespec pause = {.tv_nsec = 1000000};
    while (atomic_load(&block_wanted))
        nanosleep(&pause, NULL);
}

TROUPE_BODY(block, on_block);

/* Seconds that each part of them took. */
static void queue_up(troupe_future *futures, double *seconds)
{
    for (int part = 0; part < QUEUED / QUEUED_PART; part++) {
        double begin = bench_now();
        for (uint64_t i = 0; i < QUEUED_PART; i++)
            *futures++ =
                troupe_submit(empty_task, .value = i, .with = {.place = troupe_here()}).any;
        seconds[part] = bench_now() - begin;
    }
}

struct queued {
    double bytes;    /* of one */
    double slowdown; /* the last part against the first */
};

static struct queued queue_and_run(void)
{
    double seconds[QUEUED / QUEUED_PART];
    troupe_future *futures = target_memory(QUEUED * sizeof *futures);
    for (size_t i = 0; i < QUEUED; i++)
        futures[i].id = i; /* its pages are there before */
    atomic_store(&block_wanted, true);
    TROUPE_FUTURE(void)
    blocking = troupe_submit(block, .with = {.place = troupe_here(), .cpus = troupe_cpus()});
    int64_t before = resident_at_start();
    queue_up(futures, seconds);
    int64_t after = resident_bytes();
    atomic_store(&block_wanted, false);
    troupe_await(blocking);
    uint64_t sum = 0;
    for (size_t i = 0; i < QUEUED; i++)
        sum += *(uint64_t *)troupe_await_any(futures[i], sizeof(uint64_t));
    free(futures);
    target_expect("queued tasks", sum, (uint64_t)QUEUED * (QUEUED_PART - 1) / 2);
    return (struct queued){(double)(after - before) / QUEUED,
                           seconds[QUEUED / QUEUED_PART - 1] / seconds[0]};
}

double ours_task_bytes(double seconds)
{
    (void)seconds;
    return queue_and_run().bytes;
}

double ours_task_slowdown(double seconds)
{
    (void)seconds;
    return queue_and_run().slowdown;
}

/* ---- of different lengths -------------------------------------------------------------------- */

#define MIXED 10000
#define MIXED_RANGE 1000.0 /* the longest against the shortest */

/* In steps; CPU seconds. */
TROUPE_TASK(work, double, (uint64_t, steps));

static double cpu_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Marsaglia's xorshift, 2003. */
static double on_work(uint64_t steps)
{
    double begin = cpu_now();
    volatile uint64_t kept;
    uint64_t x = steps | 1;
    for (uint64_t i = 0; i < steps; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    kept = x;
    (void)kept;
    return cpu_now() - begin;
}

TROUPE_BODY(work, on_work);

/* Steps of the shortest, so that all of them take about so many CPU seconds. */
static double shortest(double seconds)
{
    const uint64_t steps = 10000000;
    double mean = (MIXED_RANGE - 1) / log(MIXED_RANGE);
    return (double)steps / on_work(steps) * seconds / (MIXED * mean);
}

/* A golden ratio's multiples lie evenly in 0 to 1, in no order. */
static uint64_t steps_of(int task, double least)
{
    double whole;
    return (uint64_t)(least * pow(MIXED_RANGE, modf(task * 0.6180339887498949, &whole)));
}

static double cores(void)
{
    double slots = 0, here = (double)sysconf(_SC_NPROCESSORS_ONLN);
    for (int rank = 0; rank < troupe_ranks(); rank++)
        slots += troupe_rank_cpus(rank);
    return slots < here ? slots : here;
}

/* How long they take against what is possible: all that they compute on all the cores, or the
   longest of them. */
double ours_task_mix(double seconds)
{
    struct troupe_scope scope = troupe_scope_begin();
    double least = shortest(seconds * cores()), all = 0, longest = 0;
    TROUPE_FUTURE(double) *futures = troupe_alloc(MIXED * sizeof *futures);
    double begin = bench_now();
    for (int i = 0; i < MIXED; i++)
        futures[i] = work(steps_of(i, least));
    for (int i = 0; i < MIXED; i++) {
        double one = troupe_await(futures[i]);
        all += one;
        longest = fmax(longest, one);
    }
    double took = bench_now() - begin;
    troupe_scope_end(scope);
    return took / fmax(all / cores(), longest);
}
