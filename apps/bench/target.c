#include "target.h"

#include <inttypes.h>

#include "clock.h"

#define BATCH 1024 /* tells between two asks, so that what waits stays small */

struct target_state {
    uint64_t sum;
};

static void on_add(struct target_state *self, uint64_t a, uint64_t b)
{
    self->sum += a + b;
}

static uint64_t on_echo(struct target_state *self, uint64_t value)
{
    (void)self;
    return value;
}

static uint64_t on_sum(struct target_state *self)
{
    uint64_t sum = self->sum;
    self->sum = 0;
    return sum;
}

TROUPE_IMPLEMENT(target, (add, on_add), (echo, on_echo), (sum, on_sum));

target target_on(int rank)
{
    static target made[2];
    static bool is_made[2];
    if (!is_made[rank])
        made[rank] = troupe_new(target, .with = {.place = troupe_on(rank)});
    is_made[rank] = true;
    return made[rank];
}

void target_expect(const char *what, uint64_t got, uint64_t wanted)
{
    if (got != wanted)
        troupe_fail(TROUPE_FAILED, "%s came to %" PRIu64 " instead of %" PRIu64, what, got, wanted);
}

/* ---- the one who calls from the same rank ---------------------------------------------------- */

struct prodder_state {
    uint64_t calls;
};

static double on_tell(struct prodder_state *self, target to, uint64_t n)
{
    uint64_t sum = 0;
    double begin = bench_now();
    for (uint64_t i = 0; i < n; sum += troupe_await(target_sum(to)))
        for (uint64_t end = n - i < BATCH ? n : i + BATCH; i < end; i++)
            target_add(to, i, 1);
    double seconds = bench_now() - begin;
    target_expect("local tells", sum, n * (n - 1) / 2 + n);
    self->calls += n;
    return seconds;
}

static double on_ask(struct prodder_state *self, target to, uint64_t n)
{
    uint64_t sum = 0;
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++)
        sum += troupe_await(target_echo(to, i));
    double seconds = bench_now() - begin;
    target_expect("local asks", sum, n * (n - 1) / 2);
    self->calls += n;
    return seconds;
}

TROUPE_IMPLEMENT(prodder, (tell, on_tell), (ask, on_ask));
