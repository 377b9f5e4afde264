/*
 * Tests of ties: who ends with whom, and that only the living are kept.
 */
#include "actor/ties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "actor/actor.h"

static struct trp_ties ties;
static struct trp_actor_more mother, father;

static int begin(void **state)
{
    (void)state;
    ties = (struct trp_ties){.made = 0};
    mother = father = (struct trp_actor_more){.children = 0};
    trp_ties_open(&ties);
    return 0;
}

static int end(void **state)
{
    (void)state;
    trp_ties_close(&ties);
    return 0;
}

static struct troupe_ref child(uint32_t index)
{
    return trp_ref(1, 0, index, 1);
}

/* Their indices as the digits of a number, the first popped in front. */
static unsigned pop_all(struct trp_actor_more *parent)
{
    struct troupe_ref ref;
    unsigned digits = 0;
    while (trp_ties_pop(&ties, parent, &ref))
        digits = 10 * digits + trp_ref_index(ref);
    return digits;
}

static void children_are_popped_once_the_latest_first(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 3; i++) {
        trp_ties_add(&ties, &mother, child(i));
        trp_ties_add(&ties, &father, child(i + 5));
    }
    assert_int_equal(pop_all(&mother), 321);
    assert_int_equal(pop_all(&mother), 0);
    assert_int_equal(pop_all(&father), 876);
}

static void a_child_that_has_ended_is_not_popped_wherever_it_stood(void **state)
{
    uint32_t tie[5];

    (void)state;
    for (uint32_t gone = 1; gone <= 4; gone++) {
        for (uint32_t i = 1; i <= 4; i++)
            tie[i] = trp_ties_add(&ties, &mother, child(i));
        trp_ties_remove(&ties, tie[gone], child(gone));
        static const unsigned left[] = {0, 432, 431, 421, 321};
        assert_int_equal(pop_all(&mother), left[gone]);
    }
}

/* Its number may be another's by then. */
static void news_of_a_child_that_is_no_more_tied_changes_nothing(void **state)
{
    (void)state;
    uint32_t tie = trp_ties_add(&ties, &mother, child(1));
    assert_int_equal(pop_all(&mother), 1);
    trp_ties_remove(&ties, tie, child(1));
    assert_int_equal(trp_ties_add(&ties, &father, child(2)), tie);
    trp_ties_remove(&ties, tie, child(1));
    trp_ties_remove(&ties, 0, child(2));
    trp_ties_remove(&ties, 1000, child(2));
    assert_int_equal(pop_all(&father), 2);
}

static void a_parent_that_replaces_its_children_for_ever_keeps_only_the_living(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100000; i++)
        trp_ties_remove(&ties, trp_ties_add(&ties, &mother, child(i)), child(i));
    assert_int_equal(ties.made, 1);
    assert_int_equal(mother.children, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(children_are_popped_once_the_latest_first),
        TEST(a_child_that_has_ended_is_not_popped_wherever_it_stood),
        TEST(news_of_a_child_that_is_no_more_tied_changes_nothing),
        TEST(a_parent_that_replaces_its_children_for_ever_keeps_only_the_living),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
