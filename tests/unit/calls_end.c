/*
 * The end of a program, seen from within: transport self is run again and again by one process,
 * so that globals tell what was done before troupe_run returned.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

static struct {
    int driver_runs, setups, hops, tasks;
    int destroyed;
    char order[400]; /* of destructors: a letter each */
} seen;

/* ---- classes and tasks ----------------------------------------------------------------------- */

TROUPE_CLASS(base);
TROUPE_TELL(base, go, (int, hops));
TROUPE_ASK(base, never, int);
TROUPE_ASK(base, wait_for, int, (base, other));
TROUPE_ASK(base, nothing, void);
TROUPE_EXTENDS(middle, base);
TROUPE_EXTENDS(derived, middle);

TROUPE_TASK(count_up, int, (int, depth));

static void destroyed(char letter)
{
    if (seen.destroyed + 1 < (int)sizeof seen.order)
        seen.order[seen.destroyed++] = letter;
}

struct base_state {
    char *memory;
};

static void on_base(struct base_state *self)
{
    self->memory = malloc(10);
}

static void on_go(struct base_state *self, int hops)
{
    (void)self;
    seen.hops++;
    if (hops)
        base_go(base_new(), hops - 1);
}

/* It waits for one that waits for it. */
static int on_never(struct base_state *self)
{
    return troupe_await(base_wait_for(base_new(), base_self(self)));
}

static int on_wait_for(struct base_state *self, base other)
{
    (void)self;
    troupe_await(base_nothing(other));
    return 0;
}

static void on_nothing(struct base_state *self)
{
    (void)self;
}

static void destroy_base(struct base_state *self)
{
    free(self->memory);
    destroyed('b');
}

TROUPE_IMPLEMENT(base, (init, on_base), (go, on_go), (never, on_never),
                 (wait_for, on_wait_for), (nothing, on_nothing), (destroy, destroy_base));

struct middle_state {
    struct base_state base;
};

/* No destructor of its own. */
static void on_middle(struct middle_state *self)
{
    base_init(&self->base);
}

TROUPE_IMPLEMENT(middle, (init, on_middle));

struct derived_state {
    struct middle_state middle;
};

static void destroy_derived(struct derived_state *self)
{
    (void)self;
    destroyed('d');
}

TROUPE_IMPLEMENT(derived, (destroy, destroy_derived));

static int on_count_up(int depth)
{
    troupe_sleep(1e-3);
    int below = depth ? troupe_await(count_up(depth - 1)) : 0;
    __atomic_fetch_add(&seen.tasks, 1, __ATOMIC_SEQ_CST);
    return below + 1;
}

TROUPE_BODY(count_up, on_count_up);

/* ---- runs ------------------------------------------------------------------------------------ */

static int wanted_status;

static int returns_status(int argc, char **argv)
{
    (void)argc, (void)argv;
    seen.driver_runs++;
    return wanted_status;
}

static int run(troupe_driver *driver, int ranks, uint64_t seed)
{
    const struct troupe_run_options options = {.transport = "self", .ranks = ranks, .seed = seed};
    memset(&seen, 0, sizeof seen);
    return troupe_run(0, NULL, driver, &options);
}

static void the_drivers_status_is_the_programs(void **state)
{
    (void)state;
    static const int statuses[][2] = {{0, 0},   {3, 3},   {255, 255},    {256, 1},
                                      {-1, 1},  {1000, 1}, {INT32_MIN, 1}};
    for (size_t i = 0; i < LENGTH(statuses); i++)
        for (int ranks = 1; ranks <= 4; ranks++) {
            wanted_status = statuses[i][0];
            assert_int_equal(run(returns_status, ranks, 0), statuses[i][1]);
            assert_int_equal(seen.driver_runs, 1);
        }
}

static int tells_chains(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int i = 0; i < 10; i++)
        base_go(base_new(), 99);
    return 0;
}

static void all_that_was_told_is_done_before_the_end(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= 4; ranks++)
        for (uint64_t seed = 0; seed <= 20; seed++) {
            assert_int_equal(run(tells_chains, ranks, seed), 0);
            assert_int_equal(seen.hops, 10 * 100);
        }
}

static int submits_tasks(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int i = 0; i < 5; i++)
        troupe_drop(count_up(3));
    return 0;
}

static void tasks_under_way_are_finished_before_the_end(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= 4; ranks++) {
        assert_int_equal(run(submits_tasks, ranks, 0), 0);
        assert_int_equal(seen.tasks, 5 * 4);
    }
}

static int leaves_methods_waiting(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int i = 0; i < 20; i++)
        troupe_drop(base_never(base_new()));
    return 7;
}

static void methods_that_wait_for_ever_do_not_hold_up_the_end(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= 4; ranks++)
        for (uint64_t seed = 0; seed <= 10; seed++) {
            assert_int_equal(run(leaves_methods_waiting, ranks, seed), 7);
            assert_int_equal(seen.destroyed, 2 * 20);
        }
}

