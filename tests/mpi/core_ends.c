/*
 * How actors end: by whom, what becomes of what they were asked, who is told, what is cleaned up.
 */
#include <stdio.h>
#include <string.h>

#include "play.h"

#define RANKS 64

/* Under transport self one process has all of them. */
static bool lit[RANKS]; /* read by tasks, too */
static int destroyed[RANKS], deferred[RANKS], begun[RANKS];

/* What a rank remembers of its actors. */
TROUPE_CLASS(witness);
TROUPE_ASK(witness, set_lit, void, (bool, on));
TROUPE_ASK(witness, destroyed, int);
TROUPE_ASK(witness, deferred, int);
TROUPE_ASK(witness, begun, int);

TROUPE_CLASS(mortal, (int, number));
TROUPE_ASK(mortal, number, int);
TROUPE_TELL(mortal, add, (int, number));
TROUPE_ASK(mortal, until_lit, int, (int, answer));
TROUPE_ASK(mortal, leave, int);
TROUPE_ASK(mortal, leave_and_fail, int);
TROUPE_ASK(mortal, wait_for, int, (mortal, other));
TROUPE_ASK(mortal, kill_self, int);
TROUPE_ASK(mortal, make_tied, mortal, (int, levels), (int, rank));

TROUPE_TASK(stop_it, int, (mortal, m));
TROUPE_TASK(burn_until_lit, int);

/* ---- the classes ----------------------------------------------------------------------------- */

struct witness_state {
    char unused;
};

static void on_set_lit(struct witness_state *self, bool on)
{
    (void)self;
    __atomic_store_n(&lit[troupe_rank()], on, __ATOMIC_RELAXED);
}

static int on_destroyed(struct witness_state *self)
{
    (void)self;
    return destroyed[troupe_rank()];
}

static int on_begun(struct witness_state *self)
{
    (void)self;
    return __atomic_load_n(&begun[troupe_rank()], __ATOMIC_RELAXED);
}

static int on_deferred(struct witness_state *self)
{
    (void)self;
    return deferred[troupe_rank()];
}

TROUPE_IMPLEMENT(witness, (set_lit, on_set_lit), (destroyed, on_destroyed),
                 (deferred, on_deferred), (begun, on_begun));

struct mortal_state {
    int number;
};

static void on_mortal(struct mortal_state *self, int number)
{
    if (number < 0)
        troupe_fail(-9, "a negative number");
    self->number = number;
}

static int on_number(struct mortal_state *self)
{
    return self->number;
}

static void on_add(struct mortal_state *self, int number)
{
    self->number += number;
}

static void count_begun(void)
{
    __atomic_add_fetch(&begun[troupe_rank()], 1, __ATOMIC_RELAXED);
}

static bool is_lit(void)
{
    return __atomic_load_n(&lit[troupe_rank()], __ATOMIC_RELAXED);
}

static void count_deferred(void *p)
{
    (void)p;
    deferred[troupe_rank()]++;
}

static int on_until_lit(struct mortal_state *self, int answer)
{
    (void)self;
    troupe_defer(count_deferred, NULL);
    while (!is_lit())
        troupe_sleep(1e-3);
    return answer;
}

static int on_leave(struct mortal_state *self)
{
    troupe_exit_actor();
    return self->number;
}

static int on_leave_and_fail(struct mortal_state *self)
{
    (void)self;
    troupe_exit_actor();
    troupe_fail(-10, "on the way out");
}

static int on_wait_for(struct mortal_state *self, mortal other)
{
    (void)self;
    troupe_defer(count_deferred, NULL);
    TROUPE_FUTURE(int) answer = mortal_until_lit(other, 1);
    count_begun();
    return troupe_await(answer);
}

static int on_kill_self(struct mortal_state *self)
{
    troupe_kill(mortal_self(self));
    return self->number;
}

/* The deepest of a chain of tied actors, each on the next rank. */
static mortal on_make_tied(struct mortal_state *self, int levels, int rank)
{
    (void)self;
    mortal child = troupe_new(mortal, .number = levels,
                              .with = {.place = troupe_on(rank), .tied = true});
    if (levels <= 1)
        return child;
    return troupe_await(mortal_make_tied(child, levels - 1, (rank + 1) % troupe_ranks()));
}

static void on_destroy(struct mortal_state *self)
{
    (void)self;
    destroyed[troupe_rank()]++;
}

TROUPE_IMPLEMENT(mortal, (init, on_mortal), (number, on_number), (add, on_add),
                 (until_lit, on_until_lit), (leave, on_leave),
                 (leave_and_fail, on_leave_and_fail), (wait_for, on_wait_for),
                 (kill_self, on_kill_self), (make_tied, on_make_tied), (destroy, on_destroy));

