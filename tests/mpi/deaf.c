/*
 * Methods and drivers that compute for long: the others on their rank go on meanwhile. Who computes
 * here does so until another actor of the same rank has put up a flag: on a deaf rank, for ever.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "play.h"

#define RANKS 64
#define FLAGS 4

/* Of each rank. Under transport self the process has them all. */
static atomic_bool up[RANKS][FLAGS];

TROUPE_CLASS(flag);
TROUPE_ASK(flag, put, void, (int, which), (bool, high));
TROUPE_TELL(flag, raise, (int, which));
TROUPE_ASK(flag, is_up, bool, (int, which));

TROUPE_CLASS(listener);
TROUPE_TELL(listener, note, (int, number));
TROUPE_ASK(listener, noted, int);
TROUPE_ASK(listener, answer_late, int, (int, which));

TROUPE_CLASS(computer, (int, until));
TROUPE_ASK(computer, compute, int, (int, which));
TROUPE_ASK(computer, count_between, int, (listener, to), (int, each));
TROUPE_ASK(computer, compute_then_wait, int, (listener, to));
TROUPE_ASK(computer, compute_then_fail, void);
TROUPE_TELL(computer, compute_and_say, (listener, to), (int, number));
TROUPE_ASK(computer, compute_as_mpi, bool);
TROUPE_ASK(computer, sleep_in_the_kernel, bool);
TROUPE_ASK(computer, make_after, flag);

TROUPE_TASK(twice, int, (int, n));

/* ---- the classes ----------------------------------------------------------------------------- */

struct flag_state {
    char unused;
};

static void on_put(struct flag_state *self, int which, bool high)
{
    (void)self;
    up[troupe_rank()][which] = high;
}

static void on_raise(struct flag_state *self, int which)
{
    on_put(self, which, true);
}

static bool on_is_up(struct flag_state *self, int which)
{
    (void)self;
    return up[troupe_rank()][which];
}

TROUPE_IMPLEMENT(flag, (put, on_put), (raise, on_raise), (is_up, on_is_up));

struct listener_state {
    int noted;
};

/* What comes in another order is not counted. */
static void on_note(struct listener_state *self, int number)
{
    self->noted += number == self->noted;
}

static int on_noted(struct listener_state *self)
{
    return self->noted;
}

static int on_answer_late(struct listener_state *self, int which)
{
    (void)self;
    while (!up[troupe_rank()][which])
        troupe_sleep(1e-3);
    return 7;
}

TROUPE_IMPLEMENT(listener, (note, on_note), (noted, on_noted), (answer_late, on_answer_late));

struct computer_state {
    int computed;
};

static int compute_until(int rank, int which)
{
    while (!up[rank][which])
        continue;
    return rank;
}

static void on_computer(struct computer_state *self, int until)
{
    (void)self;
    if (until >= 0)
        compute_until(troupe_rank(), until);
}

static int on_compute(struct computer_state *self, int which)
{
    compute_until(troupe_rank(), which);
    return ++self->computed;
}

/* Before, between and after. */
static int on_count_between(struct computer_state *self, listener to, int each)
{
    (void)self;
    int number = 0, flags = FLAGS;
    for (int which = 0; which <= flags; which++) {
        for (int i = 0; i < each; i++)
            listener_note(to, number++);
        if (which < flags)
            compute_until(troupe_rank(), which);
    }
    return troupe_await(listener_noted(to));
}

static int on_compute_then_wait(struct computer_state *self, listener to)
{
    (void)self;
    TROUPE_FUTURE(int) before = listener_answer_late(to, 0);
    compute_until(troupe_rank(), 0);
    TROUPE_FUTURE(int) after = listener_noted(to);
    int got = troupe_await(before);
    troupe_sleep(1e-3);
    return 10 * got + troupe_await(after);
}

static void count_down(void *counter)
{
    --*(int *)counter;
}

static void on_compute_then_fail(struct computer_state *self)
{
    self->computed = 5;
    troupe_defer(count_down, &self->computed);
    compute_until(troupe_rank(), 0);
    troupe_fail(0, "it has computed for long");
}

static void on_compute_and_say(struct computer_state *self, listener to, int number)
{
    (void)self;
    compute_until(troupe_rank(), 0);
    listener_note(to, number);
}

