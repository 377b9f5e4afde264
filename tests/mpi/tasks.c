/*
 * Tasks: their results, their threads, and what they may call and wait for.
 */
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "play.h"

TROUPE_CLASS(tally, (int, start));
TROUPE_TELL(tally, add, (int, n));
TROUPE_ASK(tally, total, int64_t);
TROUPE_ASK(tally, run_task, int64_t, (int, n));

TROUPE_TASK(square, int64_t, (int, n));
TROUPE_TASK(join, troupe_str, (troupe_str, left), (TROUPE_SPAN(int), numbers));
TROUPE_TASK(nothing, void);
TROUPE_TASK(depth, int, (int, levels), (int, rank));
TROUPE_TASK(spray, int, (tally, to), (int, count));
TROUPE_TASK(team, int, (int, rank));
TROUPE_TASK(await_in_team, int, (tally, t));
TROUPE_TASK(make, tally, (int, start));
TROUPE_TASK(told_total, int64_t, (tally, t), (int, count));
TROUPE_TASK(poll_total, int64_t, (tally, t), (int, times));
TROUPE_TASK(sleep_and_add, int, (tally, t));
TROUPE_TASK(run_by_actor, int64_t, (tally, t), (int, n));
TROUPE_TASK(occupy, void, (int, threads));
TROUPE_TASK(wait_for_one, void, (int, threads));

/* ---- the class and the tasks ----------------------------------------------------------------- */

struct tally_state {
    int64_t total;
};

static void on_tally(struct tally_state *self, int start)
{
    self->total = start;
}

static void on_add(struct tally_state *self, int n)
{
    self->total += n;
}

static int64_t on_total(struct tally_state *self)
{
    return self->total;
}

static int64_t on_run_task(struct tally_state *self, int n)
{
    return self->total + troupe_await(square(n));
}

TROUPE_IMPLEMENT(tally, (init, on_tally), (add, on_add), (total, on_total),
                 (run_task, on_run_task));

static int64_t on_square(int n)
{
    return (int64_t)n * n;
}

static troupe_str on_join(troupe_str left, TROUPE_SPAN(int) numbers)
{
    char *text = troupe_alloc(200);
    int at = snprintf(text, 200, "%s", left);
    for (size_t i = 0; i < numbers.count; i++)
        at += snprintf(text + at, 200 - (size_t)at, " %d", numbers.data[i]);
    return text;
}

static void on_nothing_task(void)
{
}

/* A task that waits for a task on its own rank, and so on. */
static int on_depth(int levels, int rank)
{
    if (levels == 0)
        return 0;
    return 1 + troupe_await(troupe_submit(depth, .levels = levels - 1, .rank = rank,
                                          .with = {.place = troupe_on(rank)}));
}

static int on_spray(tally to, int count)
{
#pragma omp parallel for
    for (int i = 0; i < count; i++)
        tally_add(to, 1);
    return count;
}

/* The size of its team, if that is what troupe_cpus says, on the rank it should be on. */
static int on_team(int rank)
{
    int size = 0;
#pragma omp parallel
#pragma omp atomic
    size++;
    return troupe_rank() == rank && troupe_cpus() == size ? size : -size;
}

static int on_await_in_team(tally t)
{
    TROUPE_FUTURE(int64_t) future = tally_total(t);
    int refused = 0;
#pragma omp parallel num_threads(2)
    {
        int64_t value;
        if (troupe_get(future, &value) == TROUPE_NOT_HERE)
#pragma omp atomic
            refused++;
    }
    return refused == 2 ? (int)troupe_await(future) : -1 - refused;
}

static tally on_make(int start)
{
    return tally_new(start);
}

static int64_t on_told_total(tally t, int count)
{
    for (int i = 0; i < count; i++)
        tally_add(t, 1);
    return troupe_await(tally_total(t));
}

/* Looks again and again without waiting: the answer comes at any point of that. */
static int64_t on_poll_total(tally t, int times)
{
    int64_t sum = 0, value = 0;
    for (int i = 0; i < times; i++) {
        TROUPE_FUTURE(int64_t) answer = tally_total(t);
        troupe_status status;
        while ((status = troupe_get_within(answer, &value, 0)) == TROUPE_TIMEOUT)
            continue;
        if (status != TROUPE_OK)
            troupe_fail(status, "%s", troupe_story());
        sum += value;
    }
    return sum;
}