static int on_stop_it(mortal m)
{
    troupe_stop(m);
    return 0;
}

static int on_burn_until_lit(void)
{
    count_begun();
    while (!is_lit())
        continue;
    return 1;
}

TROUPE_BODY(stop_it, on_stop_it);
TROUPE_BODY(burn_until_lit, on_burn_until_lit);

/* ---- the stage ------------------------------------------------------------------------------- */

static int last(void)
{
    return troupe_ranks() - 1;
}

static mortal mortal_on(int rank, int cpus)
{
    return troupe_new(mortal, .number = 5, .with = {.place = troupe_on(rank), .cpus = cpus});
}

static witness witness_on(int rank)
{
    return troupe_new(witness, .with = {.place = troupe_on(rank)});
}

static void set_lit(bool on)
{
    for (int rank = 0; rank < troupe_ranks(); rank++)
        troupe_await(witness_set_lit(witness_on(rank), on));
}

static int count_begun_on(int rank)
{
    return troupe_await(witness_begun(witness_on(rank)));
}

/* Until `count` methods and tasks of that rank have begun. The test's own time limit ends it. */
static void wait_for_begun(int rank, int count)
{
    while (count_begun_on(rank) < count)
        troupe_sleep(1e-3);
}

static int count_destroyed(void)
{
    int sum = 0;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        sum += troupe_await(witness_destroyed(witness_on(rank)));
    return sum;
}

static int count_deferred_calls(void)
{
    int sum = 0;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        sum += troupe_await(witness_deferred(witness_on(rank)));
    return sum;
}

/* It ended so: the future made before, one made now, and its calls tell the same. */
static void expect_end(mortal m, TROUPE_FUTURE(troupe_end) before, int reason, const char *text)
{
    troupe_end end = troupe_await(before);
    assert_int_equal(end.reason, reason);
    if (!strstr(end.story, text))
        print_error("the story \"%s\" does not have \"%s\"\n", end.story, text);
    assert_non_null(strstr(end.story, text));
    end = troupe_await(troupe_ended(m));
    assert_int_equal(end.reason, reason);
    assert_non_null(strstr(end.story, text));
    expect_failure(mortal_number(m), TROUPE_ENDED, text);
    mortal_add(m, 1);
    troupe_stop(m);
    troupe_kill(m);
    expect_failure(mortal_number(m), TROUPE_ENDED, text);
}

/* ---- stop ------------------------------------------------------------------------------------ */

static void a_stopped_actor_first_does_what_it_was_asked_before(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++)
        for (int rank = 0; rank < troupe_ranks(); rank++) {
            int before = count_destroyed();
            set_lit(false);
            mortal m = mortal_on(rank, cpus);
            TROUPE_FUTURE(troupe_end) end = troupe_ended(m);
            TROUPE_FUTURE(int) slow = mortal_until_lit(m, 6);
            mortal_add(m, 1);
            TROUPE_FUTURE(int) queued = mortal_number(m);
            troupe_stop(m);
            TROUPE_FUTURE(int) late = mortal_number(m);
            assert_false(troupe_done(end));
            set_lit(true);
            assert_int_equal(troupe_await(slow), 6);
            assert_int_equal(troupe_await(queued), 6);
            expect_failure(late, TROUPE_ENDED, "was stopped by driver");
            expect_end(m, end, TROUPE_END_STOPPED, "was stopped by driver");
            assert_int_equal(count_destroyed(), before + 1);
        }
}

static void a_task_stops_an_actor_and_is_named(void **state)
{
    (void)state;
    mortal m = mortal_on(last(), 0);
    TROUPE_FUTURE(troupe_end) end = troupe_ended(m);
    troupe_await(stop_it(m));
    expect_end(m, end, TROUPE_END_STOPPED, "was stopped by task stop_it on rank ");
}

/* ---- kill ------------------------------------------------------------------------------------ */

static void killing_fails_what_is_queued_and_unwinds_what_waits(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++)
        for (int rank = 0; rank < troupe_ranks(); rank++) {
            int before = count_destroyed(), unwound = count_deferred_calls();
            int begun_before = count_begun_on(rank);
            set_lit(false);
            mortal other = mortal_on(last(), 0), m = mortal_on(rank, cpus);
            TROUPE_FUTURE(troupe_end) end = troupe_ended(m);
            TROUPE_FUTURE(int) parked = mortal_wait_for(m, other), queued[20];
            for (int i = 0; i < 20; i++)
                queued[i] = mortal_number(m);
            wait_for_begun(rank, begun_before + 1);
            troupe_kill(m);
            expect_failure(parked, TROUPE_ENDED, "was killed by driver");
            for (int i = 0; i < 20; i++)
                expect_failure(queued[i], TROUPE_ENDED, "was killed by driver");
            expect_end(m, end, TROUPE_END_KILLED, "was killed by driver");
            assert_int_equal(count_deferred_calls(), unwound + 1);
            assert_int_equal(count_destroyed(), before + 1);
            set_lit(true);
            assert_int_equal(troupe_await(mortal_number(other)), 5);
            troupe_stop(other);
            troupe_await(troupe_ended(other));
        }
}

