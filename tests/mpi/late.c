/*
 * Time-outs of calls: asks and tasks that are not answered in their time.
 */
#include <stdlib.h>
#include <unistd.h>

#include "play.h"
#include "schedule/rank.h"

/* A gate that others wait at, and counts of who has come to it, and who has gone. */
TROUPE_CLASS(gate);
TROUPE_TELL(gate, arrive);
TROUPE_TELL(gate, leave);
TROUPE_TELL(gate, open);
TROUPE_ASK(gate, is_open, bool);
TROUPE_ASK(gate, arrived, int);
TROUPE_ASK(gate, left, int);

TROUPE_CLASS(guest);
TROUPE_ASK(guest, pass, int, (gate, where));
TROUPE_ASK(guest, fail_behind, int, (gate, where));
TROUPE_ASK(guest, calls, int);

TROUPE_TASK(pass, int, (gate, where));
TROUPE_TASK(touch, int, (gate, where));
TROUPE_TASK(turn_back, int, (gate, where));
TROUPE_TASK(ask_in_time, int, (guest, whom), (gate, where));

/* ---- bodies ---------------------------------------------------------------------------------- */

struct gate_state {
    int arrived, left;
    bool open;
};

static void on_arrive(struct gate_state *self)
{
    self->arrived++;
}

static void on_leave(struct gate_state *self)
{
    self->left++;
}

static void on_open(struct gate_state *self)
{
    self->open = true;
}

static bool on_is_open(struct gate_state *self)
{
    return self->open;
}

static int on_arrived(struct gate_state *self)
{
    return self->arrived;
}

static int on_left(struct gate_state *self)
{
    return self->left;
}

TROUPE_IMPLEMENT(gate, (arrive, on_arrive), (leave, on_leave), (open, on_open),
                 (is_open, on_is_open), (arrived, on_arrived), (left, on_left));

static int on_pass(gate where)
{
    gate_arrive(where);
    while (!troupe_await(gate_is_open(where)))
        troupe_sleep(1e-4);
    gate_leave(where);
    return 7;
}

static int on_touch(gate where)
{
    gate_arrive(where);
    return 1;
}

static int on_turn_back(gate where)
{
    gate_arrive(where);
    while (!troupe_cancelled())
        usleep(50);
    gate_leave(where);
    return 1;
}

static int on_ask_in_time(guest whom, gate where)
{
    int value;
    return troupe_get(troupe_call(guest_pass, whom, .where = where, .with = {.timeout = 0.02}),
                      &value);
}

TROUPE_BODY(pass, on_pass);
TROUPE_BODY(touch, on_touch);
TROUPE_BODY(turn_back, on_turn_back);
TROUPE_BODY(ask_in_time, on_ask_in_time);

struct guest_state {
    int calls;
};

static int on_guest_pass(struct guest_state *self, gate where)
{
    self->calls++;
    return on_pass(where);
}

static int on_fail_behind(struct guest_state *self, gate where)
{
    on_guest_pass(self, where);
    troupe_fail(TROUPE_FAILED, "it did not like it there");
}

static int on_calls(struct guest_state *self)
{
    return self->calls;
}

TROUPE_IMPLEMENT(guest, (pass, on_guest_pass), (fail_behind, on_fail_behind), (calls, on_calls));

/* ---- tests ----------------------------------------------------------------------------------- */

static void await_arrived(gate where, int count)
{
    while (troupe_await(gate_arrived(where)) < count)
        usleep(50);
}

static void await_left(gate where, int count)
{
    while (troupe_await(gate_left(where)) < count)
        usleep(50);
}

static void an_ask_that_is_not_answered_in_time_fails(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        for (int cpus = 0; cpus < 2; cpus++) {
            gate where = gate_new();
            guest one = troupe_new(guest, .with = {.place = troupe_on(rank), .cpus = cpus});
            expect_failure(troupe_call(guest_pass, one, .where = where, .with = {.timeout = 0.02}),
                           TROUPE_LATE, "guest.pass was not answered within 0.02 s by actor(");
            gate_open(where);
            await_left(where, 1);
            assert_int_equal(troupe_await(guest_pass(one, where)), 7);
            assert_int_equal(troupe_await(guest_calls(one)), 2);
        }
}

static void a_failure_that_comes_too_late_is_thrown_away(void **state)
{
    (void)state;
    gate where = gate_new();
    guest one = guest_new();
    TROUPE_FUTURE(int) late = troupe_call(guest_fail_behind, one, .where = where,
                                          .with = {.timeout = 0.01});
    expect_failure(late, TROUPE_LATE, "guest.fail_behind");
    gate_open(where);
    assert_int_equal(troupe_await(guest_calls(one)), 1);
    int value;
    assert_int_equal(troupe_get(late, &value), TROUPE_NO_FUTURE);
}

