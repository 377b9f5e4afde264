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
TROUPE_ASK(asker, span_too_large, size_t, (asker, to), (int, bits));
TROUPE_ASK(asker, alloc, int, (size_t, bytes));
TROUPE_ASK(asker, result_without_data, TROUPE_SPAN(int));
TROUPE_ASK(asker, create_beside_none, asker);
TROUPE_ASK(asker, create_on_a_number, asker);
TROUPE_ASK(asker, say_cancelled, int);
TROUPE_ASK(asker, defer_asking, int, (asker, to), (bool, then_fail));
TROUPE_TELL(asker, note);
TROUPE_ASK(asker, notes, int);
TROUPE_ASK(asker, destroyed, int);
TROUPE_ASK(asker, deferred, int);

TROUPE_TASK(relay_task, int, (hop, next), (int, left));
TROUPE_TASK(exit_actor_task, int);
TROUPE_TASK(no_data_task, TROUPE_SPAN(int));
TROUPE_TASK(cancelled_task, int);
TROUPE_TASK(defer_asking_task, int, (asker, to), (bool, then_fail));

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

/* Its memory is not there: no message can be made of it. */
static TROUPE_SPAN(int) on_no_data_task(void)
{
    return (TROUPE_SPAN(int)){NULL, 3};
}

static int on_cancelled_task(void)
{
    troupe_fail(TROUPE_CANCELLED, "a task thought better of it");
}

TROUPE_BODY(relay_task, on_relay_task);
TROUPE_BODY(exit_actor_task, on_exit_actor_task);
TROUPE_BODY(no_data_task, on_no_data_task);
TROUPE_BODY(cancelled_task, on_cancelled_task);

struct builder_state {
    char unused;
};

enum { WAY_FINE, WAY_FAILS, WAY_FAILS_AFTER_WAITING, WAY_ASKS_A_FAILURE };

