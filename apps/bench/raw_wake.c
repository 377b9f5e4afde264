/* A rank that sleeps on a futex is woken and writes a word. */
#include "raw.h"

#include <linux/futex.h>
#include <math.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "raw_pair.h"

static void pause_for(double seconds)
{
    struct timespec t = {(time_t)seconds, 0};
    t.tv_nsec = (long)(1e9 * (seconds - (double)t.tv_sec));
    nanosleep(&t, NULL);
}

static void wake(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void sleep_until(uint32_t *word, uint32_t value)
{
    uint32_t seen;
    while ((seen = __atomic_load_n(word, __ATOMIC_SEQ_CST)) != value)
        syscall(SYS_futex, word, FUTEX_WAIT, seen, NULL, NULL, 0);
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
        wake(&shared[0].word, i);
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
        sleep_until(&shared[0].word, i);
        __atomic_store_n(&shared[1].word, i, __ATOMIC_RELEASE);
    }
}
