/*
 * What calls that were given up leave behind: nothing that anyone else can stumble over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "play.h"

TROUPE_CLASS(thing, (int, number));
TROUPE_ASK(thing, number, int);
TROUPE_TELL(thing, add, (int, number));
TROUPE_ASK(thing, ask_itself, bool);
TROUPE_ASK(thing, runs, int);
TROUPE_TELL(thing, ask_for_later);
TROUPE_ASK(thing, ask_came, bool);

/* What tasks leave that they should have ended, or should not have touched. */
TROUPE_TASK(guest, int, (int, how));
TROUPE_TASK(ask_by_team, int, (thing, t));
TROUPE_TASK(touch_future, int);

/* Creates things under names, and may be killed while it does. */
TROUPE_CLASS(maker);
TROUPE_ASK(maker, make, thing, (troupe_str, name), (int, rank));
TROUPE_ASK(maker, fail_to_make, thing, (troupe_str, name));

/* ---- the classes ----------------------------------------------------------------------------- */

struct thing_state {
    int number, runs;
    TROUPE_FUTURE(int) later;
};

static void on_thing(struct thing_state *self, int number)
{
    self->number = number;
}

static int on_number(struct thing_state *self)
{
    return self->number;
}

static void on_add(struct thing_state *self, int number)
{
    self->number += number;
}

/* True when it is refused; then the call must not come. */
static bool on_ask_itself(struct thing_state *self)
{
    bool value;
    self->runs++;
    return troupe_get(thing_ask_itself(thing_self(self)), &value) == TROUPE_INVALID;
}

static int on_runs(struct thing_state *self)
{
    return self->runs;
}

static void on_ask_for_later(struct thing_state *self)
{
    self->later = thing_number(thing_self(self));
    self->runs = troupe_done(self->later);
}

static bool on_ask_came(struct thing_state *self)
{
    int number;
    return self->runs == 0 && troupe_done(self->later) &&
           troupe_get(self->later, &number) == TROUPE_OK && number == self->number;
}

TROUPE_IMPLEMENT(thing, (init, on_thing), (number, on_number), (add, on_add),
                 (ask_itself, on_ask_itself), (runs, on_runs), (ask_for_later, on_ask_for_later),
                 (ask_came, on_ask_came));

struct maker_state {
    char unused;
};

static thing on_make(struct maker_state *self, troupe_str name, int rank)
{
    (void)self;
    return troupe_new(thing, .number = 1,
                      .with = {.name = name, .or_existing = true, .place = troupe_on(rank)});
}

/* A rank that does not exist fails the caller; a name was not claimed by then. */
static thing on_fail_to_make(struct maker_state *self, troupe_str name)
{
    (void)self;
    return troupe_new(thing, .number = 1, .with = {.name = name, .place = troupe_on(100000)});
}

TROUPE_IMPLEMENT(maker, (make, on_make), (fail_to_make, on_fail_to_make));

/* ---- the tasks ------------------------------------------------------------------------------- */

enum { FAILS, RETURNS, BEGINS_TWICE, ENDS_FIRST, WAITS };

/* MPI calls of its own, without the calls. */
static int on_guest(int how)
{
    int number = 0;
    thing t = thing_new(3);
    if (how == ENDS_FIRST)
        troupe_mpi_end();
    troupe_mpi_begin();
    if (how == FAILS)
        troupe_fail(-60, "in between");
    if (how == BEGINS_TWICE)
        troupe_mpi_begin();
    if (how == WAITS) {
        TROUPE_FUTURE(int) future = thing_number(t);
        troupe_status status = troupe_get(future, &number);
        troupe_mpi_end();
        troupe_await(future);
        return status;
    }
    return 1;
}

TROUPE_BODY(guest, on_guest);

static int on_ask_by_team(thing t)
{
    TROUPE_FUTURE(int) asked[4];
    int sum = 0;
#pragma omp parallel for num_threads(4) schedule(static, 1)
    for (int i = 0; i < 4; i++)
        asked[i] = thing_number(t);
    for (int i = 0; i < 4; i++)
        sum += troupe_await(asked[i]);
    return sum;
}

TROUPE_BODY(ask_by_team, on_ask_by_team);

static TROUPE_FUTURE(int) drivers_future; /* the task runs on the driver's rank */

static int on_touch_future(void)
{
    int number;
    if (troupe_get(drivers_future, &number) != TROUPE_NOT_HERE)
        return 1;
    if (troupe_wait(&drivers_future.any, 1, 1, 60) != 1) /* whoever takes it is told */
        return 2;
    troupe_drop(drivers_future);
    return 0;
}

TROUPE_BODY(touch_future, on_touch_future);

/* ---- names ----------------------------------------------------------------------------------- */

/* The one who has the name may be on its way out; it may not be one who never comes. */
static void assert_name_is_usable(const char *name)
{
    for (int i = 0; i < 1000; i++) {
        thing t = troupe_new(thing, .number = 5, .with = {.name = name, .or_existing = true});
        int number;
        troupe_status status = troupe_get_within(thing_number(t), &number, 20.0);
        if (status == TROUPE_OK) {
            troupe_kill(t);
            troupe_await(troupe_ended(t));
            return;
        }
        expect_status(status, TROUPE_ENDED);
    }
    fail_msg("the name '%s' stays with an actor that has ended", name);
}

static void who_is_killed_while_it_waits_for_a_name_does_not_keep_it(void **state)
{
    char name[32];

    (void)state;
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "wanted %d", i);
        maker m = troupe_new(maker, .with = {.place = troupe_on(i % troupe_ranks())});
        TROUPE_FUTURE(thing) made = maker_make(m, name, (i / 2) % troupe_ranks());
        if (i % 3)
            troupe_sleep(1e-5 * i);
        troupe_kill(m);
        thing t;
        troupe_status status = troupe_get_within(made, &t, 20.0);
        assert_true(status == TROUPE_OK || status == TROUPE_ENDED);
        assert_name_is_usable(name);
    }
}

