/*
 * The ends of actors, seen from those who watch, call and replace them: what has been told has
 * happened.
 */
#include <stdio.h>
#include <string.h>

#include "play.h"

TROUPE_CLASS(thing, (bool, fails), (TROUPE_SPAN(int), numbers));
TROUPE_ASK(thing, number, int);
TROUPE_TELL(thing, leave);
TROUPE_ASK(thing, hold, int, (double, seconds));
TROUPE_ASK(thing, await_own_end, int);
TROUPE_ASK(thing, own_end_of_many, size_t);
TROUPE_ASK(thing, fail_below, int, (int, depth));
TROUPE_ASK(thing, span_without_data, TROUPE_SPAN(int));
TROUPE_ASK(thing, defer_leave, int);
TROUPE_ASK(thing, make, void, (int, how));
TROUPE_TASK(nothing, int);

struct thing_state {
    int number;
};

static void on_thing(struct thing_state *self, bool fails, TROUPE_SPAN(int) numbers)
{
    self->number = (int)numbers.count;
    if (fails)
        troupe_fail(-5, "stillborn");
}

static int on_number(struct thing_state *self)
{
    return self->number;
}

static void on_leave(struct thing_state *self)
{
    (void)self;
    troupe_exit_actor();
}

static int on_hold(struct thing_state *self, double seconds)
{
    troupe_sleep(seconds);
    return self->number;
}

/* A status, or what comes of a second try. */
static int on_await_own_end(struct thing_state *self)
{
    troupe_end end;
    TROUPE_FUTURE(troupe_end) future = troupe_ended(thing_self(self));
    if (troupe_done(future))
        return 1;
    troupe_status status = troupe_get(future, &end);
    bool told = strstr(troupe_story(), "end") != NULL;
    return troupe_get(future, &end) == TROUPE_NO_FUTURE && told ? status : 2;
}

/* Who takes it is told at once: it counts as ready. */
static size_t on_own_end_of_many(struct thing_state *self)
{
    TROUPE_FUTURE(troupe_end) future = troupe_ended(thing_self(self));
    size_t ready = troupe_wait(&future.any, 1, TROUPE_ALL, TROUPE_FOREVER);
    troupe_drop(future);
    return ready;
}

static int on_fail_below(struct thing_state *self, int depth)
{
    (void)self;
    if (depth == 0)
        troupe_fail(-3000, "the cause");
    return troupe_await(thing_fail_below(thing_new(false, (TROUPE_SPAN(int)){NULL, 0}), depth - 1));
}

static TROUPE_SPAN(int) on_span_without_data(struct thing_state *self)
{
    (void)self;
    return (TROUPE_SPAN(int)){NULL, 7};
}

static void leave_late(void *p)
{
    (void)p;
    troupe_exit_actor();
}

static int on_defer_leave(struct thing_state *self)
{
    troupe_defer(leave_late, NULL);
    return self->number;
}

enum { BESIDE_NOBODY, NEGATIVE_CPUS, NEGATIVE_CPUS_OF_A_TASK };

static void on_make(struct thing_state *self, int how)
{
    (void)self;
    if (how == BESIDE_NOBODY)
        troupe_new(thing, .with = {.place = troupe_beside((thing){0})});
    else if (how == NEGATIVE_CPUS)
        troupe_new(thing, .with = {.cpus = -1});
    else
        troupe_drop(troupe_submit(nothing, .with = {.cpus = -1}));
}

static void on_repr(const struct thing_state *self, char *text, size_t size)
{
    snprintf(text, size, "of %d numbers", self->number);
}

TROUPE_IMPLEMENT(thing, (init, on_thing), (number, on_number), (leave, on_leave), (hold, on_hold),
                 (await_own_end, on_await_own_end), (own_end_of_many, on_own_end_of_many),
                 (fail_below, on_fail_below), (span_without_data, on_span_without_data),
                 (defer_leave, on_defer_leave), (make, on_make), (repr, on_repr));

static int on_nothing(void)
{
    return 0;
}

TROUPE_BODY(nothing, on_nothing);