static double cpu_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Long enough to be sent away, and no test fails if it is too short. */
#define A_WHILE 0.02

static bool on_compute_as_mpi(struct computer_state *self)
{
    (void)self;
    troupe_mpi_begin();
    for (double end = cpu_time() + A_WHILE; cpu_time() < end;)
        continue;
    bool seen = up[troupe_rank()][0];
    troupe_mpi_end();
    return seen;
}

static bool on_sleep_in_the_kernel(struct computer_state *self)
{
    (void)self;
    struct timespec t = {.tv_nsec = (long)(1e9 * A_WHILE)};
    nanosleep(&t, NULL);
    return up[troupe_rank()][0];
}

static flag on_make_after(struct computer_state *self)
{
    (void)self;
    compute_until(troupe_rank(), 0);
    return troupe_new(flag, .with = {.place = troupe_here(), .tied = true});
}

TROUPE_IMPLEMENT(computer, (init, on_computer), (compute, on_compute),
                 (count_between, on_count_between), (compute_then_wait, on_compute_then_wait),
                 (compute_then_fail, on_compute_then_fail), (compute_and_say, on_compute_and_say),
                 (compute_as_mpi, on_compute_as_mpi),
                 (sleep_in_the_kernel, on_sleep_in_the_kernel), (make_after, on_make_after));

static int on_twice(int n)
{
    return 2 * n;
}

TROUPE_BODY(twice, on_twice);

/* ---- what the tests use ---------------------------------------------------------------------- */

static flag lowered(int rank)
{
    flag f = troupe_new(flag, .with = {.place = troupe_on(rank)});
    for (int which = 0; which < FLAGS; which++)
        troupe_await(flag_put(f, which, false));
    return f;
}

static computer computer_on(int rank)
{
    return troupe_new(computer, .until = -1, .with = {.place = troupe_on(rank)});
}

static listener listener_on(int rank)
{
    return troupe_new(listener, .with = {.place = troupe_on(rank)});
}

#define EACH_RANK(rank) for (int rank = 0; rank < troupe_ranks(); rank++)

/* ---- others go on ---------------------------------------------------------------------------- */

static void others_are_answered_while_a_method_computes(void **state)
{
    (void)state;
    EACH_RANK(rank) {
        flag f = lowered(rank);
        TROUPE_FUTURE(int) computed = computer_compute(computer_on(rank), 0);
        for (int i = 0; i < 100; i++)
            assert_false(troupe_await(flag_is_up(f, 0)));
        troupe_await(flag_put(f, 0, true));
        assert_int_equal(troupe_await(computed), 1);
    }
}

static void others_are_answered_while_the_driver_computes(void **state)
{
    (void)state;
    flag f = lowered(0);
    for (int which = 0; which < FLAGS; which++) {
        flag_raise(f, which);
        compute_until(0, which);
        assert_true(troupe_await(flag_is_up(f, which)));
    }
}

static void a_timer_fires_while_the_driver_computes(void **state)
{
    (void)state;
    flag f = lowered(0);
    troupe_after(2e-3, flag_raise, f, .which = 0);
    compute_until(0, 0);
}

static void an_actor_is_made_while_another_constructor_computes(void **state)
{
    (void)state;
    EACH_RANK(rank) {
        flag f = lowered(rank);
        computer w = troupe_new(computer, .until = 1, .with = {.place = troupe_on(rank)});
        TROUPE_FUTURE(int) computed = computer_compute(w, 0);
        flag other = troupe_new(flag, .with = {.place = troupe_on(rank)});
        troupe_await(flag_put(other, 1, true));
        troupe_await(flag_put(f, 0, true));
        assert_int_equal(troupe_await(computed), 1);
    }
}

static void names_are_found_on_ranks_where_methods_compute(void **state)
{
    (void)state;
    TROUPE_FUTURE(int) computed[RANKS];
    flag flags[RANKS], found;
    EACH_RANK(rank) {
        flags[rank] = lowered(rank);
        computed[rank] = computer_compute(computer_on(rank), 0);
    }
    for (int i = 0; i < 16; i++) {
        char name[32];
        snprintf(name, sizeof name, "flag %d of %d", i, (int)test_order());
        struct troupe_place place = troupe_on(i % troupe_ranks());
        flag named = troupe_new(flag, .with = {.name = name, .place = place});
        expect_status(troupe_lookup(flag, name, 1000, &found), TROUPE_OK);
        assert_true(troupe_same(named, found));
        troupe_stop(named);
    }
    EACH_RANK(rank)
        troupe_await(flag_put(flags[rank], 0, true));
    EACH_RANK(rank)
        assert_int_equal(troupe_await(computed[rank]), 1);
}

