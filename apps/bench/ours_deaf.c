/* Asks to an actor on a rank where something else computes without a call. */
#include "ours.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "clock.h"
#include "raw.h"
#include "target.h"

TROUPE_CLASS(burner);
TROUPE_ASK(burner, burn, void);

/* It has the last word on its rank. */
TROUPE_CLASS(stopper);
TROUPE_ASK(stopper, let, void);
TROUPE_TELL(stopper, stop);

TROUPE_CLASS(asker);
TROUPE_ASK(asker, measure, double, (target, to), (stopper, then), (double, part));

static atomic_bool burning; /* on this rank */

static void burn(void)
{
    while (atomic_load_explicit(&burning, memory_order_relaxed))
        continue;
}

struct burner_state {
    char unused;
};

static void on_burn(struct burner_state *self)
{
    (void)self;
    burn();
}

TROUPE_IMPLEMENT(burner, (burn, on_burn));

struct stopper_state {
    char unused;
};

static void on_let(struct stopper_state *self)
{
    (void)self;
    burning = true;
}

static void on_stop(struct stopper_state *self)
{
    (void)self;
    burning = false;
}

TROUPE_IMPLEMENT(stopper, (let, on_let), (stop, on_stop));

struct asker_state {
    char unused;
};

static double on_measure(struct asker_state *self, target to, stopper then, double part)
{
    (void)self;
    double *times = target_memory(RAW_ASKED * sizeof *times);
    for (uint64_t i = 0; i < RAW_ASKED; i++) {
        troupe_sleep(RAW_BEAT);
        double begin = bench_now();
        target_expect("an ask", troupe_await(target_echo(to, i)), i);
        times[i] = bench_now() - begin;
    }
    stopper_stop(then);
    double time = raw_quantile(times, RAW_ASKED, part);
    free(times);
    return time;
}

TROUPE_IMPLEMENT(asker, (measure, on_measure));

/* ---- for the driver -------------------------------------------------------------------------- */

static asker asker_on(int rank)
{
    static asker made[2];
    if (!made[rank].ref.place)
        made[rank] = troupe_new(asker, .with = {.place = troupe_on(rank)});
    return made[rank];
}

static stopper stopper_on(int rank)
{
    static stopper made[2];
    if (!made[rank].ref.place)
        made[rank] = troupe_new(stopper, .with = {.place = troupe_on(rank)});
    return made[rank];
}

static burner burner_with(int cpus)
{
    static burner made[2];
    if (!made[cpus].ref.place)
        made[cpus] = troupe_new(burner, .with = {.place = troupe_on(1), .cpus = cpus});
    return made[cpus];
}

/* Beside a method on rank 1, of a light actor or one with a CPU of its own. */
static double beside_method(int cpus, double part)
{
    troupe_await(stopper_let(stopper_on(1)));
    TROUPE_FUTURE(void) burnt = burner_burn(burner_with(cpus));
    double time =
        troupe_await(asker_measure(asker_on(0), target_on(1), stopper_on(1), part));
    troupe_await(burnt);
    return time;
}

static double beside_driver(double part)
{
    troupe_await(stopper_let(stopper_on(0)));
    TROUPE_FUTURE(double)
    time = asker_measure(asker_on(1), target_on(0), stopper_on(0), part);
    burn();
    return troupe_await(time);
}

double ours_deaf_light(uint64_t n)
{
    return (double)n * beside_method(0, RAW_P99);
}

double ours_deaf_cpus(uint64_t n)
{
    return (double)n * beside_method(1, RAW_P99);
}

double ours_deaf_driver(uint64_t n)
{
    return (double)n * beside_driver(RAW_P99);
}

double ours_deaf_light_median(uint64_t n)
{
    return (double)n * beside_method(0, 0.5);
}

double ours_deaf_driver_median(uint64_t n)
{
    return (double)n * beside_driver(0.5);
}
