/*
 * How far estimates of π lie from π in units of their standard error, and whether such errors look
 * as if drawn from the normal distribution N(0, 1), which they do if the samples are independent
 * and uniform.
 */
#ifndef PI_SAMPLE_CHECK_H
#define PI_SAMPLE_CHECK_H

#include <stddef.h>
#include <stdint.h>

struct pi_normality {
    double mean;
    double sd;
    double ks_p;  /* of the Kolmogorov-Smirnov distance to N(0, 1) */
};

/* The error of 4 * inside / count in units of sigma. */
double pi_standard_error(uint64_t inside, uint64_t count);

/* Sorts the errors. There are at least two of them. */
struct pi_normality pi_check_normality(double *errors, size_t n);

#endif
