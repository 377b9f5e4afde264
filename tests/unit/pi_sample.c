/*
 * The sampling kernels of apps/pi: the generator against published values, every kernel against
 * the scalar one, every split of a range against the whole, and the statistics of the estimates.
 */
#include "sample.h"
#include "sample_check.h"
#include "sample_lanes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#define LENGTH(array) (sizeof (array) / sizeof *(array))

static const char *const kernels[] = { "avx512", "avx2", "sse2", "neon", "scalar" };

static int best_kernel(void **state)
{
    (void)state;
    return pi_kernel_select(NULL);
}

/* ---- Known answers ---- */

/* The outputs for seed 1234567 that Rosetta Code prints under
   Pseudo-random_numbers/Splitmix64, made with the reference C of S. Vigna. */
static void splitmix64_gives_its_published_values(void **state)
{
    static const uint64_t published[] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
        UINT64_C(16408922859458223821),
    };
    uint64_t counter = 1234567;

    (void)state;
    for (size_t i = 0; i < LENGTH(published); i++)
        assert_int_equal(pi_splitmix64(&counter), published[i]);
}

/* The outputs from state 1, 2, 3, 4 in the tests of the Rust crate rand_xoshiro, made there with
   the reference C of D. Blackman and S. Vigna (prng.di.unimi.it/xoshiro256plusplus.c). */
static void xoshiro256pp_gives_its_published_values(void **state)
{
    static const uint64_t published[] = {
        UINT64_C(41943041), UINT64_C(58720359),
        UINT64_C(3588806011781223), UINT64_C(3591011842654386),
        UINT64_C(9228616714210784205), UINT64_C(9973669472204895162),
        UINT64_C(14011001112246962877), UINT64_C(12406186145184390807),
        UINT64_C(15849039046786891736), UINT64_C(10450023813501588000),
    };
    uint64_t s[4] = { 1, 2, 3, 4 };

    (void)state;
    for (size_t i = 0; i < LENGTH(published); i++)
        assert_int_equal(pi_xoshiro256pp(&s[0], &s[1], &s[2], &s[3]), published[i]);
}

static uint64_t word_at(uint64_t seed, uint64_t index)
{
    uint64_t word;
    pi_stream_words(seed, index, 1, &word);
    return word;
}

/* Computed by a second implementation, in Python, from the decision's text. */
static void a_stream_is_the_one_that_was_written_down(void **state)
{
    const uint64_t last_block = UINT64_MAX - PI_BLOCK_SAMPLES + 1;

    (void)state;
    assert_int_equal(word_at(2026, 0), UINT64_C(0x17de016bfedb3d21));
    assert_int_equal(word_at(2026, 1), UINT64_C(0x52246e95932d7513));
    assert_int_equal(word_at(2026, 15), UINT64_C(0x577b71ffc521efec));
    assert_int_equal(word_at(2026, 16), UINT64_C(0xa1684f5f5ef0780f));
    assert_int_equal(word_at(2026, 31), UINT64_C(0x980f41796d58b0c4));
    assert_int_equal(word_at(2026, last_block), UINT64_C(0x68ee43f0c2823ad3));
    assert_int_equal(word_at(2026, UINT64_MAX), UINT64_C(0x30e09c1517773683));
    assert_int_equal(pi_count_inside(2026, 0, 98304), 77170);
}

/* ---- Kernels ---- */

static void an_unknown_kernel_is_refused(void **state)
{
    (void)state;
    assert_int_equal(pi_kernel_select("scalar"), 0);
    assert_true(pi_kernel_select("abacus") < 0);
    assert_true(pi_kernel_select("") < 0);
    assert_true(pi_kernel_select("avx") < 0);
    assert_string_equal(pi_kernel_name(), "scalar");
}

static void a_kernel_of_another_machine_is_refused(void **state)
{
    (void)state;
#if defined __aarch64__
    assert_true(pi_kernel_select("sse2") < 0);
    assert_int_equal(pi_kernel_select("neon"), 0);
#else
    assert_true(pi_kernel_select("neon") < 0);
#endif
}

static void no_name_selects_the_best_kernel(void **state)
{
    (void)state;
    assert_int_equal(pi_kernel_select("scalar"), 0);
    assert_int_equal(pi_kernel_select(NULL), 0);
    for (size_t k = 0; k < LENGTH(kernels); k++) {
        const char *best = pi_kernel_name();
        if (strcmp(best, kernels[k]) == 0)
            return;
        assert_true(pi_kernel_select(kernels[k]) < 0);
    }
    fail_msg("%s is none of the known kernels", pi_kernel_name());
}

