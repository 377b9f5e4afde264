/*
 * Measures a kernel: its two sides in turn, so that both see the same minutes of the machine.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "kernels.h"

/* Medians of the repetitions in the unit of the kernel; NAN for what there is not. */
struct bench_result {
    double ours, raw;
    double ratio;    /* ours / raw */
    double min, max; /* of the ratio of one repetition; without a ratio, of the side there is */
    int repetitions;
};

/* From the driver. About `seconds` long; five repetitions at least, or what three times as many
   seconds allow. */
struct bench_result bench_measure(const struct bench_kernel *kernel, double seconds);

#endif
