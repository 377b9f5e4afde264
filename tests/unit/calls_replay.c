/*
 * Transport self with a seed: the order of what happens follows from the seed alone, so that a
 * test that failed under one fails under it again.
 */
#include <string.h>

#include "play.h"

#define RANKS 4
#define EVENTS 4000

/* What happened in this process, in order: which actor was told what. */
static struct {
    int count;
    int events[EVENTS];
} trace;

TROUPE_CLASS(gossip, (int, number));
TROUPE_ASK(gossip, meet, void, (TROUPE_SPAN(gossip), others));
TROUPE_TELL(gossip, pass, (int, left), (int, rumour));
TROUPE_ASK(gossip, confirm, int, (int, left));

struct gossip_state {
    int number, count, turn;
    gossip others[RANKS];
};

static void on_init(struct gossip_state *self, int number)
{
    self->number = number;
}

static void on_meet(struct gossip_state *self, TROUPE_SPAN(gossip) others)
{
    self->count = (int)others.count;
    memcpy(self->others, others.data, others.count * sizeof *others.data);
}

static gossip next(struct gossip_state *self)
{
    return self->others[(self->number + ++self->turn) % self->count];
}

static void note(int event)
{
    if (trace.count < EVENTS)
        trace.events[trace.count++] = event;
}

static void on_pass(struct gossip_state *self, int left, int rumour)
{
    note(100 * rumour + self->number);
    if (left)
        gossip_pass(next(self), left - 1, rumour);
}

/* Waits for others that wait for others; none waits for itself, for each has a rank below. */
static int on_confirm(struct gossip_state *self, int left)
{
    note(10000 + self->number);
    return left ? 1 + troupe_await(gossip_confirm(self->others[left - 1], left - 1)) : 0;
}

TROUPE_IMPLEMENT(gossip, (init, on_init), (meet, on_meet), (pass, on_pass), (confirm, on_confirm));

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    gossip all[RANKS];
    for (int i = 0; i < RANKS; i++)
        all[i] = gossip_new(i);
    for (int i = 0; i < RANKS; i++)
        troupe_await(gossip_meet(all[i], (TROUPE_SPAN(gossip)){all, RANKS}));
    for (int rumour = 1; rumour <= 10; rumour++)
        gossip_pass(all[rumour % RANKS], 30, rumour);
    int sum = 0;
    for (int i = 0; i < 5; i++)
        sum += troupe_await(gossip_confirm(all[RANKS - 1], RANKS - 1));
    return sum == 5 * (RANKS - 1) ? 0 : 1;
}

static void play(uint64_t seed)
{
    const struct troupe_run_options options = {.transport = "self", .ranks = RANKS, .seed = seed};
    trace.count = 0;
    assert_int_equal(troupe_run(0, NULL, driver, &options), 0);
    assert_int_equal(trace.count, 10 * 31 + 5 * RANKS);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void expect_the_same_again(uint64_t seed)
{
    static int before[EVENTS];
    play(seed);
    int count = trace.count;
    memcpy(before, trace.events, sizeof before);
    for (int again = 0; again < 3; again++) {
        play(seed);
        assert_int_equal(trace.count, count);
        for (int i = 0; i < count; i++)
            if (trace.events[i] != before[i])
                fail_msg("seed %d: event %d of %d is another one", (int)seed, i, count);
    }
}

static void without_a_seed_everything_happens_in_the_same_order_again(void **state)
{
    (void)state;
    expect_the_same_again(0);
}

static void with_a_seed_everything_happens_in_the_same_order_again(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++)
        expect_the_same_again(seed);
}

static void seeds_give_different_orders(void **state)
{
    (void)state;
    static int before[EVENTS];
    int different = 0;
    play(0);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        memcpy(before, trace.events, sizeof before);
        play(seed);
        different += memcmp(before, trace.events, (size_t)trace.count * sizeof *before) != 0;
    }
    assert_true(different >= 9);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_seed_everything_happens_in_the_same_order_again),
        cmocka_unit_test(with_a_seed_everything_happens_in_the_same_order_again),
        cmocka_unit_test(seeds_give_different_orders),
    };
    test_time_limit(60);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
