/*
 * Tests of transport self: order, what a seed changes and what it does not, sleep and waking.
 *
 * Ranks other than 0 run on stacks of their own and only record; rank 0, on the test's, asserts.
 */
#include "wire/wire.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/stack.h"

#define RANKS_MAX 5
#define EACH 20 /* parcels from each rank to each rank */
#define STACK_BYTES (256 * 1024)

struct seat {
    struct trp_wire *wire;
    struct trp_stack *stack, *running;
    struct play *play;
};

/* What was delivered, in the order of the whole process. */
struct delivery {
    int to, from, number;
};

struct play {
    int ranks, count;
    bool sleeping; /* ranks sleep when they have nothing to do, and do not only ask again */
    struct seat seats[RANKS_MAX];
    struct delivery log[RANKS_MAX * RANKS_MAX * EACH];
};

/* ---- a play: each sends to each, and receives until it has all ------------------------------- */

static void send(struct trp_wire *wire, int to, int number)
{
    struct trp_parcel *parcel = trp_parcel_new(TRP_PARCEL_BYTES);
    parcel->used = sizeof number;
    memcpy(parcel->bytes, &number, sizeof number);
    wire->ops->send(wire, to, parcel);
}

static bool receive(struct seat *seat)
{
    struct play *play = seat->play;
    struct trp_parcel *parcel = seat->wire->ops->receive(seat->wire, false);
    if (!parcel)
        return false;
    struct delivery *d = &play->log[play->count++];
    d->to = seat->wire->rank;
    d->from = parcel->peer;
    memcpy(&d->number, parcel->bytes, sizeof d->number);
    trp_parcel_drop(parcel);
    return true;
}

static bool receive_or_sleep(struct seat *seat)
{
    const struct trp_wire_ops *ops = seat->wire->ops;
    if (!seat->play->sleeping)
        return receive(seat);
    uint32_t announced = ops->announce(seat->wire);
    bool came = receive(seat);
    if (!came)
        ops->sleep(seat->wire, announced, -1);
    ops->awake(seat->wire);
    return came;
}

static void act(void *arg)
{
    struct seat *seat = arg;
    struct play *play = seat->play;
    int got = 0, all = play->ranks * EACH;
    for (int number = 0; number < EACH; number++) {
        for (int to = 0; to < play->ranks; to++)
            send(seat->wire, to, number);
        got += receive(seat);
    }
    while (got < all)
        got += receive_or_sleep(seat);
    seat->wire->ops->close(seat->wire);
}

static void open_play(struct play *play, int ranks, uint64_t seed, trp_stack_entry *entry)
{
    struct trp_wire *wires[RANKS_MAX];
    *play = (struct play){.ranks = ranks, .sleeping = true};
    assert_true(trp_wire_open_self(ranks, seed, wires));
    for (int i = 0; i < ranks; i++) {
        struct seat *seat = &play->seats[i];
        *seat = (struct seat){.wire = wires[i], .play = play};
        seat->stack = i ? trp_stack_new(STACK_BYTES, entry, seat) : trp_stack_native();
        assert_non_null(seat->stack);
        seat->running = seat->stack;
        wires[i]->running = &seat->running;
    }
}

static void free_stacks(struct play *play)
{
    for (int i = 0; i < play->ranks; i++)
        trp_stack_free(play->seats[i].stack);
}

/* Free it. */
static struct play *played(int ranks, uint64_t seed)
{
    struct play *play = malloc(sizeof *play);
    open_play(play, ranks, seed, act);
    act(&play->seats[0]);
    free_stacks(play);
    return play;
}

static void assert_each_once_and_in_order(const struct play *play)
{
    int next[RANKS_MAX][RANKS_MAX] = {{0}};

    assert_int_equal(play->count, play->ranks * play->ranks * EACH);
    for (int i = 0; i < play->count; i++) {
        const struct delivery *d = &play->log[i];
        assert_true(d->from >= 0 && d->from < play->ranks);
        assert_int_equal(d->number, next[d->to][d->from]++);
    }
}

static bool same_order(const struct play *a, const struct play *b)
{
    return a->count == b->count && !memcmp(a->log, b->log, (size_t)a->count * sizeof *a->log);
}

/* ---- order ----------------------------------------------------------------------------------- */

static void without_a_seed_each_pair_is_in_order_and_nothing_is_lost(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= RANKS_MAX; ranks++) {
        struct play *play = played(ranks, 0);
        assert_each_once_and_in_order(play);
        free(play);
    }
}

