/*
 * What the end of the job does to actors and tasks that are in the middle of something: transport
 * self is run again and again by one process, so that globals tell what was done.
 */
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "play.h"
#include "process.h"
#include "schedule/rank.h"

static struct {
    int destroyed, deferred;
} seen;

TROUPE_CLASS(heavy);
TROUPE_ASK(heavy, nothing, void);
TROUPE_ASK(heavy, wait_for_ever, void);
TROUPE_ASK(heavy, nap, void, (double, seconds));
TROUPE_ASK(heavy, fail_late, void);
TROUPE_TASK(waits, int);
TROUPE_TASK(burns, int);
TROUPE_CLASS(sink);
TROUPE_TELL(sink, take, (TROUPE_SPAN(uint8_t), bytes));
TROUPE_TASK(sends, int, (sink, to));

struct heavy_state {
    char unused;
};

static void count(void *counter)
{
    __atomic_add_fetch((int *)counter, 1, __ATOMIC_SEQ_CST);
}

static void on_nothing(struct heavy_state *self)
{
    (void)self;
}

/* Nobody has this name. */
static void wait_for_nobody(void)
{
    heavy nobody;
    troupe_defer(count, &seen.deferred);
    (void)troupe_lookup(heavy, "nobody", TROUPE_FOREVER, &nobody);
}

static void on_wait_for_ever(struct heavy_state *self)
{
    (void)self;
    wait_for_nobody();
}

static void on_nap(struct heavy_state *self, double seconds)
{
    (void)self;
    troupe_defer(count, &seen.deferred);
    troupe_sleep(seconds);
}

static void fails(void *p)
{
    (void)p;
    troupe_fail(-44, "too late to fail");
}

static void on_fail_late(struct heavy_state *self)
{
    (void)self;
    troupe_defer(fails, NULL);
    troupe_sleep(1e6);
}

static void on_destroy(struct heavy_state *self)
{
    (void)self;
    seen.destroyed++;
}

TROUPE_IMPLEMENT(heavy, (nothing, on_nothing), (wait_for_ever, on_wait_for_ever), (nap, on_nap),
                 (fail_late, on_fail_late), (destroy, on_destroy));

static int on_waits(void)
{
    wait_for_nobody();
    return 1;
}

TROUPE_BODY(waits, on_waits);

static volatile bool enough;

static int on_burns(void)
{
    while (!enough)
        continue;
    return 1;
}

TROUPE_BODY(burns, on_burns);

struct sink_state {
    char unused;
};

static void on_take(struct sink_state *self, TROUPE_SPAN(uint8_t) bytes)
{
    (void)self, (void)bytes;
}

TROUPE_IMPLEMENT(sink, (take, on_take));

static _Atomic bool is_about_to_send, may_send;

/* So much that the task waits until it is sent. */
static int on_sends(sink to)
{
    const size_t size = 1 << 20;
    TROUPE_SPAN(uint8_t) bytes = {troupe_alloc(size), size};
    troupe_defer(count, &seen.deferred);
    is_about_to_send = true;
    while (!may_send)
        usleep(100);
    sink_take(to, bytes);
    return 1;
}

TROUPE_BODY(sends, on_sends);

/* ---- runs ------------------------------------------------------------------------------------ */

enum way { RETURNS, FAILS, EXITS };

static enum way way;
static int status_of[] = {[RETURNS] = 0, [FAILS] = 1, [EXITS] = 7};

static int leave(void)
{
    if (way == FAILS)
        troupe_fail(-5, "on purpose");
    if (way == EXITS)
        troupe_exit(7);
    return 0;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds that it took. */
static double run(troupe_driver *driver, int ranks, double linger)
{
    const struct troupe_run_options options = {
        .transport = "self", .ranks = ranks, .linger = linger};
    double begun = now();
    seen.destroyed = seen.deferred = 0;
    assert_int_equal(troupe_run(0, NULL, driver, &options), status_of[way]);
    return now() - begun;
}

static heavy on(int rank, int cpus)
{
    return troupe_new(heavy, .with = {.place = troupe_on(rank), .cpus = cpus});
}

static int leaves_idle_ones(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        troupe_await(heavy_nothing(on(rank, 1)));
    return leave();
}

static void an_idle_actor_with_cpus_is_destroyed_however_the_driver_ends(void **state)
{
    (void)state;
    for (way = RETURNS; way <= EXITS; way++)
        for (int ranks = 1; ranks <= 3; ranks++) {
            run(leaves_idle_ones, ranks, 0);
            assert_int_equal(seen.destroyed, ranks);
        }
}

/* ---- waiting --------------------------------------------------------------------------------- */

static int leaves_waiting_ones(int argc, char **argv)
{
    (void)argc, (void)argv;
    int last = troupe_ranks() - 1;
    for (int cpus = 0; cpus <= 1; cpus++)
        for (int i = 0; i < 2; i++) {
            heavy h = on(last, cpus);
            troupe_drop(heavy_wait_for_ever(h));
            troupe_drop(heavy_nothing(h)); /* never begun */
        }
    troupe_drop(troupe_submit(waits, .with = {.place = troupe_on(last)}));
    troupe_drop(troupe_submit(waits, .with = {.place = troupe_on(0)}));
    troupe_sleep(0.05);
    return leave();
}

static void what_waits_for_ever_is_given_up_with_all_that_it_deferred(void **state)
{
    (void)state;
    for (way = RETURNS; way <= EXITS; way++)
        for (int ranks = 1; ranks <= 2; ranks++) {
            assert_true(run(leaves_waiting_ones, ranks, 0) < 10); /* and costs no linger */
            assert_int_equal(seen.destroyed, 4);
            assert_int_equal(seen.deferred, 4 + 2);
        }
}

static int leaves_sleeping_ones(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int cpus = 0; cpus <= 1; cpus++)
        troupe_drop(heavy_nap(on(0, cpus), INFINITY));
    troupe_sleep(0.05);
    return 0;
}

