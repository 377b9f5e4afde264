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

/* What a GPU computes, too. */
#ifdef __CUDACC__
#define PI_BOTH __host__ __device__ static inline
#else
#define PI_BOTH static inline
#endif

enum { PI_LANES = 16 };

/* The words of all lanes of a block come from four keys, which only a seed is in. */
struct pi_keys {
    uint64_t word[4];
};

#ifndef __CUDACC__
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
#endif

#define PI_GOLDEN UINT64_C(0x9e3779b97f4a7c15) /* what splitmix64 counts by */

PI_BOTH uint64_t pi_splitmix64(uint64_t *counter)
{
    uint64_t z = *counter += PI_GOLDEN;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The first splitmix64 only spreads the seeds: without it the keys of a seed that lies one
   increment of splitmix64 from another would be the same keys, shifted by one. */
PI_BOTH struct pi_keys pi_keys_of(uint64_t seed)
{
    uint64_t spread = pi_splitmix64(&seed);
    struct pi_keys keys;
    for (int w = 0; w < 4; w++)
        keys.word[w] = pi_splitmix64(&spread);
    return keys;
}

/* Word w of a lane at the start of a block. */
PI_BOTH uint64_t pi_lane_word(const struct pi_keys *keys, int w, uint64_t block, unsigned lane)
{
    uint64_t counter = keys->word[w] + (block * PI_LANES + lane) * PI_GOLDEN;
    return pi_splitmix64(&counter);
}

PI_BOTH uint64_t pi_rotate_left(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

/* One step of the lane whose four state words these are. */
PI_BOTH uint64_t pi_xoshiro256pp(uint64_t *s0, uint64_t *s1, uint64_t *s2, uint64_t *s3)
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

#ifndef __CUDACC__
static inline uint64_t pi_lane_step(struct pi_lanes *lanes, unsigned lane)
{
    return pi_xoshiro256pp(&lanes->word[0][lane], &lanes->word[1][lane],
                           &lanes->word[2][lane], &lanes->word[3][lane]);
}
#endif

/* 1 if the point of this word is outside the circle, else 0. The coordinates are odd and less than
   2^31 in size: the sum of their squares is less than 2^63 and never 2^62, the square of the
   radius, so bit 62 alone tells. */
PI_BOTH uint64_t pi_is_outside(uint64_t drawn)
{
    int64_t x = (int32_t)(uint32_t)(drawn | 1);
    int64_t y = (int32_t)(uint32_t)(drawn >> 32 | 1);
    return (uint64_t)(x * x + y * y) >> 62;
}

/* How many points of one lane are outside, in the first `steps` of a block. */
PI_BOTH uint64_t pi_lane_outside(const struct pi_keys *keys, uint64_t block, unsigned lane,
                                 uint64_t steps)
{
    uint64_t s0 = pi_lane_word(keys, 0, block, lane), s1 = pi_lane_word(keys, 1, block, lane);
    uint64_t s2 = pi_lane_word(keys, 2, block, lane), s3 = pi_lane_word(keys, 3, block, lane);
    uint64_t outside = 0;
    for (uint64_t t = 0; t < steps; t++)
        outside += pi_is_outside(pi_xoshiro256pp(&s0, &s1, &s2, &s3));
    return outside;
}

#endif
