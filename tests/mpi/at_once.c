/*
 * Actors that run several methods at a time (.max_concurrency).
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "play.h"

#define RANKS 64
#define MANY 200

/* What a rank has seen of its halls that have ended. */
static _Atomic int ended[RANKS], unwound[RANKS], left_inside[RANKS];

TROUPE_CLASS(hall, (double, construction));
TROUPE_ASK(hall, meet, long, (int, how_many));
TROUPE_ASK(hall, most_inside, int);
TROUPE_ASK(hall, stay, void);
TROUPE_ASK(hall, inside, int);
TROUPE_TELL(hall, note, (int, number));
TROUPE_ASK(hall, noted, int);
TROUPE_ASK(hall, refuse, int);
TROUPE_ASK(hall, go_out, void);
TROUPE_ASK(hall, ask_own, int);
TROUPE_ASK(hall, was_alone, bool);

TROUPE_CLASS(guard);
TROUPE_ASK(guard, ended, int);
TROUPE_ASK(guard, unwound, int);
TROUPE_ASK(guard, left_inside, int);
TROUPE_ASK(guard, forget, void);
TROUPE_ASK(guard, tied_hall, hall);

TROUPE_TASK(make_hall, void, (int, cpus), (unsigned, at_once));

/* ---- bodies ---------------------------------------------------------------------------------- */

struct hall_state {
    _Atomic int inside, most, met, begun;
    bool constructed;
    _Atomic bool early;
    int order[MANY];
};

static void enter(struct hall_state *self)
{
    int now = atomic_fetch_add(&self->inside, 1) + 1;
    for (int most = self->most; now > most;)
        if (atomic_compare_exchange_weak(&self->most, &most, now))
            break;
    if (!self->constructed)
        self->early = true;
}

static void on_init(struct hall_state *self, double construction)
{
    troupe_sleep(construction);
    self->constructed = true;
}

static void on_destroy(struct hall_state *self)
{
    ended[troupe_rank()]++;
    left_inside[troupe_rank()] += self->inside;
}

static long on_meet(struct hall_state *self, int how_many)
{
    enter(self);
    self->met++;
    while (self->met < how_many)
        troupe_sleep(1e-4);
    self->inside--;
    return syscall(SYS_gettid);
}

static int on_most_inside(struct hall_state *self)
{
    return self->most;
}

static void leave_in_a_hurry(void *p)
{
    struct hall_state *self = p;
    self->inside--;
    unwound[troupe_rank()]++;
}

static void on_stay(struct hall_state *self)
{
    enter(self);
    troupe_defer(leave_in_a_hurry, self);
    troupe_sleep(1000);
}

static int on_inside(struct hall_state *self)
{
    return self->inside;
}

static void on_note(struct hall_state *self, int number)
{
    self->order[self->begun++] = number;
}

/* How many there were, or -1: one was not begun in its place. */
static int on_noted(struct hall_state *self)
{
    for (int i = 0; i < self->begun; i++)
        if (self->order[i] != i)
            return -1;
    return self->begun;
}

static int on_refuse(struct hall_state *self)
{
    (void)self;
    troupe_fail(-55, "not now");
}

static void on_go_out(struct hall_state *self)
{
    (void)self;
    troupe_exit_actor();
}

static int on_ask_own(struct hall_state *self)
{
    return troupe_await(hall_inside(hall_self(self)));
}

static bool on_was_alone(struct hall_state *self)
{
    return self->constructed && !self->early;
}

TROUPE_IMPLEMENT(hall, (init, on_init), (destroy, on_destroy), (meet, on_meet),
                 (most_inside, on_most_inside), (stay, on_stay), (inside, on_inside),
                 (note, on_note), (noted, on_noted), (refuse, on_refuse), (go_out, on_go_out),
                 (ask_own, on_ask_own), (was_alone, on_was_alone));

struct guard_state {
    char nothing;
};

static int on_ended(struct guard_state *self)
{
    (void)self;
    return ended[troupe_rank()];
}

static int on_unwound(struct guard_state *self)
{
    (void)self;
    return unwound[troupe_rank()];
}

static int on_left_inside(struct guard_state *self)
{
    (void)self;
    return left_inside[troupe_rank()];
}

static void on_forget(struct guard_state *self)
{
    (void)self;
    ended[troupe_rank()] = unwound[troupe_rank()] = left_inside[troupe_rank()] = 0;
}

static hall on_tied_hall(struct guard_state *self)
{
    (void)self;
    return troupe_new(hall, .with = {.place = troupe_here(), .cpus = 1, .max_concurrency = 3,
                                     .tied = true});
}

