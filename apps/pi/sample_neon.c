/* The sampling kernel in NEON registers: two lanes each, two registers advanced together. */
#include "sample_lanes.h"

#if defined __aarch64__

#include <arm_neon.h>

struct lanes2 {
    uint64x2_t s0, s1, s2, s3;
};

static inline struct lanes2 get(const struct pi_lanes *all, int l)
{
    return (struct lanes2){ vld1q_u64(&all->word[0][l]), vld1q_u64(&all->word[1][l]),
                            vld1q_u64(&all->word[2][l]), vld1q_u64(&all->word[3][l]) };
}

static inline void put(struct pi_lanes *all, int l, struct lanes2 v)
{
    vst1q_u64(&all->word[0][l], v.s0);
    vst1q_u64(&all->word[1][l], v.s1);
    vst1q_u64(&all->word[2][l], v.s2);
    vst1q_u64(&all->word[3][l], v.s3);
}

/* A macro, since the shifts take nothing but constants. */
#define rotate(x, bits) vsliq_n_u64(vshrq_n_u64(x, 64 - (bits)), x, bits)

static inline uint64x2_t draw(struct lanes2 *v)
{
    uint64x2_t sum = vaddq_u64(v->s0, v->s3);
    uint64x2_t drawn = vaddq_u64(rotate(sum, 23), v->s0);
    uint64x2_t shifted = vshlq_n_u64(v->s1, 17);

    v->s2 = veorq_u64(v->s2, v->s0);
    v->s3 = veorq_u64(v->s3, v->s1);
    v->s1 = veorq_u64(v->s1, v->s2);
    v->s0 = veorq_u64(v->s0, v->s3);
    v->s2 = veorq_u64(v->s2, shifted);
    v->s3 = rotate(v->s3, 45);
    return drawn;
}

static inline uint64x2_t add_outside(uint64x2_t outside, uint64x2_t drawn)
{
    uint64x2_t point = vorrq_u64(drawn, vreinterpretq_u64_u32(vdupq_n_u32(1)));
    int32x2_t x = vreinterpret_s32_u32(vmovn_u64(point));
    int32x2_t y = vreinterpret_s32_u32(vshrn_n_u64(point, 32));
    int64x2_t sum = vmlal_s32(vmull_s32(x, x), y, y);
    return vsraq_n_u64(outside, vreinterpretq_u64_s64(sum), 62);
}

uint64_t pi_outside_neon(struct pi_lanes *all, uint64_t steps)
{
    uint64x2_t outside = vdupq_n_u64(0);

    for (int l = 0; l < PI_LANES; l += 4) {
        struct lanes2 a = get(all, l), b = get(all, l + 2);
        for (uint64_t t = 0; t < steps; t++) {
            outside = add_outside(outside, draw(&a));
            outside = add_outside(outside, draw(&b));
        }
        put(all, l, a);
        put(all, l + 2, b);
    }
    return vaddvq_u64(outside);
}

#endif
