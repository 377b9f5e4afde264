/* A rank that sleeps on a futex is woken and writes a word. */
#include "raw.h"

#include <math.h>
#include <sched.h>
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
