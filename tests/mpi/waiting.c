/*
 * Waiting: methods that wait for others, on one rank and across all, and futures.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

#define RANKS 64

/* A lamp is seen by all actors of its rank. Under transport self the process has one a rank. */
static _Atomic bool lit[RANKS];

TROUPE_CLASS(lamp);
TROUPE_ASK(lamp, set, void, (bool, on));

TROUPE_CLASS(watcher);
TROUPE_ASK(watcher, until_lit, int, (int, answer));
TROUPE_ASK(watcher, nothing, void);
TROUPE_ASK(watcher, text, troupe_str, (int, number));

TROUPE_CLASS(node, (int, number));
TROUPE_ASK(node, meet, void, (node, next), (watcher, other));
TROUPE_ASK(node, wait_for_other, int, (int, answer));
TROUPE_ASK(node, number, int);
TROUPE_ASK(node, sum_along, int, (int, hops));
TROUPE_TELL(node, note, (int, number));
TROUPE_TELL(node, note_late, (int, number));
TROUPE_ASK(node, noted_in_order, int);
TROUPE_ASK(node, step_through, int, (int, waits));
TROUPE_ASK(node, await_twice, int);

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

struct watcher_state {
    char text[32];
};

static int on_until_lit(struct watcher_state *self, int answer)
{
    (void)self;
    while (!lit[troupe_rank()])
        troupe_sleep(1e-4);
    return answer;
}

static void on_nothing(struct watcher_state *self)
{
    (void)self;
}

static troupe_str on_text(struct watcher_state *self, int number)
{
    snprintf(self->text, sizeof self->text, "number %d", number);
    return self->text;
}

TROUPE_IMPLEMENT(watcher, (until_lit, on_until_lit), (nothing, on_nothing), (text, on_text));

struct node_state {
    int number;
    node next;
    watcher other;
    int noted;
    bool out_of_order;
    int inside, most_inside;
};

static void on_node(struct node_state *self, int number)
{
    self->number = number;
}

static void on_meet(struct node_state *self, node next, watcher other)
{
    self->next = next;
    self->other = other;
}

static int on_wait_for_other(struct node_state *self, int answer)
{
    return troupe_await(watcher_until_lit(self->other, answer));
}

static int on_number(struct node_state *self)
{
    return self->number;
}

static int on_sum_along(struct node_state *self, int hops)
{
    return self->number + (hops ? troupe_await(node_sum_along(self->next, hops - 1)) : 0);
}

static void on_note(struct node_state *self, int number)
{
    self->out_of_order |= number != self->noted;
    self->noted = number + 1;
}

static void on_note_late(struct node_state *self, int number)
{
    troupe_await(watcher_until_lit(self->other, 0));
    on_note(self, number);
}

static int on_noted_in_order(struct node_state *self)
{
    return self->out_of_order ? -1 : self->noted;
}

/* How many calls of this actor were in here at once at most. */
static int on_step_through(struct node_state *self, int waits)
{
    self->inside++;
    for (int i = 0; i < waits; i++) {
        if (self->inside > self->most_inside)
            self->most_inside = self->inside;
        troupe_await(watcher_nothing(self->other));
    }
    self->inside--;
    return self->most_inside;
}

static int on_await_twice(struct node_state *self)
{
    TROUPE_FUTURE(void) future = watcher_nothing(self->other);
    troupe_await(future);
    troupe_await(future);
    return 0;
}

TROUPE_IMPLEMENT(node, (init, on_node), (meet, on_meet), (wait_for_other, on_wait_for_other),
                 (number, on_number), (sum_along, on_sum_along), (note, on_note),
                 (note_late, on_note_late), (noted_in_order, on_noted_in_order),
                 (step_through, on_step_through), (await_twice, on_await_twice));

/* ---- the stage ------------------------------------------------------------------------------- */

static node node_on(int rank, int number)
{
    return troupe_new(node, .number = number, .with = {.place = troupe_on(rank)});
}

