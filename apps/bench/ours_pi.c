/* The sampling kernels of pi. */
#include "ours.h"

#include <math.h>
#include <stddef.h>

#include "clock.h"
#include "sample.h"

/* Processor time: a rate of one core, whoever else uses it. */
static double sample(const char *kernel, uint64_t n)
{
    if (pi_kernel_select(kernel))
        return NAN;
    double begin = bench_clock(CLOCK_THREAD_CPUTIME_ID);
    uint64_t inside = pi_count_inside(1, 0, n);
    double seconds = bench_clock(CLOCK_THREAD_CPUTIME_ID) - begin;
    pi_kernel_select(NULL);
    return inside <= n ? seconds : NAN;
}

static bool has(const char *kernel)
{
    bool good = pi_kernel_select(kernel) == 0;
    pi_kernel_select(NULL);
    return good;
}

double ours_pi_avx512(uint64_t n)
{
    return sample("avx512", n);
}

double ours_pi_avx2(uint64_t n)
{
    return sample("avx2", n);
}

double ours_pi_sse2(uint64_t n)
{
    return sample("sse2", n);
}

double ours_pi_neon(uint64_t n)
{
    return sample("neon", n);
}

double ours_pi_scalar(uint64_t n)
{
    return sample("scalar", n);
}

bool ours_pi_has_avx512(void)
{
    return has("avx512");
}

bool ours_pi_has_avx2(void)
{
    return has("avx2");
}

bool ours_pi_has_sse2(void)
{
    return has("sse2");
}

bool ours_pi_has_neon(void)
{
    return has("neon");
}