static void with_any_seed_each_pair_is_in_order_and_nothing_is_lost(void **state)
{
    (void)state;
    for (int ranks = 1; ranks <= RANKS_MAX; ranks++) {
        for (uint64_t seed = 1; seed <= 60; seed++) {
            struct play *play = played(ranks, seed * 0x9e3779b97f4a7c15u);
            assert_each_once_and_in_order(play);
            free(play);
        }
    }
}

/* It may look for ever: nothing would come if the others had no turn. */
static void a_rank_that_asks_again_and_again_lets_others_go_on(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct play *play = malloc(sizeof *play);
        open_play(play, 4, seed, act);
        play->sleeping = false;
        act(&play->seats[0]);
        free_stacks(play);
        assert_each_once_and_in_order(play);
        free(play);
    }
}

static void the_same_seed_is_the_same_order(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct play *a = played(4, seed), *b = played(4, seed);
        assert_true(same_order(a, b));
        free(a);
        free(b);
    }
}

static void different_seeds_are_different_orders(void **state)
{
    struct play *plays[21];

    (void)state;
    for (int i = 0; i <= 20; i++)
        plays[i] = played(3, (uint64_t)i);
    for (int i = 0; i <= 20; i++)
        for (int k = 0; k < i; k++)
            assert_false(same_order(plays[i], plays[k]));
    for (int i = 0; i <= 20; i++)
        free(plays[i]);
}

/* Who is first at rank 2 is not always the same: that is what seeds are for. */
static void seeds_let_each_pair_overtake_each_other(void **state)
{
    int first[3] = {0};

    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct play *play = played(3, seed);
        int i = 0;
        while (play->log[i].to != 2)
            i++;
        first[play->log[i].from]++;
        free(play);
    }
    for (int from = 0; from < 3; from++)
        assert_true(first[from] > 0);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void leave(void *arg)
{
    struct seat *seat = arg;
    for (int to = 0; to < seat->play->ranks; to++)
        send(seat->wire, to, 1);
    seat->wire->ops->close(seat->wire);
}

static void what_nobody_received_is_thrown_away_at_the_end(void **state)
{
    struct play play;

    (void)state;
    open_play(&play, 4, 0, leave);
    leave(&play.seats[0]);
    free_stacks(&play);
}

static void a_wire_knows_its_place(void **state)
{
    struct play play;

    (void)state;
    open_play(&play, 3, 0, leave);
    for (int i = 0; i < 3; i++) {
        const struct trp_wire *wire = play.seats[i].wire;
        assert_string_equal(wire->ops->name, "self");
        assert_int_equal(wire->rank, i);
        assert_int_equal(wire->ranks, 3);
        assert_int_equal(wire->node_rank, i);
        assert_int_equal(wire->node_ranks, 3);
        assert_false(wire->ops->sending(wire));
    }
    leave(&play.seats[0]);
    free_stacks(&play);
}

static void everyone_shares_what_rank_0_shares(void **state)
{
    struct play play;
    int mine = 17, all[3] = {0}, node[3] = {0};

    (void)state;
    open_play(&play, 3, 0, leave);
    play.seats[0].wire->ops->share_all(play.seats[0].wire, &mine, sizeof mine, all);
    play.seats[0].wire->ops->share(play.seats[0].wire, &mine, sizeof mine, node);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(all[i], 17);
        assert_int_equal(node[i], 17);
    }
    leave(&play.seats[0]);
    free_stacks(&play);
}

static void each_rank_has_words_of_its_own(void **state)
{
    struct play play;

    (void)state;
    open_play(&play, 3, 0, leave);
    for (int i = 0; i < 3; i++) {
        const struct trp_wire_words *words = play.seats[i].wire->words;
        assert_non_null(words);
        assert_int_equal(words->doing, 0);
        assert_int_equal(words->signal, 0);
        play.seats[i].wire->words->doing = (uint64_t)i + 1;
        play.seats[i].wire->words->pid = i;
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(play.seats[i].wire->words->doing, i + 1);
        assert_int_equal(play.seats[i].wire->words->pid, i);
    }
    leave(&play.seats[0]);
    free_stacks(&play);
}

static void nobody_dies(const struct trp_wire_death *death)
{
    dprintf(STDERR_FILENO, "rank %d died\n", death->rank);
    abort();
}