static watcher watcher_on(int rank)
{
    return troupe_new(watcher, .with = {.place = troupe_on(rank)});
}

static lamp dark_lamp(int rank)
{
    lamp l = troupe_new(lamp, .with = {.place = troupe_on(rank)});
    troupe_await(lamp_set(l, false));
    return l;
}

static int last(void)
{
    return troupe_ranks() - 1;
}

/* ---- methods that wait ----------------------------------------------------------------------- */

static void an_actor_waits_for_another_on_its_own_rank(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        lamp l = dark_lamp(rank);
        node n = node_on(rank, 1);
        troupe_await(node_meet(n, n, watcher_on(rank)));
        TROUPE_FUTURE(int) waiting = node_wait_for_other(n, 17);
        int value = 0;
        expect_status(troupe_get_within(waiting, &value, 0), TROUPE_TIMEOUT);
        troupe_await(lamp_set(l, true));
        assert_int_equal(troupe_await(waiting), 17);
    }
}

static void ranks_ask_each_other_at_the_same_time(void **state)
{
    (void)state;
    enum { PAIRS = 200 };
    TROUPE_FUTURE(int) there[PAIRS], back[PAIRS];
    int sum = 0;
    for (int i = 0; i < PAIRS; i++) {
        node near = node_on(0, 1), far = node_on(last(), 2);
        troupe_await(node_meet(near, node_on(last(), 4), watcher_on(0)));
        troupe_await(node_meet(far, node_on(0, 8), watcher_on(0)));
        there[i] = node_sum_along(near, 1);
        back[i] = node_sum_along(far, 1);
    }
    for (int i = 0; i < PAIRS; i++)
        sum += troupe_await(back[i]) + troupe_await(there[i]);
    assert_int_equal(sum, 15 * PAIRS);
}

static void two_thousand_methods_of_a_rank_wait_at_once(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    static TROUPE_FUTURE(int) waiting[COUNT];
    static int values[COUNT];
    lamp l = dark_lamp(last());
    watcher w = watcher_on(last());
    node n = {0};
    for (int i = 0; i < COUNT; i++) {
        n = node_on(last(), i);
        troupe_drop(node_meet(n, n, w));
        waiting[i] = node_wait_for_other(n, i);
    }
    assert_int_equal(troupe_await(node_number(node_on(last(), 5))), 5);
    int value;
    expect_status(troupe_get_within(waiting[COUNT - 1], &value, 0), TROUPE_TIMEOUT);
    troupe_await(lamp_set(l, true));
    troupe_await_all(waiting, COUNT, values);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(values[i], i);
}

static void a_chain_of_asks_goes_through_all_ranks_many_times(void **state)
{
    (void)state;
    enum { LENGTH_OF_CHAIN = 100 };
    node chain[LENGTH_OF_CHAIN];
    watcher w = watcher_on(0);
    for (int i = LENGTH_OF_CHAIN; i-- > 0;) {
        chain[i] = node_on(i % troupe_ranks(), i);
        troupe_await(node_meet(chain[i], i + 1 < LENGTH_OF_CHAIN ? chain[i + 1] : chain[i], w));
    }
    for (int round = 0; round < 10; round++)
        assert_int_equal(troupe_await(node_sum_along(chain[0], LENGTH_OF_CHAIN - 1)),
                         LENGTH_OF_CHAIN * (LENGTH_OF_CHAIN - 1) / 2);
}

/* Their asks go together: each but the last waits for one that is answered behind its own. */
static void asks_of_many_actors_at_once_may_wait_for_each_other(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    node nodes[COUNT];
    TROUPE_FUTURE(int) sums[COUNT];
    watcher w = watcher_on(0);
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        for (int i = COUNT; i-- > 0;) {
            nodes[i] = node_on(rank, i);
            troupe_await(node_meet(nodes[i], i + 1 < COUNT ? nodes[i + 1] : nodes[i], w));
        }
        for (int i = 0; i < COUNT; i++)
            sums[i] = node_sum_along(nodes[i], i + 1 < COUNT);
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(troupe_await(sums[i]), i + 1 < COUNT ? 2 * i + 1 : i);
    }
}

