/*
 * Tests of alarms: records that are sent later, once or again and again, until cancelled.
 *
 * The rank has a wire that keeps nothing: everything stays in its outlets. Time is what the test
 * says it is when it asks which timers are due.
 */
#include "schedule/alarms.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "schedule/send.h"
#include "troupe/declare.h"

#define RANKS 3
#define ME 1
#define FOR_EVER 1e18

static struct trp_rank rank;
static struct trp_wire wire;
static struct trp_outlet outlets[RANKS];
static int dirty[RANKS], wakes;
static struct trp_context method = {.kind = TRP_CONTEXT_METHOD};
static char somewhere; /* a worker, which nobody looks into */
static struct trp_context task = {.kind = TRP_CONTEXT_TASK, .worker = (void *)&somewhere};

static void count_wake(struct trp_wire *w)
{
    (void)w;
    wakes++;
}

static const struct trp_wire_ops ops = {.name = "none", .wake = count_wake};

static int begin(void **state)
{
    (void)state;
    wire = (struct trp_wire){.ops = &ops, .rank = ME, .ranks = RANKS};
    rank = (struct trp_rank){.rank = ME, .ranks = RANKS, .wire = &wire, .outlets = outlets,
                             .dirty = dirty};
    memset(outlets, 0, sizeof outlets);
    wakes = 0;
    trp_inbox_open(&rank.inbox);
    return 0;
}

static int end(void **state)
{
    (void)state;
    trp_alarms_close(&rank);
    assert_int_equal(rank.alarm_count, 0);
    assert_true(trp_timers_next(&rank.timers) < 0);
    trp_timers_close(&rank.timers);
    trp_inbox_close(&rank.inbox);
    for (int i = 0; i < RANKS; i++)
        if (outlets[i].parcel)
            trp_parcel_drop(outlets[i].parcel);
    trp_parcel_pool_clear();
    return 0;
}

/* ---- setting and firing ---------------------------------------------------------------------- */

/* The next record that is in the parcel to that rank, NULL at the end. */
static const struct trp_record *next_record(int to)
{
    struct trp_parcel *parcel = trp_outlet_parcel(&outlets[to]);
    if (!parcel || parcel->at == parcel->used)
        return NULL;
    const struct trp_record *record = (void *)(parcel->bytes + parcel->at);
    parcel->at += trp_record_bytes(record);
    return record;
}

static const struct trp_record call = {
    .kind = TRP_RECORD_TELL, .slot = 3, .creator = 2, .serial = (UINT64_C(9) << 32) | 4};

static int send_alarm(uint64_t number, double after, double every, int to, troupe_str text)
{
    struct trp_alarm_times times = {after, every, to};
    return trp_alarm_send(&rank, &method, number, times, &call, &troupe_type_troupe_str, &text);
}

static void set(uint64_t number, double after, double every, int to, troupe_str text)
{
    assert_int_equal(send_alarm(number, after, every, to, text), TROUPE_OK);
    const struct trp_record *record = next_record(ME);
    assert_non_null(record);
    assert_int_equal(record->kind, TRP_RECORD_ALARM);
    assert_int_equal(record->future, number);
    trp_alarms_set(&rank, record);
}

/* Returns whether one was due. */
static bool fire_one(double now)
{
    struct trp_timer *timer = trp_timers_due(&rank.timers, now);
    if (timer)
        timer->fire(timer);
    return timer;
}

static void assert_came(int to, const char *text)
{
    const struct trp_record *record = next_record(to);
    assert_non_null(record);
    assert_int_equal(record->kind, TRP_RECORD_TELL);
    assert_int_equal(record->slot, 3);
    assert_int_equal(record->creator, 2);
    assert_int_equal(record->serial, call.serial);
    assert_string_equal((const char *)trp_record_body(record) + sizeof(troupe_str), text);
}

static void an_alarm_sends_its_record_after_its_time_and_once(void **state)
{
    (void)state;
    double before = trp_now();
    set(5, 100, 0, 2, "a call");
    double at = trp_timers_next(&rank.timers);
    assert_true(at >= before + 100 && at <= trp_now() + 100);
    assert_int_equal(rank.alarm_count, 1);
    assert_false(fire_one(before + 99));
    assert_null(next_record(2));
    assert_true(fire_one(at));
    assert_came(2, "a call");
    assert_null(next_record(2));
    assert_false(fire_one(FOR_EVER));
    assert_int_equal(rank.alarm_count, 0);
}

static void a_time_that_is_over_is_now(void **state)
{
    static const double afters[] = {0, -1, -1e300, -INFINITY, NAN};

    (void)state;
    for (int i = 0; i < 5; i++) {
        double before = trp_now();
        set(1, afters[i], 0, 0, "now");
        double at = trp_timers_next(&rank.timers);
        assert_true(at >= before && at <= trp_now());
        assert_true(fire_one(trp_now()));
        assert_came(0, "now");
    }
}

static void alarms_go_off_in_the_order_of_their_times(void **state)
{
    char text[16];

    (void)state;
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "%d", i * 7 % 20);
        set((uint64_t)i, 10 + i * 7 % 20, 0, 2, text);
    }
    for (int i = 0; i < 20; i++) {
        assert_true(fire_one(FOR_EVER));
        snprintf(text, sizeof text, "%d", i);
        assert_came(2, text);
    }
}