static thing named(const char *name, int rank, int cpus)
{
    return troupe_new(thing, .with = {.name = name, .place = troupe_on(rank), .cpus = cpus});
}

/* ---- names ----------------------------------------------------------------------------------- */

static void end_it(thing t, int way)
{
    if (way == 0)
        troupe_stop(t);
    else if (way == 1)
        troupe_kill(t);
    else
        thing_leave(t);
}

static void a_name_is_free_when_the_end_is_told(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        char name[32];
        snprintf(name, sizeof name, "free %d", i);
        thing t = named(name, (i + 1) % troupe_ranks(), i % 7 == 0);
        if (i % 2)
            troupe_await(thing_number(t));
        end_it(t, i % 3);
        TROUPE_FUTURE(troupe_end) again = troupe_ended(t);
        troupe_await(troupe_ended(t));
        thing other = named(name, i % troupe_ranks(), 0);
        int number;
        expect_status(troupe_get(thing_number(other), &number), TROUPE_OK);
        troupe_await(again);
        troupe_stop(other);
        troupe_await(troupe_ended(other));
    }
}

/* Between the end and the word that the name is free. */
static void who_has_ended_but_for_its_name_takes_no_call_and_no_second_end(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        thing t = named("fading", i % troupe_ranks(), 0);
        troupe_await(thing_number(t));
        thing_leave(t);
        TROUPE_FUTURE(int) late = thing_number(t);
        troupe_stop(t);
        troupe_kill(t);
        int number;
        expect_status(troupe_get(late, &number), TROUPE_ENDED);
        troupe_kill(t);
        TROUPE_FUTURE(troupe_end) watch = troupe_ended(t);
        expect_status(troupe_get(thing_number(t), &number), TROUPE_ENDED);
        assert_int_equal(troupe_await(watch).reason, TROUPE_END_EXITED);
    }
}

static void a_named_actor_whose_constructor_fails_leaves_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        thing t = troupe_new(thing, .fails = true,
                             .with = {.name = "stillborn", .place = troupe_on(i % troupe_ranks())});
        expect_failure(thing_number(t), TROUPE_ENDED, "stillborn");
        assert_int_equal(troupe_await(troupe_ended(t)).reason, TROUPE_END_FAILED);
    }
}

/* Killed before its name is granted: the claim is on its way. */
static void a_name_that_was_claimed_in_vain_is_free_when_the_end_is_told(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof name, "in vain %d", i);
        for (int k = 0; k < 3; k++) {
            thing t = named(name, (i + k) % troupe_ranks(), 0);
            troupe_kill(t);
            assert_int_equal(troupe_await(troupe_ended(t)).reason, TROUPE_END_KILLED);
        }
        thing t = named(name, i % troupe_ranks(), 0);
        assert_int_equal(troupe_await(thing_number(t)), 0);
        troupe_kill(t);
    }
}

/* ---- one's own end --------------------------------------------------------------------------- */

static void an_actor_that_waits_for_its_own_end_is_refused(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++)
        for (int on = 0; on < troupe_ranks(); on++) {
            thing t = troupe_new(thing, .with = {.place = troupe_on(on), .cpus = cpus});
            assert_int_equal(troupe_await(thing_await_own_end(t)), TROUPE_INVALID);
            assert_int_equal(troupe_await(thing_own_end_of_many(t)), 1);
            assert_int_equal(troupe_await(thing_number(t)), 0);
            troupe_stop(t);
            assert_int_equal(troupe_await(troupe_ended(t)).reason, TROUPE_END_STOPPED);
        }
}

/* ---- stories --------------------------------------------------------------------------------- */

static void a_story_has_class_rank_and_repr_of_each_hop(void **state)
{
    (void)state;
    thing t = troupe_new(thing, .with = {.place = troupe_on(troupe_ranks() - 1)});
    char who[32];
    snprintf(who, sizeof who, "thing(%d:", troupe_ranks() - 1);
    expect_failure(thing_fail_below(t, 1), -3000, " \"of 0 numbers\").fail_below: thing(");
    assert_non_null(strstr(troupe_story(), who));
    assert_non_null(strstr(troupe_story(), " \"of 0 numbers\").fail_below: the cause"));
}

