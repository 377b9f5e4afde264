/*
 * Failures as they travel: the story of a chain, failing constructors, what cannot be asked for.
 */
#include <stdio.h>
#include <string.h>

#include "play.h"

#define RANKS 64

static int destroyed[RANKS], deferred[RANKS];

TROUPE_CLASS(hop, (int, number));
TROUPE_ASK(hop, pass, int, (hop, next), (int, left));
TROUPE_ASK(hop, number, int);

TROUPE_CLASS(builder, (int, way));
TROUPE_ASK(builder, nothing, void);

TROUPE_CLASS(asker);
TROUPE_ASK(asker, span_without_data, size_t, (asker, to));
TROUPE_ASK(asker, length, size_t, (TROUPE_SPAN(int), numbers));
TROUPE_ASK(asker, create_on, asker, (int, rank));
TROUPE_ASK(asker, submit_on, int, (int, rank));
TROUPE_ASK(asker, get_in_a_team, int, (asker, to));
TROUPE_ASK(asker, end_of_none, int);
TROUPE_ASK(asker, destroyed, int);
TROUPE_ASK(asker, deferred, int);

TROUPE_TASK(relay_task, int, (hop, next), (int, left));
TROUPE_TASK(exit_actor_task, int);

/* ---- the classes ----------------------------------------------------------------------------- */

struct hop_state {
    int number;
};

static void on_hop(struct hop_state *self, int number)
{
    self->number = number;
}

/* Each makes the next, on the next rank; in the middle a task stands between two of them. */
static int on_pass(struct hop_state *self, hop next, int left)
{
    if (left == 0)
        troupe_fail(-55, "the chain is at its end");
    if (left == 2)
        return troupe_await(relay_task(next, left - 1));
    hop after = troupe_new(hop, .number = self->number + 2,
                           .with = {.place = troupe_on((self->number + 2) % troupe_ranks())});
    return troupe_await(hop_pass(next, after, left - 1));
}

static int on_number(struct hop_state *self)
{
    return self->number;
}

static void on_repr(const struct hop_state *self, char *text, size_t size)
{
    snprintf(text, size, "hop number %d", self->number);
}

TROUPE_IMPLEMENT(hop, (init, on_hop), (pass, on_pass), (number, on_number), (repr, on_repr));

static int on_relay_task(hop next, int left)
{
    return troupe_await(hop_pass(next, next, left - 1));
}

static int on_exit_actor_task(void)
{
    troupe_exit_actor();
    return 0;
}

TROUPE_BODY(relay_task, on_relay_task);
TROUPE_BODY(exit_actor_task, on_exit_actor_task);

struct builder_state {
    char unused;
};

enum { WAY_FINE, WAY_FAILS, WAY_FAILS_AFTER_WAITING, WAY_ASKS_A_FAILURE };

static void count_deferred(void *p)
{
    (void)p;
    deferred[troupe_rank()]++;
}

static void on_builder(struct builder_state *self, int way)
{
    (void)self;
    memset(troupe_alloc(1000), 1, 1000);
    troupe_defer(count_deferred, NULL);
    if (way == WAY_FAILS)
        troupe_fail(-56, "it fell down");
    if (way == WAY_FAILS_AFTER_WAITING) {
        troupe_await(builder_nothing(builder_new(WAY_FINE)));
        troupe_fail(-57, "it fell down later");
    }
    if (way == WAY_ASKS_A_FAILURE)
        troupe_await(builder_nothing(builder_new(WAY_FAILS)));
}

static void on_nothing(struct builder_state *self)
{
    (void)self;
}

static void on_destroy(struct builder_state *self)
{
    (void)self;
    destroyed[troupe_rank()]++;
}

TROUPE_IMPLEMENT(builder, (init, on_builder), (nothing, on_nothing), (destroy, on_destroy));

struct asker_state {
    char unused;
};

static size_t on_span_without_data(struct asker_state *self, asker to)
{
    (void)self;
    return troupe_await(asker_length(to, (TROUPE_SPAN(int)){NULL, 3}));
}

static size_t on_length(struct asker_state *self, TROUPE_SPAN(int) numbers)
{
    (void)self;
    return numbers.count;
}

static asker on_create_on(struct asker_state *self, int rank)
{
    (void)self;
    return troupe_new(asker, .with = {.place = troupe_on(rank)});
}

static int on_submit_on(struct asker_state *self, int rank)
{
    (void)self;
    return troupe_await(troupe_submit(exit_actor_task, .with = {.place = troupe_on(rank)}));
}

/* What waiting says inside a parallel region. */
static int on_get_in_a_team(struct asker_state *self, asker to)
{
    (void)self;
    int status = 1;
    TROUPE_FUTURE(size_t) length = asker_length(to, (TROUPE_SPAN(int)){NULL, 0});
    #pragma omp parallel num_threads(2)
    {
        #pragma omp master
        {
            size_t value;
            status = troupe_get(length, &value);
            if (troupe_wait(&length.any, 1, TROUPE_ALL, TROUPE_FOREVER) != 0)
                status = 2;
        }
    }
    troupe_await(length);
    return status;
}

static int on_end_of_none(struct asker_state *self)
{
    (void)self;
    asker none = {{0, 0}};
    return troupe_await(troupe_ended(none)).reason;
}

static int on_destroyed(struct asker_state *self)
{
    (void)self;
    return destroyed[troupe_rank()];
}