static void what_sleeps_is_given_up_after_the_linger(void **state)
{
    (void)state;
    way = RETURNS;
    assert_true(run(leaves_sleeping_ones, 1, 0.1) < 10);
    assert_int_equal(seen.destroyed, 2);
    assert_int_equal(seen.deferred, 2);
}

static int leaves_short_naps(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int cpus = 0; cpus <= 1; cpus++)
        troupe_drop(heavy_nap(on(troupe_ranks() - 1, cpus), 0.2));
    return 0;
}

static void what_sleeps_for_less_than_the_linger_is_done(void **state)
{
    (void)state;
    way = RETURNS;
    assert_true(run(leaves_short_naps, 2, 0) >= 0.2);
    assert_int_equal(seen.destroyed, 2);
    assert_int_equal(seen.deferred, 2);
}

static int sleeps_for_ever(int argc, char **argv)
{
    (void)argc, (void)argv;
    heavy h = on(0, 0), w = on(0, 1);
    troupe_void nothing;
    TROUPE_FUTURE(void) naps[] = {heavy_nap(h, INFINITY), heavy_nap(w, 1e300)};
    if (troupe_get_within(naps[0], &nothing, 0.5) != TROUPE_TIMEOUT ||
        troupe_get_within(naps[1], &nothing, NAN) != TROUPE_TIMEOUT)
        return 2;
    troupe_kill(h);
    troupe_kill(w);
    if (troupe_get_within(naps[0], &nothing, INFINITY) != TROUPE_ENDED ||
        troupe_get_within(naps[1], &nothing, 1e300) != TROUPE_ENDED)
        return 3;
    return 0;
}

static double cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void waiting_for_an_infinite_time_burns_nothing(void **state)
{
    (void)state;
    way = RETURNS;
    double before = cpu_seconds();
    run(sleeps_for_ever, 1, 0);
    assert_true(cpu_seconds() - before < 0.3);
}

/* ---- failing in a deferred function ---------------------------------------------------------- */

static int leaves_one_that_fails_late(int argc, char **argv)
{
    (void)argc, (void)argv;
    troupe_drop(heavy_fail_late(on(0, 0)));
    troupe_sleep(0.05);
    return 0;
}

static void run_with_linger(void)
{
    const struct troupe_run_options options = {.transport = "self", .linger = 0.1};
    _exit(troupe_run(0, NULL, leaves_one_that_fails_late, &options));
}

/* It ends the process, as at any other time; it is not the driver that fails. */
static void a_deferred_function_that_fails_at_the_end_is_named(void **state)
{
    (void)state;
    assert_int_not_equal(test_in_a_process(run_with_linger), 0);
    test_said("a deferred function failed: heavy(0:0).fail_late: too late");
    assert_null(strstr(said, "the driver failed"));
}

/* The scheduler looks for what tasks send when the driver waits, and it waits no more. */
static int leaves_one_that_sends(int argc, char **argv)
{
    (void)argc, (void)argv;
    sink to = troupe_new(sink, .with = {.place = troupe_on(1)});
    troupe_drop(troupe_submit(sends, .to = to, .with = {.place = troupe_on(0)}));
    while (!is_about_to_send)
        troupe_sleep(1e-3);
    may_send = true;
    while (!trp_home->inbox.filled)
        usleep(100);
    return leave();
}

static void what_waits_until_its_bytes_are_sent_is_given_up_and_not_waited_for(void **state)
{
    (void)state;
    way = FAILS;
    for (int i = 0; i < 3; i++) {
        is_about_to_send = may_send = false;
        assert_true(run(leaves_one_that_sends, 2, 0.1) < 10);
        assert_int_equal(seen.deferred, 1);
    }
}

/* ---- what computes --------------------------------------------------------------------------- */

static int leaves_a_burning_one(int argc, char **argv)
{
    (void)argc, (void)argv;
    troupe_drop(troupe_submit(burns, .with = {.place = troupe_on(0)}));
    troupe_await(heavy_nothing(on(0, 0)));
    return 0;
}

/* The last test: its threads stay. */
static void a_task_that_computes_for_ever_does_not_hold_up_the_end(void **state)
{
    (void)state;
    way = RETURNS;
    for (int ranks = 1; ranks <= 16; ranks *= 4) {
        assert_true(run(leaves_a_burning_one, ranks, 0.1) < 10);
        assert_int_equal(seen.destroyed, 1);
    }
    enough = true;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deferred_function_that_fails_at_the_end_is_named),
        cmocka_unit_test(an_idle_actor_with_cpus_is_destroyed_however_the_driver_ends),
        cmocka_unit_test(what_waits_for_ever_is_given_up_with_all_that_it_deferred),
        cmocka_unit_test(what_sleeps_is_given_up_after_the_linger),
        cmocka_unit_test(what_sleeps_for_less_than_the_linger_is_done),
        cmocka_unit_test(waiting_for_an_infinite_time_burns_nothing),
        cmocka_unit_test(what_waits_until_its_bytes_are_sent_is_given_up_and_not_waited_for),
        cmocka_unit_test(a_task_that_computes_for_ever_does_not_hold_up_the_end),
    };
    test_time_limit(60);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
