#include "efficiency.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "troupe.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double seconds_of(efficiency_side *side, void *work)
{
    double begin = now();
    side(work);
    return now() - begin;
}

static int all_cpus(void)
{
    int cpus = 0;
    for (int i = 0; i < troupe_ranks(); i++)
        cpus += troupe_rank_cpus(i);
    return cpus;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double sorted_median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, compare);
    return values[(n - 1) / 2];
}

void efficiency_print(int times, efficiency_side *alone, efficiency_side *by_tasks, void *work)
{
    double one[EFFICIENCY_TIMES_MAX], many[EFFICIENCY_TIMES_MAX], ratio[EFFICIENCY_TIMES_MAX];
    const int cpus = all_cpus();
    for (int i = 0; i < times; i++) {
        one[i] = seconds_of(alone, work);
        many[i] = seconds_of(by_tasks, work);
        ratio[i] = one[i] / (many[i] * cpus);
    }
    double median = sorted_median(ratio, times);
    printf("Efficiency: %.3f (%.3f to %.3f): %.4g s alone, %.4g s on %d CPUs, medians of %d\n",
           median, ratio[0], ratio[times - 1], sorted_median(one, times),
           sorted_median(many, times), cpus, times);
}
