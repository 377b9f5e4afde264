/*
 * The sampling kernel in SSE2, AVX2 and AVX-512 registers.
 *
 * Each function carries its own target, so the file needs no flags and the program runs on any
 * x86-64. Two registers of lanes are advanced together: while one waits for its own last result,
 * the other computes. A multiplication of the low halves of 64-bit elements gives both squares:
 * of the word itself, and of the word shifted down by 32.
 */
#include "sample_lanes.h"

#if defined __x86_64__

#include <immintrin.h>

#define SSE2   static inline __attribute__((always_inline))
#define AVX2   static inline __attribute__((always_inline, target("avx2")))
#define AVX512 static inline __attribute__((always_inline, target("avx512f")))

/* ---- SSE2: two lanes a register, and no signed multiplication ---- */

struct lanes2 {
    __m128i s0, s1, s2, s3;
};

SSE2 __m128i load2(const uint64_t *lanes)
{
    return _mm_load_si128((const __m128i *)lanes);
}

SSE2 struct lanes2 get2(const struct pi_lanes *all, int l)
{
    return (struct lanes2){ load2(&all->word[0][l]), load2(&all->word[1][l]),
                            load2(&all->word[2][l]), load2(&all->word[3][l]) };
}

SSE2 void put2(struct pi_lanes *all, int l, struct lanes2 v)
{
    _mm_store_si128((__m128i *)&all->word[0][l], v.s0);
    _mm_store_si128((__m128i *)&all->word[1][l], v.s1);
    _mm_store_si128((__m128i *)&all->word[2][l], v.s2);
    _mm_store_si128((__m128i *)&all->word[3][l], v.s3);
}

SSE2 __m128i rotate2(__m128i x, int bits)
{
    return _mm_or_si128(_mm_slli_epi64(x, bits), _mm_srli_epi64(x, 64 - bits));
}

SSE2 __m128i draw2(struct lanes2 *v)
{
    __m128i drawn = _mm_add_epi64(rotate2(_mm_add_epi64(v->s0, v->s3), 23), v->s0);
    __m128i shifted = _mm_slli_epi64(v->s1, 17);

    v->s2 = _mm_xor_si128(v->s2, v->s0);
    v->s3 = _mm_xor_si128(v->s3, v->s1);
    v->s1 = _mm_xor_si128(v->s1, v->s2);
    v->s0 = _mm_xor_si128(v->s0, v->s3);
    v->s2 = _mm_xor_si128(v->s2, shifted);
    v->s3 = rotate2(v->s3, 45);
    return drawn;
}

SSE2 __m128i outside2(__m128i drawn)
{
    __m128i point = _mm_or_si128(drawn, _mm_set1_epi32(1));
    __m128i sign = _mm_srai_epi32(point, 31);
    __m128i size = _mm_sub_epi32(_mm_xor_si128(point, sign), sign);
    __m128i high = _mm_srli_epi64(size, 32);
    __m128i sum = _mm_add_epi64(_mm_mul_epu32(size, size), _mm_mul_epu32(high, high));
    return _mm_srli_epi64(sum, 62);
}

uint64_t pi_outside_sse2(struct pi_lanes *all, uint64_t steps)
{
    __m128i outside = _mm_setzero_si128();
    _Alignas(16) uint64_t sums[2];

    for (int l = 0; l < PI_LANES; l += 4) {
        struct lanes2 a = get2(all, l), b = get2(all, l + 2);
        for (uint64_t t = 0; t < steps; t++) {
            outside = _mm_add_epi64(outside, outside2(draw2(&a)));
            outside = _mm_add_epi64(outside, outside2(draw2(&b)));
        }
        put2(all, l, a);
        put2(all, l + 2, b);
    }
    _mm_store_si128((__m128i *)sums, outside);
    return sums[0] + sums[1];
}

/* ---- AVX2: four lanes a register ---- */

struct lanes4 {
    __m256i s0, s1, s2, s3;
};

AVX2 __m256i load4(const uint64_t *lanes)
{
    return _mm256_load_si256((const __m256i *)lanes);
}

AVX2 struct lanes4 get4(const struct pi_lanes *all, int l)
{
    return (struct lanes4){ load4(&all->word[0][l]), load4(&all->word[1][l]),
                            load4(&all->word[2][l]), load4(&all->word[3][l]) };
}

AVX2 void put4(struct pi_lanes *all, int l, struct lanes4 v)
{
    _mm256_store_si256((__m256i *)&all->word[0][l], v.s0);
    _mm256_store_si256((__m256i *)&all->word[1][l], v.s1);
    _mm256_store_si256((__m256i *)&all->word[2][l], v.s2);
    _mm256_store_si256((__m256i *)&all->word[3][l], v.s3);
}

