/*
 * Failure: what the caller hears of it, and what is cleaned up.
 */
#include <stdio.h>
#include <string.h>

#include "play.h"

#define CODE (-1234)

TROUPE_CLASS(helper);
TROUPE_ASK(helper, nothing, void);

TROUPE_CLASS(fragile, (bool, broken));
TROUPE_ASK(fragile, fail, int, (int, code), (troupe_str, text));
TROUPE_ASK(fragile, fail_after_waiting, int, (helper, h));
TROUPE_TELL(fragile, fail_silently);
TROUPE_ASK(fragile, fail_with_memory, int);
TROUPE_ASK(fragile, defer_three, int, (bool, then_fail));
TROUPE_ASK(fragile, deferred, troupe_str);
TROUPE_ASK(fragile, calls, int);

TROUPE_CLASS(relay);
TROUPE_ASK(relay, ask, int, (fragile, f), (troupe_str, text));
TROUPE_ASK(relay, get, troupe_str, (fragile, f), (troupe_str, text));

TROUPE_TASK(failing_task, int, (int, code));
TROUPE_TASK(asking_task, int, (fragile, f));
TROUPE_TASK(deferring_task, int);

/* ---- the classes ----------------------------------------------------------------------------- */

struct helper_state {
    char unused;
};

static void on_nothing(struct helper_state *self)
{
    (void)self;
}

TROUPE_IMPLEMENT(helper, (nothing, on_nothing));

struct fragile_state {
    char deferred[32];
    int calls;
};

static void on_fragile(struct fragile_state *self, bool broken)
{
    memset(troupe_alloc(500), 1, 500);
    if (broken)
        troupe_fail(CODE, "born broken");
    self->calls = 0;
}

static int on_fail(struct fragile_state *self, int code, troupe_str text)
{
    self->calls++;
    troupe_fail(code, "%s", text);
}

static int on_fail_after_waiting(struct fragile_state *self, helper h)
{
    self->calls++;
    char *memory = troupe_alloc(100);
    snprintf(memory, 100, "waited in vain");
    troupe_await(helper_nothing(h));
    troupe_fail(CODE, "%s", memory);
}

static void on_fail_silently(struct fragile_state *self)
{
    self->calls++;
    troupe_fail(CODE, "nobody hears this");
}

static int on_fail_with_memory(struct fragile_state *self)
{
    self->calls++;
    for (int i = 1; i < 50; i++)
        memset(troupe_alloc((size_t)(i * 100)), 1, (size_t)(i * 100));
    troupe_fail(CODE, "with memory in hand");
}

struct letter {
    struct fragile_state *to;
    char letter;
};

static void write_letter(void *p)
{
    const struct letter *l = p;
    size_t at = strlen(l->to->deferred);
    l->to->deferred[at] = l->letter;
    l->to->deferred[at + 1] = 0;
}

static int on_defer_three(struct fragile_state *self, bool then_fail)
{
    self->deferred[0] = 0;
    for (char c = 'a'; c <= 'c'; c++) {
        struct letter *l = troupe_alloc(sizeof *l);
        *l = (struct letter){self, c};
        troupe_defer(write_letter, l);
    }
    if (then_fail)
        troupe_fail(CODE, "after deferring");
    return (int)strlen(self->deferred);
}

static troupe_str on_deferred(struct fragile_state *self)
{
    return self->deferred;
}

static int on_calls(struct fragile_state *self)
{
    return self->calls;
}

TROUPE_IMPLEMENT(fragile, (init, on_fragile), (fail, on_fail),
                 (fail_after_waiting, on_fail_after_waiting), (fail_silently, on_fail_silently),
                 (fail_with_memory, on_fail_with_memory), (defer_three, on_defer_three),
                 (deferred, on_deferred), (calls, on_calls));

struct relay_state {
    char unused;
};

static int on_ask(struct relay_state *self, fragile f, troupe_str text)
{
    (void)self;
    return troupe_await(fragile_fail(f, CODE, text));
}

/* Hears of the failure and goes on. */
static troupe_str on_get(struct relay_state *self, fragile f, troupe_str text)
{
    (void)self;
    int value;
    troupe_status status = troupe_get(fragile_fail(f, CODE, text), &value);
    return (int)status == CODE ? troupe_story() : "another status";
}

