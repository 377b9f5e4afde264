/*
 * The generator under the sampling kernels: xoshiro256++ in 16 lanes that do not depend on each
 * other, so that one vector register holds the same word of several lanes.
 *
 * A block of samples starts from lanes made by splitmix64 of seed and block. Step t of a block
 * draws one word in each lane: sample 16 * t + l of the block is the word of lane l.
 *
 * xoshiro256++: D. Blackman, S. Vigna, Scrambled linear pseudorandom number generators, 2021.
 * splitmix64: G. L. Steele, D. Lea, C. H. Flood, Fast splittable pseudorandom number generators,
 * 2014.
 */
#ifndef PI_SAMPLE_LANES_H
#define PI_SAMPLE_LANES_H

#include <stdint.h>

enum { PI_LANES = 16 };

struct pi_lanes {
    _Alignas(64) uint64_t word[4][PI_LANES];
};

/* Advances all lanes by `steps`; returns how many of the steps * PI_LANES points are outside. */
typedef uint64_t pi_kernel(struct pi_lanes *lanes, uint64_t steps);

pi_kernel pi_outside_scalar;
#if defined __x86_64__
pi_kernel pi_outside_sse2, pi_outside_avx2, pi_outside_avx512;
#elif defined __aarch64__
pi_kernel pi_outside_neon;
#endif

/* The kernel in use. */
pi_kernel *pi_kernel_now(void);

void pi_lanes_start(struct pi_lanes *lanes, uint64_t seed, uint64_t block);

static inline uint64_t pi_splitmix64(uint64_t *counter)
{
    uint64_t z = *counter += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline uint64_t pi_rotate_left(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

/* One step of the lane whose four state words these are. */
static inline uint64_t pi_xoshiro256pp(uint64_t *s0, uint64_t *s1, uint64_t *s2, uint64_t *s3)
{
    uint64_t drawn = pi_rotate_left(*s0 + *s3, 23) + *s0;
    uint64_t shifted = *s1 << 17;
    *s2 ^= *s0;
    *s3 ^= *s1;
    *s1 ^= *s2;
    *s0 ^= *s3;
    *s2 ^= shifted;
    *s3 = pi_rotate_left(*s3, 45);
    return drawn;
}

static inline uint64_t pi_lane_step(struct pi_lanes *lanes, unsigned lane)
{
    return pi_xoshiro256pp(&lanes->word[0][lane], &lanes->word[1][lane],
                           &lanes->word[2][lane], &lanes->word[3][lane]);
}

/* 1 if the point of this word is outside the circle, else 0. The coordinates are odd and less than
   2^31 in size: the sum of their squares is less than 2^63 and never 2^62, the square of the
   radius, so bit 62 alone tells. */
static inline uint64_t pi_is_outside(uint64_t drawn)
{
    int64_t x = (int32_t)(uint32_t)(drawn | 1);
    int64_t y = (int32_t)(uint32_t)(drawn >> 32 | 1);
    return (uint64_t)(x * x + y * y) >> 62;
}

#endif
