/*
 * Futures as each kind of caller sees them: waiting for some of a list, looking, dropping, and what
 * two that want the same one hear.
 */
#include <string.h>

#include "play.h"

#define RANKS 64

/* A lamp is seen by all actors of its rank. Under transport self the process has one a rank. */
static bool lit[RANKS];

TROUPE_STRUCT(pair, (int, first), (troupe_str, second));

TROUPE_CLASS(lamp);
TROUPE_ASK(lamp, set, void, (bool, on));

/* Answers at once, but while it holds: then all that is asked of it waits for the lamp. */
TROUPE_CLASS(server);
TROUPE_ASK(server, hold, void);
TROUPE_ASK(server, number, int, (int, value));
TROUPE_ASK(server, ratio, double, (double, value));
TROUPE_ASK(server, text, troupe_str, (troupe_str, value));
TROUPE_ASK(server, both, pair, (int, first), (troupe_str, second));
TROUPE_ASK(server, nothing, void);
TROUPE_ASK(server, fail, int);

/* Each of these checks says what is wrong, or "". */
TROUPE_CLASS(caller);
TROUPE_ASK(caller, check_lists, troupe_str, (server, quick), (server, slow), (lamp, l));
TROUPE_ASK(caller, check_single, troupe_str, (server, quick), (server, slow), (lamp, l));
TROUPE_ASK(caller, check_polling, troupe_str, (server, quick), (int, rounds));
TROUPE_ASK(caller, take, int, (uint64_t, future));
TROUPE_ASK(caller, own_call, void);
TROUPE_ASK(caller, get_own_call, troupe_str);
TROUPE_ASK(caller, nothing, void);

TROUPE_TASK(check_lists_task, troupe_str, (server, quick), (server, slow), (lamp, l));
TROUPE_TASK(check_single_task, troupe_str, (server, quick), (server, slow), (lamp, l));
TROUPE_TASK(check_polling_task, troupe_str, (server, quick), (int, rounds));

/* ---- the classes ----------------------------------------------------------------------------- */

struct lamp_state {
    char unused;
};

static void on_set(struct lamp_state *self, bool on)
{
    (void)self;
    lit[troupe_rank()] = on;
}

TROUPE_IMPLEMENT(lamp, (set, on_set));

struct server_state {
    char unused;
};

static void on_hold(struct server_state *self)
{
    (void)self;
    while (!lit[troupe_rank()])
        troupe_sleep(1e-3);
}

static int on_number(struct server_state *self, int value)
{
    (void)self;
    return value;
}

static double on_ratio(struct server_state *self, double value)
{
    (void)self;
    return value;
}

static troupe_str on_text(struct server_state *self, troupe_str value)
{
    (void)self;
    return value;
}

static pair on_both(struct server_state *self, int first, troupe_str second)
{
    (void)self;
    return (pair){first, second};
}

static void on_server_nothing(struct server_state *self)
{
    (void)self;
}

static int on_fail(struct server_state *self)
{
    (void)self;
    troupe_fail(-77, "as it was asked to");
}

TROUPE_IMPLEMENT(server, (hold, on_hold), (number, on_number), (ratio, on_ratio), (text, on_text),
                 (both, on_both), (nothing, on_server_nothing), (fail, on_fail));

/* ---- what every caller can do ---------------------------------------------------------------- */

#define LINE_(line) #line
#define LINE(line) LINE_(line)
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return "line " LINE(__LINE__) ": " #condition;                                         \
    } while (0)

static troupe_str check_lists(server quick, server slow, lamp l)
{
    troupe_await(lamp_set(l, false));
    troupe_drop(server_hold(slow));
    TROUPE_FUTURE(int) number = server_number(quick, 7), failing = server_fail(quick);
    TROUPE_FUTURE(double) ratio = server_ratio(slow, 0.5);
    TROUPE_FUTURE(pair) both = server_both(slow, 3, "three");
    TROUPE_FUTURE(void) nothing = server_nothing(quick);
    const troupe_future list[] = {ratio.any, number.any, both.any, failing.any, nothing.any};
    size_t there = troupe_wait(list, 5, TROUPE_ANY, TROUPE_FOREVER);
    CHECK(there >= 1 && there <= 3);
    there = troupe_wait(list, 5, 2, TROUPE_FOREVER);
    CHECK(there >= 2 && there <= 3);
    CHECK(troupe_wait(list, 5, 3, TROUPE_FOREVER) == 3);
    CHECK(troupe_wait(list, 5, 4, 0.002) == 3);
    CHECK(troupe_wait(list, 5, TROUPE_ALL, 0.002) == 3);
    CHECK(troupe_wait(list, 5, TROUPE_ALL, 0) == 3);
    CHECK(troupe_wait(list, 1, TROUPE_ANY, 0) == 0);
    CHECK(troupe_wait(NULL, 0, TROUPE_ALL, TROUPE_FOREVER) == 0);
    CHECK(troupe_await(number) == 7);
    CHECK(troupe_wait(list, 5, TROUPE_ALL, 0) == 3); /* the consumed one counts */
    troupe_await(lamp_set(l, true));
    CHECK(troupe_wait(list, 5, TROUPE_ALL, TROUPE_FOREVER) == 5);
    int value;
    CHECK(troupe_get(failing, &value) == -77 && strstr(troupe_story(), "as it was asked to"));
    CHECK(troupe_await(ratio) == 0.5);
    pair p = troupe_await(both);
    CHECK(p.first == 3 && strcmp(p.second, "three") == 0);
    troupe_await(nothing);
    return "";
}

