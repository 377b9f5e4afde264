#include "measure.h"

#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "raw_pair.h"
#include "raw_peer.h"
#include "raw_world.h"
#include "setting.h"
#include "target.h"

#define REPETITIONS_MIN 5
#define REPETITIONS_MAX 1001
#define SLICES 40 /* a side takes about this part of the time at once */
#define PATIENCE 3 /* times the time given, after which fewer repetitions will do */

struct bench_setting bench_setting = {.destinations = 1};

/* ---- one side, once -------------------------------------------------------------------------- */

static raw_peer mate(int rank)
{
    static raw_peer *made;
    if (!made) {
        made = target_memory((size_t)troupe_ranks() * sizeof *made);
        for (int i = 0; i < troupe_ranks(); i++)
            made[i] = troupe_new(raw_peer, .with = {.place = troupe_on(i)});
    }
    return made[rank];
}

static double run_ours(const struct bench_kernel *kernel, uint64_t n)
{
    return kernel->ours ? kernel->ours(n) : NAN;
}

static double run_raw_here(const struct bench_kernel *kernel, uint64_t n)
{
    troupe_mpi_begin();
    double seconds = kernel->raw(n);
    troupe_mpi_end();
    return seconds;
}

/* How many other ranks take part; -1: they would, but there is no MPI to do it with. */
static int mates(const struct bench_kernel *kernel)
{
    if (!kernel->raw_mate)
        return 0;
    if (kernel->all)
        return raw_world_ranks() == troupe_ranks() ? troupe_ranks() - 1 : -1;
    return raw_pair_exists() ? 1 : 0;
}

/* The mates are told first, and the messages sent off: raw sides do not let troupe do it. */
static double run_raw(const struct bench_kernel *kernel, uint64_t n)
{
    const int others = mates(kernel);
    if (!kernel->raw || others < 0)
        return NAN;
    struct troupe_scope scope = troupe_scope_begin();
    TROUPE_FUTURE(void) *done = troupe_alloc((size_t)(others + 1) * sizeof *done);
    for (int i = 0; i < others; i++)
        done[i] = raw_peer_run(mate(i + 1), (uint32_t)(kernel - bench_kernels), n,
                               bench_setting.destinations);
    troupe_sleep(0);
    double seconds = run_raw_here(kernel, n);
    for (int i = 0; i < others; i++)
        troupe_await(done[i]);
    troupe_scope_end(scope);
    return seconds;
}

static double figure(const struct bench_kernel *kernel, double seconds, uint64_t n)
{
    const struct bench_unit *unit = kernel->unit;
    double times = (double)n * (kernel->bytes && unit->rate ? (double)kernel->bytes : 1);
    return unit->rate ? times / seconds * unit->scale : seconds / times * unit->scale;
}

/* ---- how often ------------------------------------------------------------------------------- */

typedef double run_side(const struct bench_kernel *kernel, uint64_t n);

/* So many times that the side takes about `seconds`; 0 where there is no such side. */
static uint64_t calibrate(const struct bench_kernel *kernel, run_side *run, double seconds)
{
    const uint64_t most = kernel->most ? kernel->most : UINT32_MAX;
    for (uint64_t n = 1;;) {
        double took = run(kernel, n);
        if (isnan(took))
            return 0;
        if (took >= seconds / 2 || n == most)
            return n;
        double times = took > 0 ? seconds / took : 10;
        n = (uint64_t)ceil((double)n * (times < 2 ? 2 : times > 10 ? 10 : times));
        n = n < most ? n : most;
    }
}

/* ---- medians --------------------------------------------------------------------------------- */

struct samples {
    double of[REPETITIONS_MAX];
    int count;
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void add(struct samples *samples, double value)
{
    if (!isnan(value))
        samples->of[samples->count++] = value;
}

static double quantile(struct samples *samples, double fraction)
{
    if (!samples->count)
        return NAN;
    qsort(samples->of, (size_t)samples->count, sizeof(double), compare);
    return samples->of[(int)(fraction * (samples->count - 1))];
}

/* ---- both sides ------------------------------------------------------------------------------ */

static bool goes_on(int done, double begin, double seconds)
{
    double took = bench_now() - begin;
    if (done >= REPETITIONS_MAX)
        return false;
    return took < seconds || done < 1 || (done < REPETITIONS_MIN && took < PATIENCE * seconds);
}

static struct bench_result measure_gauge(const struct bench_kernel *kernel, double seconds)
{
    double value = kernel->gauge(seconds);
    return (struct bench_result){value, NAN, NAN, value, value, 1};
}

struct bench_result bench_measure(const struct bench_kernel *kernel, double seconds)
{
    static struct samples ours, raw, ratio;
    if (kernel->gauge)
        return measure_gauge(kernel, seconds);
    ours.count = raw.count = ratio.count = 0;
    bench_setting.bytes = kernel->bytes;
    double begin = bench_now();
    uint64_t times_ours = calibrate(kernel, run_ours, seconds / SLICES);
    uint64_t times_raw = calibrate(kernel, run_raw, seconds / SLICES);
    int done = 0;
    for (; goes_on(done, begin, seconds); done++) {
        double a = times_ours ? run_ours(kernel, times_ours) : NAN;
        double b = times_raw ? run_raw(kernel, times_raw) : NAN;
        a = figure(kernel, a, times_ours);
        b = figure(kernel, b, times_raw);
        add(&ours, a);
        add(&raw, b);
        add(&ratio, a / b);
    }
    struct samples *spread = ratio.count ? &ratio : ours.count ? &ours : &raw;
    struct bench_result result = {.ours = quantile(&ours, 0.5),
                                  .raw = quantile(&raw, 0.5),
                                  .min = quantile(spread, 0),
                                  .max = quantile(spread, 1),
                                  .repetitions = done};
    result.ratio = result.ours / result.raw;
    return result;
}
