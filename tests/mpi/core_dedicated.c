/*
 * Actors with a worker of their own (.cpus of 1 or more), and timers.
 */
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "play.h"

#define RANKS 64

static bool lit[RANKS];        /* read by other threads, too */
static int begun[RANKS];       /* methods that burn */
static int destroyed[RANKS];

TROUPE_CLASS(light);
TROUPE_ASK(light, thread, long);
TROUPE_ASK(light, set_lit, void, (bool, on));
TROUPE_ASK(light, begun, int);
TROUPE_ASK(light, destroyed, int);
TROUPE_TELL(light, tick);
TROUPE_ASK(light, ticks, int);
TROUPE_ASK(light, cancel, void, (uint64_t, timer));
TROUPE_ASK(light, sleep_for, double, (double, seconds));

TROUPE_CLASS(heavy);
TROUPE_ASK(heavy, thread, long);
TROUPE_ASK(heavy, team, int);
TROUPE_ASK(heavy, burn_until_lit, int);
TROUPE_TELL(heavy, note, (int, number));
TROUPE_ASK(heavy, noted, int);
TROUPE_ASK(heavy, ask_other, long, (light, other));
TROUPE_ASK(heavy, most_inside, int, (light, other));

/* ---- the classes ----------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct light_state {
    int ticks;
};

static long on_light_thread(struct light_state *self)
{
    (void)self;
    return syscall(SYS_gettid);
}

static void on_set_lit(struct light_state *self, bool on)
{
    (void)self;
    __atomic_store_n(&lit[troupe_rank()], on, __ATOMIC_RELAXED);
}

static int on_begun(struct light_state *self)
{
    (void)self;
    return __atomic_load_n(&begun[troupe_rank()], __ATOMIC_RELAXED);
}

static int on_destroyed(struct light_state *self)
{
    (void)self;
    return destroyed[troupe_rank()];
}

static void on_tick(struct light_state *self)
{
    self->ticks++;
}

static int on_ticks(struct light_state *self)
{
    return self->ticks;
}

static void on_cancel(struct light_state *self, uint64_t timer)
{
    (void)self;
    troupe_cancel_timer((troupe_timer){timer});
}

static double on_sleep_for(struct light_state *self, double seconds)
{
    (void)self;
    double before = now();
    troupe_sleep(seconds);
    return now() - before;
}

TROUPE_IMPLEMENT(light, (thread, on_light_thread), (set_lit, on_set_lit), (begun, on_begun),
                 (destroyed, on_destroyed), (tick, on_tick), (ticks, on_ticks),
                 (cancel, on_cancel), (sleep_for, on_sleep_for));

struct heavy_state {
    int noted;
    bool out_of_order;
    int inside, most_inside;
};

static long on_heavy_thread(struct heavy_state *self)
{
    (void)self;
    return syscall(SYS_gettid);
}

static int on_team(struct heavy_state *self)
{
    (void)self;
    int size = 0;
    #pragma omp parallel
    {
        #pragma omp single
        size = omp_get_num_threads();
    }
    return size == troupe_cpus() ? size : -1;
}

static int on_burn_until_lit(struct heavy_state *self)
{
    int rank = troupe_rank();
    __atomic_add_fetch(&begun[rank], 1, __ATOMIC_RELAXED);
    while (!__atomic_load_n(&lit[rank], __ATOMIC_RELAXED))
        continue;
    return ++self->noted;
}

static void on_note(struct heavy_state *self, int number)
{
    self->out_of_order |= number != self->noted;
    self->noted = number + 1;
}

static int on_noted(struct heavy_state *self)
{
    return self->out_of_order ? -1 : self->noted;
}

static long on_ask_other(struct heavy_state *self, light other)
{
    (void)self;
    return troupe_await(light_thread(other));
}

static int on_most_inside(struct heavy_state *self, light other)
{
    self->inside++;
    for (int i = 0; i < 3; i++) {
        if (self->inside > self->most_inside)
            self->most_inside = self->inside;
        troupe_await(light_thread(other));
    }
    self->inside--;
    return self->most_inside;
}

static void on_destroy(struct heavy_state *self)
{
    (void)self;
    destroyed[troupe_rank()]++;
}

TROUPE_IMPLEMENT(heavy, (thread, on_heavy_thread), (team, on_team),
                 (burn_until_lit, on_burn_until_lit), (note, on_note), (noted, on_noted),
                 (ask_other, on_ask_other), (most_inside, on_most_inside),
                 (destroy, on_destroy));

/* ---- the stage ------------------------------------------------------------------------------- */