TROUPE_IMPLEMENT(relay, (ask, on_ask), (get, on_get));

static int on_failing_task(int code)
{
    memset(troupe_alloc(1000), 1, 1000);
    troupe_fail(code, "task says %d", code);
}

TROUPE_BODY(failing_task, on_failing_task);

static int on_asking_task(fragile f)
{
    return troupe_await(fragile_fail(f, CODE, "asked by a task"));
}

TROUPE_BODY(asking_task, on_asking_task);

static void tell_it_is_over(void *p)
{
    fragile_fail_silently(*(fragile *)p);
}

static int on_deferring_task(void)
{
    fragile *f = troupe_alloc(sizeof *f);
    *f = fragile_new(false);
    troupe_defer(tell_it_is_over, f);
    return troupe_cpus();
}

TROUPE_BODY(deferring_task, on_deferring_task);

/* ---- what the caller hears ------------------------------------------------------------------- */

static fragile fragile_on(int rank)
{
    return troupe_new(fragile, .with = {.place = troupe_on(rank)});
}

static void a_story_names_class_rank_method_and_text(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        char start[32];
        snprintf(start, sizeof start, "fragile(%d:", rank);
        expect_failure(fragile_fail(fragile_on(rank), CODE, "oops"), CODE, ").fail: oops");
        assert_memory_equal(troupe_story(), start, strlen(start));
    }
}

static void a_code_that_is_not_negative_becomes_failed(void **state)
{
    (void)state;
    fragile f = fragile_on(troupe_ranks() - 1);
    expect_failure(fragile_fail(f, 0, "zero"), TROUPE_FAILED, "zero");
    expect_failure(fragile_fail(f, 77, "more"), TROUPE_FAILED, "more");
    expect_failure(fragile_fail(f, TROUPE_NO_MEMORY, "none"), TROUPE_NO_MEMORY, "none");
    expect_failure(fragile_fail(f, INT32_MIN, "least"), INT32_MIN, "least");
}

static void a_long_text_is_cut_and_an_empty_one_is_none(void **state)
{
    (void)state;
    fragile f = fragile_on(troupe_ranks() - 1);
    static char text[20000];
    memset(text, 'x', sizeof text - 1);
    expect_failure(fragile_fail(f, CODE, text), CODE, ".fail: xxxxxxxx");
    expect_failure(fragile_fail(f, CODE, ""), CODE, ".fail: ");
    expect_failure(fragile_fail(f, CODE, "100 %s%n"), CODE, ".fail: 100 %s%n");
}

static void an_actor_goes_on_after_a_failure(void **state)
{
    (void)state;
    fragile f = fragile_on(troupe_ranks() - 1);
    helper h = troupe_new(helper, .with = {.place = troupe_on(0)});
    int value;
    for (int i = 0; i < 300; i++) {
        expect_status(troupe_get(fragile_fail_with_memory(f), &value), CODE);
        expect_failure(fragile_fail_after_waiting(f, h), CODE, "waited in vain");
    }
    assert_int_equal(troupe_await(fragile_calls(f)), 600);
}

static void many_failures_of_parked_methods_leave_nothing_behind(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    TROUPE_FUTURE(int) calls[COUNT];
    helper h = troupe_new(helper, .with = {.place = troupe_on(troupe_ranks() - 1)});
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++)
            calls[i] = fragile_fail_after_waiting(fragile_on(0), h);
        for (int i = 0; i < COUNT; i++)
            expect_failure(calls[i], CODE, "waited in vain");
    }
}

static void a_failing_tell_is_not_heard_and_the_actor_goes_on(void **state)
{
    (void)state;
    fragile f = fragile_on(troupe_ranks() - 1);
    fragile_fail_silently(f);
    fragile_fail_silently(f);
    assert_int_equal(troupe_await(fragile_calls(f)), 2);
}

static void a_failure_goes_through_a_method_that_awaits(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        relay r = troupe_new(relay, .with = {.place = troupe_on(rank)});
        fragile f = fragile_on(troupe_ranks() - 1 - rank);
        expect_failure(relay_ask(r, f, "from far"), CODE, "from far");
        assert_non_null(strstr(troupe_story(), "relay("));
        assert_non_null(strstr(troupe_story(), ").ask: "));
        assert_non_null(strstr(troupe_story(), "fragile("));
        assert_non_null(strstr(troupe_story(), ").fail: from far"));
    }
}

