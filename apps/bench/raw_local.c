/* Calls within one thread as one would queue them by hand: the message is copied into a ring, and
   taken from there by a call through a function pointer. */
#include "raw.h"

#include <math.h>

#include "clock.h"

#define SLOTS 1024

struct message {
    uint32_t handler, target;
    uint64_t a, b;
};

typedef uint64_t method(uint64_t *sum, uint64_t a, uint64_t b);

static uint64_t add(uint64_t *sum, uint64_t a, uint64_t b)
{
    return *sum += a + b;
}

static uint64_t echo(uint64_t *sum, uint64_t a, uint64_t b)
{
    (void)sum, (void)b;
    return a;
}

/* Volatile, as the compiler cannot see through them in a program of many handlers either. */
static method *const volatile handlers[] = {add, echo};

static struct message ring[SLOTS];
static uint64_t put, taken;
static uint64_t sums[1];

static inline void send(uint32_t handler, uint64_t a, uint64_t b)
{
    struct message *m = &ring[put++ % SLOTS];
    m->handler = handler;
    m->target = 0;
    m->a = a;
    m->b = b;
}

static inline uint64_t dispatch(void)
{
    const struct message *m = &ring[taken++ % SLOTS];
    return handlers[m->handler](&sums[m->target], m->a, m->b);
}

double raw_local_tell(uint64_t n)
{
    sums[0] = 0;
    double begin = bench_now();
    for (uint64_t i = 0; i < n;) {
        for (uint64_t end = n - i < SLOTS ? n : i + SLOTS; i < end; i++)
            send(0, i, 1);
        while (taken != put)
            dispatch();
    }
    double seconds = bench_now() - begin;
    return sums[0] == n * (n - 1) / 2 + n ? seconds : NAN;
}

/* The answer goes back the same way. */
double raw_local_ask(uint64_t n)
{
    uint64_t sum = 0;
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++) {
        send(1, i, 0);
        send(1, dispatch(), 0);
        sum += dispatch();
    }
    double seconds = bench_now() - begin;
    return sum == n * (n - 1) / 2 ? seconds : NAN;
}