static void the_story_of_a_long_chain_keeps_its_first_cause(void **state)
{
    (void)state;
    thing t = troupe_new(thing, .with = {.place = troupe_on(troupe_ranks() - 1)});
    char who[32];
    snprintf(who, sizeof who, "thing(%d:", troupe_ranks() - 1);
    expect_failure(thing_fail_below(t, 300), -3000, " [...] ");
    const char *story = troupe_story();
    assert_memory_equal(story, who, strlen(who));
    assert_string_equal(story + strlen(story) - strlen(".fail_below: the cause"),
                        ".fail_below: the cause");
    assert_null(strstr(strstr(story, " [...] ") + 1, " [...] "));
}

/* ---- what is wrong is said ------------------------------------------------------------------- */

static void a_result_without_data_is_called_so(void **state)
{
    (void)state;
    thing t = troupe_new(thing, .with = {.place = troupe_on(troupe_ranks() - 1)});
    expect_failure(thing_span_without_data(t), TROUPE_INVALID, "a span without data");
    assert_int_equal(troupe_await(thing_number(t)), 0);
}

static void a_deferred_function_may_end_its_actor(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        thing t = troupe_new(thing, .with = {.place = troupe_on(troupe_ranks() - 1), .cpus = cpus});
        assert_int_equal(troupe_await(thing_defer_leave(t)), 0);
        expect_failure(thing_number(t), TROUPE_ENDED, "ended by itself");
    }
}

static void nonsense_in_options_is_refused(void **state)
{
    (void)state;
    thing t = troupe_new(thing, .with = {.place = troupe_on(0)});
    expect_failure(thing_make(t, BESIDE_NOBODY), TROUPE_INVALID, "the handle is empty");
    expect_failure(thing_make(t, NEGATIVE_CPUS), TROUPE_INVALID, "thing asks for: -1 CPUs");
    expect_failure(thing_make(t, NEGATIVE_CPUS_OF_A_TASK), TROUPE_INVALID,
                   "nothing asks for: -1 CPUs");
    assert_int_equal(troupe_await(thing_number(t)), 0);
}

static void a_handle_of_a_rank_beyond_the_job_is_refused(void **state)
{
    (void)state;
    thing far[] = {troupe_new(thing), troupe_new(thing)};
    far[0].ref.place += (uint64_t)troupe_ranks() << 32;
    far[1].ref.place += (uint64_t)troupe_ranks();
    for (size_t i = 0; i < LENGTH(far); i++) {
        expect_failure(thing_number(far[i]), TROUPE_NO_ACTOR, "of no rank of this job");
        expect_failure(troupe_ended(far[i]), TROUPE_NO_ACTOR, "of no rank of this job");
        troupe_stop(far[i]);
        troupe_kill(far[i]);
        troupe_after(1e-3, thing_leave, far[i]);
    }
    thing_leave(far[0]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_free_when_the_end_is_told),
        cmocka_unit_test(who_has_ended_but_for_its_name_takes_no_call_and_no_second_end),
        cmocka_unit_test(a_named_actor_whose_constructor_fails_leaves_its_name),
        cmocka_unit_test(a_name_that_was_claimed_in_vain_is_free_when_the_end_is_told),
        cmocka_unit_test(an_actor_that_waits_for_its_own_end_is_refused),
        cmocka_unit_test(a_story_has_class_rank_and_repr_of_each_hop),
        cmocka_unit_test(the_story_of_a_long_chain_keeps_its_first_cause),
        cmocka_unit_test(a_result_without_data_is_called_so),
        cmocka_unit_test(a_deferred_function_may_end_its_actor),
        cmocka_unit_test(nonsense_in_options_is_refused),
        cmocka_unit_test(a_handle_of_a_rank_beyond_the_job_is_refused),
    };
    return TEST_PLAY(argc, argv, tests, 20);
}