static int last(void)
{
    return troupe_ranks() - 1;
}

static light light_on(int rank)
{
    return troupe_new(light, .with = {.place = troupe_on(rank)});
}

static heavy heavy_on(int rank, int cpus)
{
    return troupe_new(heavy, .with = {.place = troupe_on(rank), .cpus = cpus});
}

static void set_lit(bool on)
{
    for (int rank = 0; rank < troupe_ranks(); rank++)
        troupe_await(light_set_lit(light_on(rank), on));
}

/* Until so many methods that burn have begun there. The test's own time limit ends it. */
static void wait_for_begun(int rank, int count)
{
    light l = light_on(rank);
    while (troupe_await(light_begun(l)) < count)
        troupe_sleep(1e-3);
}

/* ---- a worker of its own --------------------------------------------------------------------- */

static void its_methods_run_on_a_thread_of_its_own(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        heavy a = heavy_on(rank, 1), b = heavy_on(rank, 1);
        light l = light_on(rank);
        long scheduler = troupe_await(light_thread(l)), mine = troupe_await(heavy_thread(a));
        assert_true(mine != scheduler);
        assert_true(troupe_await(heavy_thread(b)) != mine);
        assert_true(troupe_await(heavy_thread(a)) == mine);
        assert_true(troupe_await(heavy_ask_other(a, l)) == scheduler);
        troupe_stop(a);
        troupe_stop(b);
    }
}

static void its_team_is_no_larger_than_it_asked_for(void **state)
{
    (void)state;
    for (int cpus = 1; cpus <= troupe_rank_cpus(last()); cpus++) {
        int team = troupe_await(heavy_team(heavy_on(last(), cpus)));
        assert_in_range(team, 1, cpus);
    }
}

static void its_calls_run_in_order_and_one_at_a_time(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        heavy h = heavy_on(rank, 1);
        light l = light_on(last());
        TROUPE_FUTURE(int) inside[50];
        int most[50];
        for (int i = 0; i < 500; i++)
            heavy_note(h, i);
        assert_int_equal(troupe_await(heavy_noted(h)), 500);
        for (int i = 0; i < 50; i++)
            inside[i] = heavy_most_inside(h, l);
        troupe_await_all(inside, 50, most);
        assert_int_equal(most[49], 1);
        troupe_stop(h);
    }
}

static void a_burning_method_keeps_no_light_actor_from_answering(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        light l = light_on(rank);
        set_lit(false);
        int before = troupe_await(light_begun(l));
        heavy h = heavy_on(rank, 1);
        TROUPE_FUTURE(int) burning = heavy_burn_until_lit(h);
        wait_for_begun(rank, before + 1);
        for (int i = 0; i < 100; i++)
            troupe_await(light_thread(l));
        assert_false(troupe_done(burning));
        set_lit(true);
        assert_int_equal(troupe_await(burning), 1);
    }
}

static void a_running_method_that_is_killed_ends_and_its_result_is_dropped(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        light l = light_on(rank);
        set_lit(false);
        int before = troupe_await(light_begun(l)), gone = troupe_await(light_destroyed(l));
        heavy h = heavy_on(rank, 1);
        TROUPE_FUTURE(troupe_end) end = troupe_ended(h);
        TROUPE_FUTURE(int) burning = heavy_burn_until_lit(h), queued = heavy_noted(h);
        wait_for_begun(rank, before + 1);
        troupe_kill(h);
        TROUPE_FUTURE(int) late = heavy_noted(h);
        expect_failure(late, TROUPE_ENDED, "was killed by driver");
        assert_int_equal(troupe_await(light_destroyed(l)), gone);
        set_lit(true);
        expect_failure(burning, TROUPE_ENDED, "was killed by driver");
        expect_failure(queued, TROUPE_ENDED, "was killed by driver");
        assert_int_equal(troupe_await(end).reason, TROUPE_END_KILLED);
        assert_int_equal(troupe_await(light_destroyed(l)), gone + 1);
    }
}