TROUPE_IMPLEMENT(guard, (ended, on_ended), (unwound, on_unwound), (left_inside, on_left_inside),
                 (forget, on_forget), (tied_hall, on_tied_hall));

static void on_make_hall(int cpus, unsigned at_once)
{
    troupe_new(hall, .with = {.cpus = cpus, .max_concurrency = at_once});
}

TROUPE_BODY(make_hall, on_make_hall);

/* ---- tests ----------------------------------------------------------------------------------- */

static hall hall_on(int rank, unsigned at_once, double construction)
{
    return troupe_new(hall, .construction = construction,
                      .with = {.place = troupe_on(rank), .cpus = 1, .max_concurrency = at_once});
}

static guard guard_of(int rank)
{
    guard g = troupe_new(guard, .with = {.place = troupe_on(rank)});
    troupe_await(guard_forget(g));
    return g;
}

static void close_hall(hall h)
{
    troupe_stop(h);
    assert_int_equal(troupe_await(troupe_ended(h)).reason, TROUPE_END_STOPPED);
}

static void await_inside(hall h, int count)
{
    while (troupe_await(hall_inside(h)) < count)
        usleep(50);
}

static void its_methods_run_at_once_each_on_a_thread_of_its_own(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        hall h = hall_on(rank, 4, 0);
        TROUPE_FUTURE(long) meets[4];
        long threads[4];
        for (size_t i = 0; i < 4; i++)
            meets[i] = hall_meet(h, 4);
        troupe_await_all(meets, 4, threads);
        for (size_t i = 0; i < 4; i++)
            for (size_t j = 0; j < i; j++)
                assert_true(threads[i] != threads[j]);
        assert_int_equal(troupe_await(hall_most_inside(h)), 4);
        close_hall(h);
    }
}

static void no_more_run_at_once_than_it_allows(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        hall h = hall_on(rank, 3, 0);
        TROUPE_FUTURE(long) meets[30];
        long threads[30];
        for (size_t i = 0; i < 30; i++)
            meets[i] = hall_meet(h, 3);
        troupe_await_all(meets, 30, threads);
        assert_int_equal(troupe_await(hall_most_inside(h)), 3);
        close_hall(h);
    }
}

/* Each takes all slots, so that none passes another one between its begin and its note. */
static void its_methods_begin_in_the_order_of_their_calls(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        hall h = troupe_new(hall, .with = {.place = troupe_on(rank),
                                           .cpus = troupe_rank_cpus(rank), .max_concurrency = 4});
        for (int i = 0; i < MANY; i++)
            hall_note(h, i);
        assert_int_equal(troupe_await(hall_noted(h)), MANY);
        close_hall(h);
    }
}

static void its_constructor_runs_alone(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        hall h = hall_on(rank, 4, 0.01);
        TROUPE_FUTURE(long) meets[4];
        long threads[4];
        for (size_t i = 0; i < 4; i++)
            meets[i] = hall_meet(h, 4);
        troupe_await_all(meets, 4, threads);
        assert_true(troupe_await(hall_was_alone(h)));
        close_hall(h);
    }
}

static void a_kill_unwinds_all_that_wait_and_then_it_is_destroyed(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        guard g = guard_of(rank);
        hall h = hall_on(rank, 4, 0);
        TROUPE_FUTURE(void) some[5];
        for (size_t i = 0; i < 3; i++)
            some[i] = hall_stay(h);
        await_inside(h, 3);
        for (size_t i = 3; i < 5; i++)
            some[i] = hall_stay(h); /* one of them waits in the mailbox */
        troupe_kill(h);
        for (size_t i = 0; i < 5; i++)
            expect_failure(some[i], TROUPE_ENDED, "was killed by driver");
        troupe_end end = troupe_await(troupe_ended(h));
        assert_int_equal(end.reason, TROUPE_END_KILLED);
        assert_int_equal(troupe_await(guard_ended(g)), 1);
        assert_true(troupe_await(guard_unwound(g)) >= 3);
        assert_int_equal(troupe_await(guard_left_inside(g)), 0);
        troupe_stop(g);
    }
}

