/*
 * Tests of timers: against a list that is searched from end to end. TROUPE_TEST_SEED chooses.
 */
#include "schedule/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TIMERS 300
#define STEPS 200000

static struct trp_timers timers;
static struct trp_timer all[TIMERS];

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

static int begin(void **state)
{
    (void)state;
    timers = (struct trp_timers){0};
    for (int i = 0; i < TIMERS; i++)
        all[i] = (struct trp_timer){.at = 0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    trp_timers_close(&timers);
    return 0;
}

static void add(int i, double at)
{
    all[i].at = at;
    trp_timers_add(&timers, &all[i]);
}

static void no_timers_are_never_due(void **state)
{
    (void)state;
    assert_true(trp_timers_next(&timers) < 0);
    assert_null(trp_timers_due(&timers, 1e9));
}

static void a_timer_is_due_at_its_moment_and_once(void **state)
{
    (void)state;
    add(0, 10);
    assert_true(trp_timers_next(&timers) == 10);
    assert_null(trp_timers_due(&timers, 9.999));
    assert_ptr_equal(trp_timers_due(&timers, 10), &all[0]);
    assert_null(trp_timers_due(&timers, 11));
    assert_int_equal(all[0].place, 0);
    assert_true(trp_timers_next(&timers) < 0);
}

static void the_moment_zero_is_a_moment(void **state)
{
    (void)state;
    add(0, 0);
    assert_true(trp_timers_next(&timers) == 0);
    assert_ptr_equal(trp_timers_due(&timers, 0), &all[0]);
}

static void what_is_due_comes_earliest_first(void **state)
{
    (void)state;
    for (int i = 0; i < TIMERS; i++)
        add(i, (double)((i * 7919) % TIMERS));
    for (int i = 0; i < TIMERS; i++) {
        assert_true(trp_timers_next(&timers) == i);
        assert_true(trp_timers_due(&timers, TIMERS)->at == i);
    }
}

static void equal_moments_all_come(void **state)
{
    (void)state;
    for (int i = 0; i < TIMERS; i++)
        add(i, 5);
    for (int i = 0; i < TIMERS; i++) {
        struct trp_timer *due = trp_timers_due(&timers, 5);
        assert_non_null(due);
        assert_true(due->at == 5);
        due->at = -1;
    }
    assert_null(trp_timers_due(&timers, 5));
}

static void one_that_is_absent_can_be_removed(void **state)
{
    (void)state;
    trp_timers_remove(&timers, &all[0]);
    add(1, 1);
    trp_timers_remove(&timers, &all[0]);
    assert_true(trp_timers_next(&timers) == 1);
    trp_timers_remove(&timers, &all[1]);
    trp_timers_remove(&timers, &all[1]);
    assert_true(trp_timers_next(&timers) < 0);
}

static void any_one_can_be_removed(void **state)
{
    (void)state;
    for (int out = 0; out < 40; out++) {
        for (int i = 0; i < 40; i++)
            add(i, (double)((i * 17) % 40));
        trp_timers_remove(&timers, &all[out]);
        for (int i = 0; i < 40; i++)
            if (i != (out * 17) % 40)
                assert_true(trp_timers_due(&timers, 40)->at == i);
        assert_null(trp_timers_due(&timers, 40));
    }
}

/* ---- firing ---------------------------------------------------------------------------------- */

/* What a timer belongs to: here it is not the first member, as in a context. */
struct owner {
    int number;
    struct trp_timer timer;
    int left; /* how often it sets itself again */
};

static int fired[100], fired_count;

static void fire(struct trp_timer *timer)
{
    struct owner *owner = (struct owner *)(void *)((char *)timer - offsetof(struct owner, timer));
    fired[fired_count++] = owner->number;
    if (owner->left-- > 0) {
        timer->at += 10;
        trp_timers_add(&timers, timer);
    }
}

static void fire_all_due(double now)
{
    for (struct trp_timer *due; (due = trp_timers_due(&timers, now));)
        due->fire(due);
}

static void timers_fire_in_the_order_of_their_moments(void **state)
{
    struct owner owners[20];

    (void)state;
    fired_count = 0;
    for (int i = 0; i < 20; i++) {
        owners[i] = (struct owner){.number = i, .timer = {.at = (i * 7) % 20, .fire = fire}};
        trp_timers_add(&timers, &owners[i].timer);
    }
    for (int now = 0; now < 20; now++) {
        fire_all_due(now);
        assert_int_equal(fired_count, now + 1);
        assert_int_equal(fired[now] * 7 % 20, now);
    }
}

static void one_that_sets_itself_again_comes_when_it_is_due_again(void **state)
{
    struct owner often = {.number = 1, .timer = {.at = 5, .fire = fire}, .left = 3};
    struct owner once = {.number = 2, .timer = {.at = 20, .fire = fire}};
    static const int order[] = {1, 1, 2, 1, 1};

    (void)state;
    fired_count = 0;
    trp_timers_add(&timers, &often.timer);
    trp_timers_add(&timers, &once.timer);
    fire_all_due(4);
    assert_int_equal(fired_count, 0);
    fire_all_due(100);
    assert_int_equal(fired_count, 5);
    assert_memory_equal(fired, order, sizeof order);
    assert_true(trp_timers_next(&timers) < 0);
}

/* ---- at random ------------------------------------------------------------------------------- */

static bool in[TIMERS]; /* the reference: whether it is in the heap */

static int earliest(void)
{
    int first = -1;
    for (int i = 0; i < TIMERS; i++)
        if (in[i] && (first < 0 || all[i].at < all[first].at))
            first = i;
    return first;
}

static void take_what_is_due(double now)
{
    struct trp_timer *due = trp_timers_due(&timers, now);
    int first = earliest();
    if (first < 0 || all[first].at > now) {
        assert_null(due);
        return;
    }
    assert_non_null(due);
    assert_true(in[due - all]);
    assert_true(due->at == all[first].at);
    in[due - all] = false;
}

/* Many or few of them, far apart or often equal, for a while each. */
static void step(uint64_t reach, uint64_t fullness)
{
    int i = (int)draw(TIMERS);
    uint64_t what = draw(100);
    if (!in[i] && what < fullness) {
        add(i, (double)draw(reach));
        in[i] = true;
    } else if (what < 60) {
        trp_timers_remove(&timers, &all[i]);
        in[i] = false;
    } else {
        take_what_is_due((double)draw(reach));
    }
}

static void random_steps_agree_with_a_list(void **state)
{
    uint64_t reach = 1000, fullness = 50;

    (void)state;
    for (int i = 0; i < STEPS; i++) {
        if (i % 1000 == 0) {
            reach = draw(2) ? 8 : 1000000;
            fullness = 20 + draw(80);
        }
        step(reach, fullness);
        int first = earliest();
        double next = trp_timers_next(&timers);
        if (first < 0 ? next >= 0 : next != all[first].at)
            fail_msg("step %d: next is %g", i, next);
    }
    while (earliest() >= 0)
        take_what_is_due(1e9);
    assert_null(trp_timers_due(&timers, 1e9));
}

static void closed_timers_are_empty_and_can_be_used_again(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        add(i, i);
    trp_timers_close(&timers);
    assert_true(trp_timers_next(&timers) < 0);
    add(200, 3);
    assert_ptr_equal(trp_timers_due(&timers, 3), &all[200]);
}

int main(void)
{
    const char *wanted = getenv("TROUPE_TEST_SEED");
    seed = wanted ? strtoull(wanted, NULL, 0) : 1;
    printf("TROUPE_TEST_SEED=%llu\n", (unsigned long long)seed);

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(no_timers_are_never_due),
        TEST(a_timer_is_due_at_its_moment_and_once),
        TEST(the_moment_zero_is_a_moment),
        TEST(what_is_due_comes_earliest_first),
        TEST(equal_moments_all_come),
        TEST(one_that_is_absent_can_be_removed),
        TEST(any_one_can_be_removed),
        TEST(timers_fire_in_the_order_of_their_moments),
        TEST(one_that_sets_itself_again_comes_when_it_is_due_again),
        TEST(random_steps_agree_with_a_list),
        TEST(closed_timers_are_empty_and_can_be_used_again),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
