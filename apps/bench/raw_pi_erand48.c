/*
 * The sampling loop of the tutorial written down in C word for word, with the generator of the C
 * library: what the kernels of apps/pi are compared against. Meant to be compiled with
 * -O2 -march=native, so that the comparison does it no wrong.
 */
#include "raw_pi_erand48.h"

#include <math.h>
#include <stdlib.h>

static double uniform(unsigned short state[3], double from, double to)
{
    return from + (to - from) * erand48(state);
}

uint64_t raw_pi_erand48(uint64_t seed, uint64_t count)
{
    unsigned short state[3] = { 0x330e, (unsigned short)seed, (unsigned short)(seed >> 16) };
    uint64_t inside = 0;

    for (uint64_t i = 0; i < count; i++) {
        double x = uniform(state, -1, 1), y = uniform(state, -1, 1);
        if (hypot(x, y) <= 1)
            inside++;
    }
    return inside;
}
