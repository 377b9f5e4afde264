/* The tutorial's sampling loop in plain C, as the yardstick of the π kernels. */
#ifndef RAW_PI_ERAND48_H
#define RAW_PI_ERAND48_H

#include <stdint.h>

/* How many of `count` points drawn with erand48 lie in the circle. */
uint64_t raw_pi_erand48(uint64_t seed, uint64_t count);

#endif