static troupe_str check_single(server quick, server slow, lamp l)
{
    troupe_await(lamp_set(l, false));
    troupe_drop(server_hold(slow));
    int value = -1;
    TROUPE_FUTURE(int) late = server_number(slow, 8), soon = server_number(quick, 9);
    CHECK(!troupe_done(late));
    CHECK(troupe_get_within(late, &value, 0.002) == TROUPE_TIMEOUT && value == -1);
    CHECK(troupe_get(soon, &value) == TROUPE_OK && value == 9);
    CHECK(troupe_get(soon, &value) == TROUPE_NO_FUTURE && strstr(troupe_story(), "consumed"));
    TROUPE_FUTURE(troupe_str) dropped[50];
    for (int i = 0; i < 50; i++) {
        dropped[i] = server_text(slow, "a text that is longer than what fits in a small outcome");
        troupe_drop(dropped[i]);
    }
    TROUPE_FUTURE(int) after = server_number(slow, 10);
    troupe_await(lamp_set(l, true));
    CHECK(troupe_await(after) == 10);
    CHECK(troupe_done(late));
    CHECK(troupe_done(late)); /* looking takes nothing */
    CHECK(troupe_await(late) == 8);
    troupe_str text;
    CHECK(troupe_get(dropped[49], &text) == TROUPE_NO_FUTURE);
    troupe_drop(dropped[49]);
    troupe_drop((TROUPE_FUTURE(int)){{0}});
    CHECK(troupe_await(server_number(quick, 11)) == 11);
    return "";
}

/* Looks as often as it can while answers come: from another thread, if this is one of its own. */
static troupe_str check_polling(server quick, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        TROUPE_FUTURE(int) a = server_number(quick, i), b = server_number(quick, -i);
        const troupe_future list[] = {a.any, b.any};
        if (i % 3 == 0)
            while (!troupe_done(b))
                continue;
        else if (i % 3 == 1)
            troupe_wait(list, 2, TROUPE_ANY, TROUPE_FOREVER);
        else
            troupe_wait(list, 2, TROUPE_ALL, 1e-5);
        CHECK(troupe_await(a) == i);
        CHECK(troupe_await(b) == -i);
    }
    return "";
}

struct caller_state {
    char unused;
};

static troupe_str on_check_lists(struct caller_state *self, server quick, server slow, lamp l)
{
    (void)self;
    return check_lists(quick, slow, l);
}

static troupe_str on_check_single(struct caller_state *self, server quick, server slow, lamp l)
{
    (void)self;
    return check_single(quick, slow, l);
}

static troupe_str on_check_polling(struct caller_state *self, server quick, int rounds)
{
    (void)self;
    return check_polling(quick, rounds);
}

static int on_take(struct caller_state *self, uint64_t future)
{
    (void)self;
    return troupe_await((TROUPE_FUTURE(int)){{future}});
}

static void on_own_call(struct caller_state *self)
{
    troupe_await(caller_nothing(caller_self(self)));
}

static troupe_str on_get_own_call(struct caller_state *self)
{
    troupe_void nothing;
    TROUPE_FUTURE(void) own = caller_nothing(caller_self(self));
    CHECK(troupe_get(own, &nothing) == TROUPE_INVALID && strstr(troupe_story(), "its own"));
    troupe_drop(own);
    return "";
}

static void on_nothing(struct caller_state *self)
{
    (void)self;
}

TROUPE_IMPLEMENT(caller, (check_lists, on_check_lists), (check_single, on_check_single),
                 (check_polling, on_check_polling), (take, on_take), (own_call, on_own_call),
                 (get_own_call, on_get_own_call), (nothing, on_nothing));

TROUPE_BODY(check_lists_task, check_lists);
TROUPE_BODY(check_single_task, check_single);
TROUPE_BODY(check_polling_task, check_polling);

/* ---- the stage ------------------------------------------------------------------------------- */

static int last(void)
{
    return troupe_ranks() - 1;
}

static server server_on(int rank)
{
    return troupe_new(server, .with = {.place = troupe_on(rank)});
}

static lamp lamp_on(int rank)
{
    return troupe_new(lamp, .with = {.place = troupe_on(rank)});
}

static caller caller_on(int rank, int cpus)
{
    return troupe_new(caller, .with = {.place = troupe_on(rank), .cpus = cpus});
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void the_driver_waits_for_any_some_or_all_of_a_list(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        assert_string_equal(check_lists(server_on(rank), server_on(rank), lamp_on(rank)), "");
}

static void a_method_waits_for_any_some_or_all_of_a_list(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++)
        for (int rank = 0; rank < troupe_ranks(); rank++)
            assert_string_equal(
                troupe_await(caller_check_lists(caller_on(last(), cpus), server_on(rank),
                                                server_on(rank), lamp_on(rank))),
                "");
}