static void tasks_run_while_a_method_computes(void **state)
{
    (void)state;
    EACH_RANK(rank) {
        flag f = lowered(rank);
        TROUPE_FUTURE(int) computed = computer_compute(computer_on(rank), 0);
        for (int i = 0; i < 10; i++) {
            TROUPE_FUTURE(int)
            doubled = troupe_submit(twice, .n = i, .with = {.place = troupe_on(rank)});
            assert_int_equal(troupe_await(doubled), 2 * i);
        }
        troupe_await(flag_put(f, 0, true));
        assert_int_equal(troupe_await(computed), 1);
    }
}

static void several_methods_compute_at_once(void **state)
{
    (void)state;
    EACH_RANK(rank) {
        flag f = lowered(rank);
        TROUPE_FUTURE(int) computed[FLAGS];
        for (int which = 0; which < FLAGS; which++)
            computed[which] = computer_compute(computer_on(rank), which);
        for (int which = FLAGS - 1; which >= 0; which--) { /* another order than they began in */
            troupe_await(flag_put(f, which, true));
            assert_int_equal(troupe_await(computed[which]), 1);
        }
    }
}

/* ---- who computes ---------------------------------------------------------------------------- */

static void what_it_sends_keeps_its_order(void **state)
{
    (void)state;
    enum { EACH = 1000 };
    EACH_RANK(rank) {
        flag f = lowered(rank);
        EACH_RANK(other) {
            listener l = listener_on(other);
            TROUPE_FUTURE(int) noted = computer_count_between(computer_on(rank), l, EACH);
            for (int which = 0; which < FLAGS; which++)
                troupe_await(flag_put(f, which, true));
            assert_int_equal(troupe_await(noted), (FLAGS + 1) * EACH);
            for (int which = 0; which < FLAGS; which++)
                troupe_await(flag_put(f, which, false));
        }
    }
}

static void its_calls_are_run_one_at_a_time(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    EACH_RANK(rank) {
        flag f = lowered(rank);
        listener l = listener_on(rank);
        computer w = computer_on(rank);
        for (int i = 0; i < COUNT; i++) /* a record of several */
            computer_compute_and_say(w, l, i);
        assert_int_equal(troupe_await(listener_noted(l)), 0);
        TROUPE_FUTURE(int) last = computer_compute(w, 0);
        troupe_await(flag_put(f, 0, true));
        assert_int_equal(troupe_await(last), 1);
        assert_int_equal(troupe_await(listener_noted(l)), COUNT);
    }
}

static void it_waits_afterwards(void **state)
{
    (void)state;
    EACH_RANK(rank) {
        flag f = lowered(rank);
        TROUPE_FUTURE(int)
        waited = computer_compute_then_wait(computer_on(rank), listener_on(rank));
        assert_false(troupe_await(flag_is_up(f, 0)));
        troupe_await(flag_put(f, 0, true));
        assert_int_equal(troupe_await(waited), 70);
    }
}

static void it_makes_an_actor_afterwards(void **state)
{
    (void)state;
    EACH_RANK(rank) {
        flag f = lowered(rank);
        computer w = computer_on(rank);
        TROUPE_FUTURE(flag) made = computer_make_after(w);
        troupe_await(flag_put(f, 0, true));
        flag other = troupe_await(made);
        assert_true(troupe_await(flag_is_up(other, 0)));
        TROUPE_FUTURE(troupe_end) ended = troupe_ended(other);
        troupe_stop(w);
        assert_int_equal(troupe_await(ended).reason, TROUPE_END_TIED);
    }
}

static void it_fails_afterwards(void **state)
{
    (void)state;
    EACH_RANK(rank) {
        flag f = lowered(rank);
        computer w = computer_on(rank);
        TROUPE_FUTURE(void) failed = computer_compute_then_fail(w);
        assert_false(troupe_await(flag_is_up(f, 0)));
        troupe_await(flag_put(f, 0, true));
        expect_failure(failed, TROUPE_FAILED, "it has computed for long");
        assert_int_equal(troupe_await(computer_compute(w, 0)), 5); /* deferred, then ++ */
    }
}

