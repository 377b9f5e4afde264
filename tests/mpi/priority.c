/*
 * Tasks with priorities: which begins first where many wait.
 */
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "play.h"

TROUPE_TASK(hold, void);
TROUPE_TASK(stamp, int);

TROUPE_CLASS(submitter);
TROUPE_ASK(submitter, submit, int, (int, priority));

static void on_hold(void)
{
    while (!troupe_cancelled())
        usleep(50);
}

/* The next number on this rank. */
static int on_stamp(void)
{
    static atomic_int last;
    return ++last;
}

TROUPE_BODY(hold, on_hold);
TROUPE_BODY(stamp, on_stamp);

struct submitter_state {
    char nothing;
};

static int on_submit(struct submitter_state *self, int priority)
{
    (void)self;
    return troupe_await(troupe_submit(stamp, .with = {.priority = priority}));
}

TROUPE_IMPLEMENT(submitter, (submit, on_submit));

/* Every one needs all CPUs of the rank, so that they run one after the other; the first keeps them
   until all the others have come. Their stamps. */
static void run_all(int rank, const int *priorities, size_t count, int *stamps)
{
    TROUPE_FUTURE(int) futures[300];
    struct troupe_options with = {.place = troupe_on(rank), .priority = 32767};
    struct troupe_resource cpus;
    troupe_resources(rank, &cpus, 1);
    with.cpus = (int)cpus.amount;
    TROUPE_FUTURE(void) first = hold_with((struct hold_call){.with = with});
    for (size_t i = 0; i < count; i++) {
        with.priority = priorities[i];
        futures[i] = stamp_with((struct stamp_call){.with = with});
    }
    troupe_cancel(first);
    troupe_drop(first);
    troupe_await_all(futures, count, stamps);
}

static void the_highest_begin_first_and_equals_in_order(void **state)
{
    (void)state;
    int priorities[300], stamps[300];
    uint64_t seed = test_order() + 1;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        for (size_t i = 0; i < LENGTH(priorities); i++)
            priorities[i] = (int)(test_random(&seed) % 7) * 10000 - 30000;
        run_all(rank, priorities, LENGTH(priorities), stamps);
        for (size_t i = 0; i < LENGTH(priorities); i++)
            for (size_t j = i + 1; j < LENGTH(priorities); j++)
                assert_int_equal(stamps[i] < stamps[j], priorities[i] >= priorities[j]);
    }
}

static void without_any_they_begin_in_order(void **state)
{
    (void)state;
    int priorities[100] = {0}, stamps[100];
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        run_all(rank, priorities, LENGTH(priorities), stamps);
        for (size_t i = 1; i < LENGTH(priorities); i++)
            assert_true(stamps[i - 1] < stamps[i]);
    }
}

static void one_that_is_out_of_range_is_refused(void **state)
{
    (void)state;
    submitter s = submitter_new();
    assert_true(troupe_await(submitter_submit(s, 32767)) > 0);
    assert_true(troupe_await(submitter_submit(s, -32768)) > 0);
    expect_failure(submitter_submit(s, 32768), TROUPE_INVALID, ".priority = 32768 of stamp");
    expect_failure(submitter_submit(s, INT_MIN), TROUPE_INVALID, "it can be -32768 to 32767");
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_begin_first_and_equals_in_order),
        cmocka_unit_test(without_any_they_begin_in_order),
        cmocka_unit_test(one_that_is_out_of_range_is_refused),
    };
    unsetenv("OMP_NUM_THREADS"); /* or a task takes one CPU, whatever it asks for */
    return TEST_PLAY(argc, argv, tests, 3);
}
