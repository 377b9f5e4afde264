/*
 * What ends a job early or late: troupe_exit, a driver that fails, tasks that linger. And waiting
 * where there is one slot. Transport self is run again and again; globals tell what was done.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/sanitized.h"
#include "play.h"

static struct {
    int destroyed, deferred, finished, went_on, ticks;
} seen;

enum { BY_DRIVER, BY_METHOD, BY_CONSTRUCTOR, BY_TASK, BY_LATE_METHOD, WHO };

TROUPE_CLASS(part, (bool, exits));
TROUPE_ASK(part, exit_with, int, (int, status), (double, after));
TROUPE_ASK(part, wait_for_ever, int);
TROUPE_ASK(part, pass_on, int, (int, left));
TROUPE_ASK(part, nothing, void);
TROUPE_ASK(part, open_gate, void);
TROUPE_ASK(part, gate, int, (int, number));
TROUPE_TELL(part, tick);

TROUPE_TASK(exit_task, int, (int, status));
TROUPE_TASK(nap_task, int, (double, seconds));
TROUPE_TASK(tree_task, int, (int, depth));
TROUPE_TASK(gate_task, int, (part, p), (int, number));

/* ---- the class and the tasks ----------------------------------------------------------------- */

static int wanted;

static void count(int *what)
{
    __atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

static void count_deferred(void *p)
{
    (void)p;
    count(&seen.deferred);
}

struct part_state {
    char unused;
};

static void on_part(struct part_state *self, bool exits)
{
    (void)self;
    if (exits)
        troupe_exit(wanted);
}

static int on_exit_with(struct part_state *self, int status, double after)
{
    (void)self;
    troupe_defer(count_deferred, NULL);
    if (after > 0)
        troupe_sleep(after);
    troupe_exit(status);
}

static int on_wait_for_ever(struct part_state *self)
{
    (void)self;
    troupe_defer(count_deferred, NULL);
    troupe_sleep(1e6);
    count(&seen.went_on);
    return 0;
}

/* Each makes the next one, with a worker of its own, and waits for it. */
static int on_pass_on(struct part_state *self, int left)
{
    (void)self;
    if (!left)
        return 0;
    part next = troupe_new(part, .with = {.cpus = 1});
    int passed = 1 + troupe_await(part_pass_on(next, left - 1));
    troupe_stop(next);
    return passed;
}

static void on_nothing(struct part_state *self)
{
    (void)self;
}

static bool gate_is_open;

static void on_open_gate(struct part_state *self)
{
    (void)self;
    gate_is_open = true;
}

/* The first that comes holds up all others. */
static int on_gate(struct part_state *self, int number)
{
    (void)self;
    while (!gate_is_open)
        troupe_sleep(1e-3);
    return number;
}

static void on_tick(struct part_state *self)
{
    (void)self;
    count(&seen.ticks);
}

static void on_destroy(struct part_state *self)
{
    (void)self;
    count(&seen.destroyed);
}

TROUPE_IMPLEMENT(part, (init, on_part), (exit_with, on_exit_with),
                 (wait_for_ever, on_wait_for_ever), (pass_on, on_pass_on), (nothing, on_nothing),
                 (open_gate, on_open_gate), (gate, on_gate), (tick, on_tick),
                 (destroy, on_destroy));

static int on_exit_task(int status)
{
    troupe_exit(status);
}

static int on_nap_task(double seconds)
{
    troupe_sleep(seconds);
    count(&seen.finished);
    return 1;
}

static int on_tree_task(int depth)
{
    if (depth == 0)
        return 1;
    TROUPE_FUTURE(int) left = tree_task(depth - 1), right = tree_task(depth - 1);
    return 1 + troupe_await(left) + troupe_await(right);
}

static int on_gate_task(part p, int number)
{
    count(&seen.finished);
    return troupe_await(part_gate(p, number));
}

TROUPE_BODY(exit_task, on_exit_task);
TROUPE_BODY(gate_task, on_gate_task);
TROUPE_BODY(nap_task, on_nap_task);
TROUPE_BODY(tree_task, on_tree_task);

/* ---- runs ------------------------------------------------------------------------------------ */

static int who;
static double seconds;

static int run(troupe_driver *driver, int ranks, double linger)
{
    const struct troupe_run_options options = {
        .transport = "self", .ranks = ranks, .linger = linger};
    memset(&seen, 0, sizeof seen);
    return troupe_run(0, NULL, driver, &options);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static part part_on(int rank)
{
    return troupe_new(part, .with = {.place = troupe_on(rank)});
}

/* ---- troupe_exit ----------------------------------------------------------------------------- */

static int exits(int argc, char **argv)
{
    (void)argc, (void)argv;
    part last = part_on(troupe_ranks() - 1), first = part_on(0);
    troupe_defer(count_deferred, NULL);
    troupe_await(part_nothing(last));
    troupe_await(part_nothing(first));
    switch (who) {
    case BY_DRIVER:
        troupe_exit(wanted);
    case BY_METHOD:
        troupe_await(part_exit_with(last, wanted, 0));
        break;
    case BY_CONSTRUCTOR:
        troupe_await(part_nothing(part_new(true)));
        break;
    case BY_TASK:
        troupe_await(exit_task(wanted));
        break;
    default: /* when the driver is through */
        troupe_drop(part_exit_with(last, wanted, 0.01));
        return 99;
    }
    count(&seen.went_on);
    return 98;
}

/* A task that is still under way keeps its rank when the run is over: what looks like a leak. */
static bool can_be_tried(void)
{
    return who != BY_TASK || !TRP_SANITIZE_ADDRESS;
}

static void troupe_exit_gives_its_status_whoever_calls_it(void **state)
{
    (void)state;
    static const int statuses[][2] = {{0, 0},   {7, 7},       {255, 255},  {256, 1},
                                      {-1, 1},  {INT_MAX, 1}, {INT_MIN, 1}};
    for (who = 0; who < WHO; who++)
        for (size_t i = 0; i < LENGTH(statuses) && can_be_tried(); i++) {
            wanted = statuses[i][0];
            assert_int_equal(run(exits, 1 + (int)i % 3, 0), statuses[i][1]);
            assert_int_equal(seen.went_on, 0);
        }
}

static void troupe_exit_unwinds_who_called_it_and_destroys_the_actors(void **state)
{
    (void)state;
    wanted = 5;
    for (who = 0; who < WHO; who++) {
        if (!can_be_tried())
            continue;
        assert_int_equal(run(exits, 2, 0), 5);
        assert_int_equal(seen.destroyed, who == BY_CONSTRUCTOR ? 3 : 2);
        /* The driver had deferred something, and the methods. */
        assert_int_equal(seen.deferred, who == BY_METHOD || who == BY_LATE_METHOD ? 2 : 1);
    }
}

static int fails_among_those_that_wait(int argc, char **argv)
{
    (void)argc, (void)argv;
    troupe_defer(count_deferred, NULL);
    for (int i = 0; i < 10; i++)
        troupe_drop(part_wait_for_ever(part_on(i % troupe_ranks())));
    troupe_await(part_nothing(part_on(troupe_ranks() - 1)));
    if (wanted)
        troupe_exit(wanted);
    troupe_fail(-3, "on purpose, for a test");
}

static void an_early_end_unwinds_those_that_wait(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= 3; ranks++)
        for (wanted = 0; wanted <= 6; wanted += 6) {
            assert_int_equal(run(fails_among_those_that_wait, ranks, 0), wanted ? wanted : 1);
            assert_int_equal(seen.destroyed, 11);
            assert_int_equal(seen.deferred, 11);
            assert_int_equal(seen.went_on, 0);
        }
}

/* ---- a late end ------------------------------------------------------------------------------ */

static int leaves_naps(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int i = 0; i < 3; i++) {
        troupe_await(part_nothing(part_on(0)));
        troupe_drop(nap_task(seconds));
    }
    return 4;
}

