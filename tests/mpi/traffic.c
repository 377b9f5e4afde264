/*
 * Random traffic between all ranks: every receiver sees what each sender told it in order, each
 * once, whatever the sizes. They go from 8 bytes to 300 KiB, so over several messages of a
 * transport. The seed is printed; TROUPE_TEST_SEED sets it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "play.h"

#define PEERS 64
#define LARGEST (300 * 1024)

TROUPE_CLASS(peer, (uint32_t, number), (uint64_t, seed));
TROUPE_TELL(peer, start, (TROUPE_SPAN(peer), peers), (int, count));
TROUPE_TELL(peer, go_on, (int, count));
TROUPE_TELL(peer, take, (uint32_t, from), (uint64_t, number), (TROUPE_SPAN(uint8_t), payload));
TROUPE_ASK(peer, taken, uint64_t);
TROUPE_ASK(peer, complaint, troupe_str);

struct peer_state {
    uint32_t number;
    uint64_t random;
    peer peers[PEERS];
    uint64_t count;
    uint64_t sent[PEERS], expected[PEERS];
    uint64_t taken;
    char complaint[200];
};

static void on_init(struct peer_state *self, uint32_t number, uint64_t seed)
{
    self->number = number;
    self->random = seed + number * UINT64_C(0x123456789);
}

/* What a payload must be follows from its numbers. */
static uint64_t mark_of(uint32_t from, uint32_t to, uint64_t number)
{
    uint64_t state = (uint64_t)from << 48 ^ (uint64_t)to << 32 ^ number;
    return test_random(&state);
}

static size_t size_of(uint64_t mark)
{
    uint64_t kind = mark >> 56;
    size_t most = kind < 180 ? 100 : kind < 240 ? 20000 : LARGEST, size = 1 + mark % most;
    return size < 2 * sizeof mark ? sizeof mark : size;
}

static void send_one(struct peer_state *self)
{
    uint32_t to = (uint32_t)(test_random(&self->random) % self->count);
    uint64_t number = self->sent[to]++, mark = mark_of(self->number, to, number);
    size_t size = size_of(mark);
    uint8_t *bytes = troupe_alloc(size); /* its own: others run while something large is sent */
    memcpy(bytes, &mark, sizeof mark);
    memcpy(bytes + size - sizeof mark, &mark, sizeof mark);
    peer_take(self->peers[to], self->number, number, (TROUPE_SPAN(uint8_t)){bytes, size});
}

static void on_go_on(struct peer_state *self, int count)
{
    for (int i = 0; i < count && i < 10; i++)
        send_one(self);
    if (count > 10)
        peer_go_on(peer_self(self), count - 10);
}

static void on_start(struct peer_state *self, TROUPE_SPAN(peer) peers, int count)
{
    self->count = peers.count;
    memcpy(self->peers, peers.data, peers.count * sizeof *peers.data);
    on_go_on(self, count);
}

static void on_take(struct peer_state *self, uint32_t from, uint64_t number,
                    TROUPE_SPAN(uint8_t) payload)
{
    uint64_t mark = mark_of(from, self->number, number);
    bool good = payload.count == size_of(mark) && !memcmp(payload.data, &mark, sizeof mark) &&
                !memcmp(payload.data + payload.count - sizeof mark, &mark, sizeof mark);
    if (!self->complaint[0] && (number != self->expected[from] || !good))
        snprintf(self->complaint, sizeof self->complaint,
                 "peer %u got number %llu of peer %u for %llu, of %zu bytes, payload %s",
                 self->number, (unsigned long long)number, from,
                 (unsigned long long)self->expected[from], payload.count, good ? "good" : "bad");
    self->expected[from] = number + 1;
    self->taken++;
}

static uint64_t on_taken(struct peer_state *self)
{
    return self->taken;
}

static troupe_str on_complaint(struct peer_state *self)
{
    return self->complaint;
}

TROUPE_IMPLEMENT(peer, (init, on_init), (start, on_start), (go_on, on_go_on), (take, on_take),
                 (taken, on_taken), (complaint, on_complaint));

/* ---- tests ----------------------------------------------------------------------------------- */

static uint64_t total_taken(const peer *peers, int count)
{
    uint64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum += troupe_await(peer_taken(peers[i]));
    return sum;
}

static void every_pair_keeps_its_order_and_loses_nothing(void **state)
{
    (void)state;
    const char *given = getenv("TROUPE_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    int ranks = troupe_ranks(), count = 2 * ranks <= PEERS ? 2 * ranks : PEERS;
    int each = (getenv("TROUPE_TEST_LONG") ? 40000 : 2400) / count;
    print_message("TROUPE_TEST_SEED=%llu\n", (unsigned long long)seed);

    peer peers[PEERS];
    for (int i = 0; i < count; i++)
        peers[i] = troupe_new(peer, .number = (uint32_t)i, .seed = seed,
                              .with = {.place = troupe_on(i % ranks)});
    for (int i = 0; i < count; i++)
        peer_start(peers[i], (TROUPE_SPAN(peer)){peers, (size_t)count}, each);
    while (total_taken(peers, count) < (uint64_t)(each * count))
        troupe_sleep(1e-3);
    assert_int_equal(total_taken(peers, count), each * count);
    for (int i = 0; i < count; i++)
        assert_string_equal(troupe_await(peer_complaint(peers[i])), "");
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_keeps_its_order_and_loses_nothing),
    };
    return TEST_PLAY(argc, argv, tests, 10);
}
