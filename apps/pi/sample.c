/* Ranges of samples cut into blocks, and the scalar kernel every other one must agree with. */
#include "sample.h"

#include "sample_lanes.h"

void pi_lanes_start(struct pi_lanes *lanes, uint64_t seed, uint64_t block)
{
    const struct pi_keys keys = pi_keys_of(seed);

    for (int w = 0; w < 4; w++)
        for (unsigned l = 0; l < PI_LANES; l++)
            lanes->word[w][l] = pi_lane_word(&keys, w, block, l);
}

uint64_t pi_outside_scalar(struct pi_lanes *lanes, uint64_t steps)
{
    uint64_t outside = 0;

    for (int l = 0; l < PI_LANES; l++) {
        uint64_t s0 = lanes->word[0][l], s1 = lanes->word[1][l];
        uint64_t s2 = lanes->word[2][l], s3 = lanes->word[3][l];
        for (uint64_t t = 0; t < steps; t++)
            outside += pi_is_outside(pi_xoshiro256pp(&s0, &s1, &s2, &s3));
        lanes->word[0][l] = s0;
        lanes->word[1][l] = s1;
        lanes->word[2][l] = s2;
        lanes->word[3][l] = s3;
    }
    return outside;
}

/* One step of which only the lanes [from, to) count. */
static uint64_t outside_in_step(struct pi_lanes *lanes, unsigned from, unsigned to)
{
    uint64_t outside = 0;

    for (unsigned l = 0; l < PI_LANES; l++) {
        uint64_t is_outside = pi_is_outside(pi_lane_step(lanes, l));
        outside += l >= from && l < to ? is_outside : 0;
    }
    return outside;
}

/* The samples [from, to) of a block. */
static uint64_t outside_in_block(uint64_t seed, uint64_t block, uint64_t from, uint64_t to)
{
    pi_kernel *kernel = pi_kernel_now();
    uint64_t step = from / PI_LANES, last = to / PI_LANES;
    unsigned lane = from % PI_LANES, last_lane = to % PI_LANES;
    uint64_t outside = 0;
    struct pi_lanes lanes;

    pi_lanes_start(&lanes, seed, block);
    kernel(&lanes, step);
    if (step == last)
        return outside_in_step(&lanes, lane, last_lane);
    if (lane > 0) {
        outside += outside_in_step(&lanes, lane, PI_LANES);
        step++;
    }
    outside += kernel(&lanes, last - step);
    if (last_lane > 0)
        outside += outside_in_step(&lanes, 0, last_lane);
    return outside;
}

uint64_t pi_count_inside(uint64_t seed, uint64_t first, uint64_t count)
{
    uint64_t outside = 0;

    for (uint64_t left = count; left > 0;) {
        uint64_t from = first % PI_BLOCK_SAMPLES;
        uint64_t n = left < PI_BLOCK_SAMPLES - from ? left : PI_BLOCK_SAMPLES - from;
        outside += outside_in_block(seed, first / PI_BLOCK_SAMPLES, from, from + n);
        first += n;
        left -= n;
    }
    return count - outside;
}

/* The samples [from, from + n) of a block. */
static void block_words(uint64_t seed, uint64_t block, uint64_t from, uint64_t n, uint64_t *words)
{
    struct pi_lanes lanes;
    uint64_t at = from - from % PI_LANES;

    pi_lanes_start(&lanes, seed, block);
    pi_kernel_now()(&lanes, from / PI_LANES);
    for (; at < from + n; at += PI_LANES) {
        for (unsigned l = 0; l < PI_LANES; l++) {
            uint64_t drawn = pi_lane_step(&lanes, l);
            if (at + l >= from && at + l < from + n)
                words[at + l - from] = drawn;
        }
    }
}

void pi_stream_words(uint64_t seed, uint64_t first, uint64_t count, uint64_t *words)
{
    while (count > 0) {
        uint64_t from = first % PI_BLOCK_SAMPLES;
        uint64_t n = count < PI_BLOCK_SAMPLES - from ? count : PI_BLOCK_SAMPLES - from;
        block_words(seed, first / PI_BLOCK_SAMPLES, from, n, words);
        words += n;
        first += n;
        count -= n;
    }
}
