/*
 * Tests of histograms of times: against the times themselves.
 */
#include "schedule/counts.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "play.h"

#define MANY 20000

static double times[MANY];

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* From 10 ns to 100 s, spread evenly over their logarithms. */
static void draw(uint64_t seed)
{
    for (int i = 0; i < MANY; i++)
        times[i] = 1e-8 * pow(1e10, (double)(test_random(&seed) >> 11) / (double)(1ULL << 53));
}

static void percentiles_are_within_an_eighth_of_the_exact_ones(void **state)
{
    static const double shares[] = {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1};
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct trp_histogram h = {0};
        draw(seed);
        for (int i = 0; i < MANY; i++)
            trp_histogram_add(&h, times[i], 1);
        qsort(times, MANY, sizeof *times, compare);
        for (size_t i = 0; i < LENGTH(shares); i++) {
            double exact = times[(int)ceil(shares[i] * MANY) - 1];
            double found = trp_histogram_percentile(&h, shares[i]);
            assert_true(found > exact * (1 - 0.125) && found < exact * (1 + 0.125));
        }
        assert_true(h.max == times[MANY - 1]);
    }
}

static void one_that_is_empty_says_0(void **state)
{
    (void)state;
    struct trp_histogram h = {0};
    assert_true(trp_histogram_percentile(&h, 0.5) == 0);
    assert_true(trp_histogram_mean(&h) == 0);
}

static void a_time_counts_as_often_as_it_weighs(void **state)
{
    (void)state;
    struct trp_histogram h = {0};
    trp_histogram_add(&h, 1e-6, 98);
    trp_histogram_add(&h, 1.0, 2);
    assert_int_equal(h.count, 100);
    assert_true(trp_histogram_percentile(&h, 0.98) < 1.2e-6);
    assert_true(trp_histogram_percentile(&h, 0.99) > 0.8);
    assert_true(fabs(trp_histogram_mean(&h) - 0.020000980) < 1e-9);
}

static void two_together_are_as_one_of_both(void **state)
{
    (void)state;
    struct trp_histogram both = {0}, a = {0}, b = {0};
    draw(7);
    for (int i = 0; i < MANY; i++) {
        trp_histogram_add(&both, times[i], 1);
        trp_histogram_add(i % 3 ? &a : &b, times[i], 1);
    }
    trp_histogram_merge(&a, &b);
    assert_memory_equal(a.buckets, both.buckets, sizeof a.buckets);
    assert_int_equal(a.count, both.count);
    assert_true(a.max == both.max && fabs(a.sum - both.sum) < 1e-6 * both.sum);
}

static void times_that_cannot_be_are_not_lost(void **state)
{
    static const double odd[] = {0, -1, 1e-12, 3e-9, 4e-9, 1e9, INFINITY, NAN};
    (void)state;
    struct trp_histogram h = {0};
    for (size_t i = 0; i < LENGTH(odd); i++)
        trp_histogram_add(&h, odd[i], 1);
    uint64_t sum = 0;
    for (int i = 0; i < TRP_HISTOGRAM_BUCKETS; i++)
        sum += h.buckets[i];
    assert_int_equal(sum, LENGTH(odd));
    assert_int_equal(h.buckets[TRP_HISTOGRAM_BUCKETS - 1], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_within_an_eighth_of_the_exact_ones),
        cmocka_unit_test(one_that_is_empty_says_0),
        cmocka_unit_test(a_time_counts_as_often_as_it_weighs),
        cmocka_unit_test(two_together_are_as_one_of_both),
        cmocka_unit_test(times_that_cannot_be_are_not_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
