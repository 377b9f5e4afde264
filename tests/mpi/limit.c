/*
 * Actors that let only so many calls wait: who calls when there are more waits, or is refused.
 */
#include <stdio.h>
#include <string.h>

#include "play.h"

TROUPE_CLASS(gate);
TROUPE_ASK(gate, is_open, bool);
TROUPE_TELL(gate, open);

TROUPE_CLASS(desk, (gate, at));
TROUPE_TELL(desk, stay);
TROUPE_TELL(desk, work, (int, number));
TROUPE_ASK(desk, ask, int, (int, number));
TROUPE_ASK(desk, next, int);
TROUPE_ASK(desk, tell_itself, void, (int, count));
TROUPE_URGENT_ASK(desk, hurry, int);

TROUPE_CLASS(counter);
TROUPE_TELL(counter, add);
TROUPE_ASK(counter, value, int);

TROUPE_CLASS(caller);
TROUPE_ASK(caller, call, int, (desk, to), (counter, done), (int, count));
TROUPE_ASK(caller, nothing, void);

TROUPE_TASK(call_from_a_task, int, (desk, to), (counter, done), (int, count));

/* ---- the classes ----------------------------------------------------------------------------- */

struct gate_state {
    bool open;
};

static bool on_is_open(struct gate_state *self)
{
    return self->open;
}

static void on_open(struct gate_state *self)
{
    self->open = true;
}

TROUPE_IMPLEMENT(gate, (is_open, on_is_open), (open, on_open));

struct desk_state {
    gate at;
    int next; /* number expected; negative after any disorder */
};

static void on_desk(struct desk_state *self, gate at)
{
    self->at = at;
}

static void on_stay(struct desk_state *self)
{
    while (!troupe_await(gate_is_open(self->at)))
        ;
}

static void on_work(struct desk_state *self, int number)
{
    self->next = number == self->next ? number + 1 : -1;
}

static int on_ask(struct desk_state *self, int number)
{
    (void)self;
    return number;
}

static int on_next(struct desk_state *self)
{
    return self->next;
}

static void on_tell_itself(struct desk_state *self, int count)
{
    for (int i = 0; i < count; i++)
        desk_work(desk_self(self), i);
}

TROUPE_IMPLEMENT(desk, (init, on_desk), (stay, on_stay), (work, on_work), (ask, on_ask),
                 (next, on_next), (tell_itself, on_tell_itself), (hurry, on_next));

struct counter_state {
    int value;
};

static void on_add(struct counter_state *self)
{
    self->value++;
}

static int on_value(struct counter_state *self)
{
    return self->value;
}

TROUPE_IMPLEMENT(counter, (add, on_add), (value, on_value));

struct caller_state {
    char unused;
};

static int call(desk to, counter done, int count)
{
    for (int i = 0; i < count; i++) {
        desk_work(to, i);
        counter_add(done);
    }
    return count;
}

static int on_call(struct caller_state *self, desk to, counter done, int count)
{
    (void)self;
    return call(to, done, count);
}

static void on_nothing(struct caller_state *self)
{
    (void)self;
}

TROUPE_IMPLEMENT(caller, (call, on_call), (nothing, on_nothing));

TROUPE_BODY(call_from_a_task, call);

/* ---- the tests ------------------------------------------------------------------------------- */

enum { MOST = 3, CALLS = 20 };

static int last(void)
{
    return troupe_ranks() - 1;
}

static gate closed_gate(void)
{
    return troupe_new(gate, .with = {.place = troupe_on(0)});
}

/* In a call, with nothing waiting. */
static desk busy_desk(gate g, bool refuses)
{
    desk d = troupe_new(desk, .at = g,
                        .with = {.place = troupe_on(last()), .max_pending = MOST,
                                 .refuse_more = refuses});
    desk_stay(d);
    return d;
}

/* Calls that returned, when it is MOST at least and every rank has had the time for more. */
static int returned(counter done)
{
    while (troupe_await(counter_value(done)) < MOST)
        ;
    for (int i = 0; i < 20 * troupe_ranks(); i++) {
        caller other = troupe_new(caller, .with = {.place = troupe_on(i % troupe_ranks())});
        troupe_await(caller_nothing(other));
        troupe_stop(other);
    }
    return troupe_await(counter_value(done));
}

static void a_method_that_calls_too_much_waits_until_there_is_room(void **state)
{
    (void)state;
    gate g = closed_gate();
    desk d = busy_desk(g, false);
    counter done = counter_new();
    caller c = troupe_new(caller, .with = {.place = troupe_on(0)});
    TROUPE_FUTURE(int) called = caller_call(c, d, done, CALLS);
    assert_int_equal(returned(done), MOST);
    gate_open(g);
    assert_int_equal(troupe_await(called), CALLS);
    assert_int_equal(troupe_await(desk_next(d)), CALLS);
}

