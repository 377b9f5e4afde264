/*
 * Many that wait at once, and many that come and go: 20,000 methods of a rank, more than can wait,
 * 10,000 tasks, a deep tree of tasks, 100,000 actors one after the other, of which no memory is
 * kept.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "play.h"

#define RANKS 64

static bool lit[RANKS];

TROUPE_CLASS(slow);
TROUPE_ASK(slow, set_lit, void, (bool, on));
TROUPE_ASK(slow, hold, void);
TROUPE_ASK(slow, same, int, (int, value));
TROUPE_ASK(slow, threads, int);
TROUPE_ASK(slow, kilobytes, long);
TROUPE_ASK(slow, churn, int, (int, count));

TROUPE_CLASS(parker);
TROUPE_ASK(parker, park, int, (slow, s), (int, value));

TROUPE_TASK(wait_task, int, (slow, s), (int, value));
TROUPE_TASK(tree_task, int, (int, depth));

/* ---- the classes ----------------------------------------------------------------------------- */

struct slow_state {
    char unused;
};

static void on_set_lit(struct slow_state *self, bool on)
{
    (void)self;
    lit[troupe_rank()] = on;
}

static void on_hold(struct slow_state *self)
{
    (void)self;
    while (!lit[troupe_rank()])
        troupe_sleep(1e-3);
}

static int on_same(struct slow_state *self, int value)
{
    (void)self;
    return value;
}

static int on_threads(struct slow_state *self)
{
    (void)self;
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *e; tasks && (e = readdir(tasks));)
        count += e->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return count;
}