static void it_ends_by_a_kill_when_it_has_computed(void **state)
{
    (void)state;
    EACH_RANK(rank) {
        flag f = lowered(rank);
        listener l = listener_on(rank);
        computer w = computer_on(rank);
        TROUPE_FUTURE(int) computed = computer_compute(w, 0);
        TROUPE_FUTURE(int) queued = computer_compute_then_wait(w, l);
        assert_false(troupe_await(flag_is_up(f, 0)));
        TROUPE_FUTURE(troupe_end) ended = troupe_ended(w);
        troupe_kill(w);
        assert_false(troupe_await(flag_is_up(f, 0)));
        troupe_await(flag_put(f, 0, true));
        expect_failure(computed, TROUPE_ENDED, "killed");
        expect_failure(queued, TROUPE_ENDED, "killed");
        assert_int_equal(troupe_await(ended).reason, TROUPE_END_KILLED);
    }
}

static void it_is_killed_where_it_waits_afterwards(void **state)
{
    (void)state;
    EACH_RANK(rank) {
        flag f = lowered(rank);
        computer w = computer_on(rank);
        TROUPE_FUTURE(int) waits = computer_compute_then_wait(w, listener_on(rank));
        assert_false(troupe_await(flag_is_up(f, 0)));
        troupe_kill(w);
        assert_false(troupe_await(flag_is_up(f, 0)));
        troupe_await(flag_put(f, 0, true));
        expect_failure(waits, TROUPE_ENDED, "killed");
    }
}

/* ---- who keeps the role ---------------------------------------------------------------------- */

static void nobody_goes_on_between_mpi_begin_and_mpi_end(void **state)
{
    (void)state;
    EACH_RANK(rank) {
        flag f = lowered(rank);
        TROUPE_FUTURE(bool) seen = computer_compute_as_mpi(computer_on(rank));
        flag_raise(f, 0);
        assert_false(troupe_await(seen));
        assert_true(troupe_await(flag_is_up(f, 0)));
    }
}

/* But where every moment may be one of a hand-over. */
static bool forced(void)
{
    const char *text = getenv("TROUPE_HANDOVER");
    return text && atoi(text) > 1;
}

static void who_sleeps_in_the_kernel_keeps_the_role(void **state)
{
    (void)state;
    if (forced())
        return;
    EACH_RANK(rank) {
        flag f = lowered(rank);
        TROUPE_FUTURE(bool) seen = computer_sleep_in_the_kernel(computer_on(rank));
        flag_raise(f, 0);
        assert_false(troupe_await(seen));
        assert_true(troupe_await(flag_is_up(f, 0)));
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_are_answered_while_a_method_computes),
        cmocka_unit_test(others_are_answered_while_the_driver_computes),
        cmocka_unit_test(a_timer_fires_while_the_driver_computes),
        cmocka_unit_test(an_actor_is_made_while_another_constructor_computes),
        cmocka_unit_test(names_are_found_on_ranks_where_methods_compute),
        cmocka_unit_test(tasks_run_while_a_method_computes),
        cmocka_unit_test(several_methods_compute_at_once),
        cmocka_unit_test(what_it_sends_keeps_its_order),
        cmocka_unit_test(its_calls_are_run_one_at_a_time),
        cmocka_unit_test(it_waits_afterwards),
        cmocka_unit_test(it_makes_an_actor_afterwards),
        cmocka_unit_test(it_fails_afterwards),
        cmocka_unit_test(it_ends_by_a_kill_when_it_has_computed),
        cmocka_unit_test(it_is_killed_where_it_waits_afterwards),
        cmocka_unit_test(nobody_goes_on_between_mpi_begin_and_mpi_end),
        cmocka_unit_test(who_sleeps_in_the_kernel_keeps_the_role),
    };
    if (test_order() && !forced()) {
        puts("skipped: with a seed, and not forced, nothing is handed over");
        return 0;
    }
    int status = TEST_PLAY(argc, argv, tests, 0);
    if (status || !test_alone() || getenv("TROUPE_HANDOVER"))
        return status;
    setenv("TROUPE_HANDOVER", "7", 1); /* and at moments when nobody has computed for long */
    return TEST_PLAY(argc, argv, tests, 3);
}