static int on_sleep_and_add(tally t)
{
    troupe_sleep(0.002);
    troupe_sleep(0);
    tally_add(t, 1);
    return 1;
}

static int64_t on_run_by_actor(tally t, int n)
{
    return troupe_await(tally_run_task(t, n));
}

/* As many as there are threads, so one is on that of the task that waits for any of them. It keeps
   its thread until it is released; the others end when all have begun. */
static pthread_t thread_of_waiting;
static atomic_int occupied, released;

static void on_occupy(int threads)
{
    for (atomic_fetch_add(&occupied, 1); atomic_load(&occupied) < threads;)
        sched_yield();
    while (pthread_equal(pthread_self(), thread_of_waiting) && !atomic_load(&released))
        sched_yield();
}

static void on_wait_for_one(int threads)
{
    TROUPE_FUTURE(void) *all = troupe_alloc((size_t)threads * sizeof *all);
    troupe_future *list = troupe_alloc((size_t)threads * sizeof *list);
    thread_of_waiting = pthread_self();
    for (int i = 0; i < threads; i++) {
        all[i] = troupe_submit(occupy, .threads = threads, .with = {.place = troupe_here()});
        list[i] = all[i].any;
    }
    troupe_wait(list, (size_t)threads, TROUPE_ANY, TROUPE_FOREVER);
    for (int i = 0; i < threads; i++)
        troupe_await(all[i]);
}

TROUPE_BODY(occupy, on_occupy);
TROUPE_BODY(wait_for_one, on_wait_for_one);
TROUPE_BODY(square, on_square);
TROUPE_BODY(join, on_join);
TROUPE_BODY(nothing, on_nothing_task);
TROUPE_BODY(depth, on_depth);
TROUPE_BODY(spray, on_spray);
TROUPE_BODY(team, on_team);
TROUPE_BODY(await_in_team, on_await_in_team);
TROUPE_BODY(make, on_make);
TROUPE_BODY(told_total, on_told_total);
TROUPE_BODY(poll_total, on_poll_total);
TROUPE_BODY(sleep_and_add, on_sleep_and_add);
TROUPE_BODY(run_by_actor, on_run_by_actor);

/* ---- results --------------------------------------------------------------------------------- */

static void a_task_gives_its_result(void **state)
{
    (void)state;
    static const int numbers[] = {1, 2, 3};
    assert_int_equal(troupe_await(square(1 << 20)), INT64_C(1) << 40);
    assert_string_equal(troupe_await(join("numbers", (TROUPE_SPAN(int)){numbers, 3})),
                        "numbers 1 2 3");
    assert_string_equal(troupe_await(troupe_submit(join, .left = "none")), "none");
    troupe_await(nothing());
}

static void ten_thousand_tasks_run_on_a_few_workers(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    static TROUPE_FUTURE(int64_t) futures[COUNT];
    static int64_t values[COUNT];
    for (int i = 0; i < COUNT; i++)
        futures[i] = square(i);
    troupe_await_all(futures, COUNT, values);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(values[i], (int64_t)i * i);
}

static void a_task_that_nobody_waits_for_is_run(void **state)
{
    (void)state;
    tally t = tally_new(0);
    for (int i = 0; i < 20; i++)
        troupe_drop(sleep_and_add(t));
    while (troupe_await(tally_total(t)) < 20)
        troupe_sleep(1e-3);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void tasks_wait_for_tasks_deeper_than_there_are_workers(void **state)
{
    (void)state;
    enum { TREES = 10 };
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        TROUPE_FUTURE(int) trees[TREES];
        for (int i = 0; i < TREES; i++)
            trees[i] = troupe_submit(depth, .levels = 5 + i, .rank = rank,
                                     .with = {.place = troupe_on(rank)});
        for (int i = TREES; i-- > 0;)
            assert_int_equal(troupe_await(trees[i]), 5 + i);
    }
}

/* One that was woken goes on on its own thread, where another runs: nothing waits for that. */
static void a_woken_task_whose_thread_is_taken_keeps_no_slot_free(void **state)
{
    (void)state;
    const int threads = troupe_rank_cpus(0);
    if (threads < 2)
        skip();
    atomic_store(&occupied, 0);
    atomic_store(&released, 0);
    TROUPE_FUTURE(void) waits =
        troupe_submit(wait_for_one, .threads = threads, .with = {.place = troupe_on(0)});
    while (atomic_load(&occupied) < threads)
        troupe_sleep(0);
    troupe_status status = TROUPE_OK;
    for (int i = 0; i < 100 && status == TROUPE_OK; i++) {
        int64_t value;
        status = troupe_get_within(
            troupe_submit(square, .n = i, .with = {.place = troupe_on(0)}), &value, 10);
    }
    atomic_store(&released, 1);
    troupe_await(waits);
    assert_int_equal(status, TROUPE_OK);
}