static void many_answers_that_come_in_time_leave_few_deadlines(void **state)
{
    (void)state;
    gate where = gate_new();
    guest one = troupe_new(guest, .with = {.place = troupe_on(troupe_ranks() - 1)});
    gate_open(where);
    for (int i = 1; i <= 1000; i++) {
        assert_int_equal(troupe_await(troupe_call(guest_calls, one, .with = {.timeout = 1000})),
                         i - 1);
        assert_int_equal(troupe_await(troupe_call(guest_pass, one, .where = where,
                                                  .with = {.timeout = 1000})), 7);
    }
    assert_true(trp_home->deadline_count <= 66);
}

static TROUPE_FUTURE(int) fill(gate where, int rank)
{
    TROUPE_FUTURE(int) filler =
        troupe_submit(turn_back, .where = where,
                      .with = {.place = troupe_on(rank), .cpus = troupe_rank_cpus(rank)});
    await_arrived(where, 1);
    return filler;
}

static void a_task_that_waits_for_too_long_never_begins(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        gate busy = gate_new(), never = gate_new();
        TROUPE_FUTURE(int) filler = fill(busy, rank);
        expect_failure(troupe_submit(touch, .where = never,
                                     .with = {.place = troupe_on(rank), .timeout = 0.02}),
                       TROUPE_LATE, "task touch on rank");
        TROUPE_FUTURE(int) behind =
            troupe_submit(touch, .where = busy, .with = {.place = troupe_on(rank)});
        troupe_cancel(filler);
        assert_int_equal(troupe_await(filler), 1);
        assert_int_equal(troupe_await(behind), 1);
        assert_int_equal(troupe_await(gate_arrived(never)), 0);
    }
}

static void a_task_that_runs_for_too_long_is_told_so(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        gate where = gate_new(), dropped = gate_new();
        const struct troupe_options brief = {.place = troupe_on(rank), .timeout = 0.02};
        /* On a busy machine the time of some may be over before they begin. */
        while (troupe_await(gate_left(where)) < 1)
            expect_failure(troupe_submit(turn_back, .where = where, .with = brief), TROUPE_LATE,
                           "not done within 0.02 s");
        while (troupe_await(gate_left(dropped)) < 1) {
            troupe_drop(troupe_submit(turn_back, .where = dropped, .with = brief));
            troupe_sleep(0.03);
        }
    }
}

static void a_task_that_is_done_in_time_gives_its_result(void **state)
{
    (void)state;
    gate where = gate_new();
    TROUPE_FUTURE(int) some[50];
    int values[50];
    for (size_t i = 0; i < LENGTH(some); i++)
        some[i] = troupe_submit(touch, .where = where, .with = {.timeout = 1000});
    troupe_await_all(some, LENGTH(some), values);
    for (size_t i = 0; i < LENGTH(some); i++)
        assert_int_equal(values[i], 1);
}

static void a_task_may_ask_with_a_time_out(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        gate where = gate_new();
        guest one = troupe_new(guest, .with = {.place = troupe_on(0)});
        assert_int_equal(troupe_await(troupe_submit(ask_in_time, .whom = one, .where = where,
                                                    .with = {.place = troupe_on(rank)})),
                         TROUPE_LATE);
        gate_open(where);
        await_left(where, 1);
    }
}

static void a_caller_who_waits_for_room_does_so_no_longer_than_for_the_answer(void **state)
{
    (void)state;
    gate where = gate_new();
    guest one = troupe_new(guest, .with = {.place = troupe_on(troupe_ranks() - 1),
                                           .max_pending = 1});
    TROUPE_FUTURE(int) first = guest_pass(one, where);
    await_arrived(where, 1);
    TROUPE_FUTURE(int) second = guest_pass(one, where);
    expect_failure(troupe_call(guest_pass, one, .where = where, .with = {.timeout = 0.02}),
                   TROUPE_LATE, "guest.pass");
    gate_open(where);
    assert_int_equal(troupe_await(first), 7);
    assert_int_equal(troupe_await(second), 7);
    await_left(where, 3);
}

int main(int argc, char **argv)
{
    unsetenv("OMP_NUM_THREADS"); /* it limits the CPUs of a task */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ask_that_is_not_answered_in_time_fails),
        cmocka_unit_test(a_failure_that_comes_too_late_is_thrown_away),
        cmocka_unit_test(many_answers_that_come_in_time_leave_few_deadlines),
        cmocka_unit_test(a_task_that_waits_for_too_long_never_begins),
        cmocka_unit_test(a_task_that_runs_for_too_long_is_told_so),
        cmocka_unit_test(a_task_that_is_done_in_time_gives_its_result),
        cmocka_unit_test(a_task_may_ask_with_a_time_out),
        cmocka_unit_test(a_caller_who_waits_for_room_does_so_no_longer_than_for_the_answer),
    };
    return TEST_PLAY(argc, argv, tests, 10);
}