static void tells_to_many_actors_in_turn_stay_in_order_for_each(void **state)
{
    (void)state;
    enum { COUNT = 7, EACH = 500 };
    node nodes[COUNT];
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        lamp l = dark_lamp(rank);
        for (int i = 0; i < COUNT; i++) {
            nodes[i] = node_on(rank, i);
            troupe_await(node_meet(nodes[i], nodes[i], watcher_on(rank)));
        }
        for (int k = 0; k < EACH; k++)
            for (int i = 0; i < COUNT; i++) {
                if (k % 100 == 50 + i)
                    node_note_late(nodes[i], k);
                else
                    node_note(nodes[i], k);
            }
        troupe_await(lamp_set(l, true));
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(troupe_await(node_noted_in_order(nodes[i])), EACH);
    }
}

static void calls_stay_in_order_behind_a_method_that_waits(void **state)
{
    (void)state;
    lamp l = dark_lamp(last());
    node n = node_on(last(), 0);
    troupe_await(node_meet(n, n, watcher_on(last())));
    for (int i = 0; i < 300; i++)
        if (i % 50 == 0)
            node_note_late(n, i);
        else
            node_note(n, i);
    TROUPE_FUTURE(int) noted = node_noted_in_order(n);
    int value;
    expect_status(troupe_get_within(noted, &value, 0), TROUPE_TIMEOUT);
    troupe_await(lamp_set(l, true));
    assert_int_equal(troupe_await(noted), 300);
}

static void an_actor_runs_one_method_at_a_time_though_it_waits_in_them(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    TROUPE_FUTURE(int) calls[COUNT];
    int most[COUNT];
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        node n = node_on(rank, 0);
        troupe_await(node_meet(n, n, watcher_on(last())));
        for (int i = 0; i < COUNT; i++)
            calls[i] = node_step_through(n, 3);
        troupe_await_all(calls, COUNT, most);
        assert_int_equal(most[COUNT - 1], 1);
    }
}

/* ---- futures --------------------------------------------------------------------------------- */

static void a_future_stays_good_after_a_time_out(void **state)
{
    (void)state;
    lamp l = dark_lamp(last());
    TROUPE_FUTURE(int) answer = watcher_until_lit(watcher_on(last()), 5);
    int value = -1;
    expect_status(troupe_get_within(answer, &value, 0), TROUPE_TIMEOUT);
    expect_status(troupe_get_within(answer, &value, 0.002), TROUPE_TIMEOUT);
    assert_int_equal(value, -1);
    assert_true(troupe_story()[0] != 0);
    troupe_await(lamp_set(l, true));
    expect_status(troupe_get_within(answer, &value, 1000), TROUPE_OK);
    assert_int_equal(value, 5);
}

static void looking_without_waiting_lets_the_others_go_on(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        node n = node_on(rank, 0);
        troupe_await(node_meet(n, n, watcher_on(last())));
        TROUPE_FUTURE(int) answer = node_step_through(n, 10);
        int value = -1;
        troupe_status status;
        while ((status = troupe_get_within(answer, &value, 0)) == TROUPE_TIMEOUT)
            continue;
        expect_status(status, TROUPE_OK);
        assert_int_equal(value, 1);
    }
}

static void a_future_is_consumed_once(void **state)
{
    (void)state;
    watcher w = watcher_on(last());
    TROUPE_FUTURE(troupe_str) answer = watcher_text(w, 1), none = {{0}};
    troupe_str text = "before";
    assert_string_equal(troupe_await(answer), "number 1");
    TROUPE_FUTURE(troupe_str) next = watcher_text(w, 2); /* may take the place of the first */
    expect_status(troupe_get(answer, &text), TROUPE_NO_FUTURE);
    assert_string_equal(text, "before");
    assert_string_equal(troupe_await(next), "number 2");
    expect_status(troupe_get(none, &text), TROUPE_NO_FUTURE);
}