static void a_creation_that_fails_leaves_its_name_free(void **state)
{
    (void)state;
    maker m = maker_new();
    expect_failure(maker_fail_to_make(m, "never made"), TROUPE_INVALID, "100000");
    assert_name_is_usable("never made");
    troupe_kill(m);
}

/* ---- calls of one's own ---------------------------------------------------------------------- */

static void a_call_that_waits_for_itself_is_taken_back(void **state)
{
    (void)state;
    for (int on = 0; on < troupe_ranks(); on++)
        for (int cpus = 0; cpus <= 1; cpus++) {
            thing t = troupe_new(thing, .with = {.place = troupe_on(on), .cpus = cpus});
            assert_true(troupe_await(thing_ask_itself(t)));
            assert_int_equal(troupe_await(thing_runs(t)), 1);
            assert_int_equal(troupe_await(thing_runs(t)), 1);
            troupe_kill(t);
        }
}

static void a_call_of_ones_own_can_be_fetched_by_a_later_method(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        thing t = troupe_new(thing, .number = 7, .with = {.cpus = cpus});
        thing_ask_for_later(t);
        bool came = false;
        for (int i = 0; i < 100000 && !came; i++)
            came = troupe_await(thing_ask_came(t));
        assert_true(came);
        troupe_kill(t);
    }
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static void a_task_that_does_not_end_its_mpi_calls_lets_its_rank_go_on(void **state)
{
    (void)state;
    for (int on = 0; on < troupe_ranks(); on++) {
        struct troupe_place place = troupe_on(on);
        thing t = troupe_new(thing, .number = 4, .with = {.place = place});
        expect_failure(troupe_submit(guest, .how = FAILS, .with = {.place = place}), -60,
                       "in between");
        assert_int_equal(troupe_await(thing_number(t)), 4);
        troupe_await(troupe_submit(guest, .how = RETURNS, .with = {.place = place}));
        assert_int_equal(troupe_await(thing_number(t)), 4);
        expect_failure(troupe_submit(guest, .how = BEGINS_TWICE, .with = {.place = place}),
                       TROUPE_INVALID, "a second time");
        expect_failure(troupe_submit(guest, .how = ENDS_FIRST, .with = {.place = place}),
                       TROUPE_INVALID, "without troupe_mpi_begin");
        TROUPE_FUTURE(int) waits = troupe_submit(guest, .how = WAITS, .with = {.place = place});
        assert_int_equal(troupe_await(waits), TROUPE_NOT_HERE);
        troupe_kill(t);
    }
}

static void what_the_threads_of_a_team_ask_is_answered_on_every_rank(void **state)
{
    (void)state;
    thing t = thing_new(10);
    for (int on = 0; on < troupe_ranks(); on++)
        assert_int_equal(troupe_await(troupe_submit(ask_by_team, .t = t,
                                                    .with = {.cpus = troupe_rank_cpus(on),
                                                             .place = troupe_on(on)})),
                         40);
    troupe_kill(t);
}

static void a_task_cannot_touch_a_future_of_the_driver(void **state)
{
    (void)state;
    thing t = thing_new(10);
    drivers_future = thing_number(t);
    assert_int_equal(
        troupe_await(troupe_submit(touch_future, .with = {.place = troupe_on(0)})), 0);
    assert_int_equal(troupe_await(drivers_future), 10);
    troupe_kill(t);
}

/* ---- tells that come too late ---------------------------------------------------------------- */

/* Lines of the log, which is the standard error stream, that have this text. */
static int lines_with(FILE *log, const char *text)
{
    char line[1024];
    int count = 0;
    rewind(log);
    while (fgets(line, sizeof line, log))
        count += strstr(line, text) != NULL;
    return count;
}

static void tells_to_an_actor_that_has_ended_are_logged_once_for_each_actor(void **state)
{
    FILE *log = tmpfile();
    int before = dup(2);

    (void)state;
    assert_non_null(log);
    thing other = troupe_new(thing, .with = {.place = troupe_on(0)});
    dup2(fileno(log), 2);
    for (int k = 0; k < 2; k++) {
        thing t = troupe_new(thing, .with = {.place = troupe_on(0)});
        troupe_stop(t);
        troupe_await(troupe_ended(t));
        for (int i = 0; i < 5; i++)
            thing_add(t, 1);
    }
    troupe_await(thing_number(other));
    dup2(before, 2);
    close(before);
    assert_int_equal(lines_with(log, "add was told, but the actor has ended: thing(0:"), 2);
    assert_int_equal(lines_with(log, "was stopped by driver"), 2);
    fclose(log);
    troupe_kill(other);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_killed_while_it_waits_for_a_name_does_not_keep_it),
        cmocka_unit_test(a_creation_that_fails_leaves_its_name_free),
        cmocka_unit_test(a_call_that_waits_for_itself_is_taken_back),
        cmocka_unit_test(a_call_of_ones_own_can_be_fetched_by_a_later_method),
        cmocka_unit_test(a_task_that_does_not_end_its_mpi_calls_lets_its_rank_go_on),
        cmocka_unit_test(what_the_threads_of_a_team_ask_is_answered_on_every_rank),
        cmocka_unit_test(a_task_cannot_touch_a_future_of_the_driver),
        cmocka_unit_test(tells_to_an_actor_that_has_ended_are_logged_once_for_each_actor),
    };
    return TEST_PLAY(argc, argv, tests, 20);
}