static int on_deferred(struct asker_state *self)
{
    (void)self;
    return deferred[troupe_rank()];
}

TROUPE_IMPLEMENT(asker, (span_without_data, on_span_without_data), (length, on_length),
                 (create_on, on_create_on), (submit_on, on_submit_on),
                 (get_in_a_team, on_get_in_a_team), (end_of_none, on_end_of_none),
                 (destroyed, on_destroyed), (deferred, on_deferred));

/* ---- the stage ------------------------------------------------------------------------------- */

static asker asker_on(int rank, int cpus)
{
    return troupe_new(asker, .with = {.place = troupe_on(rank), .cpus = cpus});
}

/* The counts of all ranks. */
static void count(int *gone, int *ran)
{
    *gone = *ran = 0;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        asker a = asker_on(rank, 0);
        *gone += troupe_await(asker_destroyed(a));
        *ran += troupe_await(asker_deferred(a));
    }
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void a_story_names_every_hop_of_a_chain_in_order(void **state)
{
    (void)state;
    static const char *const parts[] = {"\"hop number 0\").pass: hop(", "\"hop number 1\").pass: ",
                                        "\"hop number 2\").pass: ", "task relay_task on rank ",
                                        "\"hop number 3\").pass: the chain is at its end"};
    hop first = troupe_new(hop, .number = 0, .with = {.place = troupe_on(0)});
    hop second = troupe_new(hop, .number = 1, .with = {.place = troupe_on(1 % troupe_ranks())});
    int value;
    expect_status(troupe_get(hop_pass(first, second, 4), &value), -55);
    const char *at = troupe_story();
    for (size_t i = 0; i < LENGTH(parts); i++) {
        const char *found = strstr(at, parts[i]);
        if (!found)
            print_error("the story \"%s\" does not have \"%s\" there\n", troupe_story(), parts[i]);
        assert_non_null(found);
        at = found;
    }
    assert_int_equal(troupe_await(hop_number(first)), 0);
}

static void a_failing_constructor_is_told_to_callers_and_cleaned_up_after(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++)
        for (int rank = 0; rank < troupe_ranks(); rank++) {
            int gone, ran, gone_now, ran_now;
            count(&gone, &ran);
            builder b = troupe_new(builder, .way = WAY_FAILS,
                                   .with = {.place = troupe_on(rank), .cpus = cpus});
            expect_failure(builder_nothing(b), TROUPE_ENDED, "init: it fell down");
            assert_int_equal(troupe_await(troupe_ended(b)).reason, TROUPE_END_FAILED);
            count(&gone_now, &ran_now);
            assert_int_equal(ran_now, ran + 1);
            assert_int_equal(gone_now, gone + 1);
        }
}

static void a_constructor_may_wait_and_fail_then(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++)
        for (int rank = 0; rank < troupe_ranks(); rank++) {
            builder late = troupe_new(builder, .way = WAY_FAILS_AFTER_WAITING,
                                      .with = {.place = troupe_on(rank), .cpus = cpus});
            expect_failure(builder_nothing(late), TROUPE_ENDED, "init: it fell down later");
            builder outer = troupe_new(builder, .way = WAY_ASKS_A_FAILURE,
                                       .with = {.place = troupe_on(rank), .cpus = cpus});
            expect_failure(builder_nothing(outer), TROUPE_ENDED, "init: it fell down");
            assert_non_null(strstr(strstr(troupe_story(), ".init: ") + 1, ".init: "));
        }
}

static void a_span_with_a_count_and_no_data_is_refused(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        asker a = asker_on(troupe_ranks() - 1, cpus);
        expect_failure(asker_span_without_data(a, asker_on(0, 0)), TROUPE_INVALID,
                       "the arguments of asker.length");
        assert_int_equal(troupe_await(asker_length(a, (TROUPE_SPAN(int)){NULL, 0})), 0);
    }
}

static void a_rank_that_is_not_there_fails_the_caller(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        asker a = asker_on(troupe_ranks() - 1, cpus);
        expect_failure(asker_create_on(a, -1), TROUPE_INVALID, "there is no rank -1");
        expect_failure(asker_create_on(a, troupe_ranks()), TROUPE_INVALID, "there is no rank");
        expect_failure(asker_submit_on(a, -1), TROUPE_INVALID, "there is no rank -1");
    }
}

static void what_belongs_elsewhere_is_refused(void **state)
{
    (void)state;
    expect_failure(exit_actor_task(), TROUPE_NOT_HERE, "troupe_exit_actor outside of a method");
    for (int cpus = 0; cpus <= 1; cpus++) {
        asker a = asker_on(troupe_ranks() - 1, cpus);
        assert_int_equal(troupe_await(asker_get_in_a_team(a, asker_on(0, 0))), TROUPE_NOT_HERE);
        expect_failure(asker_end_of_none(a), TROUPE_NO_ACTOR, "end_of_none");
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_names_every_hop_of_a_chain_in_order),
        cmocka_unit_test(a_failing_constructor_is_told_to_callers_and_cleaned_up_after),
        cmocka_unit_test(a_constructor_may_wait_and_fail_then),
        cmocka_unit_test(a_span_with_a_count_and_no_data_is_refused),
        cmocka_unit_test(a_rank_that_is_not_there_fails_the_caller),
        cmocka_unit_test(what_belongs_elsewhere_is_refused),
    };
    return TEST_PLAY(argc, argv, tests, 6);
}