static void every_kernel_leaves_the_lanes_as_the_scalar_one_does(void **state)
{
    static const uint64_t steps[] = { 0, 1, 2, 3, 7, 64, 1000, 1024 };

    (void)state;
    for (size_t k = 0; k < LENGTH(kernels); k++) {
        if (pi_kernel_select(kernels[k]) < 0)
            continue;
        for (size_t i = 0; i < LENGTH(steps); i++) {
            struct pi_lanes lanes, scalar;
            pi_lanes_start(&lanes, 99, i);
            pi_lanes_start(&scalar, 99, i);
            uint64_t outside = pi_kernel_now()(&lanes, steps[i]);
            assert_int_equal(outside, pi_outside_scalar(&scalar, steps[i]));
            assert_memory_equal(&lanes, &scalar, sizeof lanes);
        }
    }
}

static const uint64_t edges[] = {
    0, 1, 15, 16, 17, 1023, PI_BLOCK_SAMPLES - 1, PI_BLOCK_SAMPLES, PI_BLOCK_SAMPLES + 1,
    5 * PI_BLOCK_SAMPLES - 16, 1000003, UINT64_C(1) << 63, (UINT64_C(1) << 63) - 7,
    UINT64_MAX - 3 * PI_BLOCK_SAMPLES,
};
static const uint64_t counts[] = {
    0, 1, 2, 15, 16, 17, 31, 333, PI_BLOCK_SAMPLES - 1, PI_BLOCK_SAMPLES, PI_BLOCK_SAMPLES + 1,
    2 * PI_BLOCK_SAMPLES + 5, 4 * PI_BLOCK_SAMPLES,
};
static const uint64_t seeds[] = { 0, 1, 1234567, UINT64_C(0x9e3779b97f4a7c15), UINT64_MAX };

static void compare_with_scalar(const char *kernel, uint64_t seed, uint64_t first)
{
    for (size_t c = 0; c < LENGTH(counts); c++) {
        assert_int_equal(pi_kernel_select(kernel), 0);
        uint64_t inside = pi_count_inside(seed, first, counts[c]);
        assert_int_equal(pi_kernel_select("scalar"), 0);
        assert_int_equal(inside, pi_count_inside(seed, first, counts[c]));
        assert_true(inside <= counts[c]);
    }
}

static void every_kernel_counts_as_the_scalar_one_does(void **state)
{
    (void)state;
    for (size_t k = 0; k < LENGTH(kernels); k++) {
        if (pi_kernel_select(kernels[k]) < 0)
            continue;
        for (size_t s = 0; s < LENGTH(seeds); s++) {
            for (size_t e = 0; e < LENGTH(edges); e++)
                compare_with_scalar(kernels[k], seeds[s], edges[e]);
        }
    }
}

/* ---- Ranges ---- */

enum { MANY = 3 * 16384 + 100 };

static double coordinate(uint32_t half)
{
    return (int32_t)(half | 1) / 0x1p31;
}

static void a_count_is_what_hypot_says_of_the_words(void **state)
{
    static uint64_t words[MANY];
    uint64_t inside = 0;

    (void)state;
    pi_stream_words(3, 12345, MANY, words);
    for (size_t i = 0; i < MANY; i++) {
        double x = coordinate((uint32_t)words[i]), y = coordinate((uint32_t)(words[i] >> 32));
        inside += hypot(x, y) <= 1;
    }
    assert_int_equal(pi_count_inside(3, 12345, MANY), inside);
}

static void words_do_not_depend_on_where_a_call_starts(void **state)
{
    static uint64_t whole[MANY], pieces[MANY];
    const uint64_t first = 16384 - 21;

    (void)state;
    pi_stream_words(8, first, MANY, whole);
    for (uint64_t done = 0, n = 1; done < MANY; done += n, n = 2 * n + 1) {
        if (n > MANY - done)
            n = MANY - done;
        pi_stream_words(8, first + done, n, pieces + done);
    }
    assert_memory_equal(pieces, whole, sizeof whole);
}

