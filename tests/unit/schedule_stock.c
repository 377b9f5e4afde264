/*
 * Requests and their refusal; claims, the line in which they wait, and GPUs in parts.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "play.h"
#include "schedule/stock.h"

/* ---- two ranks ------------------------------------------------------------------------------- */

enum { FPGA = TRP_CUSTOM, LICENSE, KINDS };

static uint64_t table[2][KINDS] = {
    {2, 2 * TRP_WHOLE, UINT64_C(4) << 30, 0, 4},
    {8, 0, UINT64_C(2) << 30, 3, 4},
};
static const struct trp_resources job = {.ranks = 2,
                                         .kinds = KINDS,
                                         .names = {"cpus", "gpus", "memory", "fpga", "license"},
                                         .has = &table[0][0]};

static struct trp_amounts request(const char *resources, double gpus)
{
    const struct troupe_needs needs = {.gpus = gpus, .resources = resources};
    struct trp_amounts read;
    char story[256];
    if (!trp_request_read(&job, &needs, &read, story, sizeof story))
        fail_msg("refused: %s", story);
    return read;
}

static void expect_unreadable(struct troupe_needs needs, const char *text)
{
    struct trp_amounts read;
    char story[256] = "";
    if (trp_request_read(&job, &needs, &read, story, sizeof story) || !strstr(story, text))
        fail_msg("\"%s\" does not say \"%s\"", story, text);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void a_request_is_read(void **state)
{
    (void)state;
    const struct troupe_needs needs = {
        .cpus = 3, .gpus = 0.25, .memory = 1000, .resources = "license:2,fpga:1"};
    struct trp_amounts read;
    char story[256];
    assert_true(trp_request_read(&job, &needs, &read, story, sizeof story));
    assert_true(read.of[TRP_CPUS] == 3 && read.of[TRP_GPUS] == TRP_WHOLE / 4 &&
                read.of[TRP_MEMORY] == 1000 && read.of[FPGA] == 1 && read.of[LICENSE] == 2);
    assert_true(trp_request_holds(&read));
    read = request(NULL, 2);
    assert_true(read.of[TRP_GPUS] == 2 * TRP_WHOLE);
    read = request("", 0);
    assert_false(trp_request_holds(&read));
}

static void what_is_wrong_with_a_request_is_said(void **state)
{
    (void)state;
    expect_unreadable((struct troupe_needs){.cpus = -1}, "-1 CPUs");
    expect_unreadable((struct troupe_needs){.gpus = 1.5}, "1.5 GPUs");
    expect_unreadable((struct troupe_needs){.gpus = -0.5}, "-0.5 GPUs");
    expect_unreadable((struct troupe_needs){.gpus = NAN}, "nan GPUs");
    expect_unreadable((struct troupe_needs){.gpus = 1e-6}, "1e-06 GPUs");
    expect_unreadable((struct troupe_needs){.gpus = 1e300}, "1e+300 GPUs");
    expect_unreadable((struct troupe_needs){.resources = "fpga:1,licence:1"},
                      "'licence': no rank of this job has any; there is fpga, license");
    expect_unreadable((struct troupe_needs){.resources = "fpga"}, "'fpga' is not NAME:NUMBER");
    expect_unreadable((struct troupe_needs){.resources = "node:fpga:1"}, "node:");
    expect_unreadable((struct troupe_needs){.resources = "fpga:1,fpga:1"}, "twice");
}

static void expect_refusal(const char *who, struct trp_amounts wants, const char *text)
{
    char story[512];
    trp_request_refusal(&job, who, "task draw", &wants, story, sizeof story);
    assert_string_equal(story, text);
}

static void a_refusal_names_the_request_and_the_largest_place(void **state)
{
    (void)state;
    struct trp_amounts wants = request("fpga:1", 1);
    assert_false(trp_rank_could(&job, 0, &wants) || trp_rank_could(&job, 1, &wants));
    expect_refusal("no rank of this job has", wants,
                   "task draw asks for 1 GPU, fpga:1, which no rank of this job has: the largest "
                   "place, rank 0, has 2 CPUs, 2 GPUs, 4 GiB of memory, license:4");
    wants = request("fpga:4", 0);
    expect_refusal("no rank of this job has", wants,
                   "task draw asks for fpga:4, which no rank of this job has: the largest place, "
                   "rank 1, has 8 CPUs, 2 GiB of memory, fpga:3, license:4");
    wants = request(NULL, 0.5);
    assert_true(trp_rank_could(&job, 0, &wants));
    assert_false(trp_rank_could(&job, 1, &wants));
    expect_refusal("rank 1 has not", wants,
                   "task draw asks for 0.5 GPUs, which rank 1 has not: the largest place, rank 0, "
                   "has 2 CPUs, 2 GPUs, 4 GiB of memory, license:4");
}

static void what_was_placed_before_counts_where_it_is_packed(void **state)
{
    (void)state;
    struct trp_amounts wants = request("license:2", 0), none = request("", 0);
    struct trp_amounts before = request("license:3", 0);
    assert_true(trp_rank_could_with(&job, 0, &wants, &none));
    assert_true(trp_rank_could_with(&job, 0, &wants, &wants));
    assert_false(trp_rank_could_with(&job, 0, &wants, &before));
}

/* ---- GPUs ------------------------------------------------------------------------------------ */

static struct trp_claim *claim_of(const char *resources, double gpus)
{
    struct trp_amounts wants = request(resources, gpus);
    struct trp_claim *claim = trp_claim_new(&wants, "test");
    assert_non_null(claim);
    return claim;
}

static int gpu_of(const struct trp_stock *stock, const struct trp_claim *claim)
{
    int id = -1;
    assert_true(claim->held);
    assert_int_equal(trp_claim_gpus(stock, claim, &id, 1), 1);
    return id;
}

static void four_quarters_share_a_gpu_and_the_other_stays_whole(void **state)
{
    (void)state;
    struct trp_stock stock;
    trp_stock_open(&stock, &job, 0, 10);
    struct trp_claim *quarter[4], *whole = claim_of(NULL, 1);
    for (int i = 0; i < 4; i++) {
        quarter[i] = claim_of(NULL, 0.25);
        assert_true(trp_stock_claim(&stock, quarter[i]));
        assert_int_equal(gpu_of(&stock, quarter[i]), gpu_of(&stock, quarter[0]));
    }
    assert_true(trp_stock_claim(&stock, whole));
    assert_int_equal(gpu_of(&stock, whole) + gpu_of(&stock, quarter[0]), 10 + 11);
    struct trp_claim *fifth = claim_of(NULL, 0.25);
    assert_false(trp_stock_claim(&stock, fifth));
    trp_stock_leave(&stock, quarter[2]);
    assert_ptr_equal(trp_stock_next(&stock), fifth);
    assert_int_equal(gpu_of(&stock, fifth), gpu_of(&stock, quarter[0]));
    for (int i = 0; i < 4; i++)
        free(quarter[i]);
    free(whole);
    free(fifth);
}

static void three_quarters_and_a_half_do_not_share_one(void **state)
{
    (void)state;
    struct trp_stock stock;
    trp_stock_open(&stock, &job, 0, 10);
    struct trp_claim *a = claim_of(NULL, 0.75), *b = claim_of(NULL, 0.5), *c = claim_of(NULL, 0.75);
    assert_true(trp_stock_claim(&stock, a));
    assert_true(trp_stock_claim(&stock, b));
    assert_true(gpu_of(&stock, a) != gpu_of(&stock, b));
    /* Three quarters are free, and nowhere together. */
    assert_true(stock.free.of[TRP_GPUS] == 3 * TRP_WHOLE / 4);
    assert_false(trp_stock_claim(&stock, c));
    trp_stock_leave(&stock, b);
    assert_ptr_equal(trp_stock_next(&stock), c);
    assert_true(gpu_of(&stock, a) != gpu_of(&stock, c));
    free(a), free(b), free(c);
}

/* ---- the line -------------------------------------------------------------------------------- */

static void what_shares_nothing_with_one_that_waits_passes_it_freely(void **state)
{
    (void)state;
    struct trp_stock stock;
    trp_stock_open(&stock, &job, 0, 0);
    struct trp_claim *both = claim_of(NULL, 2), *waiting = claim_of(NULL, 1);
    assert_true(trp_stock_claim(&stock, both));
    assert_false(trp_stock_claim(&stock, waiting));
    for (int i = 0; i < 10 * TRP_OVERTAKEN_MAX; i++) {
        struct trp_claim *other = claim_of("license:4", 0);
        assert_true(trp_stock_claim(&stock, other));
        trp_stock_leave(&stock, other);
        assert_null(trp_stock_next(&stock));
        free(other);
    }
    char reason[512];
    trp_claim_reason(&stock, waiting, reason, sizeof reason);
    assert_string_equal(reason, "waits for 1 GPU (free: nothing), behind 0");
    trp_stock_leave(&stock, waiting);
    assert_int_equal(stock.waiting, 0);
    trp_stock_leave(&stock, both);
    assert_null(trp_stock_next(&stock));
    free(both), free(waiting);
}

/* Licences come and go, one at a time, so that all four are never free by themselves. */
static void a_large_claim_is_overtaken_so_often_and_then_no_more(void **state)
{
    (void)state;
    enum { SMALL = 4 + 2 * TRP_OVERTAKEN_MAX };
    struct trp_stock stock;
    trp_stock_open(&stock, &job, 0, 0);
    struct trp_claim *small[SMALL], *large = claim_of("license:4", 0);
    for (int i = 0; i < 3; i++) {
        small[i] = claim_of("license:1", 0);
        assert_true(trp_stock_claim(&stock, small[i]));
    }
    assert_false(trp_stock_claim(&stock, large));
    int passed = 0, first = 0, last = 3;
    for (; last < SMALL && !large->held; last++, first++) {
        small[last] = claim_of("license:1", 0);
        passed += trp_stock_claim(&stock, small[last]);
        assert_true(small[first]->held);
        trp_stock_leave(&stock, small[first]);
        trp_stock_next(&stock);
    }
    assert_int_equal(passed, TRP_OVERTAKEN_MAX);
    assert_true(large->held);
    assert_true(stock.free.of[LICENSE] == 0);
    for (int i = first; i < last; i++)
        assert_true(!small[i]->held);
    /* Those that came later wait behind it, in their order. */
    trp_stock_leave(&stock, large);
    for (int i = first; i < last; i++) {
        struct trp_claim *next = trp_stock_next(&stock);
        assert_ptr_equal(next, small[i]);
        trp_stock_leave(&stock, next);
    }
    for (int i = 0; i < last; i++)
        free(small[i]);
    free(large);
}

/* A model of its own counts what is held, after each of many random steps. */
static void what_is_held_never_exceeds_what_there_is(void **state)
{
    (void)state;
    enum { CLAIMS = 40, STEPS = 20000 };
    for (uint64_t seed = 1; seed <= 5; seed++) {
        uint64_t random = seed;
        struct trp_stock stock;
        struct trp_claim *claims[CLAIMS] = {NULL};
        static const double parts[] = {0, 0, 0.25, 0.5, 0.75, 1, 2};
        static const char *const named[] = {NULL, NULL, "license:1", "license:3", "license:4"};
        trp_stock_open(&stock, &job, 0, 0);
        for (int step = 0; step < STEPS; step++) {
            struct trp_claim **slot = &claims[test_random(&random) % CLAIMS];
            if (*slot) {
                trp_stock_leave(&stock, *slot);
                free(*slot);
                *slot = NULL;
                while (trp_stock_next(&stock))
                    continue;
            } else {
                *slot = claim_of(named[test_random(&random) % 5],
                                 parts[test_random(&random) % 7]);
                trp_stock_claim(&stock, *slot);
            }
            uint64_t used[KINDS] = {0}, gpu[2] = {0};
            int waiting = 0;
            for (int i = 0; i < CLAIMS; i++) {
                waiting += claims[i] && !claims[i]->held;
                for (int k = 0; k < KINDS && claims[i] && claims[i]->held; k++)
                    used[k] += claims[i]->wants.of[k];
                for (int g = 0; g < 2 && claims[i] && claims[i]->held; g++)
                    gpu[g] += claims[i]->gpus >> g & 1 ? claims[i]->gpu_part : 0;
            }
            for (int k = TRP_GPUS; k < KINDS; k++)
                assert_true(used[k] + stock.free.of[k] == table[0][k]);
            assert_true(gpu[0] <= TRP_WHOLE && gpu[1] <= TRP_WHOLE);
            assert_true(gpu[0] + gpu[1] == used[TRP_GPUS]);
            assert_int_equal(waiting, stock.waiting);
        }
        for (int i = 0; i < CLAIMS; i++)
            if (claims[i]) {
                trp_stock_leave(&stock, claims[i]);
                free(claims[i]);
            }
        assert_memory_equal(&stock.free, &stock.has, sizeof stock.has);
        assert_null(stock.line);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read),
        cmocka_unit_test(what_is_wrong_with_a_request_is_said),
        cmocka_unit_test(a_refusal_names_the_request_and_the_largest_place),
        cmocka_unit_test(what_was_placed_before_counts_where_it_is_packed),
        cmocka_unit_test(four_quarters_share_a_gpu_and_the_other_stays_whole),
        cmocka_unit_test(three_quarters_and_a_half_do_not_share_one),
        cmocka_unit_test(what_shares_nothing_with_one_that_waits_passes_it_freely),
        cmocka_unit_test(a_large_claim_is_overtaken_so_often_and_then_no_more),
        cmocka_unit_test(what_is_held_never_exceeds_what_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