AVX2 __m256i rotate4(__m256i x, int bits)
{
    return _mm256_or_si256(_mm256_slli_epi64(x, bits), _mm256_srli_epi64(x, 64 - bits));
}

AVX2 __m256i draw4(struct lanes4 *v)
{
    __m256i drawn = _mm256_add_epi64(rotate4(_mm256_add_epi64(v->s0, v->s3), 23), v->s0);
    __m256i shifted = _mm256_slli_epi64(v->s1, 17);

    v->s2 = _mm256_xor_si256(v->s2, v->s0);
    v->s3 = _mm256_xor_si256(v->s3, v->s1);
    v->s1 = _mm256_xor_si256(v->s1, v->s2);
    v->s0 = _mm256_xor_si256(v->s0, v->s3);
    v->s2 = _mm256_xor_si256(v->s2, shifted);
    v->s3 = rotate4(v->s3, 45);
    return drawn;
}

AVX2 __m256i outside4(__m256i drawn)
{
    __m256i x = _mm256_or_si256(drawn, _mm256_set1_epi32(1));
    __m256i y = _mm256_srli_epi64(x, 32);
    __m256i sum = _mm256_add_epi64(_mm256_mul_epi32(x, x), _mm256_mul_epi32(y, y));
    return _mm256_srli_epi64(sum, 62);
}

__attribute__((target("avx2")))
uint64_t pi_outside_avx2(struct pi_lanes *all, uint64_t steps)
{
    __m256i outside = _mm256_setzero_si256();
    _Alignas(32) uint64_t sums[4];

    for (int l = 0; l < PI_LANES; l += 8) {
        struct lanes4 a = get4(all, l), b = get4(all, l + 4);
        for (uint64_t t = 0; t < steps; t++) {
            outside = _mm256_add_epi64(outside, outside4(draw4(&a)));
            outside = _mm256_add_epi64(outside, outside4(draw4(&b)));
        }
        put4(all, l, a);
        put4(all, l + 4, b);
    }
    _mm256_store_si256((__m256i *)sums, outside);
    return sums[0] + sums[1] + sums[2] + sums[3];
}

/* ---- AVX-512: eight lanes a register, rotations, and any function of three operands ---- */

struct lanes8 {
    __m512i s0, s1, s2, s3;
};

AVX512 struct lanes8 get8(const struct pi_lanes *all, int l)
{
    return (struct lanes8){ _mm512_load_si512(&all->word[0][l]),
                            _mm512_load_si512(&all->word[1][l]),
                            _mm512_load_si512(&all->word[2][l]),
                            _mm512_load_si512(&all->word[3][l]) };
}

AVX512 void put8(struct pi_lanes *all, int l, struct lanes8 v)
{
    _mm512_store_si512(&all->word[0][l], v.s0);
    _mm512_store_si512(&all->word[1][l], v.s1);
    _mm512_store_si512(&all->word[2][l], v.s2);
    _mm512_store_si512(&all->word[3][l], v.s3);
}

AVX512 __m512i xor3(__m512i a, __m512i b, __m512i c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

AVX512 __m512i draw8(struct lanes8 *v)
{
    __m512i s0 = v->s0, s1 = v->s1, s2 = v->s2, s3 = v->s3;

    v->s0 = xor3(s0, s1, s3);
    v->s1 = xor3(s0, s1, s2);
    v->s2 = xor3(s0, s2, _mm512_slli_epi64(s1, 17));
    v->s3 = _mm512_rol_epi64(_mm512_xor_si512(s1, s3), 45);
    return _mm512_add_epi64(_mm512_rol_epi64(_mm512_add_epi64(s0, s3), 23), s0);
}

AVX512 __m512i outside8(__m512i drawn)
{
    __m512i x = _mm512_or_si512(drawn, _mm512_set1_epi32(1));
    __m512i y = _mm512_srli_epi64(x, 32);
    __m512i sum = _mm512_add_epi64(_mm512_mul_epi32(x, x), _mm512_mul_epi32(y, y));
    return _mm512_srli_epi64(sum, 62);
}

__attribute__((target("avx512f")))
uint64_t pi_outside_avx512(struct pi_lanes *all, uint64_t steps)
{
    __m512i outside = _mm512_setzero_si512();
    struct lanes8 a = get8(all, 0), b = get8(all, 8);

    for (uint64_t t = 0; t < steps; t++) {
        outside = _mm512_add_epi64(outside, outside8(draw8(&a)));
        outside = _mm512_add_epi64(outside, outside8(draw8(&b)));
    }
    put8(all, 0, a);
    put8(all, 8, b);
    return (uint64_t)_mm512_reduce_add_epi64(outside);
}

#endif
