/* A thread that sleeps on a futex is handed a number and hands it back. */
#include "raw.h"

#include <math.h>
#include <pthread.h>

#include "clock.h"
#include "raw_futex.h"

/* Apart, so that the two sides share no cache line. */
struct exchange {
    uint32_t there, apart[31];
    uint32_t back, n;
};

static void *hand_back(void *with)
{
    struct exchange *x = with;
    for (uint32_t i = 1; i <= x->n; i++) {
        raw_futex_sleep_until(&x->there, i, FUTEX_PRIVATE_FLAG);
        raw_futex_wake(&x->back, i, FUTEX_PRIVATE_FLAG);
    }
    return NULL;
}

double raw_task_latency(uint64_t n)
{
    struct exchange x = {.n = (uint32_t)n};
    pthread_t thread;
    if (pthread_create(&thread, NULL, hand_back, &x) != 0)
        return NAN;
    double begin = bench_now();
    for (uint32_t i = 1; i <= x.n; i++) {
        raw_futex_wake(&x.there, i, FUTEX_PRIVATE_FLAG);
        raw_futex_sleep_until(&x.back, i, FUTEX_PRIVATE_FLAG);
    }
    double seconds = bench_now() - begin;
    pthread_join(thread, NULL);
    return seconds;
}