static void a_record_for_this_rank_comes_to_this_rank(void **state)
{
    (void)state;
    set(1, 1, 0, ME, "mine");
    assert_true(fire_one(FOR_EVER));
    assert_came(ME, "mine");
}

static void what_a_task_sets_comes_by_the_inbox(void **state)
{
    struct trp_alarm_times times = {1, 0, 2};
    troupe_str text = "of a task";

    (void)state;
    assert_int_equal(trp_alarm_send(&rank, &task, 8, times, &call, &troupe_type_troupe_str, &text),
                     TROUPE_OK);
    assert_int_equal(wakes, 1);
    assert_null(next_record(ME));
    assert_true(trp_inbox_empty_out(&rank));
    trp_alarms_set(&rank, next_record(ME));
    assert_true(fire_one(FOR_EVER));
    assert_came(2, "of a task");
}

static void what_no_memory_holds_is_refused(void **state)
{
    double one = 1;
    TROUPE_SPAN(double) endless = {&one, SIZE_MAX / 8};
    struct trp_alarm_times times = {1, 0, 2};

    (void)state;
    assert_int_equal(trp_alarm_send(&rank, &method, 1, times, &call,
                                    &troupe_type_troupe_span_double, &endless),
                     TROUPE_INVALID);
    assert_null(next_record(ME));
}

/* ---- again and again ------------------------------------------------------------------------- */

static void a_periodic_alarm_goes_by_its_plan(void **state)
{
    (void)state;
    set(1, 100, 10, 2, "tick");
    double first = trp_timers_next(&rank.timers);
    for (int i = 0; i < 50; i++) {
        assert_true(fabs(trp_timers_next(&rank.timers) - (first + 10 * i)) < 1e-6);
        assert_false(fire_one(first + 10 * i - 1));
        assert_true(fire_one(first + 10 * i + 1));
        assert_came(2, "tick");
    }
    assert_int_equal(rank.alarm_count, 1);
}

static void what_was_missed_is_not_made_up_for(void **state)
{
    (void)state;
    set(1, 0, 1e-9, 2, "tick");
    for (int i = 0; i < 5; i++) {
        double before = trp_now();
        assert_true(fire_one(FOR_EVER));
        assert_came(2, "tick");
        assert_null(next_record(2));
        assert_true(trp_timers_next(&rank.timers) >= before);
    }
}

/* ---- cancelling ------------------------------------------------------------------------------ */

static void a_cancelled_alarm_does_not_go_off_and_the_others_do(void **state)
{
    char text[16];

    (void)state;
    for (int out = 0; out < 5; out++) {
        for (int i = 0; i < 5; i++) {
            snprintf(text, sizeof text, "%d", i);
            set((uint64_t)i + 1, i + 1, 0, 2, text);
        }
        trp_alarms_cancel(&rank, (uint64_t)out + 1);
        assert_int_equal(rank.alarm_count, 4);
        for (int i = 0; i < 5; i++) {
            snprintf(text, sizeof text, "%d", i);
            if (i == out)
                continue;
            assert_true(fire_one(FOR_EVER));
            assert_came(2, text);
        }
        assert_false(fire_one(FOR_EVER));
    }
}

static void a_periodic_alarm_ends_when_cancelled(void **state)
{
    (void)state;
    set(7, 1, 1, 2, "tick");
    for (int i = 0; i < 3; i++)
        assert_true(fire_one(FOR_EVER));
    trp_alarms_cancel(&rank, 7);
    assert_false(fire_one(FOR_EVER));
    assert_int_equal(rank.alarm_count, 0);
}

static void an_alarm_that_is_not_there_can_be_cancelled(void **state)
{
    (void)state;
    trp_alarms_cancel(&rank, 1);
    set(1, 1, 0, 2, "once");
    trp_alarms_cancel(&rank, 2);
    assert_int_equal(rank.alarm_count, 1);
    assert_true(fire_one(FOR_EVER));
    trp_alarms_cancel(&rank, 1);
    assert_int_equal(rank.alarm_count, 0);
}

/* Leaks would show. */
static void what_is_set_at_the_end_is_freed(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 10; i++)
        set(i, 1, (double)(i % 2), 2, "never");
}

static void a_period_that_is_no_number_is_none(void **state)
{
    (void)state;
    set(1, 1, NAN, 2, "tick");
    for (int i = 0; i < 100 && fire_one(trp_now() + 2); i++)
        assert_came(2, "tick");
    assert_int_equal(rank.alarm_count, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(an_alarm_sends_its_record_after_its_time_and_once),
        TEST(a_time_that_is_over_is_now),
        TEST(alarms_go_off_in_the_order_of_their_times),
        TEST(a_record_for_this_rank_comes_to_this_rank),
        TEST(what_a_task_sets_comes_by_the_inbox),
        TEST(what_no_memory_holds_is_refused),
        TEST(a_periodic_alarm_goes_by_its_plan),
        TEST(what_was_missed_is_not_made_up_for),
        TEST(a_cancelled_alarm_does_not_go_off_and_the_others_do),
        TEST(a_periodic_alarm_ends_when_cancelled),
        TEST(an_alarm_that_is_not_there_can_be_cancelled),
        TEST(what_is_set_at_the_end_is_freed),
        cmocka_unit_test_setup_teardown(a_period_that_is_no_number_is_none, begin, end),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
