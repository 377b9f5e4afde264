#include "measure.h"

#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "raw_pair.h"
#include "raw_peer.h"

#define REPETITIONS_MIN 5
#define REPETITIONS_MAX 1001
#define SLICES 40 /* a side takes about this part of the time at once */

/* ---- one side, once -------------------------------------------------------------------------- */

static raw_peer mate(void)
{
    static raw_peer made;
    static bool is_made;
    if (!is_made)
        made = troupe_new(raw_peer, .with = {.place = troupe_on(1)});
    is_made = true;
    return made;
}

static double run_ours(const struct bench_kernel *kernel, uint64_t n)
{
    return kernel->ours ? kernel->ours(n) : NAN;
}

/* The mate is told first, and the message sent off: raw sides do not let troupe do it. */
static double run_raw(const struct bench_kernel *kernel, uint64_t n)
{
    if (!kernel->raw || !kernel->raw_mate || !raw_pair_exists())
        return kernel->raw ? kernel->raw(n) : NAN;
    TROUPE_FUTURE(void) done = raw_peer_run(mate(), (uint32_t)(kernel - bench_kernels), n);
    troupe_sleep(0);
    double seconds = kernel->raw(n);
    troupe_await(done);
    return seconds;
}

static double figure(const struct bench_unit *unit, double seconds, uint64_t n)
{
    return unit->rate ? (double)n / seconds * unit->scale : seconds / (double)n * unit->scale;
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

struct bench_result bench_measure(const struct bench_kernel *kernel, double seconds)
{
    static struct samples ours, raw, ratio;
    ours.count = raw.count = ratio.count = 0;
    double end = bench_now() + seconds;
    uint64_t times_ours = calibrate(kernel, run_ours, seconds / SLICES);
    uint64_t times_raw = calibrate(kernel, run_raw, seconds / SLICES);
    int done = 0;
    for (; done < REPETITIONS_MAX && (done < REPETITIONS_MIN || bench_now() < end); done++) {
        double a = times_ours ? run_ours(kernel, times_ours) : NAN;
        double b = times_raw ? run_raw(kernel, times_raw) : NAN;
        a = figure(kernel->unit, a, times_ours);
        b = figure(kernel->unit, b, times_raw);
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