/* Its own worker has been given the call, but tasks have all the slots. */
static void killing_fails_a_call_that_waits_for_a_slot(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        int slots = troupe_rank_cpus(rank), before = count_begun_on(rank);
        TROUPE_FUTURE(int) tasks[256];
        mortal m = mortal_on(rank, 1);
        assert_int_equal(troupe_await(mortal_number(m)), 5);
        set_lit(false);
        slots = slots < 256 ? slots : 256;
        for (int i = 0; i < slots; i++)
            tasks[i] = troupe_submit(burn_until_lit, .with = {.place = troupe_on(rank)});
        wait_for_begun(rank, before + slots);
        TROUPE_FUTURE(int) number = mortal_number(m);
        TROUPE_FUTURE(troupe_end) end = troupe_ended(m);
        int value;
        expect_status(troupe_get_within(number, &value, 0.002), TROUPE_TIMEOUT);
        troupe_kill(m);
        expect_status(troupe_get_within(number, &value, 30), TROUPE_ENDED);
        assert_non_null(strstr(troupe_story(), "was killed by driver"));
        expect_end(m, end, TROUPE_END_KILLED, "was killed by driver");
        set_lit(true);
        for (int i = 0; i < slots; i++)
            assert_int_equal(troupe_await(tasks[i]), 1);
    }
}

static void an_idle_actor_is_killed_at_once(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        int before = count_destroyed();
        mortal m = mortal_on(last(), cpus);
        assert_int_equal(troupe_await(mortal_number(m)), 5);
        TROUPE_FUTURE(troupe_end) end = troupe_ended(m);
        troupe_kill(m);
        troupe_kill(m);
        expect_end(m, end, TROUPE_END_KILLED, "mortal(");
        assert_int_equal(count_destroyed(), before + 1);
    }
}

static void an_actor_that_kills_itself_is_gone_after_the_method(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        mortal m = mortal_on(last(), cpus);
        TROUPE_FUTURE(troupe_end) end = troupe_ended(m);
        int value;
        (void)troupe_get(mortal_kill_self(m), &value);
        expect_end(m, end, TROUPE_END_KILLED, "was killed by mortal(");
    }
}

static void a_kill_may_overtake_the_creation(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        mortal m = mortal_on(i % troupe_ranks(), i % 2);
        TROUPE_FUTURE(int) number = mortal_number(m);
        troupe_kill(m);
        TROUPE_FUTURE(troupe_end) end = troupe_ended(m);
        int value;
        (void)troupe_get(number, &value);
        expect_end(m, end, TROUPE_END_KILLED, "was killed by driver");
    }
}

/* ---- exit and failure ------------------------------------------------------------------------ */

static void an_actor_that_exits_answers_and_is_gone(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++)
        for (int rank = 0; rank < troupe_ranks(); rank++) {
            int before = count_destroyed();
            mortal m = mortal_on(rank, cpus);
            TROUPE_FUTURE(troupe_end) end = troupe_ended(m);
            TROUPE_FUTURE(int) leaving = mortal_leave(m), queued = mortal_number(m);
            assert_int_equal(troupe_await(leaving), 5);
            expect_failure(queued, TROUPE_ENDED, "ended by itself");
            expect_end(m, end, TROUPE_END_EXITED, "ended by itself");
            assert_int_equal(count_destroyed(), before + 1);
        }
}

static void an_actor_that_exits_and_fails_has_exited(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        mortal m = mortal_on(last(), cpus);
        TROUPE_FUTURE(troupe_end) end = troupe_ended(m);
        expect_failure(mortal_leave_and_fail(m), -10, "on the way out");
        expect_end(m, end, TROUPE_END_EXITED, "ended by itself");
    }
}

static void an_actor_whose_constructor_fails_has_ended(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++)
        for (int rank = 0; rank < troupe_ranks(); rank++) {
            mortal m = troupe_new(mortal, .number = -1,
                                  .with = {.place = troupe_on(rank), .cpus = cpus});
            TROUPE_FUTURE(troupe_end) end = troupe_ended(m);
            expect_end(m, end, TROUPE_END_FAILED, "a negative number");
        }
}

