/* What actors cost that do nothing, and what a flood costs that the one it is for cannot keep up
   with. */
#include "ours.h"

#include <inttypes.h>
#include <stdlib.h>

#include "clock.h"
#include "resident.h"
#include "target.h"

/* ---- actor_bytes ----------------------------------------------------------------------------- */

#define IDLE 1000000
#define IDLE_BATCH 1000 /* so that the creations under way take no room */
#define IDLE_MIN 100000 /* or pages would count for too much */

TROUPE_CLASS(idler, (uint64_t, value));
TROUPE_ASK(idler, value, uint64_t);

struct idler_state {
    uint64_t value;
};

static void on_idler_init(struct idler_state *self, uint64_t value)
{
    self->value = value;
}

static uint64_t on_value(struct idler_state *self)
{
    return self->value;
}

TROUPE_IMPLEMENT(idler, (init, on_idler_init), (value, on_value));

static uint64_t make_idle(idler *made, double seconds)
{
    uint64_t n = 0;
    for (double end = bench_now() + seconds; n < IDLE && (n < IDLE_MIN || bench_now() < end);) {
        for (int i = 0; i < IDLE_BATCH; i++, n++)
            made[n] = troupe_new(idler, .value = n, .with = {.place = troupe_here()});
        target_expect("a new actor", troupe_await(idler_value(made[n - 1])), n - 1);
    }
    return n;
}

double ours_actor_bytes(double seconds)
{
    idler *made = target_memory(IDLE * sizeof *made);
    for (size_t i = 0; i < IDLE; i++)
        made[i] = (idler){.ref = {1, i}}; /* its pages are there before */
    int64_t before = resident_at_start();
    uint64_t n = make_idle(made, seconds);
    int64_t after = resident_bytes();
    for (uint64_t i = 0; i < n; i++)
        troupe_stop(made[i]);
    troupe_await(target_echo(target_on(0), 0)); /* they have stopped, */
    troupe_await(target_echo(target_on(0), 0)); /* and this rank has heard of it */
    free(made);
    return (double)(after - before) / (double)n - (double)sizeof(struct idler_state);
}

/* ---- flood ----------------------------------------------------------------------------------- */

#define EACH 1e-6 /* seconds that one takes */
#define LOOK 5e-3 /* seconds between two looks at the memory */

TROUPE_CLASS(eater);
TROUPE_TELL(eater, eat, (uint64_t, value));
TROUPE_ASK(eater, count, uint64_t);
TROUPE_ASK(eater, sum, uint64_t);
TROUPE_ASK(eater, growth, int64_t); /* of the memory of its rank, in bytes, at its largest */

struct growth {
    int64_t start, most;
    double next;
};

static void growth_begin(struct growth *growth)
{
    *growth = (struct growth){.start = resident_at_start(), .next = bench_now()};
}

static void growth_look(struct growth *growth, double now)
{
    if (now < growth->next)
        return;
    int64_t grown = resident_bytes() - growth->start;
    growth->most = grown > growth->most ? grown : growth->most;
    growth->next = now + LOOK;
}

struct eater_state {
    struct growth growth;
    uint64_t count, sum;
};

static void on_eater_init(struct eater_state *self)
{
    growth_begin(&self->growth);
}

static void on_eat(struct eater_state *self, uint64_t value)
{
    double begin = bench_now(), now = begin;
    self->count++;
    self->sum += value;
    while (now - begin < EACH)
        now = bench_now();
    growth_look(&self->growth, now);
}

static uint64_t on_count(struct eater_state *self)
{
    return self->count;
}

static uint64_t on_sum(struct eater_state *self)
{
    return self->sum;
}

static int64_t on_growth(struct eater_state *self)
{
    return self->growth.most;
}

TROUPE_IMPLEMENT(eater, (init, on_eater_init), (eat, on_eat), (count, on_count), (sum, on_sum),
                 (growth, on_growth));

/* As many as can be eaten in the time given, as fast as they can be sent. */
static uint64_t send_flood(eater to, double seconds, struct growth *growth)
{
    const uint64_t most = (uint64_t)(seconds / EACH) + 1;
    const double end = bench_now() + seconds;
    uint64_t n = 0;
    for (double now = 0; n < most && now < end; growth_look(growth, now)) {
        for (uint64_t stop = most - n < 256 ? most : n + 256; n < stop; n++)
            eater_eat(to, n);
        now = bench_now();
    }
    return n;
}

/* In MiB: of the flooding rank and the flooded one together. */
double ours_flood(double seconds)
{
    const int where = troupe_ranks() > 1;
    struct growth growth;
    eater to = troupe_new(eater, .with = {.place = troupe_on(where)});
    troupe_await(eater_count(to));
    growth_begin(&growth);
    uint64_t n = send_flood(to, seconds, &growth);
    growth_look(&growth, growth.next);
    uint64_t count = troupe_await(eater_count(to));
    if (count != n)
        troupe_fail(TROUPE_FAILED, "flood: %" PRIu64 " of %" PRIu64 " tells were lost", n - count,
                    n);
    target_expect("the sum of the flood", troupe_await(eater_sum(to)), n * (n - 1) / 2);
    int64_t theirs = troupe_await(eater_growth(to)), mine = growth.most;
    troupe_stop(to);
    return (double)(where ? theirs + mine : theirs > mine ? theirs : mine) / (1 << 20);
}