static void a_task_waits_for_an_actor_that_waits_for_a_task(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++)
        assert_int_equal(troupe_await(run_by_actor(tally_new(7), 3)), 16);
}

static void a_task_may_look_for_an_answer_without_waiting(void **state)
{
    (void)state;
    enum { TIMES = 2000 };
    TROUPE_FUTURE(int64_t) polls[3];
    for (int i = 0; i < 3; i++) {
        tally t = troupe_new(tally, .start = 1, .with = {.place = troupe_on(0)});
        polls[i] = troupe_submit(poll_total, .t = t, .times = TIMES,
                                 .with = {.place = troupe_on(troupe_ranks() - 1)});
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(troupe_await(polls[i]), TIMES);
}

static void a_task_that_asks_sees_what_it_told_before(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        tally t = troupe_new(tally, .start = 10, .with = {.place = troupe_on(rank)});
        assert_int_equal(troupe_await(told_total(t, 1000)), 1010);
    }
}

/* ---- teams ----------------------------------------------------------------------------------- */

static void a_team_has_the_cpus_asked_for(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        for (int cpus = 0; cpus <= troupe_rank_cpus(rank) && cpus <= 5; cpus++) {
            int size = troupe_await(troupe_submit(
                team, .rank = rank, .with = {.cpus = cpus, .place = troupe_on(rank)}));
            assert_int_equal(size, cpus < 1 ? 1 : cpus);
        }
}

static void the_threads_of_a_team_may_tell_and_all_of_it_arrives(void **state)
{
    (void)state;
    enum { TASKS = 6, COUNT = 2000 };
    tally t = troupe_new(tally, .start = 0, .with = {.place = troupe_on(troupe_ranks() - 1)});
    TROUPE_FUTURE(int) sprays[TASKS];
    for (int i = 0; i < TASKS; i++)
        sprays[i] = troupe_submit(spray, .to = t, .count = COUNT,
                                  .with = {.cpus = troupe_rank_cpus(0) > 1 ? 2 : 1});
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(troupe_await(sprays[i]), COUNT);
    /* The order of different senders is open: until all have come. */
    while (troupe_await(tally_total(t)) < TASKS * COUNT)
        troupe_sleep(1e-4);
    assert_int_equal(troupe_await(tally_total(t)), TASKS * COUNT);
}

static void waiting_inside_a_team_is_refused(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        int total = troupe_await(troupe_submit(await_in_team, .t = tally_new(5),
                                               .with = {.place = troupe_on(rank)}));
        assert_int_equal(total, 5);
    }
}

/* ---- handles --------------------------------------------------------------------------------- */

static void an_actor_that_a_task_made_outlives_it(void **state)
{
    (void)state;
    for (int i = 0; i < 4 * troupe_ranks(); i++) {
        tally t = troupe_await(make(i));
        tally_add(t, 100);
        assert_int_equal(troupe_await(tally_total(t)), 100 + i);
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_gives_its_result),
        cmocka_unit_test(ten_thousand_tasks_run_on_a_few_workers),
        cmocka_unit_test(a_task_that_nobody_waits_for_is_run),
        cmocka_unit_test(tasks_wait_for_tasks_deeper_than_there_are_workers),
        cmocka_unit_test(a_woken_task_whose_thread_is_taken_keeps_no_slot_free),
        cmocka_unit_test(a_task_waits_for_an_actor_that_waits_for_a_task),
        cmocka_unit_test(a_task_may_look_for_an_answer_without_waiting),
        cmocka_unit_test(a_task_that_asks_sees_what_it_told_before),
        cmocka_unit_test(a_team_has_the_cpus_asked_for),
        cmocka_unit_test(the_threads_of_a_team_may_tell_and_all_of_it_arrives),
        cmocka_unit_test(waiting_inside_a_team_is_refused),
        cmocka_unit_test(an_actor_that_a_task_made_outlives_it),
    };
    unsetenv("OMP_NUM_THREADS"); /* which would cap the teams */
    return TEST_PLAY(argc, argv, tests, 3);
}