static void the_parts_of_a_range_add_up(void **state)
{
    const uint64_t total = 10 * PI_BLOCK_SAMPLES + 77;

    (void)state;
    for (size_t e = 0; e < LENGTH(edges); e++) {
        uint64_t whole = pi_count_inside(11, edges[e], total);
        for (uint64_t cut = 0; cut <= total; cut += 7919) {
            uint64_t parts = pi_count_inside(11, edges[e], cut);
            parts += pi_count_inside(11, edges[e] + cut, total - cut);
            assert_int_equal(parts, whole);
        }
    }
}

/* On a GPU a thread counts a lane. */
static void the_lanes_of_a_block_counted_apart_add_up(void **state)
{
    const uint64_t seed = 2026, blocks[] = {0, 1, 77, UINT64_MAX / PI_BLOCK_SAMPLES};
    const struct pi_keys keys = pi_keys_of(seed);

    (void)state;
    for (size_t i = 0; i < LENGTH(blocks); i++) {
        uint64_t outside = 0;
        for (unsigned l = 0; l < PI_LANES; l++)
            outside += pi_lane_outside(&keys, blocks[i], l, PI_BLOCK_SAMPLES / PI_LANES);
        assert_int_equal(PI_BLOCK_SAMPLES - outside,
                         pi_count_inside(seed, blocks[i] * PI_BLOCK_SAMPLES, PI_BLOCK_SAMPLES));
    }
}

static void samples_are_numbered_modulo_2_to_the_64(void **state)
{
    (void)state;
    uint64_t across = pi_count_inside(5, UINT64_MAX - 99, 300);
    assert_int_equal(across, pi_count_inside(5, UINT64_MAX - 99, 100) + pi_count_inside(5, 0, 200));
}

static void each_sample_is_inside_or_not(void **state)
{
    uint64_t sum = 0;

    (void)state;
    for (uint64_t i = 0; i < 500; i++)
        sum += pi_count_inside(6, 16000 + i, 1);
    assert_int_equal(sum, pi_count_inside(6, 16000, 500));
}

/* ---- Streams ---- */

/* Seeds whose difference is the increment of splitmix64 would share state words if the seed were
   used as it is. */
static void no_two_of_many_streams_share_a_word_of_state(void **state)
{
    enum { SEEDS = 8, BLOCKS = 8, WORDS = 4 * PI_LANES };
    static struct pi_lanes lanes[SEEDS * BLOCKS];
    const uint64_t *words = &lanes[0].word[0][0];

    (void)state;
    for (uint64_t i = 0; i < SEEDS * BLOCKS; i++) {
        uint64_t seed = i / BLOCKS < 4 ? i / BLOCKS : i / BLOCKS * UINT64_C(0x9e3779b97f4a7c15);
        pi_lanes_start(&lanes[i], seed, i % BLOCKS);
    }
    for (size_t a = 0; a < LENGTH(lanes) * WORDS; a++) {
        for (size_t b = 0; b < a; b++)
            assert_true(words[a] != words[b]);
    }
}

/* ---- Statistics ---- */

enum { ESTIMATES = 64 };

/* Bounds that 64 independent normal errors break with a chance of about one in 1000 each. */
static int looks_normal(struct pi_normality look)
{
    return fabs(look.mean) < 0.42 && look.sd > 0.72 && look.sd < 1.31 && look.ks_p > 0.001;
}

static struct pi_normality normality_of(uint64_t (*count)(uint64_t seed, uint64_t samples),
                                        uint64_t samples)
{
    double errors[ESTIMATES];

    for (uint64_t seed = 0; seed < ESTIMATES; seed++)
        errors[seed] = pi_standard_error(count(seed, samples), samples);
    return pi_check_normality(errors, ESTIMATES);
}

static uint64_t count_sound(uint64_t seed, uint64_t samples)
{
    return pi_count_inside(seed, 0, samples);
}

static uint64_t count_each_fourth_block_four_times(uint64_t seed, uint64_t samples)
{
    uint64_t inside = 0;

    for (uint64_t first = 0; first < samples; first += 4 * PI_BLOCK_SAMPLES)
        inside += 4 * pi_count_inside(seed, first, PI_BLOCK_SAMPLES);
    return inside;
}

