/*
 * Sampling of points in the square [-1, 1]^2 and counting those that fall into the unit circle.
 *
 * A seed names a stream of 2^64 samples. Sample i is one 64-bit word of the stream: its halves,
 * read as signed integers with the lowest bit set, are the coordinates in units of 2^-31. How many
 * samples of a range lie in the circle is a fact about the numbers alone: it is the same for every
 * instruction set, compiler, number of threads and split of the range into calls.
 *
 * This file knows nothing of actors, ranks or threads. All functions may be called by any number
 * of threads at once; docs/decisions/0004-random-generator.md says how the stream is made.
 */
#ifndef PI_SAMPLE_H
#define PI_SAMPLE_H

#include <stdint.h>

/* Samples [k * PI_BLOCK_SAMPLES, (k + 1) * PI_BLOCK_SAMPLES) are block k. Any range may be counted,
   but one that starts inside a block pays for the part of the block before it. */
#define PI_BLOCK_SAMPLES (UINT64_C(1) << 14)

/* How many of the samples [first, first + count) of the stream of `seed` lie in the circle.
   Samples are numbered modulo 2^64. */
uint64_t pi_count_inside(uint64_t seed, uint64_t first, uint64_t count);

/* The same samples as the 64-bit words they are made of, for tests of the generator. */
void pi_stream_words(uint64_t seed, uint64_t first, uint64_t count, uint64_t *words);

/* The kernel in use: "avx512", "avx2", "sse2", "neon" or "scalar". */
const char *pi_kernel_name(void);

/* Use the kernel of that name from now on, or with NULL the best one, as at the start.
   Returns 0, or -1 and changes nothing where the name is unknown or this CPU cannot run it.
   A program passes getenv("TROUPE_PI_KERNEL"). */
int pi_kernel_select(const char *name);

#endif
