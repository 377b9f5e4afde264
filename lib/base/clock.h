/*
 * Time, in seconds since some moment in the past, never going back.
 */
#ifndef TRP_CLOCK_H
#define TRP_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline double trp_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The same in nanoseconds. */
static inline int64_t trp_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return INT64_C(1000000000) * t.tv_sec + t.tv_nsec;
}

/* In seconds, as of the last tick of the kernel: some milliseconds late, for a fifth of the
   price. */
static inline double trp_now_roughly(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* When so many seconds from now are over; negative for ever, as the seconds. NaN is no time. */
static inline double trp_deadline(double seconds)
{
    return seconds < 0 ? -1 : trp_now() + (seconds > 0 ? seconds : 0);
}

#endif