/* ---- destructors ----------------------------------------------------------------------------- */

static int makes_a_family(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int i = 0; i < 5; i++)
        troupe_await(base_nothing(derived_new().super.super));
    return wanted_status;
}

static int fails(int argc, char **argv)
{
    makes_a_family(argc, argv);
    troupe_fail(TROUPE_FAILED, "on purpose, for a test");
}

static void destructors_run_once_each_and_derived_before_base(void **state)
{
    (void)state;
    wanted_status = 0;
    assert_int_equal(run(makes_a_family, 3, 0), 0);
    assert_string_equal(seen.order, "dbdbdbdbdb");
    wanted_status = 9;
    assert_int_equal(run(makes_a_family, 2, 3), 9);
    assert_string_equal(seen.order, "dbdbdbdbdb");
}

static void destructors_run_when_the_driver_fails(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= 3; ranks++) {
        assert_int_equal(run(fails, ranks, 0), 1);
        assert_string_equal(seen.order, "dbdbdbdbdb");
    }
}

/* ---- what cannot begin ----------------------------------------------------------------------- */

static int count_setups(int argc, char **argv)
{
    (void)argc, (void)argv;
    seen.setups++;
    return wanted_status;
}

static void a_setup_that_refuses_lets_nothing_run(void **state)
{
    (void)state;
    const struct troupe_run_options options = {
        .transport = "self", .ranks = 2, .setup = count_setups};
    memset(&seen, 0, sizeof seen);
    wanted_status = 0;
    assert_int_equal(troupe_run(0, NULL, returns_status, &options), 0);
    assert_true(seen.setups >= 1);
    assert_int_equal(seen.driver_runs, 1);
    wanted_status = 5;
    assert_int_equal(troupe_run(0, NULL, returns_status, &options), 2);
    assert_int_equal(seen.driver_runs, 1);
}

static void a_wrong_environment_lets_nothing_run(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {{"TROUPE_TRANSPORT", "pigeon"},
                                           {"TROUPE_RANKS", "many"},
                                           {"TROUPE_RANKS", "-1"},
                                           {"TROUPE_RANKS", "100000"},
                                           {"TROUPE_SEED", "1x"}};
    wanted_status = 0;
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        setenv(wrong[i][0], wrong[i][1], 1);
        int status = run(returns_status, 1, 0);
        unsetenv(wrong[i][0]);
        assert_int_equal(status, 2);
        assert_int_equal(seen.driver_runs, 0);
    }
    assert_int_equal(run(returns_status, 1, 0), 0);
}

static int counts_ranks(int argc, char **argv)
{
    (void)argc, (void)argv;
    return troupe_ranks();
}

static void the_environment_has_the_last_word(void **state)
{
    (void)state;
    setenv("TROUPE_RANKS", "3", 1);
    int status = run(counts_ranks, 2, 0);
    unsetenv("TROUPE_RANKS");
    assert_int_equal(status, 3);
    assert_int_equal(run(counts_ranks, 2, 0), 2);
    assert_int_equal(run(counts_ranks, 0, 0), 1);
}

/* ---- one cpu --------------------------------------------------------------------------------- */

static int nests_on_one_cpu(int argc, char **argv)
{
    (void)argc, (void)argv;
    if (troupe_rank_cpus(0) != 1)
        return 2;
    TROUPE_FUTURE(int) tasks[3];
    for (int i = 0; i < 3; i++)
        tasks[i] = troupe_submit(count_up, .depth = 5);
    for (int i = 0; i < 3; i++)
        if (troupe_await(tasks[i]) != 6)
            return 3;
    return 0;
}

/* The last test: it stays on one cpu. */
static void tasks_wait_for_tasks_on_a_single_cpu(void **state)
{
    (void)state;
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    int cpu = 0;
    while (!CPU_ISSET(cpu, &set))
        cpu++;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    assert_int_equal(sched_setaffinity(0, sizeof set, &set), 0);
    assert_int_equal(run(nests_on_one_cpu, 1, 0), 0);
    assert_int_equal(seen.tasks, 3 * 6);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_drivers_status_is_the_programs),
        cmocka_unit_test(all_that_was_told_is_done_before_the_end),
        cmocka_unit_test(tasks_under_way_are_finished_before_the_end),
        cmocka_unit_test(methods_that_wait_for_ever_do_not_hold_up_the_end),
        cmocka_unit_test(destructors_run_once_each_and_derived_before_base),
        cmocka_unit_test(destructors_run_when_the_driver_fails),
        cmocka_unit_test(a_setup_that_refuses_lets_nothing_run),
        cmocka_unit_test(a_wrong_environment_lets_nothing_run),
        cmocka_unit_test(the_environment_has_the_last_word),
        cmocka_unit_test(tasks_wait_for_tasks_on_a_single_cpu),
    };
    test_time_limit(60);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
