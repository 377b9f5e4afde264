/*
 * Sleeping and tells for later, as each kind of caller sets and cancels them.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "play.h"

TROUPE_CLASS(clock_hand);
TROUPE_TELL(clock_hand, tick);
TROUPE_TELL(clock_hand, keep, (troupe_str, text), (TROUPE_SPAN(int), numbers));
TROUPE_ASK(clock_hand, ticks, int);
TROUPE_ASK(clock_hand, kept, troupe_str);

/* Numbers of timers travel as numbers: they are good on the rank that set them. */
TROUPE_CLASS(setter);
TROUPE_ASK(setter, set, uint64_t, (clock_hand, to), (double, after), (bool, periodic));
TROUPE_ASK(setter, cancel, void, (uint64_t, timer));
TROUPE_ASK(setter, keep_later, void, (clock_hand, to));
TROUPE_ASK(setter, to_none, uint64_t);

TROUPE_TASK(set_task, uint64_t, (clock_hand, to), (double, after), (bool, periodic));
TROUPE_TASK(cancel_task, void, (uint64_t, timer));
TROUPE_TASK(sleep_task, double, (double, seconds));
TROUPE_TASK(keep_later_task, void, (clock_hand, to));

/* ---- the classes ----------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct clock_hand_state {
    int ticks;
    char kept[200];
};

static void on_tick(struct clock_hand_state *self)
{
    self->ticks++;
}

static void on_keep(struct clock_hand_state *self, troupe_str text, TROUPE_SPAN(int) numbers)
{
    int sum = 0;
    for (size_t i = 0; i < numbers.count; i++)
        sum += numbers.data[i];
    snprintf(self->kept, sizeof self->kept, "%.100s %d", text, sum);
    self->ticks++;
}

static int on_ticks(struct clock_hand_state *self)
{
    return self->ticks;
}

static troupe_str on_kept(struct clock_hand_state *self)
{
    return self->kept;
}

TROUPE_IMPLEMENT(clock_hand, (tick, on_tick), (keep, on_keep), (ticks, on_ticks), (kept, on_kept));

static uint64_t set(clock_hand to, double seconds, bool periodic)
{
    return periodic ? troupe_every(seconds, clock_hand_tick, to).number
                    : troupe_after(seconds, clock_hand_tick, to).number;
}

/* The memory of the arguments is used for something else at once. */
static void keep_later(clock_hand to)
{
    char text[] = "as it was";
    int numbers[1000];
    for (int i = 0; i < 1000; i++)
        numbers[i] = i;
    troupe_after(0.01, clock_hand_keep, to, .text = text,
                 .numbers = (TROUPE_SPAN(int)){numbers, 1000});
    memset(text, 'x', sizeof text - 1);
    memset(numbers, 0xff, sizeof numbers);
}

struct setter_state {
    char unused;
};

static uint64_t on_set(struct setter_state *self, clock_hand to, double after, bool periodic)
{
    (void)self;
    return set(to, after, periodic);
}

static void on_cancel(struct setter_state *self, uint64_t timer)
{
    (void)self;
    troupe_cancel_timer((troupe_timer){timer});
}

static void on_keep_later(struct setter_state *self, clock_hand to)
{
    (void)self;
    keep_later(to);
}

static uint64_t on_to_none(struct setter_state *self)
{
    (void)self;
    return set((clock_hand){{0, 0}}, 0.001, true);
}

TROUPE_IMPLEMENT(setter, (set, on_set), (cancel, on_cancel), (keep_later, on_keep_later),
                 (to_none, on_to_none));

static uint64_t on_set_task(clock_hand to, double after, bool periodic)
{
    return set(to, after, periodic);
}

static void on_cancel_task(uint64_t timer)
{
    troupe_cancel_timer((troupe_timer){timer});
}

static double on_sleep_task(double seconds)
{
    double before = now();
    troupe_sleep(seconds);
    return now() - before;
}

static void on_keep_later_task(clock_hand to)
{
    keep_later(to);
}

TROUPE_BODY(set_task, on_set_task);
TROUPE_BODY(cancel_task, on_cancel_task);
TROUPE_BODY(sleep_task, on_sleep_task);
TROUPE_BODY(keep_later_task, on_keep_later_task);

/* ---- the stage ------------------------------------------------------------------------------- */

enum { LIGHT, WORKER, TASK, KINDS };

static int last(void)
{
    return troupe_ranks() - 1;
}

static clock_hand hand_on(int rank)
{
    return troupe_new(clock_hand, .with = {.place = troupe_on(rank)});
}

static setter setter_on(int rank, int kind)
{
    return troupe_new(setter, .with = {.place = troupe_on(rank), .cpus = kind == WORKER});
}

static uint64_t set_by(int kind, int rank, clock_hand to, double seconds, bool periodic)
{
    if (kind == TASK)
        return troupe_await(troupe_submit(set_task, .to = to, .after = seconds,
                                          .periodic = periodic,
                                          .with = {.place = troupe_on(rank)}));
    return troupe_await(setter_set(setter_on(rank, kind), to, seconds, periodic));
}

static void cancel_by(int kind, int rank, uint64_t timer)
{
    if (kind == TASK)
        troupe_await(
            troupe_submit(cancel_task, .timer = timer, .with = {.place = troupe_on(rank)}));
    else
        troupe_await(setter_cancel(setter_on(rank, kind), timer));
}

static void wait_for_ticks(clock_hand h, int count)
{
    while (troupe_await(clock_hand_ticks(h)) < count)
        troupe_sleep(1e-3);
}

/* ---- setting and cancelling ------------------------------------------------------------------ */

