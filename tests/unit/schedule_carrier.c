/*
 * Tests of carriers: jobs that wait in the middle, are resumed in any order, or are abandoned.
 *
 * What runs on a stack under test only records; the test asserts on the native one.
 */
#include "schedule/carrier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STACK_BYTES (128 * 1024)
#define JOBS 300
#define SPARES_ALLOWED 64

/* One piece of work: it waits `waits` times, then ends or is abandoned. */
struct job {
    struct trp_stack *stack; /* parked */
    int waits, depth;
    bool abandons;
    bool begun, ended;
    int wrong;
};

static struct trp_carrier carrier;
static struct trp_stack *native, *parked_native;
static struct job jobs[JOBS];
static struct job *parked[JOBS];
static int job_count, begun, parked_count;
static uint64_t drawn;
static enum { FIRST_IN, LAST_IN, RANDOM } order;
static bool stop; /* when no job is left to begin, with some parked */

static uint64_t draw(void)
{
    return (drawn = drawn * 6364136223846793005u + 1442695040888963407u) >> 33;
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static void wait_once(struct job *job)
{
    char mine[64];
    memset(mine, (int)(job - jobs), sizeof mine);
    parked[parked_count++] = job;
    trp_carrier_park(&carrier, &job->stack);
    for (size_t i = 0; i < sizeof mine; i++)
        job->wrong += mine[i] != (char)(job - jobs);
    job->wrong += carrier.running != job->stack;
}

/* Not seen to be the last thing that its caller does: each level has a frame. */
static __attribute__((noinline)) int work(struct job *job, int depth)
{
    volatile int here = depth;
    if (depth > 0)
        return work(job, depth - 1) + (here == depth);
    for (int i = 0; i < job->waits; i++)
        wait_once(job);
    if (job->abandons) {
        job->ended = true;
        trp_carrier_abandon(&carrier);
    }
    return here;
}

static void run(struct job *job)
{
    job->begun = true;
    job->wrong += work(job, job->depth) != job->depth;
    job->ended = true;
}

/* ---- the loop -------------------------------------------------------------------------------- */

static struct job *take_parked(void)
{
    int at = order == FIRST_IN ? 0 : parked_count - 1;
    if (order == RANDOM)
        at = (int)(draw() % (uint64_t)parked_count);
    struct job *job = parked[at];
    parked_count--;
    memmove(&parked[at], &parked[at + 1], (size_t)(parked_count - at) * sizeof *parked);
    return job;
}

/* All begin before one is resumed, or, with a random order, as it comes. */
static void step(void)
{
    bool resume = begun == job_count || (order == RANDOM && draw() % 2);
    if (begun < job_count && (!resume || !parked_count))
        run(&jobs[begun++]);
    else if (parked_count && !stop)
        trp_carrier_resume(&carrier, take_parked()->stack);
    else
        trp_carrier_resume(&carrier, parked_native);
}

static void loop(void *arg)
{
    trp_carrier_arrive(arg);
    for (;;)
        step();
}

/* Returns when no job is left. */
static void run_jobs(int count)
{
    job_count = count;
    begun = parked_count = 0;
    trp_carrier_park(&carrier, &parked_native);
}

static void prepare(int count, int waits, bool abandons)
{
    for (int i = 0; i < count; i++)
        jobs[i] = (struct job){.waits = waits, .abandons = abandons, .depth = i % 30};
}

static void assert_all_ended(int count)
{
    for (int i = 0; i < count; i++) {
        assert_true(jobs[i].begun && jobs[i].ended);
        assert_int_equal(jobs[i].wrong, 0);
    }
    assert_int_equal(parked_count, 0);
    assert_ptr_equal(carrier.running, native);
    assert_null(carrier.abandoned);
}

static int open_carrier(void **state)
{
    (void)state;
    order = FIRST_IN;
    stop = false;
    native = trp_stack_native();
    trp_carrier_open(&carrier, native, loop, &carrier, STACK_BYTES);
    return 0;
}

static int close_carrier(void **state)
{
    (void)state;
    trp_carrier_close(&carrier);
    trp_stack_free(native);
    return 0;
}

/* ---- parking and resuming -------------------------------------------------------------------- */

static void a_carrier_that_never_ran_can_be_closed(void **state)
{
    (void)state;
    assert_int_equal(carrier.spares, 0);
    assert_ptr_equal(carrier.running, native);
}

static void who_parks_with_nothing_to_do_is_resumed_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        run_jobs(0);
    assert_all_ended(0);
    assert_int_equal(carrier.spares, 1);
}

