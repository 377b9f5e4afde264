/* A cache line handed over: each side writes a word that the other one waits for. */
#include "raw.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>

#include "clock.h"
#include "raw_pair.h"

/* Where both sides share a core, the other one must run too. */
static void await_word(const uint32_t *word, uint32_t value)
{
    for (unsigned looks = 1; __atomic_load_n(word, __ATOMIC_ACQUIRE) != value; looks++)
        if (looks % 4096 == 0)
            sched_yield();
}

/* Half the seconds, for each round hands over twice. The first round is not counted: in it the
   other side may still be about to begin. */
static double hand_over(struct raw_shared *shared, uint64_t n)
{
    double begin = 0;
    for (uint32_t i = 0; i <= n; i++) {
        __atomic_store_n(&shared[0].word, i + 1, __ATOMIC_RELEASE);
        await_word(&shared[1].word, i + 1);
        if (i == 0)
            begin = bench_now();
    }
    return (bench_now() - begin) / 2;
}

static void hand_back(struct raw_shared *shared, uint64_t n)
{
    for (uint32_t i = 0; i <= n; i++) {
        await_word(&shared[0].word, i + 1);
        __atomic_store_n(&shared[1].word, i + 1, __ATOMIC_RELEASE);
    }
}

static void clear(struct raw_shared *shared)
{
    for (int i = 0; i < RAW_SHARED; i++)
        __atomic_store_n(&shared[i].word, 0, __ATOMIC_RELAXED);
}

/* ---- two threads ----------------------------------------------------------------------------- */

static struct raw_shared of_threads[RAW_SHARED];

static void *thread(void *n)
{
    hand_back(of_threads, *(const uint64_t *)n);
    return NULL;
}

static double between_threads(uint64_t n)
{
    pthread_t other;
    clear(of_threads);
    if (pthread_create(&other, NULL, thread, &n))
        return NAN;
    double seconds = hand_over(of_threads, n);
    pthread_join(other, NULL);
    return seconds;
}

/* ---- two ranks ------------------------------------------------------------------------------- */

double raw_floor(uint64_t n)
{
    struct raw_shared *shared = raw_pair_memory();
    if (!raw_pair_exists())
        return between_threads(n);
    if (!shared)
        return NAN;
    clear(shared);
    raw_pair_meet();
    return hand_over(shared, n);
}

void raw_floor_mate(uint64_t n)
{
    struct raw_shared *shared = raw_pair_memory();
    if (!shared)
        return;
    raw_pair_meet();
    hand_back(shared, n);
}