/* One process: what it looks for never happens, not even when ranks leave. */
static void a_wire_can_be_watched(void **state)
{
    struct play play;

    (void)state;
    open_play(&play, 3, 0, leave);
    for (int i = 0; i < 3; i++) {
        play.seats[i].wire->died = nobody_dies;
        if (play.seats[i].wire->ops->watch)
            play.seats[i].wire->ops->watch(play.seats[i].wire);
        play.seats[i].wire->words->signal = 11;
    }
    leave(&play.seats[0]);
    free_stacks(&play);
}

/* ---- sleep ----------------------------------------------------------------------------------- */

static double slept(struct trp_wire *wire, double seconds)
{
    double begin = trp_now();
    wire->ops->sleep(wire, wire->ops->announce(wire), seconds);
    wire->ops->awake(wire);
    return trp_now() - begin;
}

static void a_sleep_ends_when_its_time_is_over(void **state)
{
    struct play play;

    (void)state;
    open_play(&play, 1, 0, leave);
    assert_true(slept(play.seats[0].wire, 0) < 5);
    double seconds = slept(play.seats[0].wire, 0.03);
    assert_true(seconds > 0.02 && seconds < 5);
    leave(&play.seats[0]);
    free_stacks(&play);
}

static void a_wake_between_announcement_and_sleep_is_not_lost(void **state)
{
    struct play play;

    (void)state;
    open_play(&play, 1, 0, leave);
    struct trp_wire *wire = play.seats[0].wire;
    double begin = trp_now();
    uint32_t announced = wire->ops->announce(wire);
    wire->ops->wake(wire);
    wire->ops->sleep(wire, announced, 20);
    wire->ops->awake(wire);
    assert_true(trp_now() - begin < 10);
    leave(&play.seats[0]);
    free_stacks(&play);
}

static void *wake_later(void *arg)
{
    struct trp_wire *wire = arg;
    usleep(20000);
    wire->ops->wake(wire);
    return NULL;
}

static void another_thread_ends_a_sleep(void **state)
{
    struct play play;
    pthread_t thread;

    (void)state;
    open_play(&play, 1, 0, leave);
    assert_int_equal(pthread_create(&thread, NULL, wake_later, play.seats[0].wire), 0);
    assert_true(slept(play.seats[0].wire, 20) < 10);
    pthread_join(thread, NULL);
    leave(&play.seats[0]);
    free_stacks(&play);
}

/* Rank 1 sleeps for a moment, the others until something comes: a sleep may end early. */
static void nap(void *arg)
{
    struct seat *seat = arg;
    double end = trp_now() + 0.03;
    while (seat->wire->rank == 1 && trp_now() < end)
        slept(seat->wire, end - trp_now());
    if (seat->wire->rank == 1)
        send(seat->wire, 0, 5);
    else
        while (!receive(seat))
            slept(seat->wire, -1);
    leave(seat);
}

static void the_rank_whose_time_is_over_first_goes_on_while_all_sleep(void **state)
{
    struct play play;

    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++) {
        open_play(&play, 3, seed, nap);
        double begin = trp_now();
        while (!receive(&play.seats[0]))
            slept(play.seats[0].wire, -1);
        assert_true(trp_now() - begin > 0.02);
        assert_true(trp_now() - begin < 10);
        assert_int_equal(play.log[0].from, 1); /* whoever got it: nobody else had sent yet */
        leave(&play.seats[0]);
        free_stacks(&play);
    }
}

static int clear_pool(void **state)
{
    (void)state;
    trp_parcel_pool_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_seed_each_pair_is_in_order_and_nothing_is_lost),
        cmocka_unit_test(with_any_seed_each_pair_is_in_order_and_nothing_is_lost),
        cmocka_unit_test(a_rank_that_asks_again_and_again_lets_others_go_on),
        cmocka_unit_test(the_same_seed_is_the_same_order),
        cmocka_unit_test(different_seeds_are_different_orders),
        cmocka_unit_test(seeds_let_each_pair_overtake_each_other),
        cmocka_unit_test(what_nobody_received_is_thrown_away_at_the_end),
        cmocka_unit_test(a_wire_knows_its_place),
        cmocka_unit_test(everyone_shares_what_rank_0_shares),
        cmocka_unit_test(each_rank_has_words_of_its_own),
        cmocka_unit_test(a_wire_can_be_watched),
        cmocka_unit_test(a_sleep_ends_when_its_time_is_over),
        cmocka_unit_test(a_wake_between_announcement_and_sleep_is_not_lost),
        cmocka_unit_test(another_thread_ends_a_sleep),
        cmocka_unit_test(the_rank_whose_time_is_over_first_goes_on_while_all_sleep),
    };

    return cmocka_run_group_tests(tests, NULL, clear_pool);
}
