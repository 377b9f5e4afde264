/* The tutorial's loop as a kernel. */
#include "raw.h"

#include <math.h>

#include "clock.h"
#include "raw_pi_erand48.h"

double raw_pi_tutorial(uint64_t n)
{
    double begin = bench_clock(CLOCK_THREAD_CPUTIME_ID);
    uint64_t inside = raw_pi_erand48(1, n);
    double seconds = bench_clock(CLOCK_THREAD_CPUTIME_ID) - begin;
    return inside <= n ? seconds : NAN;
}