static void a_stop_waits_for_all_that_was_called_before(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        guard g = guard_of(rank);
        hall h = hall_on(rank, 3, 0);
        TROUPE_FUTURE(long) meets[6];
        long threads[6];
        for (size_t i = 0; i < 6; i++)
            meets[i] = hall_meet(h, 3);
        troupe_stop(h);
        TROUPE_FUTURE(int) late = hall_inside(h);
        troupe_await_all(meets, 6, threads);
        expect_failure(late, TROUPE_ENDED, "was stopped by driver");
        assert_int_equal(troupe_await(troupe_ended(h)).reason, TROUPE_END_STOPPED);
        assert_int_equal(troupe_await(guard_ended(g)), 1);
        assert_int_equal(troupe_await(guard_left_inside(g)), 0);
        troupe_stop(g);
    }
}

static void one_that_ends_itself_lets_its_other_methods_finish(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        guard g = guard_of(rank);
        hall h = hall_on(rank, 4, 0); /* or the second would be a letter, which waits for the end */
        TROUPE_FUTURE(long) first = hall_meet(h, 2);
        await_inside(h, 1);
        TROUPE_FUTURE(void) out = hall_go_out(h);
        TROUPE_FUTURE(long) second = hall_meet(h, 2); /* met, or too late: then nobody would come */
        troupe_await(out);
        long thread;
        troupe_status status = troupe_get(second, &thread);
        assert_true(status == TROUPE_OK || status == TROUPE_ENDED);
        if (status == TROUPE_OK) {
            assert_int_equal(troupe_get(first, &thread), TROUPE_OK);
            assert_int_equal(troupe_await(troupe_ended(h)).reason, TROUPE_END_EXITED);
        } else {
            troupe_kill(h);
            expect_failure(first, TROUPE_ENDED, "hall(");
            troupe_await(troupe_ended(h));
        }
        assert_int_equal(troupe_await(guard_left_inside(g)), status == TROUPE_OK ? 0 : 1);
        troupe_stop(g);
    }
}

static void a_method_that_fails_leaves_the_others_alone(void **state)
{
    (void)state;
    hall h = hall_on(troupe_ranks() - 1, 3, 0);
    TROUPE_FUTURE(long) first = hall_meet(h, 2);
    expect_failure(hall_refuse(h), -55, "not now");
    assert_true(troupe_await(hall_meet(h, 2)) > 0);
    assert_true(troupe_await(first) > 0);
    close_hall(h);
}

static void a_method_may_wait_for_another_of_its_own_actor(void **state)
{
    (void)state;
    hall two = hall_on(0, 2, 0), one = hall_on(0, 1, 0);
    assert_int_equal(troupe_await(hall_ask_own(two)), 0);
    expect_failure(hall_ask_own(one), TROUPE_INVALID, "it waits for its own method");
    close_hall(two);
    close_hall(one);
}

static void it_ends_with_its_creator(void **state)
{
    (void)state;
    guard g = troupe_new(guard, .with = {.place = troupe_on(troupe_ranks() - 1)});
    hall h = troupe_await(guard_tied_hall(g));
    TROUPE_FUTURE(void) first = hall_stay(h), second = hall_stay(h);
    await_inside(h, 2);
    troupe_kill(g);
    expect_failure(first, TROUPE_ENDED, "ended with its creator");
    expect_failure(second, TROUPE_ENDED, "ended with its creator");
    assert_int_equal(troupe_await(troupe_ended(h)).reason, TROUPE_END_TIED);
}

static void light_actors_and_too_many_are_refused(void **state)
{
    (void)state;
    expect_failure(make_hall(0, 2), TROUPE_INVALID,
                   ".max_concurrency = 2 of hall: only an actor with .cpus");
    expect_failure(make_hall(1, 1001), TROUPE_INVALID, "it can be 1000 at most");
    troupe_await(make_hall(0, 1));
}

int main(int argc, char **argv)
{
    unsetenv("OMP_NUM_THREADS"); /* or a method takes one CPU, whatever its actor asks for */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_methods_run_at_once_each_on_a_thread_of_its_own),
        cmocka_unit_test(no_more_run_at_once_than_it_allows),
        cmocka_unit_test(its_methods_begin_in_the_order_of_their_calls),
        cmocka_unit_test(its_constructor_runs_alone),
        cmocka_unit_test(a_kill_unwinds_all_that_wait_and_then_it_is_destroyed),
        cmocka_unit_test(a_stop_waits_for_all_that_was_called_before),
        cmocka_unit_test(one_that_ends_itself_lets_its_other_methods_finish),
        cmocka_unit_test(a_method_that_fails_leaves_the_others_alone),
        cmocka_unit_test(a_method_may_wait_for_another_of_its_own_actor),
        cmocka_unit_test(it_ends_with_its_creator),
        cmocka_unit_test(light_actors_and_too_many_are_refused),
    };
    return TEST_PLAY(argc, argv, tests, 6);
}