static void a_task_waits_likewise(void **state)
{
    (void)state;
    gate g = closed_gate();
    desk d = busy_desk(g, false);
    counter done = counter_new();
    TROUPE_FUTURE(int) called = call_from_a_task(d, done, CALLS);
    assert_int_equal(returned(done), MOST);
    gate_open(g);
    assert_int_equal(troupe_await(called), CALLS);
    assert_int_equal(troupe_await(desk_next(d)), CALLS);
}

static void who_finds_it_by_name_waits_too(void **state)
{
    (void)state;
    gate g = closed_gate();
    desk d, made = troupe_new(desk, .at = g,
                              .with = {.name = "desk", .place = troupe_on(last()),
                                       .max_pending = MOST});
    expect_status(troupe_lookup(desk, "desk", -1, &d), TROUPE_OK);
    assert_true(troupe_same(d, made));
    desk_stay(d);
    counter done = counter_new();
    TROUPE_FUTURE(int) called = caller_call(caller_new(), d, done, CALLS);
    assert_int_equal(returned(done), MOST);
    gate_open(g);
    assert_int_equal(troupe_await(called), CALLS);
    troupe_stop(made);
    troupe_await(troupe_ended(made));
}

static void one_that_refuses_answers_at_once(void **state)
{
    (void)state;
    gate g = closed_gate();
    desk d = busy_desk(g, true);
    TROUPE_FUTURE(int) kept[MOST];
    for (int i = 0; i < MOST; i++)
        kept[i] = desk_ask(d, i);
    expect_failure(desk_ask(d, 9), TROUPE_FULL, "max_pending");
    desk_work(d, 0);
    gate_open(g);
    for (int i = 0; i < MOST; i++)
        assert_int_equal(troupe_await(kept[i]), i);
    assert_int_equal(troupe_await(desk_next(d)), 0); /* the tell was lost */
    desk_work(d, 0);
    assert_int_equal(troupe_await(desk_next(d)), 1);
}

static void urgent_calls_are_accepted_always(void **state)
{
    (void)state;
    gate g = closed_gate();
    desk d = busy_desk(g, true);
    TROUPE_FUTURE(int) usual[MOST], urgent[CALLS];
    for (int i = 0; i < MOST; i++)
        usual[i] = desk_ask(d, i);
    for (int i = 0; i < CALLS; i++)
        urgent[i] = desk_hurry(d);
    gate_open(g);
    for (int i = 0; i < CALLS; i++)
        assert_int_equal(troupe_await(urgent[i]), 0);
    for (int i = 0; i < MOST; i++)
        assert_int_equal(troupe_await(usual[i]), i);
}

static void an_actor_that_tells_itself_does_not_wait(void **state)
{
    (void)state;
    gate g = closed_gate();
    desk d = busy_desk(g, false);
    TROUPE_FUTURE(void) told = desk_tell_itself(d, CALLS);
    gate_open(g);
    troupe_await(told);
    while (troupe_await(desk_next(d)) != CALLS)
        ;
}

static void who_is_killed_while_he_waits_leaves_the_room_to_others(void **state)
{
    (void)state;
    gate g = closed_gate();
    desk d = busy_desk(g, false);
    counter done = counter_new();
    caller c = troupe_new(caller, .with = {.place = troupe_on(0)});
    TROUPE_FUTURE(int) called = caller_call(c, d, done, CALLS);
    assert_int_equal(returned(done), MOST);
    troupe_kill(c);
    expect_failure(called, TROUPE_ENDED, "killed");
    gate_open(g);
    assert_int_equal(troupe_await(desk_next(d)), MOST + 1); /* the call that waited was sent */
    for (int i = 0; i < CALLS; i++)
        desk_work(d, MOST + 1 + i);
    assert_int_equal(troupe_await(desk_next(d)), MOST + 1 + CALLS);
}

static void nobody_waits_for_room_with_one_that_has_ended(void **state)
{
    (void)state;
    desk d = busy_desk(closed_gate(), false);
    counter done = counter_new();
    TROUPE_FUTURE(int) called = caller_call(caller_new(), d, done, CALLS);
    assert_int_equal(returned(done), MOST);
    troupe_kill(d);
    assert_int_equal(troupe_await(called), CALLS);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_method_that_calls_too_much_waits_until_there_is_room),
        cmocka_unit_test(a_task_waits_likewise),
        cmocka_unit_test(who_finds_it_by_name_waits_too),
        cmocka_unit_test(one_that_refuses_answers_at_once),
        cmocka_unit_test(urgent_calls_are_accepted_always),
        cmocka_unit_test(an_actor_that_tells_itself_does_not_wait),
        cmocka_unit_test(who_is_killed_while_he_waits_leaves_the_room_to_others),
        cmocka_unit_test(nobody_waits_for_room_with_one_that_has_ended),
    };
    return TEST_PLAY(argc, argv, tests, 10);
}
