/*
 * Tasks that are run again after they have failed.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "play.h"

/* Numbers the runs, from 1. */
TROUPE_CLASS(book);
TROUPE_ASK(book, next, int);
TROUPE_ASK(book, runs, int);

TROUPE_TASK(flaky, int, (book, log), (int, failures));
TROUPE_TASK(reader, int, (book, log), (int, failures), (troupe_str, text),
            (TROUPE_SPAN(int), numbers));
TROUPE_TASK(until_cancelled, void, (book, log));
TROUPE_TASK(cancelled_late, void, (book, log));

TROUPE_CLASS(submitter);
TROUPE_ASK(submitter, submit, int, (book, log), (unsigned, retries));

/* ---- bodies ---------------------------------------------------------------------------------- */

struct book_state {
    int runs;
};

static int on_next(struct book_state *self)
{
    return ++self->runs;
}

static int on_runs(struct book_state *self)
{
    return self->runs;
}

TROUPE_IMPLEMENT(book, (next, on_next), (runs, on_runs));

static int on_flaky(book log, int failures)
{
    int run = troupe_await(book_next(log));
    if (run <= failures)
        troupe_fail(-70 - run, "run %d", run);
    return run;
}

/* The sum and the length, if the arguments are what they were. */
static int on_reader(book log, int failures, troupe_str text, TROUPE_SPAN(int) numbers)
{
    int sum = 0;
    for (size_t i = 0; i < numbers.count; i++)
        sum += numbers.data[i];
    on_flaky(log, failures);
    return sum + (int)strlen(text);
}

static void on_until_cancelled(book log)
{
    troupe_await(book_next(log));
    while (!troupe_cancelled())
        usleep(50);
    troupe_fail(-105, "it was cancelled");
}

static void wait_for_cancel(void *unused)
{
    (void)unused;
    while (!troupe_cancelled())
        usleep(50);
}

/* It has failed, and would be run again, when it is cancelled. */
static void on_cancelled_late(book log)
{
    troupe_defer(wait_for_cancel, NULL);
    troupe_await(book_next(log));
    troupe_fail(-106, "it has failed");
}

TROUPE_BODY(cancelled_late, on_cancelled_late);
TROUPE_BODY(flaky, on_flaky);
TROUPE_BODY(reader, on_reader);
TROUPE_BODY(until_cancelled, on_until_cancelled);

struct submitter_state {
    char nothing;
};

static int on_submit(struct submitter_state *self, book log, unsigned retries)
{
    (void)self;
    return troupe_await(
        troupe_submit(flaky, .log = log, .failures = 0, .with = {.retries = retries}));
}

TROUPE_IMPLEMENT(submitter, (submit, on_submit));

/* ---- tests ----------------------------------------------------------------------------------- */

static void a_task_is_run_until_it_succeeds(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        book log = book_new();
        int run = troupe_await(
            troupe_submit(flaky, .log = log, .failures = 3,
                          .with = {.place = troupe_on(rank), .retries = 5}));
        assert_int_equal(run, 4);
        assert_int_equal(troupe_await(book_runs(log)), 4);
    }
}

static void the_last_failure_is_reported_with_the_number_of_runs(void **state)
{
    (void)state;
    book log = book_new(), once = book_new();
    expect_failure(troupe_submit(flaky, .log = log, .failures = 9, .with = {.retries = 2}), -73,
                   "run 3 (it was run 3 times)");
    assert_int_equal(troupe_await(book_runs(log)), 3);
    expect_failure(flaky(once, 9), -71, "run 1");
    assert_int_equal(troupe_await(book_runs(once)), 1);
}

static void it_gets_the_same_arguments_each_time(void **state)
{
    (void)state;
    static int numbers[300000];
    for (size_t count = 3; count <= LENGTH(numbers); count *= 100) {
        for (size_t i = 0; i < count; i++)
            numbers[i] = 2;
        for (int rank = 0; rank < troupe_ranks(); rank++) {
            int got = troupe_await(troupe_submit(
                reader, .log = book_new(), .failures = 4, .text = "seven",
                .numbers = {numbers, count},
                .with = {.place = troupe_on(rank), .retries = 4}));
            assert_int_equal(got, 2 * (int)count + 5);
        }
    }
}

static void what_it_claims_is_kept_and_given_back_at_last(void **state)
{
    (void)state;
    struct troupe_resource has[3];
    troupe_resources(0, has, LENGTH(has));
    struct troupe_options all = {
        .place = troupe_on(0), .memory = (size_t)has[2].amount, .retries = 3};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(troupe_await(flaky_with((struct flaky_call){
                             .log = book_new(), .failures = 3, .with = all})),
                         4);
        expect_failure(flaky_with((struct flaky_call){
                           .log = book_new(), .failures = 9, .with = all}),
                       -74, "run 4 times");
    }
}

static void one_that_was_cancelled_is_not_run_again(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        book log = book_new();
        TROUPE_FUTURE(void) future = troupe_submit(
            until_cancelled, .log = log, .with = {.place = troupe_on(rank), .retries = 100});
        while (troupe_await(book_runs(log)) == 0)
            usleep(50);
        troupe_cancel(future);
        expect_failure(future, -105, "it was cancelled");
        assert_int_equal(troupe_await(book_runs(log)), 1);
    }
}

static void one_that_is_cancelled_when_it_has_failed_is_not_run_again(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        book log = book_new();
        TROUPE_FUTURE(void) future = troupe_submit(
            cancelled_late, .log = log, .with = {.place = troupe_on(rank), .retries = 100});
        while (troupe_await(book_runs(log)) == 0)
            usleep(50);
        troupe_cancel(future);
        expect_failure(future, -106, "it has failed");
        assert_int_equal(troupe_await(book_runs(log)), 1);
    }
}

static void too_many_are_refused(void **state)
{
    (void)state;
    submitter s = submitter_new();
    assert_int_equal(troupe_await(submitter_submit(s, book_new(), 255)), 1);
    expect_failure(submitter_submit(s, book_new(), 256), TROUPE_INVALID,
                   ".retries = 256 of flaky: there can be 255 at most");
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_is_run_until_it_succeeds),
        cmocka_unit_test(the_last_failure_is_reported_with_the_number_of_runs),
        cmocka_unit_test(it_gets_the_same_arguments_each_time),
        cmocka_unit_test(what_it_claims_is_kept_and_given_back_at_last),
        cmocka_unit_test(one_that_was_cancelled_is_not_run_again),
        cmocka_unit_test(one_that_is_cancelled_when_it_has_failed_is_not_run_again),
        cmocka_unit_test(too_many_are_refused),
    };
    return TEST_PLAY(argc, argv, tests, 3);
}
