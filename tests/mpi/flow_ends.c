/*
 * The end of a job while floods are under way that have no end of their own: light methods, actors
 * with CPUs, tasks and rings of tells. The driver has returned, and the job is over when the linger
 * is. No cmocka: what is tested comes after the driver.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "play.h"

#define LINGER 1.0 /* seconds */
#define GRACE 30.0 /* more, on a machine with much else to do */

TROUPE_CLASS(sink);
TROUPE_TELL(sink, take, (uint64_t, number));
TROUPE_ASK(sink, taken, uint64_t);

TROUPE_CLASS(source);
TROUPE_TELL(source, flood, (sink, to));
TROUPE_TELL(source, bounce, (source, other));

TROUPE_TASK(flood_task, void, (sink, to));

struct sink_state {
    uint64_t taken;
};

static void on_take(struct sink_state *self, uint64_t number)
{
    self->taken += number > 0;
}

static uint64_t on_taken(struct sink_state *self)
{
    return self->taken;
}

TROUPE_IMPLEMENT(sink, (take, on_take), (taken, on_taken));

struct source_state {
    char unused;
};

static void flood(sink to)
{
    for (uint64_t i = 1;; i++)
        sink_take(to, i);
}

static void on_flood(struct source_state *self, sink to)
{
    (void)self;
    flood(to);
}

static void on_bounce(struct source_state *self, source other)
{
    source_bounce(other, source_self(self));
}

TROUPE_IMPLEMENT(source, (flood, on_flood), (bounce, on_bounce));
TROUPE_BODY(flood_task, flood);

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    int last = troupe_ranks() - 1;
    for (int from = 0; from <= last; from += last > 0 ? last : 1) {
        struct troupe_place here = troupe_on(from), there = troupe_on(last - from);
        sink s = troupe_new(sink, .with = {.place = there});
        source_flood(troupe_new(source, .with = {.place = here}), s);
        source_flood(troupe_new(source, .with = {.place = here, .cpus = 1}), s);
        troupe_drop(troupe_submit(flood_task, .to = s, .with = {.place = here}));
        source_bounce(troupe_new(source, .with = {.place = here}),
                      troupe_new(source, .with = {.place = there}));
        while (troupe_await(sink_taken(s)) == 0)
            troupe_sleep(1e-3);
    }
    return 7;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool ends(int argc, char **argv, int ranks, uint64_t seed)
{
    const struct troupe_run_options options = {.ranks = ranks, .seed = seed, .linger = LINGER};
    test_time_limit(60);
    double before = now();
    int status = troupe_run(argc, argv, driver, &options);
    double took = now() - before;
    if (status != 7)
        fprintf(stderr, "the status is %d\n", status);
    if (took > LINGER + GRACE)
        fprintf(stderr, "it took %g s\n", took);
    return status == 7 && took <= LINGER + GRACE;
}

int main(int argc, char **argv)
{
    if (!test_alone() || getenv("TROUPE_RANKS") || getenv("TROUPE_SEED"))
        return ends(argc, argv, 0, 0) ? 0 : 1;
    for (int ranks = 1; ranks <= 4; ranks *= 2)
        if (!ends(argc, argv, ranks, (uint64_t)ranks / 2))
            return 1;
    return 0;
}