static void a_method_that_awaits_twice_fails(void **state)
{
    (void)state;
    node n = node_on(last(), 0);
    troupe_await(node_meet(n, n, watcher_on(0)));
    expect_failure(node_await_twice(n), TROUPE_NO_FUTURE, "await_twice");
    assert_int_equal(troupe_await(node_number(n)), 0);
}

static void a_dropped_future_is_gone_and_disturbs_no_other(void **state)
{
    (void)state;
    watcher w = watcher_on(last());
    troupe_str text;
    for (int i = 0; i < 1000; i++) {
        TROUPE_FUTURE(troupe_str) dropped = watcher_text(w, -i), wanted = watcher_text(w, i);
        troupe_drop(dropped);
        expect_status(troupe_get(dropped, &text), TROUPE_NO_FUTURE);
        char expected[32];
        snprintf(expected, sizeof expected, "number %d", i);
        assert_string_equal(troupe_await(wanted), expected);
        TROUPE_FUTURE(troupe_str) late = watcher_text(w, 0);
        troupe_await(watcher_nothing(w)); /* by now the answer of `late` is here */
        troupe_drop(late);
    }
}

static void await_all_takes_values_in_the_order_of_the_futures(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    TROUPE_FUTURE(troupe_str) futures[COUNT];
    troupe_str texts[COUNT];
    for (int i = 0; i < COUNT; i++)
        futures[i] = watcher_text(watcher_on(i % troupe_ranks()), i);
    troupe_await_all(futures, COUNT, texts);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(atoi(texts[i] + strlen("number ")), i);
    expect_status(troupe_get(futures[COUNT / 2], &texts[0]), TROUPE_NO_FUTURE);
}

static void a_scope_gives_back_what_was_awaited_in_it_alone(void **state)
{
    (void)state;
    watcher w = watcher_on(last());
    troupe_str before = troupe_await(watcher_text(w, 1));
    for (int i = 0; i < 3; i++) {
        struct troupe_scope scope = troupe_scope_begin();
        assert_string_equal(troupe_await(watcher_text(w, 2)), "number 2");
        memset(troupe_alloc(1000), 1, 1000);
        struct troupe_scope inner = troupe_scope_begin();
        assert_string_equal(troupe_await(watcher_text(w, 3)), "number 3");
        troupe_scope_end(inner);
        troupe_scope_end(scope);
    }
    assert_string_equal(before, "number 1");
}

static void a_driver_that_sleeps_wakes_by_itself(void **state)
{
    (void)state;
    troupe_sleep(0.001);
    troupe_sleep(0);
    troupe_sleep(-1);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_actor_waits_for_another_on_its_own_rank),
        cmocka_unit_test(ranks_ask_each_other_at_the_same_time),
        cmocka_unit_test(two_thousand_methods_of_a_rank_wait_at_once),
        cmocka_unit_test(a_chain_of_asks_goes_through_all_ranks_many_times),
        cmocka_unit_test(asks_of_many_actors_at_once_may_wait_for_each_other),
        cmocka_unit_test(tells_to_many_actors_in_turn_stay_in_order_for_each),
        cmocka_unit_test(calls_stay_in_order_behind_a_method_that_waits),
        cmocka_unit_test(an_actor_runs_one_method_at_a_time_though_it_waits_in_them),
        cmocka_unit_test(a_future_stays_good_after_a_time_out),
        cmocka_unit_test(looking_without_waiting_lets_the_others_go_on),
        cmocka_unit_test(a_future_is_consumed_once),
        cmocka_unit_test(a_method_that_awaits_twice_fails),
        cmocka_unit_test(a_dropped_future_is_gone_and_disturbs_no_other),
        cmocka_unit_test(await_all_takes_values_in_the_order_of_the_futures),
        cmocka_unit_test(a_scope_gives_back_what_was_awaited_in_it_alone),
        cmocka_unit_test(a_driver_that_sleeps_wakes_by_itself),
    };
    return TEST_PLAY(argc, argv, tests, 8);
}
