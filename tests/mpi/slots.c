/*
 * CPU slots: what computes holds them, what waits gives them back. All that computes on a rank is
 * counted while it does, between its waits.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "play.h"

#define RANKS 64

/* Of each rank that this process plays. */
static _Atomic int computing[RANKS], most[RANKS], rounds[RANKS];

TROUPE_CLASS(meter);
TROUPE_ASK(meter, most, int);
TROUPE_ASK(meter, rounds, int);
TROUPE_ASK(meter, forget, void);

TROUPE_CLASS(clerk);
TROUPE_ASK(clerk, work, int, (int, levels));

TROUPE_TASK(tree, int, (int, levels), (int, width));
TROUPE_TASK(doze, int, (int, times));
TROUPE_TASK(wide, int, (int, cpus));
TROUPE_TASK(by_clerks, int, (int, levels));

/* ---- bodies ---------------------------------------------------------------------------------- */

static void compute(int cpus)
{
    int rank = troupe_rank();
    int now = atomic_fetch_add(&computing[rank], cpus) + cpus;
    for (int before = most[rank]; now > before;)
        if (atomic_compare_exchange_weak(&most[rank], &before, now))
            break;
    for (volatile int i = 0; i < 20000; i++)
        continue;
    atomic_fetch_sub(&computing[rank], cpus);
    atomic_fetch_add(&rounds[rank], 1);
}

struct meter_state {
    char nothing;
};

static int on_most(struct meter_state *self)
{
    (void)self;
    return most[troupe_rank()];
}

static int on_rounds(struct meter_state *self)
{
    (void)self;
    return rounds[troupe_rank()];
}

static void on_forget(struct meter_state *self)
{
    (void)self;
    most[troupe_rank()] = rounds[troupe_rank()] = 0;
}

TROUPE_IMPLEMENT(meter, (most, on_most), (rounds, on_rounds), (forget, on_forget));

/* How many there are in it. */
static int on_tree(int levels, int width)
{
    TROUPE_FUTURE(int) below[8];
    int sum = 1;
    compute(1);
    for (int i = 0; i < width && levels; i++)
        below[i] = troupe_submit(tree, .levels = levels - 1, .width = width,
                                 .with = {.place = troupe_here()});
    compute(1);
    for (int i = 0; i < width && levels; i++) {
        sum += troupe_await(below[i]);
        compute(1);
    }
    return sum;
}

static int on_doze(int times)
{
    for (int i = 0; i < times; i++) {
        compute(1);
        troupe_sleep(1e-5);
    }
    compute(1);
    return times;
}

static int on_wide(int cpus)
{
    compute(cpus);
    troupe_sleep(0);
    compute(cpus);
    return 1;
}

struct clerk_state {
    char nothing;
};

static int on_work(struct clerk_state *self, int levels)
{
    (void)self;
    compute(1);
    int below = levels ? troupe_await(troupe_submit(by_clerks, .levels = levels - 1,
                                                    .with = {.place = troupe_here()})) : 0;
    compute(1);
    return below + 1;
}

TROUPE_IMPLEMENT(clerk, (work, on_work));

static int on_by_clerks(int levels)
{
    compute(1);
    clerk one = troupe_new(clerk, .with = {.place = troupe_here(), .cpus = 1,
                                           .max_concurrency = 2});
    TROUPE_FUTURE(int) first = clerk_work(one, levels), second = clerk_work(one, 0);
    int sum = troupe_await(first);
    compute(1);
    sum += troupe_await(second);
    compute(1);
    troupe_stop(one);
    return sum + 1;
}

TROUPE_BODY(tree, on_tree);
TROUPE_BODY(doze, on_doze);
TROUPE_BODY(wide, on_wide);
TROUPE_BODY(by_clerks, on_by_clerks);

/* ---- tests ----------------------------------------------------------------------------------- */

static meter meter_on(int rank)
{
    meter m = troupe_new(meter, .with = {.place = troupe_on(rank)});
    troupe_await(meter_forget(m));
    return m;
}

/* What was counted on its rank: some, and never more than there are slots. */
static void check(meter m, int rank, int least_rounds)
{
    int seen = troupe_await(meter_most(m));
    assert_in_range(seen, 1, troupe_rank_cpus(rank));
    assert_true(troupe_await(meter_rounds(m)) >= least_rounds);
    troupe_stop(m);
}

static void tasks_that_wait_for_tasks_that_wait_compute_on_their_slots_alone(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        meter m = meter_on(rank);
        assert_int_equal(troupe_await(troupe_submit(tree, .levels = 4, .width = 3,
                                                    .with = {.place = troupe_on(rank)})), 121);
        check(m, rank, 121 * 2 + 120);
        m = meter_on(rank);
        assert_int_equal(troupe_await(troupe_submit(tree, .levels = 60, .width = 1,
                                                    .with = {.place = troupe_on(rank)})), 61);
        check(m, rank, 61 * 2 + 60);
    }
}

static void tasks_that_are_woken_all_the_time_do_too(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        meter m = meter_on(rank);
        TROUPE_FUTURE(int) some[20];
        for (size_t i = 0; i < LENGTH(some); i++)
            some[i] = troupe_submit(doze, .times = 20, .with = {.place = troupe_on(rank)});
        for (size_t i = 0; i < LENGTH(some); i++)
            assert_int_equal(troupe_await(some[i]), 20);
        check(m, rank, 20 * 21);
    }
}

static void a_team_counts_for_all_its_threads(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        meter m = meter_on(rank);
        int all = troupe_rank_cpus(rank);
        TROUPE_FUTURE(int) some[20];
        for (size_t i = 0; i < LENGTH(some); i++) {
            int cpus = i % 2 ? all : 1;
            some[i] = troupe_submit(wide, .cpus = cpus,
                                    .with = {.place = troupe_on(rank), .cpus = cpus});
        }
        for (size_t i = 0; i < LENGTH(some); i++)
            assert_int_equal(troupe_await(some[i]), 1);
        assert_int_equal(troupe_await(meter_most(m)), all);
        check(m, rank, 40);
    }
}

static void actors_with_cpus_and_tasks_share_the_slots(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        meter m = meter_on(rank);
        assert_int_equal(troupe_await(troupe_submit(by_clerks, .levels = 6,
                                                    .with = {.place = troupe_on(rank)})), 21);
        check(m, rank, 40);
    }
}

int main(int argc, char **argv)
{
    unsetenv("OMP_NUM_THREADS"); /* or a task takes one CPU, whatever it asks for */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_that_wait_for_tasks_that_wait_compute_on_their_slots_alone),
        cmocka_unit_test(tasks_that_are_woken_all_the_time_do_too),
        cmocka_unit_test(a_team_counts_for_all_its_threads),
        cmocka_unit_test(actors_with_cpus_and_tasks_share_the_slots),
    };
    return TEST_PLAY(argc, argv, tests, 4);
}
