/* Moments and the Kolmogorov-Smirnov test of standardised errors. */
#include "sample_check.h"

#include <math.h>
#include <stdlib.h>

#define IN_CIRCLE 0.78539816339744830962  /* pi / 4 */

double pi_standard_error(uint64_t inside, uint64_t count)
{
    double n = (double)count;
    return ((double)inside - n * IN_CIRCLE) / sqrt(n * IN_CIRCLE * (1 - IN_CIRCLE));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The largest distance between the steps of the sorted values and the curve of N(0, 1). */
static double ks_distance(const double *sorted, size_t n)
{
    double largest = 0;

    for (size_t i = 0; i < n; i++) {
        double curve = erfc(-sorted[i] / sqrt(2)) / 2;
        double below = curve - (double)i / (double)n;
        double above = (double)(i + 1) / (double)n - curve;
        largest = fmax(largest, fmax(below, above));
    }
    return largest;
}

/* Kolmogorov's limit with the correction for small n of M. A. Stephens, 1970. */
static double ks_p_value(double distance, size_t n)
{
    double root = sqrt((double)n);
    double l = (root + 0.12 + 0.11 / root) * distance;
    double p = 0;

    if (l < 0.3)  /* the series converges slowly there, and p is 1 to 5 digits */
        return 1;
    for (int k = 1; k <= 20; k++)
        p += (k % 2 ? 2 : -2) * exp(-2 * k * k * l * l);
    return p;
}

struct pi_normality pi_check_normality(double *errors, size_t n)
{
    struct pi_normality look = { 0 };
    double squares = 0;

    qsort(errors, n, sizeof *errors, ascending);
    for (size_t i = 0; i < n; i++)
        look.mean += errors[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (errors[i] - look.mean) * (errors[i] - look.mean);
    look.sd = sqrt(squares / (double)(n - 1));
    look.ks_p = ks_p_value(ks_distance(errors, n), n);
    return look;
}