static void many_workers_come_and_go(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    heavy all[COUNT];
    TROUPE_FUTURE(int) noted[COUNT];
    for (int i = 0; i < COUNT; i++) {
        all[i] = heavy_on(i % troupe_ranks(),
                          i % 2 && troupe_rank_cpus(i % troupe_ranks()) > 1 ? 2 : 1);
        heavy_note(all[i], 0);
        noted[i] = heavy_noted(all[i]);
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(troupe_await(noted[i]), 1);
    for (int i = 0; i < COUNT; i++)
        troupe_stop(all[i]);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(troupe_await(troupe_ended(all[i])).reason, TROUPE_END_STOPPED);
}

/* ---- timers ---------------------------------------------------------------------------------- */

static void a_sleeping_method_lets_others_run_and_wakes_not_early(void **state)
{
    (void)state;
    light sleeper = light_on(last()), other = light_on(last());
    TROUPE_FUTURE(double) slept = light_sleep_for(sleeper, 0.05);
    for (int i = 0; i < 10; i++)
        troupe_await(light_thread(other));
    assert_true(troupe_await(slept) >= 0.05);
}

static void a_tell_for_later_comes_once_and_not_early(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        light l = light_on(rank);
        double before = now();
        troupe_after(0.03, light_tick, l);
        while (troupe_await(light_ticks(l)) == 0)
            troupe_sleep(1e-3);
        assert_true(now() - before >= 0.03);
        troupe_sleep(0.02);
        assert_int_equal(troupe_await(light_ticks(l)), 1);
    }
}

static void a_periodic_tell_comes_until_it_is_cancelled(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        light l = light_on(rank);
        double before = now();
        troupe_timer timer = troupe_every(0.005, light_tick, l);
        while (troupe_await(light_ticks(l)) < 4)
            troupe_sleep(1e-3);
        double took = now() - before;
        assert_true(took >= 4 * 0.005 - 1e-3);
        troupe_cancel_timer(timer);
        troupe_cancel_timer(timer);
        int ticks = troupe_await(light_ticks(l));
        troupe_sleep(0.02);
        /* One may have been under way. */
        assert_in_range(troupe_await(light_ticks(l)), ticks, ticks + 1);
    }
}

static void a_tell_for_later_that_is_cancelled_never_comes(void **state)
{
    (void)state;
    light l = light_on(last()), other = light_on(0);
    troupe_timer first = troupe_after(0.01, light_tick, l);
    troupe_timer second = troupe_after(0.01, light_tick, l);
    troupe_cancel_timer(first);
    troupe_await(light_cancel(other, second.number)); /* by another method of the rank */
    troupe_cancel_timer((troupe_timer){0});
    troupe_sleep(0.03);
    assert_int_equal(troupe_await(light_ticks(l)), 0);
}

static void many_timers_fire_each_once(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    light l = light_on(last());
    uint64_t random = 1;
    for (int i = 0; i < COUNT; i++)
        troupe_after(1e-5 * (double)(test_random(&random) % 1000), light_tick, l);
    while (troupe_await(light_ticks(l)) < COUNT)
        troupe_sleep(1e-3);
    troupe_sleep(0.01);
    assert_int_equal(troupe_await(light_ticks(l)), COUNT);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_methods_run_on_a_thread_of_its_own),
        cmocka_unit_test(its_team_is_no_larger_than_it_asked_for),
        cmocka_unit_test(its_calls_run_in_order_and_one_at_a_time),
        cmocka_unit_test(a_burning_method_keeps_no_light_actor_from_answering),
        cmocka_unit_test(a_running_method_that_is_killed_ends_and_its_result_is_dropped),
        cmocka_unit_test(many_workers_come_and_go),
        cmocka_unit_test(a_sleeping_method_lets_others_run_and_wakes_not_early),
        cmocka_unit_test(a_tell_for_later_comes_once_and_not_early),
        cmocka_unit_test(a_periodic_tell_comes_until_it_is_cancelled),
        cmocka_unit_test(a_tell_for_later_that_is_cancelled_never_comes),
        cmocka_unit_test(many_timers_fire_each_once),
    };
    return TEST_PLAY(argc, argv, tests, 3);
}