/* Memory of this process that is resident. */
static long on_kilobytes(struct slow_state *self)
{
    (void)self;
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Creates, asks and ends one actor after the other; what it awaits is freed when it is done. The
   handles of those that ended keep failing. */
static int on_churn(struct slow_state *self, int count)
{
    (void)self;
    int wrong = 0;
    slow old[16] = {{{0, 0}}};
    for (int i = 0; i < count; i++) {
        slow s = troupe_new(slow, .with = {.place = troupe_on(i % troupe_ranks())});
        wrong += troupe_await(slow_same(s, i)) != i;
        troupe_stop(s);
        (void)troupe_await(troupe_ended(s)).reason;
        int value;
        if (i >= 16 && i % 64 < 16)
            wrong += troupe_get(slow_same(old[i % 16], i), &value) != TROUPE_ENDED;
        wrong += troupe_same(old[i % 16], s);
        old[i % 16] = s;
    }
    return wrong;
}

TROUPE_IMPLEMENT(slow, (set_lit, on_set_lit), (hold, on_hold), (same, on_same),
                 (threads, on_threads), (kilobytes, on_kilobytes), (churn, on_churn));

struct parker_state {
    char unused;
};

static int on_park(struct parker_state *self, slow s, int value)
{
    (void)self;
    return troupe_await(slow_same(s, value));
}

TROUPE_IMPLEMENT(parker, (park, on_park));

static int on_wait_task(slow s, int value)
{
    return troupe_await(slow_same(s, value));
}

static int on_tree_task(int depth)
{
    if (depth == 0)
        return 1;
    TROUPE_FUTURE(int) left = troupe_submit(tree_task, .depth = depth - 1,
                                            .with = {.place = troupe_here()});
    TROUPE_FUTURE(int) right = troupe_submit(tree_task, .depth = depth - 1,
                                             .with = {.place = troupe_here()});
    return 1 + troupe_await(left) + troupe_await(right);
}

TROUPE_BODY(wait_task, on_wait_task);
TROUPE_BODY(tree_task, on_tree_task);

/* ---- the stage ------------------------------------------------------------------------------- */

static int last(void)
{
    return troupe_ranks() - 1;
}

static slow slow_on(int rank)
{
    return troupe_new(slow, .with = {.place = troupe_on(rank)});
}

/* One that holds what it is asked from now on, until the lamp of its rank is lit. */
static slow slow_that_holds(int rank)
{
    slow s = slow_on(rank);
    troupe_await(slow_set_lit(s, false));
    troupe_drop(slow_hold(s));
    return s;
}

static void light_up(int rank)
{
    troupe_await(slow_set_lit(slow_on(rank), true));
}

/* ---- the tests ------------------------------------------------------------------------------- */

/* As many wait on the last rank for an actor of another one, or of the same. */
static void park_and_free(int count, int rank)
{
    TROUPE_FUTURE(int) *calls = malloc((size_t)count * sizeof *calls);
    parker *parkers = malloc((size_t)count * sizeof *parkers);
    assert_true(calls && parkers);
    slow s = slow_that_holds(rank);
    for (int i = 0; i < count; i++) {
        parkers[i] = troupe_new(parker, .with = {.place = troupe_on(last())});
        calls[i] = parker_park(parkers[i], s, i);
    }
    assert_int_equal(troupe_await(slow_same(slow_on(last()), 1)), 1);
    assert_false(troupe_done(calls[count - 1]));
    light_up(rank);
    for (int i = 0; i < count; i++)
        assert_int_equal(troupe_await(calls[i]), i);
    for (int i = 0; i < count; i++)
        troupe_stop(parkers[i]);
    free(calls);
    free(parkers);
}

static void twenty_thousand_methods_of_a_rank_wait_and_all_come_back(void **state)
{
    (void)state;
    park_and_free(20000, 0);
}

/* They hold all the stacks that calls may have while others can go on. */
static void a_call_that_frees_those_who_wait_begins_however_many_they_are(void **state)
{
    (void)state;
    park_and_free(28100, last());
}

static void ten_thousand_tasks_wait_on_a_few_threads(void **state)
{
    (void)state;
    enum { COUNT = 10000 };
    TROUPE_FUTURE(int) *tasks = malloc(COUNT * sizeof *tasks);
    assert_non_null(tasks);
    slow s = slow_that_holds(0), counter = slow_on(last());
    int before = troupe_await(slow_threads(counter));
    for (int i = 0; i < COUNT; i++)
        tasks[i] = troupe_submit(wait_task, .s = s, .value = i,
                                 .with = {.place = troupe_on(last())});
    /* Another task gets its turn: those before it have begun, and wait. */
    slow quick = slow_on(last());
    assert_int_equal(troupe_await(troupe_submit(wait_task, .s = quick, .value = 7,
                                                .with = {.place = troupe_on(last())})),
                     7);
    assert_true(troupe_await(slow_threads(counter)) <= before + troupe_rank_cpus(last()) + 4);
    assert_false(troupe_done(tasks[0]));
    light_up(0);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(troupe_await(tasks[i]), i);
    free(tasks);
}

static void a_tree_of_tasks_ten_deep_finishes_on_the_slots_of_a_rank(void **state)
{
    (void)state;
    assert_int_equal(troupe_await(troupe_submit(tree_task, .depth = 10,
                                                .with = {.place = troupe_on(last())})),
                     2047);
}

static void actors_that_come_and_go_leave_no_memory_behind(void **state)
{
    (void)state;
    slow s = slow_on(last());
    /* The stories of the latest ends are kept: until then memory grows. */
    for (int i = 0; i < 10; i++)
        assert_int_equal(troupe_await(slow_churn(s, 1000)), 0);
    long before = troupe_await(slow_kilobytes(s));
    for (int i = 0; i < 100; i++)
        assert_int_equal(troupe_await(slow_churn(s, 1000)), 0);
    long after = troupe_await(slow_kilobytes(s));
    if (after - before >= 2048)
        print_error("%ld kB have become %ld kB\n", before, after);
    assert_true(after - before < 2048);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(actors_that_come_and_go_leave_no_memory_behind),
        cmocka_unit_test(twenty_thousand_methods_of_a_rank_wait_and_all_come_back),
        cmocka_unit_test(a_call_that_frees_those_who_wait_begins_however_many_they_are),
        cmocka_unit_test(ten_thousand_tasks_wait_on_a_few_threads),
        cmocka_unit_test(a_tree_of_tasks_ten_deep_finishes_on_the_slots_of_a_rank),
    };
    return TEST_PLAY(argc, argv, tests, 0);
}