static void a_method_that_gets_a_failure_goes_on(void **state)
{
    (void)state;
    relay r = troupe_new(relay, .with = {.place = troupe_on(troupe_ranks() - 1)});
    troupe_str story = troupe_await(relay_get(r, fragile_on(0), "heard"));
    assert_non_null(strstr(story, ").fail: heard"));
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static void a_task_that_fails_names_itself_and_its_rank(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        char expected[64];
        snprintf(expected, sizeof expected, "task failing_task on rank %d: task says -50", rank);
        expect_failure(
            troupe_submit(failing_task, .code = -50, .with = {.place = troupe_on(rank)}), -50,
            expected);
    }
}

static void many_tasks_fail_and_the_workers_go_on(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    TROUPE_FUTURE(int) tasks[COUNT];
    for (int i = 0; i < COUNT; i++)
        tasks[i] = failing_task(-100 - i);
    for (int i = 0; i < COUNT; i++)
        expect_failure(tasks[i], -100 - i, "task says");
    assert_int_equal(troupe_await(deferring_task()), 1);
}

static void a_failure_goes_through_a_task_that_awaits(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        expect_failure(asking_task(fragile_on(troupe_ranks() - 1)), CODE, "asked by a task");
        assert_non_null(strstr(troupe_story(), "task asking_task on rank"));
    }
}

/* ---- constructors and handles ---------------------------------------------------------------- */

static void calls_of_an_actor_that_was_not_born_tell_why(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        fragile f = troupe_new(fragile, .broken = true, .with = {.place = troupe_on(rank)});
        int value;
        assert_true(troupe_get(fragile_calls(f), &value) < 0);
        assert_non_null(strstr(troupe_story(), "born broken"));
        assert_non_null(strstr(troupe_story(), "fragile("));
        fragile_fail_silently(f);
        assert_true(troupe_get(fragile_calls(f), &value) < 0);
        assert_non_null(strstr(troupe_story(), "born broken"));
    }
}

static void an_empty_handle_is_of_no_actor(void **state)
{
    (void)state;
    fragile none = {0};
    fragile_fail_silently(none);
    expect_failure(fragile_calls(none), TROUPE_NO_ACTOR, "no actor");
    relay r = troupe_new(relay, .with = {.place = troupe_on(troupe_ranks() - 1)});
    expect_failure(relay_ask(r, none, ""), TROUPE_NO_ACTOR, "no actor");
    expect_failure(asking_task(none), TROUPE_NO_ACTOR, "no actor");
}

/* ---- cleaning up ----------------------------------------------------------------------------- */

static void deferred_functions_run_latest_first_however_it_ends(void **state)
{
    (void)state;
    fragile f = fragile_on(troupe_ranks() - 1);
    assert_int_equal(troupe_await(fragile_defer_three(f, false)), 0);
    assert_string_equal(troupe_await(fragile_deferred(f)), "cba");
    expect_failure(fragile_defer_three(f, true), CODE, "after deferring");
    assert_string_equal(troupe_await(fragile_deferred(f)), "cba");
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_names_class_rank_method_and_text),
        cmocka_unit_test(a_code_that_is_not_negative_becomes_failed),
        cmocka_unit_test(a_long_text_is_cut_and_an_empty_one_is_none),
        cmocka_unit_test(an_actor_goes_on_after_a_failure),
        cmocka_unit_test(many_failures_of_parked_methods_leave_nothing_behind),
        cmocka_unit_test(a_failing_tell_is_not_heard_and_the_actor_goes_on),
        cmocka_unit_test(a_failure_goes_through_a_method_that_awaits),
        cmocka_unit_test(a_method_that_gets_a_failure_goes_on),
        cmocka_unit_test(a_task_that_fails_names_itself_and_its_rank),
        cmocka_unit_test(many_tasks_fail_and_the_workers_go_on),
        cmocka_unit_test(a_failure_goes_through_a_task_that_awaits),
        cmocka_unit_test(calls_of_an_actor_that_was_not_born_tell_why),
        cmocka_unit_test(an_empty_handle_is_of_no_actor),
        cmocka_unit_test(deferred_functions_run_latest_first_however_it_ends),
    };
    return TEST_PLAY(argc, argv, tests, 6);
}
