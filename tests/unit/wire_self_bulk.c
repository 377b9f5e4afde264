/*
 * Tests of bulk on transport self: each byte, both orders, with any seed, and at the end.
 *
 * Every rank sends each other some bulk and announces each with a parcel, as the layers above do.
 */
#include "wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/stack.h"

#define RANKS 3
#define EACH 10
#define STACK_BYTES (256 * 1024)

struct cargo {
    struct trp_bulk bulk; /* first: what done gets */
    struct seat *seat;
    bool receives;
    int number;
};

struct seat {
    struct trp_wire *wire;
    struct trp_stack *stack, *running;
    struct play *play;
    int sent, received, lost;
    int asked[RANKS]; /* bulks announced by each */
};

struct play {
    bool asks_first;  /* receives are posted before they are announced */
    bool late_parcel; /* the parcel is sent before the bulk */
    bool deaf;        /* rank 2 receives nothing */
    bool inside;      /* of receive, or of the end */
    struct seat seats[RANKS];
};

static size_t size_of(int from, int to, int number)
{
    return number == 0 ? 0 : (size_t)(from + 1) * (size_t)(to + 5) * (size_t)number * 997;
}

static unsigned char byte_of(int from, int to, int number, size_t at)
{
    return (unsigned char)((size_t)(from * 7 + to * 3 + number) + at * 13);
}

static bool is_right(const struct cargo *c)
{
    int from = c->bulk.peer, to = c->seat->wire->rank;
    for (size_t i = 0; i < c->bulk.size; i++)
        if (c->bulk.bytes[i] != byte_of(from, to, c->number, i))
            return false;
    return true;
}

static void done(struct trp_bulk *bulk)
{
    struct cargo *c = (struct cargo *)(void *)bulk;

    assert_true(c->seat->play->inside);
    c->seat->lost += bulk->lost;
    if (c->receives)
        c->seat->received++;
    else
        c->seat->sent++;
    if (c->receives && !bulk->lost)
        assert_true(is_right(c));
    free(bulk->bytes);
    free(c);
}

static struct cargo *cargo_new(struct seat *seat, int peer, int number, bool receives)
{
    int rank = seat->wire->rank;
    struct cargo *c = calloc(1, sizeof *c);
    *c = (struct cargo){.seat = seat, .receives = receives, .number = number};
    c->bulk.peer = peer;
    c->bulk.size = receives ? size_of(peer, rank, number) : size_of(rank, peer, number);
    c->bulk.bytes = malloc(c->bulk.size + 1);
    c->bulk.done = done;
    return c;
}

static void announce(struct seat *seat, int to)
{
    struct trp_parcel *parcel = trp_parcel_new(TRP_PARCEL_BYTES);
    seat->wire->ops->send(seat->wire, to, parcel);
}

static void send_bulk(struct seat *seat, int to, int number)
{
    struct cargo *c = cargo_new(seat, to, number, false);
    for (size_t i = 0; i < c->bulk.size; i++)
        c->bulk.bytes[i] = byte_of(seat->wire->rank, to, number, i);
    if (seat->play->late_parcel)
        announce(seat, to);
    seat->wire->ops->send_bulk(seat->wire, &c->bulk);
    assert_true(seat->wire->ops->sending(seat->wire));
    if (!seat->play->late_parcel)
        announce(seat, to);
}

static void ask_for(struct seat *seat, int from)
{
    struct cargo *c = cargo_new(seat, from, seat->asked[from]++, true);
    seat->wire->ops->receive_bulk(seat->wire, &c->bulk);
}

static bool receive(struct seat *seat)
{
    seat->play->inside = true;
    struct trp_parcel *parcel = seat->wire->ops->receive(seat->wire, false);
    seat->play->inside = false;
    if (!parcel)
        return false;
    int from = parcel->peer;
    trp_parcel_drop(parcel);
    if (!seat->play->asks_first && !(seat->play->deaf && seat->wire->rank == 2))
        ask_for(seat, from);
    return true;
}

static void receive_or_sleep(struct seat *seat)
{
    const struct trp_wire_ops *ops = seat->wire->ops;
    uint32_t announced = ops->announce(seat->wire);
    if (!receive(seat))
        ops->sleep(seat->wire, announced, -1);
    ops->awake(seat->wire);
}

static void send_all(struct seat *seat)
{
    for (int number = 0; number < EACH; number++) {
        for (int to = 0; to < RANKS; to++) {
            if (to == seat->wire->rank)
                continue;
            if (seat->play->asks_first)
                ask_for(seat, to);
            send_bulk(seat, to, number);
        }
        receive(seat);
    }
}

static void close_wire(struct seat *seat)
{
    seat->play->inside = true;
    seat->wire->ops->close(seat->wire);
}

static void act(void *arg)
{
    struct seat *seat = arg;
    const struct trp_wire_ops *ops = seat->wire->ops;

    send_all(seat);
    while (seat->sent < (RANKS - 1) * EACH || seat->received < (RANKS - 1) * EACH)
        receive_or_sleep(seat);
    assert_false(ops->sending(seat->wire));
    assert_int_equal(seat->lost, 0);
    close_wire(seat);
}

static void play(struct play *play, uint64_t seed, trp_stack_entry *entry)
{
    struct trp_wire *wires[RANKS];

    assert_true(trp_wire_open_self(RANKS, seed, wires));
    for (int i = 0; i < RANKS; i++) {
        struct seat *seat = &play->seats[i];
        *seat = (struct seat){.wire = wires[i], .play = play};
        seat->stack = i ? trp_stack_new(STACK_BYTES, entry, seat) : trp_stack_native();
        seat->running = seat->stack;
        wires[i]->running = &seat->running;
    }
    entry(&play->seats[0]);
    for (int i = 0; i < RANKS; i++)
        trp_stack_free(play->seats[i].stack);
}

static void each_byte_arrives_at_its_place_with_any_seed(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++)
        play(&(struct play){0}, seed, act);
}

static void it_may_be_asked_for_before_it_is_sent(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++)
        play(&(struct play){.asks_first = true}, seed, act);
}

static void it_may_be_announced_before_it_is_sent(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++)
        play(&(struct play){.late_parcel = true}, seed, act);
}

static void leave(void *arg)
{
    send_all(arg);
    close_wire(arg);
}

/* Done is called for each all the same: what they hold is freed, or leaks would show. */
static void what_nobody_came_for_is_lost_at_the_end(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct play p = {.deaf = true};
        play(&p, seed, leave);
        for (int i = 0; i < RANKS; i++)
            assert_int_equal(p.seats[i].sent, (RANKS - 1) * EACH);
        assert_true(p.seats[0].lost + p.seats[1].lost >= 2 * EACH);
        assert_int_equal(p.seats[2].received, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_arrives_at_its_place_with_any_seed),
        cmocka_unit_test(it_may_be_asked_for_before_it_is_sent),
        cmocka_unit_test(it_may_be_announced_before_it_is_sent),
        cmocka_unit_test(what_nobody_came_for_is_lost_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