static void jobs_that_do_not_wait_share_one_stack(void **state)
{
    (void)state;
    prepare(JOBS, 0, false);
    run_jobs(JOBS);
    assert_all_ended(JOBS);
    assert_int_equal(carrier.spares, 1);
}

static void jobs_that_wait_have_a_stack_each_and_give_it_back(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        prepare(20, 1, false);
        run_jobs(20);
        assert_all_ended(20);
        assert_int_equal(carrier.spares, 21);
    }
}

static void all_stacks_that_wait_are_different(void **state)
{
    (void)state;
    stop = true;
    prepare(50, 1, false);
    run_jobs(50);
    assert_int_equal(parked_count, 50);
    for (int i = 0; i < 50; i++)
        for (int k = 0; k <= i; k++)
            assert_true(parked[i]->stack != (k < i ? parked[k]->stack : native));
    stop = false;
    trp_carrier_park(&carrier, &parked_native);
    assert_all_ended(50);
}

static void jobs_are_resumed_in_whatever_order(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++)
        for (order = FIRST_IN; order <= RANDOM; order++) {
            prepare(JOBS, 1 + round, false);
            run_jobs(JOBS);
            assert_all_ended(JOBS);
        }
}

static void spare_stacks_are_bounded(void **state)
{
    (void)state;
    prepare(JOBS, 2, false);
    run_jobs(JOBS);
    assert_all_ended(JOBS);
    assert_true(carrier.spares <= SPARES_ALLOWED);
    assert_true(carrier.spares > 1);
}

/* ---- abandoning and discarding --------------------------------------------------------------- */

static void the_stack_of_an_abandoned_job_is_used_again(void **state)
{
    (void)state;
    prepare(JOBS, 0, true);
    run_jobs(JOBS);
    assert_all_ended(JOBS);
    assert_true(carrier.spares <= 2);
}

static void a_job_can_be_abandoned_after_it_waited(void **state)
{
    (void)state;
    for (order = FIRST_IN; order <= RANDOM; order++) {
        prepare(40, 3, true);
        run_jobs(40);
        assert_all_ended(40);
        assert_true(carrier.spares <= 42);
    }
}

static void abandoned_and_ending_jobs_mix(void **state)
{
    (void)state;
    order = RANDOM;
    for (int round = 0; round < 20; round++) {
        prepare(JOBS, 0, false);
        for (int i = 0; i < JOBS; i++) {
            jobs[i].waits = (int)(draw() % 4);
            jobs[i].abandons = draw() % 3 == 0;
        }
        run_jobs(JOBS);
        assert_all_ended(JOBS);
        assert_true(carrier.spares <= SPARES_ALLOWED);
    }
}

static void what_waits_for_ever_is_discarded(void **state)
{
    (void)state;
    stop = true;
    prepare(30, 1, false);
    run_jobs(30);
    assert_int_equal(parked_count, 30);
    for (int i = 0; i < 30; i++) {
        assert_false(jobs[i].ended);
        trp_carrier_discard(&carrier, parked[i]->stack);
    }
}

static void the_native_stack_is_not_discarded(void **state)
{
    (void)state;
    trp_carrier_discard(&carrier, native);
    prepare(5, 1, false);
    run_jobs(5);
    assert_all_ended(5);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_carrier, close_carrier)
    const struct CMUnitTest tests[] = {
        TEST(a_carrier_that_never_ran_can_be_closed),
        TEST(who_parks_with_nothing_to_do_is_resumed_at_once),
        TEST(jobs_that_do_not_wait_share_one_stack),
        TEST(jobs_that_wait_have_a_stack_each_and_give_it_back),
        TEST(all_stacks_that_wait_are_different),
        TEST(jobs_are_resumed_in_whatever_order),
        TEST(spare_stacks_are_bounded),
        TEST(the_stack_of_an_abandoned_job_is_used_again),
        TEST(a_job_can_be_abandoned_after_it_waited),
        TEST(abandoned_and_ending_jobs_mix),
        TEST(what_waits_for_ever_is_discarded),
        TEST(the_native_stack_is_not_discarded),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