static void every_kind_of_caller_sets_a_periodic_tell_and_cancels_it(void **state)
{
    (void)state;
    for (int setting = 0; setting < KINDS; setting++)
        for (int cancelling = 0; cancelling < KINDS; cancelling++) {
            clock_hand h = hand_on(last());
            uint64_t timer = set_by(setting, 0, h, 0.002, true);
            assert_true(timer != 0);
            wait_for_ticks(h, 3);
            cancel_by(cancelling, 0, timer);
            troupe_sleep(0.005);
            int ticks = troupe_await(clock_hand_ticks(h));
            troupe_sleep(0.01);
            assert_int_equal(troupe_await(clock_hand_ticks(h)), ticks);
        }
}

static void every_kind_of_caller_sets_a_delayed_tell_and_cancels_it(void **state)
{
    (void)state;
    clock_hand never = hand_on(0);
    for (int kind = 0; kind < KINDS; kind++) {
        clock_hand once = hand_on(last());
        uint64_t timer = set_by(kind, last(), never, 1, false);
        uint64_t soon = set_by(kind, last(), once, 0.002, false);
        cancel_by(kind, last(), timer);
        wait_for_ticks(once, 1);
        cancel_by(kind, last(), soon); /* too late: it was sent */
        troupe_sleep(0.01);
        assert_int_equal(troupe_await(clock_hand_ticks(once)), 1);
    }
    troupe_sleep(1);
    assert_int_equal(troupe_await(clock_hand_ticks(never)), 0);
}

static void a_timer_is_cancelled_on_the_rank_that_set_it_alone(void **state)
{
    (void)state;
    if (troupe_ranks() == 1)
        skip();
    clock_hand h = hand_on(0);
    uint64_t timer = set_by(LIGHT, last(), h, 0.02, false);
    cancel_by(LIGHT, 0, timer);
    troupe_cancel_timer((troupe_timer){timer});
    wait_for_ticks(h, 1);
}

/* ---- what becomes of them -------------------------------------------------------------------- */

static void a_periodic_tell_outlives_the_actor_that_set_it(void **state)
{
    (void)state;
    for (int kind = LIGHT; kind <= WORKER; kind++) {
        clock_hand h = hand_on(0);
        setter s = setter_on(last(), kind);
        uint64_t timer = troupe_await(setter_set(s, h, 0.002, true));
        troupe_stop(s);
        (void)troupe_await(troupe_ended(s)).reason;
        wait_for_ticks(h, troupe_await(clock_hand_ticks(h)) + 3);
        cancel_by(LIGHT, last(), timer);
    }
}

static void the_arguments_of_a_tell_for_later_are_kept_for_it(void **state)
{
    (void)state;
    for (int kind = 0; kind <= KINDS; kind++) {
        clock_hand h = hand_on(last());
        if (kind == KINDS)
            keep_later(h);
        else if (kind == TASK)
            troupe_await(keep_later_task(h));
        else
            troupe_await(setter_keep_later(setter_on(0, kind), h));
        wait_for_ticks(h, 1);
        assert_string_equal(troupe_await(clock_hand_kept(h)), "as it was 499500");
    }
}

static void a_tell_for_later_to_one_that_has_ended_does_no_harm(void **state)
{
    (void)state;
    clock_hand h = hand_on(last());
    troupe_timer timer = troupe_every(0.001, clock_hand_tick, h);
    troupe_kill(h);
    (void)troupe_await(troupe_ended(h)).reason;
    clock_hand other = hand_on(last()); /* may have its number */
    troupe_sleep(0.02);
    assert_int_equal(troupe_await(clock_hand_ticks(other)), 0);
    troupe_cancel_timer(timer);
}

static void a_tell_for_later_to_no_actor_is_no_timer(void **state)
{
    (void)state;
    assert_int_equal(set((clock_hand){{0, 0}}, 0.001, false), 0);
    for (int kind = LIGHT; kind <= WORKER; kind++)
        assert_int_equal(troupe_await(setter_to_none(setter_on(last(), kind))), 0);
    troupe_cancel_timer((troupe_timer){0});
    cancel_by(TASK, last(), 0);
}

/* ---- sleeping -------------------------------------------------------------------------------- */

static void tasks_that_sleep_leave_their_slots_to_others(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    TROUPE_FUTURE(double) tasks[COUNT];
    double before = now(), slept[COUNT];
    for (int i = 0; i < COUNT; i++)
        tasks[i] = troupe_submit(sleep_task, .seconds = 0.1, .with = {.place = troupe_on(last())});
    troupe_await_all(tasks, COUNT, slept);
    for (int i = 0; i < COUNT; i++)
        assert_true(slept[i] >= 0.1);
    assert_true(now() - before < 0.1 * COUNT / 2);
}

static void a_sleep_of_nothing_or_less_comes_back(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        double seconds = i - 2;
        assert_true(troupe_await(sleep_task(seconds)) < 10);
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_caller_sets_a_periodic_tell_and_cancels_it),
        cmocka_unit_test(every_kind_of_caller_sets_a_delayed_tell_and_cancels_it),
        cmocka_unit_test(a_timer_is_cancelled_on_the_rank_that_set_it_alone),
        cmocka_unit_test(a_periodic_tell_outlives_the_actor_that_set_it),
        cmocka_unit_test(the_arguments_of_a_tell_for_later_are_kept_for_it),
        cmocka_unit_test(a_tell_for_later_to_one_that_has_ended_does_no_harm),
        cmocka_unit_test(a_tell_for_later_to_no_actor_is_no_timer),
        cmocka_unit_test(tasks_that_sleep_leave_their_slots_to_others),
        cmocka_unit_test(a_sleep_of_nothing_or_less_comes_back),
    };
    return TEST_PLAY(argc, argv, tests, 1);
}
