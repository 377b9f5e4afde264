/* A rank that sleeps on a futex is woken and writes a word. */
#include "raw.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "raw_futex.h"
#include "raw_pair.h"

static void pause_for(double seconds)
{
    struct timespec t = {(time_t)seconds, 0};
    t.tv_nsec = (long)(1e9 * (seconds - (double)t.tv_sec));
    nanosleep(&t, NULL);
}

/* The one who asks is awake: it looks. */
static void look_until(const uint32_t *word, uint32_t value)
{
    for (unsigned looks = 1; __atomic_load_n(word, __ATOMIC_ACQUIRE) != value; looks++)
        if (looks % 4096 == 0)
            sched_yield();
}

static void clear(struct raw_shared *shared)
{
    for (int i = 0; i < RAW_SHARED; i++)
        __atomic_store_n(&shared[i].word, 0, __ATOMIC_RELAXED);
}

double raw_idle_wake(uint64_t n)
{
    struct raw_shared *shared = raw_pair_memory();
    if (!shared)
        return NAN;
    clear(shared);
    raw_pair_meet();
    double seconds = 0;
    for (uint32_t i = 1; i <= n; i++) {
        pause_for(RAW_PAUSE);
        double begin = bench_now();
        raw_futex_wake(&shared[0].word, i, 0);
        look_until(&shared[1].word, i);
        seconds += bench_now() - begin;
    }
    return seconds;
}

void raw_idle_wake_mate(uint64_t n)
{
    struct raw_shared *shared = raw_pair_memory();
    if (!shared)
        return;
    raw_pair_meet();
    for (uint32_t i = 1; i <= n; i++) {
        raw_futex_sleep_until(&shared[0].word, i, 0);
        __atomic_store_n(&shared[1].word, i, __ATOMIC_RELEASE);
    }
}

/* ---- the same while another thread of the one that is woken computes ------------------------- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double raw_quantile(double *times, uint64_t n, double part)
{
    qsort(times, n, sizeof *times, compare);
    return times[(uint64_t)(part * (double)(n - 1))];
}

static double deaf(double part)
{
    struct raw_shared *shared = raw_pair_memory();
    double *times = shared ? malloc(RAW_ASKED * sizeof *times) : NULL;
    if (!times)
        return NAN;
    clear(shared);
    raw_pair_meet();
    for (uint32_t i = 1; i <= RAW_ASKED; i++) {
        pause_for(RAW_BEAT);
        double begin = bench_now();
        raw_futex_wake(&shared[0].word, i, 0);
        look_until(&shared[1].word, i);
        times[i - 1] = bench_now() - begin;
    }
    double time = raw_quantile(times, RAW_ASKED, part);
    free(times);
    return time;
}

double raw_deaf(uint64_t n)
{
    return (double)n * deaf(RAW_P99);
}

double raw_deaf_median(uint64_t n)
{
    return (double)n * deaf(0.5);
}

static void *burn(void *stop)
{
    while (!__atomic_load_n((const bool *)stop, __ATOMIC_RELAXED))
        continue;
    return NULL;
}

static void beside_burner(uint64_t asked)
{
    bool stop = false;
    pthread_t burner;
    if (!raw_pair_memory() || pthread_create(&burner, NULL, burn, &stop))
        return;
    raw_idle_wake_mate(asked);
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    pthread_join(burner, NULL);
}

void raw_deaf_mate(uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        beside_burner(RAW_ASKED);
}

void raw_deaf_median_mate(uint64_t n)
{
    raw_deaf_mate(n);
}