static void count_deferred(void *p)
{
    (void)p;
    __atomic_add_fetch(&deferred[troupe_rank()], 1, __ATOMIC_RELAXED);
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
    int notes;
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

static asker on_create_on_a_number(struct asker_state *self)
{
    (void)self;
    return troupe_new(asker, .with = {.place = {.rule = 1}}); /* .place = 1 is taken for this */
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

/* So many elements that their bytes are more than there can be, or than a size can say. */
static size_t on_span_too_large(struct asker_state *self, asker to, int bits)
{
    (void)self;
    static const int one = 1;
    return troupe_await(asker_length(to, (TROUPE_SPAN(int)){&one, SIZE_MAX >> bits}));
}

static int on_alloc(struct asker_state *self, size_t bytes)
{
    (void)self;
    return troupe_alloc(bytes) != NULL;
}

static TROUPE_SPAN(int) on_result_without_data(struct asker_state *self)
{
    (void)self;
    return (TROUPE_SPAN(int)){NULL, 3};
}

static asker on_create_beside_none(struct asker_state *self)
{
    (void)self;
    asker none = {{0, 0}};
    return troupe_new(asker, .with = {.place = troupe_beside(none)});
}

static int on_say_cancelled(struct asker_state *self)
{
    (void)self;
    troupe_fail(TROUPE_CANCELLED, "it is not wanted any more");
}

/* What waits is told that it cannot; what tells is heard. */
static void ask_at_the_end(void *p)
{
    asker to = *(asker *)p;
    size_t length;
    TROUPE_FUTURE(size_t) answer = asker_length(to, (TROUPE_SPAN(int)){NULL, 0});
    if (troupe_get(answer, &length) == TROUPE_NOT_HERE &&
        troupe_wait(&answer.any, 1, TROUPE_ALL, TROUPE_FOREVER) == 0)
        asker_note(to);
    troupe_drop(answer);
}

static int defer_asking(asker to, bool then_fail)
{
    asker *kept = troupe_alloc(sizeof *kept);
    *kept = to;
    troupe_defer(ask_at_the_end, kept);
    if (then_fail)
        troupe_fail(-60, "and now it fails");
    return 12;
}

static int on_defer_asking(struct asker_state *self, asker to, bool then_fail)
{
    (void)self;
    return defer_asking(to, then_fail);
}

static int on_defer_asking_task(asker to, bool then_fail)
{
    return defer_asking(to, then_fail);
}

TROUPE_BODY(defer_asking_task, on_defer_asking_task);

static void on_note(struct asker_state *self)
{
    self->notes++;
}

static int on_notes(struct asker_state *self)
{
    return self->notes;
}

static int on_destroyed(struct asker_state *self)
{
    (void)self;
    return destroyed[troupe_rank()];
}

static int on_deferred(struct asker_state *self)
{
    (void)self;
    return __atomic_load_n(&deferred[troupe_rank()], __ATOMIC_RELAXED);
}

TROUPE_IMPLEMENT(asker, (span_without_data, on_span_without_data), (length, on_length),
                 (create_on, on_create_on), (submit_on, on_submit_on),
                 (get_in_a_team, on_get_in_a_team), (end_of_none, on_end_of_none),
                 (span_too_large, on_span_too_large), (alloc, on_alloc),
                 (result_without_data, on_result_without_data),
                 (create_beside_none, on_create_beside_none),
                 (create_on_a_number, on_create_on_a_number), (say_cancelled, on_say_cancelled),
                 (defer_asking, on_defer_asking), (note, on_note), (notes, on_notes),
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

/* As above, and each hop has a worker of its own. */
static void a_chain_of_workers_of_their_own_tells_the_same_story(void **state)
{
    (void)state;
    hop first = troupe_new(hop, .number = 0, .with = {.place = troupe_on(0), .cpus = 1});
    hop second = troupe_new(hop, .number = 1, .with = {.place = troupe_on(troupe_ranks() - 1),
                                                       .cpus = 1});
    int value;
    expect_status(troupe_get(hop_pass(first, second, 1), &value), -55);
    const char *outer = strstr(troupe_story(), "\"hop number 0\").pass: ");
    assert_non_null(outer);
    assert_non_null(strstr(outer, "\"hop number 1\").pass: the chain is at its end"));
    assert_int_equal(troupe_await(hop_number(second)), 1);
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

static void what_no_memory_can_hold_is_refused(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        asker a = asker_on(troupe_ranks() - 1, cpus);
        for (int bits = 0; bits < 4; bits++) {
            size_t count;
            troupe_status status =
                troupe_get(asker_span_too_large(a, asker_on(0, 0), bits), &count);
            assert_true(status == TROUPE_INVALID || status == TROUPE_NO_MEMORY);
            assert_non_null(strstr(troupe_story(), "the arguments of asker.length"));
        }
        expect_failure(asker_alloc(a, SIZE_MAX), TROUPE_NO_MEMORY, ".alloc: no memory for ");
    }
}

static void a_result_that_cannot_be_sent_is_a_failure(void **state)
{
    (void)state;
    TROUPE_SPAN(int) came;
    for (int cpus = 0; cpus <= 1; cpus++) {
        asker a = asker_on(troupe_ranks() - 1, cpus);
        expect_status(troupe_get(asker_result_without_data(a), &came), TROUPE_INVALID);
        assert_int_equal(troupe_await(asker_length(a, (TROUPE_SPAN(int)){NULL, 0})), 0);
    }
    expect_status(troupe_get(no_data_task(), &came), TROUPE_INVALID);
}

static void cancelled_is_an_outcome_like_others(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++)
        expect_failure(asker_say_cancelled(asker_on(troupe_ranks() - 1, cpus)), TROUPE_CANCELLED,
                       "say_cancelled: it is not wanted any more");
    expect_failure(cancelled_task(), TROUPE_CANCELLED, "a task thought better of it");
}

static void a_rank_that_is_not_there_fails_the_caller(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        asker a = asker_on(troupe_ranks() - 1, cpus);
        expect_failure(asker_create_on(a, -1), TROUPE_INVALID, "there is no rank -1");
        expect_failure(asker_create_on(a, troupe_ranks()), TROUPE_INVALID, "there is no rank");
        expect_failure(asker_submit_on(a, -1), TROUPE_INVALID, "there is no rank -1");
        expect_failure(asker_create_beside_none(a), TROUPE_INVALID, "create_beside_none");
        expect_failure(asker_create_on_a_number(a), TROUPE_INVALID,
                       ".place = 1 is no place: rank 1 is troupe_on(1)");
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

/* ---- deferred functions ---------------------------------------------------------------------- */

static void a_deferred_function_may_tell_and_not_wait(void **state)
{
    (void)state;
    asker to = asker_on(0, 0);
    for (int cpus = 0; cpus <= 1; cpus++) {
        asker a = asker_on(troupe_ranks() - 1, cpus);
        assert_int_equal(troupe_await(asker_defer_asking(a, to, false)), 12);
        expect_failure(asker_defer_asking(a, to, true), -60, "and now it fails");
    }
    assert_int_equal(troupe_await(defer_asking_task(to, false)), 12);
    expect_failure(defer_asking_task(to, true), -60, "and now it fails");
    while (troupe_await(asker_notes(to)) < 6)
        troupe_sleep(1e-3); /* the answer is out before */
    assert_int_equal(troupe_await(asker_notes(to)), 6);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_names_every_hop_of_a_chain_in_order),
        cmocka_unit_test(a_chain_of_workers_of_their_own_tells_the_same_story),
        cmocka_unit_test(a_failing_constructor_is_told_to_callers_and_cleaned_up_after),
        cmocka_unit_test(a_constructor_may_wait_and_fail_then),
        cmocka_unit_test(a_span_with_a_count_and_no_data_is_refused),
        cmocka_unit_test(a_rank_that_is_not_there_fails_the_caller),
        cmocka_unit_test(what_belongs_elsewhere_is_refused),
        cmocka_unit_test(what_no_memory_can_hold_is_refused),
        cmocka_unit_test(a_result_that_cannot_be_sent_is_a_failure),
        cmocka_unit_test(cancelled_is_an_outcome_like_others),
        cmocka_unit_test(a_deferred_function_may_tell_and_not_wait),
    };
    return TEST_PLAY(argc, argv, tests, 6);
}