static void tasks_have_as_long_as_the_linger_says(void **state)
{
    (void)state;
    seconds = 0.1;
    assert_int_equal(run(leaves_naps, 2, 30), 4);
    assert_int_equal(seen.finished, 3);
    assert_int_equal(seen.destroyed, 3);
    seconds = 1e6;
    double before = now();
    assert_int_equal(run(leaves_naps, 2, 0.1), 4);
    assert_true(now() - before >= 0.1 && now() - before < 10);
    assert_int_equal(seen.finished, 0);
    assert_int_equal(seen.destroyed, 3);
}

static int leaves_timers(int argc, char **argv)
{
    (void)argc, (void)argv;
    part p = part_on(troupe_ranks() - 1);
    troupe_every(1e-4, part_tick, p);
    troupe_after(1e6, part_tick, p);
    while (!__atomic_load_n(&seen.ticks, __ATOMIC_RELAXED))
        troupe_sleep(1e-3);
    return 0;
}

static void timers_do_not_hold_up_the_end(void **state)
{
    (void)state;
    double before = now();
    for (int ranks = 1; ranks <= 3; ranks++) {
        assert_int_equal(run(leaves_timers, ranks, 20), 0);
        assert_int_equal(seen.destroyed, 1);
    }
    assert_true(now() - before < 10);
}