/* ---- tied ------------------------------------------------------------------------------------ */

static void tied_actors_end_with_their_creators_level_by_level(void **state)
{
    (void)state;
    enum { LEVELS = 6 };
    for (int how = 0; how < 3; how++) {
        int before = count_destroyed();
        mortal top = mortal_on(last(), 0);
        mortal bottom = troupe_await(mortal_make_tied(top, LEVELS, 0));
        TROUPE_FUTURE(troupe_end) end = troupe_ended(bottom);
        assert_int_equal(troupe_await(mortal_number(bottom)), 1);
        if (how == 0)
            troupe_stop(top);
        else if (how == 1)
            troupe_kill(top);
        else
            troupe_await(mortal_leave(top));
        expect_end(bottom, end, TROUPE_END_TIED, "ended with its creator: mortal(");
        assert_int_equal(count_destroyed(), before + LEVELS + 1);
    }
}

static void a_tied_actor_may_end_before_its_creator(void **state)
{
    (void)state;
    mortal top = mortal_on(last(), 0);
    for (int i = 0; i < 20; i++) {
        mortal child = troupe_await(mortal_make_tied(top, 1, i % troupe_ranks()));
        TROUPE_FUTURE(troupe_end) end = troupe_ended(child);
        troupe_stop(child);
        expect_end(child, end, TROUPE_END_STOPPED, "was stopped by driver");
    }
    mortal alive = troupe_await(mortal_make_tied(top, 1, 0));
    TROUPE_FUTURE(troupe_end) end = troupe_ended(alive);
    troupe_stop(top);
    expect_end(alive, end, TROUPE_END_TIED, "ended with its creator");
}

/* ---- handles --------------------------------------------------------------------------------- */

static void a_number_that_is_used_again_is_another_actor(void **state)
{
    (void)state;
    enum { ROUNDS = 2000, KEPT = 100 };
    mortal old[KEPT] = {{{0, 0}}};
    for (int i = 0; i < ROUNDS; i++) {
        mortal m = troupe_new(mortal, .number = i,
                              .with = {.place = troupe_on(i % troupe_ranks())});
        mortal before = old[i % KEPT];
        assert_false(troupe_same(before, m));
        if (i >= KEPT) {
            mortal_add(before, 1000000);
            expect_failure(mortal_number(before), TROUPE_ENDED, "was stopped by driver");
        }
        assert_int_equal(troupe_await(mortal_number(m)), i);
        troupe_stop(m);
        troupe_await(troupe_ended(m));
        old[i % KEPT] = m;
    }
}

static void everyone_who_watches_is_told(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    TROUPE_FUTURE(troupe_end) ends[COUNT];
    mortal m = mortal_on(last(), 0);
    for (int i = 0; i < COUNT; i++)
        ends[i] = troupe_ended(m);
    for (int i = 0; i < COUNT; i += 2)
        troupe_drop(ends[i]);
    troupe_stop(m);
    for (int i = 1; i < COUNT; i += 2)
        assert_int_equal(troupe_await(ends[i]).reason, TROUPE_END_STOPPED);
}

static void the_end_of_no_actor_is_a_failure(void **state)
{
    (void)state;
    mortal none = {0};
    expect_failure(troupe_ended(none), TROUPE_NO_ACTOR, "no actor");
    troupe_stop(none);
    troupe_kill(none);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stopped_actor_first_does_what_it_was_asked_before),
        cmocka_unit_test(a_task_stops_an_actor_and_is_named),
        cmocka_unit_test(killing_fails_what_is_queued_and_unwinds_what_waits),
        cmocka_unit_test(killing_fails_a_call_that_waits_for_a_slot),
        cmocka_unit_test(an_idle_actor_is_killed_at_once),
        cmocka_unit_test(an_actor_that_kills_itself_is_gone_after_the_method),
        cmocka_unit_test(a_kill_may_overtake_the_creation),
        cmocka_unit_test(an_actor_that_exits_answers_and_is_gone),
        cmocka_unit_test(an_actor_that_exits_and_fails_has_exited),
        cmocka_unit_test(an_actor_whose_constructor_fails_has_ended),
        cmocka_unit_test(tied_actors_end_with_their_creators_level_by_level),
        cmocka_unit_test(a_tied_actor_may_end_before_its_creator),
        cmocka_unit_test(a_number_that_is_used_again_is_another_actor),
        cmocka_unit_test(everyone_who_watches_is_told),
        cmocka_unit_test(the_end_of_no_actor_is_a_failure),
    };
    return TEST_PLAY(argc, argv, tests, 8);
}