/* The corners of a coarse lattice in place of the middles of its cells. */
static uint64_t count_on_six_bits(uint64_t seed, uint64_t samples)
{
    static uint64_t words[PI_BLOCK_SAMPLES];
    uint64_t inside = 0;

    for (uint64_t i = 0; i < samples; i++) {
        if (i % PI_BLOCK_SAMPLES == 0)
            pi_stream_words(seed, i, PI_BLOCK_SAMPLES, words);
        uint64_t word = words[i % PI_BLOCK_SAMPLES];
        int x = (int)(word & 63) - 32, y = (int)(word >> 32 & 63) - 32;
        inside += x * x + y * y <= 32 * 32;
    }
    return inside;
}

/* A quarter of the scatter that independent points have. */
static uint64_t count_too_evenly(uint64_t seed, uint64_t samples)
{
    int64_t expected = llround((double)samples * acos(-1) / 4);
    int64_t error = (int64_t)pi_count_inside(seed, 0, samples) - expected;
    return (uint64_t)(expected + error / 4);
}

static void the_errors_of_estimates_look_normal(void **state)
{
    (void)state;
    assert_true(looks_normal(normality_of(count_sound, 10000000)));
}

static void repeated_blocks_are_noticed(void **state)
{
    const uint64_t samples = 600 * PI_BLOCK_SAMPLES;

    (void)state;
    assert_true(looks_normal(normality_of(count_sound, samples)));
    assert_false(looks_normal(normality_of(count_each_fourth_block_four_times, samples)));
}

static void a_biased_lattice_is_noticed(void **state)
{
    const uint64_t samples = 60 * PI_BLOCK_SAMPLES;

    (void)state;
    assert_true(looks_normal(normality_of(count_sound, samples)));
    assert_false(looks_normal(normality_of(count_on_six_bits, samples)));
}

static void estimates_that_scatter_too_little_are_noticed(void **state)
{
    (void)state;
    assert_false(looks_normal(normality_of(count_too_evenly, 1000000)));
}

static void the_kolmogorov_smirnov_p_value_is_that_of_the_tables(void **state)
{
    /* 100 values at the middles of the steps of N(0, 1), all moved by one distance: with the
       table's 5 % point 1.358 of Kolmogorov's distribution the p-value is 0.05. */
    double moved[100];
    const double distance = 1.358 / (10 + 0.12 + 0.011);

    (void)state;
    for (int i = 0; i < 100; i++) {
        double target = (i + 1) / 100.0 - distance, low = -40, high = 40;
        while (high - low > 1e-12) {
            double middle = (low + high) / 2;
            if (erfc(-middle / sqrt(2)) / 2 < target)
                low = middle;
            else
                high = middle;
        }
        moved[i] = low;
    }
    assert_true(fabs(pi_check_normality(moved, 100).ks_p - 0.05) < 0.0005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitmix64_gives_its_published_values),
        cmocka_unit_test(xoshiro256pp_gives_its_published_values),
        cmocka_unit_test(a_stream_is_the_one_that_was_written_down),
        cmocka_unit_test_teardown(an_unknown_kernel_is_refused, best_kernel),
        cmocka_unit_test_teardown(a_kernel_of_another_machine_is_refused, best_kernel),
        cmocka_unit_test_teardown(no_name_selects_the_best_kernel, best_kernel),
        cmocka_unit_test_teardown(every_kernel_leaves_the_lanes_as_the_scalar_one_does,
                                  best_kernel),
        cmocka_unit_test_teardown(every_kernel_counts_as_the_scalar_one_does, best_kernel),
        cmocka_unit_test(a_count_is_what_hypot_says_of_the_words),
        cmocka_unit_test(words_do_not_depend_on_where_a_call_starts),
        cmocka_unit_test(the_parts_of_a_range_add_up),
        cmocka_unit_test(the_lanes_of_a_block_counted_apart_add_up),
        cmocka_unit_test(samples_are_numbered_modulo_2_to_the_64),
        cmocka_unit_test(each_sample_is_inside_or_not),
        cmocka_unit_test(no_two_of_many_streams_share_a_word_of_state),
        cmocka_unit_test(the_errors_of_estimates_look_normal),
        cmocka_unit_test(repeated_blocks_are_noticed),
        cmocka_unit_test(a_biased_lattice_is_noticed),
        cmocka_unit_test(estimates_that_scatter_too_little_are_noticed),
        cmocka_unit_test(the_kolmogorov_smirnov_p_value_is_that_of_the_tables),
    };

    return cmocka_run_group_tests_name("pi sample", tests, NULL, NULL);
}