static void a_task_waits_for_any_some_or_all_of_a_list(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        assert_string_equal(
            troupe_await(troupe_submit(check_lists_task, .quick = server_on(rank),
                                       .slow = server_on(rank), .l = lamp_on(rank),
                                       .with = {.place = troupe_on(last())})),
            "");
}

static void each_kind_of_caller_looks_takes_once_and_drops(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        server quick = server_on(rank), slow = server_on(rank);
        lamp l = lamp_on(rank);
        assert_string_equal(check_single(quick, slow, l), "");
        for (int cpus = 0; cpus <= 1; cpus++)
            assert_string_equal(
                troupe_await(caller_check_single(caller_on(0, cpus), quick, slow, l)), "");
        assert_string_equal(troupe_await(check_single_task(quick, slow, l)), "");
    }
}

static void looking_while_answers_come_disturbs_nobody(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank += last() ? last() : 1) {
        server quick = server_on(rank);
        assert_string_equal(check_polling(quick, 300), "");
        assert_string_equal(troupe_await(caller_check_polling(caller_on(0, 0), quick, 300)), "");
        assert_string_equal(troupe_await(caller_check_polling(caller_on(0, 1), quick, 300)), "");
        TROUPE_FUTURE(troupe_str) tasks[4];
        for (int i = 0; i < 4; i++)
            tasks[i] = check_polling_task(quick, 300);
        for (int i = 0; i < 4; i++)
            assert_string_equal(troupe_await(tasks[i]), "");
    }
}

/* Until here everything that was asked of this rank before has begun. */
static void settle(caller c)
{
    troupe_await(caller_nothing(c));
}

static void of_two_that_wait_for_a_future_the_second_is_refused(void **state)
{
    (void)state;
    lamp l = lamp_on(last());
    server slow = server_on(last());
    troupe_await(lamp_set(l, false));
    troupe_drop(server_hold(slow));
    TROUPE_FUTURE(int) wanted = server_number(slow, 12);
    TROUPE_FUTURE(int) first = caller_take(caller_on(0, 0), wanted.any.id);
    settle(caller_on(0, 0));
    int value;
    expect_failure(wanted, TROUPE_INVALID, "somebody else waits");
    expect_failure(caller_take(caller_on(0, 0), wanted.any.id), TROUPE_INVALID,
                   "somebody else waits");
    expect_status(troupe_get_within(first, &value, 0), TROUPE_TIMEOUT);
    troupe_await(lamp_set(l, true));
    assert_int_equal(troupe_await(first), 12);
}

static void whoever_waits_for_a_future_that_is_dropped_is_told(void **state)
{
    (void)state;
    lamp l = lamp_on(last());
    server slow = server_on(last());
    for (int cpus = 0; cpus <= 1; cpus++) {
        troupe_await(lamp_set(l, false));
        troupe_drop(server_hold(slow));
        TROUPE_FUTURE(int) wanted = server_number(slow, 13);
        TROUPE_FUTURE(int) taking = caller_take(caller_on(0, cpus), wanted.any.id);
        settle(caller_on(0, 0));
        troupe_drop(wanted);
        /* On a worker the future was out of reach from the beginning. */
        expect_failure(taking, cpus ? TROUPE_NOT_HERE : TROUPE_NO_FUTURE, "take");
        troupe_await(lamp_set(l, true));
        assert_int_equal(troupe_await(server_number(slow, 14)), 14);
    }
}

static void an_actor_that_waits_for_itself_fails_at_once_and_is_named(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        caller c = caller_on(last(), cpus);
        expect_failure(caller_own_call(c), TROUPE_INVALID, ".own_call: it waits for its own");
        assert_string_equal(troupe_await(caller_get_own_call(c)), "");
        troupe_await(caller_nothing(c));
    }
}

static void a_future_of_another_size_is_refused_and_stays_good(void **state)
{
    (void)state;
    TROUPE_FUTURE(int) number = server_number(server_on(last()), 15);
    TROUPE_FUTURE(double) wrong = {number.any};
    expect_failure(wrong, TROUPE_INVALID, "size");
    assert_int_equal(troupe_await(number), 15);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_driver_waits_for_any_some_or_all_of_a_list),
        cmocka_unit_test(a_method_waits_for_any_some_or_all_of_a_list),
        cmocka_unit_test(a_task_waits_for_any_some_or_all_of_a_list),
        cmocka_unit_test(each_kind_of_caller_looks_takes_once_and_drops),
        cmocka_unit_test(looking_while_answers_come_disturbs_nobody),
        cmocka_unit_test(of_two_that_wait_for_a_future_the_second_is_refused),
        cmocka_unit_test(whoever_waits_for_a_future_that_is_dropped_is_told),
        cmocka_unit_test(an_actor_that_waits_for_itself_fails_at_once_and_is_named),
        cmocka_unit_test(a_future_of_another_size_is_refused_and_stays_good),
    };
    return TEST_PLAY(argc, argv, tests, 4);
}