/* ---- one slot -------------------------------------------------------------------------------- */

static int grows_a_tree(int argc, char **argv)
{
    (void)argc, (void)argv;
    if (troupe_rank_cpus(0) != 1)
        return 2;
    return troupe_await(tree_task(10)) == 2047 ? 0 : 3;
}

static int passes_on(int argc, char **argv)
{
    (void)argc, (void)argv;
    part first = troupe_new(part, .with = {.cpus = 1});
    return troupe_await(part_pass_on(first, 10)) == 10 ? 0 : 3;
}

static int count_threads(void)
{
    int threads = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *e; tasks && (e = readdir(tasks));)
        threads += e->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return threads;
}

/* Of sanitizers, and of runs before that gave up their tasks. */
static int threads_of_others;

static int has_many_waiting(int argc, char **argv)
{
    (void)argc, (void)argv;
    enum { COUNT = 10000 };
    TROUPE_FUTURE(int) *tasks = troupe_alloc(COUNT * sizeof *tasks);
    part gate = part_new(false), opener = part_new(false);
    gate_is_open = false;
    for (int i = 0; i < COUNT; i++)
        tasks[i] = gate_task(gate, i);
    while (__atomic_load_n(&seen.finished, __ATOMIC_RELAXED) < COUNT)
        troupe_sleep(1e-3);
    int threads = count_threads() - threads_of_others;
    if (troupe_done(tasks[0]) || threads > troupe_rank_cpus(0) + 4)
        return 2;
    troupe_await(part_open_gate(opener));
    for (int i = 0; i < COUNT; i++)
        if (troupe_await(tasks[i]) != i)
            return 3;
    return 0;
}

/* The last tests: they stay on one cpu. */
static void stay_on_one_cpu(void)
{
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    int cpu = 0;
    while (!CPU_ISSET(cpu, &set))
        cpu++;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    assert_int_equal(sched_setaffinity(0, sizeof set, &set), 0);
}

static void a_tree_of_tasks_ten_deep_finishes_on_one_slot(void **state)
{
    (void)state;
    stay_on_one_cpu();
    assert_int_equal(run(grows_a_tree, 1, 0), 0);
}

static void ten_thousand_tasks_wait_on_one_slot_with_few_threads(void **state)
{
    (void)state;
    stay_on_one_cpu();
    threads_of_others = count_threads() - 1;
    assert_int_equal(run(has_many_waiting, 1, 0), 0);
}

static void actors_with_workers_of_their_own_wait_for_each_other_on_one_slot(void **state)
{
    (void)state;
    stay_on_one_cpu();
    assert_int_equal(run(passes_on, 1, 0), 0);
    assert_int_equal(seen.destroyed, 11);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(troupe_exit_gives_its_status_whoever_calls_it),
        cmocka_unit_test(troupe_exit_unwinds_who_called_it_and_destroys_the_actors),
        cmocka_unit_test(an_early_end_unwinds_those_that_wait),
        cmocka_unit_test(tasks_have_as_long_as_the_linger_says),
        cmocka_unit_test(timers_do_not_hold_up_the_end),
        cmocka_unit_test(a_tree_of_tasks_ten_deep_finishes_on_one_slot),
        cmocka_unit_test(ten_thousand_tasks_wait_on_one_slot_with_few_threads),
        cmocka_unit_test(actors_with_workers_of_their_own_wait_for_each_other_on_one_slot),
    };
    test_time_limit(60);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
