/*
 * The wire between real ranks, without what is above it: parcels of all sizes in order, urgent ones
 * never behind what was sent after them, bulk in one
 * chunk or many, kept or thrown away, sleep, the end of a job with bulk that nobody came for, and
 * rings of a wrong size.
 *
 * All ranks do the same, one scene after the other; rank 0 asserts what they found together.
 */
#include "wire/wire.h"

#include <mpi.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/bulks.h"
#include "wire/rings.h"

#define PARCELS 300 /* from each rank to each */
#define BULKS 10
#define URGENT 30 /* each so many-th is followed by an urgent one */
#define URGENT_ONES ((PARCELS + URGENT - 1) / URGENT)
#define CHUNK 4096 /* bytes, where there are to be many */
#define LARGEST 100000

static int rank, ranks;

/* ---- what is sent ---------------------------------------------------------------------------- */

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t mark_of(int from, int to, int number)
{
    return mix((uint64_t)from << 40 ^ (uint64_t)to << 20 ^ (uint64_t)number ^ 0x1234567u);
}

static size_t size_of(uint64_t mark)
{
    return (mark >> 60 ? mark % 40 : mark % (LARGEST / 8)) * 8;
}

/* The largest gets smaller with the ranks, as each sends one to each: many chunks that came before
   they were asked for keep MPI searching. */
static size_t bulk_size_of(int number)
{
    size_t many = ((size_t)3 << 20) / (size_t)ranks;
    size_t sizes[BULKS] = {0,         1,    CHUNK - 1,     CHUNK, CHUNK + 1,
                           2 * CHUNK, many, 5 * CHUNK + 7, 1,     100001};
    return sizes[number];
}

/* Not every byte: they are many. */
static void fill(unsigned char *bytes, size_t size, uint64_t mark)
{
    for (size_t i = 0; i < size; i += 61)
        bytes[i] = (unsigned char)(mark + i);
}

static bool is_filled(const unsigned char *bytes, size_t size, uint64_t mark)
{
    for (size_t i = 0; i < size; i += 61)
        if (bytes[i] != (unsigned char)(mark + i))
            return false;
    return true;
}

/* ---- a rank ---------------------------------------------------------------------------------- */

struct cargo {
    struct trp_bulk bulk; /* first: what done gets */
    bool receives;
    uint64_t mark;
};

static struct trp_wire *wire;
static bool throws;   /* every other bulk away that comes */
static int *expected; /* [ranks] number of the next parcel */
static int *urgent;   /* [ranks] the same of urgent ones */
static int parcels, bulks_sent, bulks_received, lost, wrong;

static void done(struct trp_bulk *bulk)
{
    struct cargo *c = (struct cargo *)(void *)bulk;
    lost += bulk->lost;
    *(c->receives ? &bulks_received : &bulks_sent) += 1;
    wrong += c->receives && !bulk->lost && bulk->bytes &&
             !is_filled(bulk->bytes, bulk->size, c->mark);
    free(bulk->bytes);
    free(c);
}

static void carry(int peer, int number, bool receives)
{
    struct cargo *c = calloc(1, sizeof *c);
    c->receives = receives;
    c->mark = receives ? mark_of(peer, rank, -number) : mark_of(rank, peer, -number);
    c->bulk.peer = peer;
    c->bulk.size = bulk_size_of(number);
    c->bulk.bytes = receives && throws && number % 2 == 0 ? NULL : calloc(1, c->bulk.size + 1);
    c->bulk.done = done;
    if (!receives)
        fill(c->bulk.bytes, c->bulk.size, c->mark);
    (receives ? wire->ops->receive_bulk : wire->ops->send_bulk)(wire, &c->bulk);
}

static bool announces_bulk(int number)
{
    return number % (PARCELS / BULKS) == 1;
}

static uint64_t mark_for(int from, int to, int number, bool is_urgent)
{
    return mark_of(from, to, is_urgent ? number + PARCELS : number);
}

static void send_one(int to, int number, bool is_urgent)
{
    uint64_t mark = mark_for(rank, to, number, is_urgent);
    size_t size = size_of(mark);
    struct trp_parcel *parcel =
        trp_parcel_new(size > TRP_PARCEL_BYTES ? size : TRP_PARCEL_BYTES);
    parcel->used = size;
    parcel->urgent = is_urgent;
    fill(parcel->bytes, size, mark);
    wire->ops->send(wire, to, parcel);
}

static void send(int to, int number)
{
    send_one(to, number, false);
    if (number % URGENT == 0)
        send_one(to, number / URGENT, true);
    if (announces_bulk(number))
        carry(to, number / (PARCELS / BULKS), false);
}

/* Urgent ones that were sent before one that is not. */
static int urgent_before(int number)
{
    return (number + URGENT - 1) / URGENT;
}

/* Who is `full` is given what is urgent, and what is before that. */
static bool receive(bool full)
{
    struct trp_parcel *parcel = wire->ops->receive(wire, full);
    if (!parcel)
        return false;
    bool is_urgent = parcel->urgent;
    int from = parcel->peer, number = is_urgent ? urgent[from]++ : expected[from]++;
    uint64_t mark = mark_for(from, rank, number, is_urgent);
    parcels++;
    wrong += parcel->used != size_of(mark) || !is_filled(parcel->bytes, parcel->used, mark);
    wrong += !is_urgent && urgent[from] < urgent_before(number);
    trp_parcel_drop(parcel);
    if (!is_urgent && announces_bulk(number))
        carry(from, number / (PARCELS / BULKS), true);
    return true;
}

static bool complete(void)
{
    return parcels == (ranks - 1) * (PARCELS + URGENT_ONES) && bulks_sent == (ranks - 1) * BULKS &&
           bulks_received == (ranks - 1) * BULKS && !wire->ops->sending(wire);
}

static void receive_or_sleep(void)
{
    uint32_t announced = wire->ops->announce(wire);
    if (!receive(false) && !complete())
        wire->ops->sleep(wire, announced, -1);
    wire->ops->awake(wire);
}

/* ---- scenes ---------------------------------------------------------------------------------- */

static bool is_p2p(void)
{
    const char *transport = getenv("TROUPE_TRANSPORT");
    return transport && !strcmp(transport, "p2p");
}

static bool open_wire(const char *ring)
{
    MPI_Comm comm = MPI_COMM_WORLD;
    setenv("TROUPE_RING", ring, 1);
    wire = is_p2p() ? trp_wire_open_p2p(NULL, NULL, &comm)
                    : trp_wire_open_rma(NULL, NULL, &comm, true);
    expected = calloc((size_t)ranks, sizeof *expected);
    urgent = calloc((size_t)ranks, sizeof *urgent);
    parcels = bulks_sent = bulks_received = lost = wrong = 0;
    return wire;
}

static void close_wire(void)
{
    wire->ops->close(wire);
    free(expected);
    free(urgent);
}

/* Sum over the ranks. */
static int together(int mine)
{
    int all;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    return all;
}

/* Each sends to each, receiving in between or not. How many found something wrong. */
static int storm(const char *ring, bool receives_between)
{
    if (!open_wire(ring))
        return together(1);
    for (int number = 0; number < PARCELS; number++) {
        for (int i = 1; i < ranks; i++)
            send((rank + i) % ranks, number);
        if (receives_between)
            receive(number % 2);
    }
    while (!complete())
        receive_or_sleep();
    close_wire();
    return together(wrong + lost);
}

static int storm_in_chunks(bool and_throws)
{
    size_t chunk = trp_bulks_chunk;
    trp_bulks_chunk = CHUNK;
    throws = and_throws;
    int found = storm("", true);
    trp_bulks_chunk = chunk;
    throws = false;
    return found;
}

/* Rank 0 sends what nobody asks for; it and the last one ask for what nobody sends. How many ranks
   were not told that theirs is over, and how much is not lost. */
static int abandoned(bool and_throws)
{
    if (!open_wire(""))
        return together(1);
    throws = and_throws;
    int sends = rank == 0 && ranks > 1, asks = sends || (rank == ranks - 1 && ranks > 2);
    if (sends)
        carry(1, 6, false);
    if (asks)
        carry(rank == 0 ? 1 : 0, 6, true);
    close_wire();
    throws = false;
    return together(bulks_sent != sends || bulks_received != asks || lost != asks);
}

static const char *const wrong_sizes[] = {"2048", "5000", "many", "64k", "134217728", "0"};
#define WRONG_SIZES (sizeof wrong_sizes / sizeof *wrong_sizes)

static int refused(const char *ring)
{
    bool opened = open_wire(ring);
    if (opened)
        close_wire();
    else
        free(expected);
    return together(!opened);
}

/* ---- what rank 0 says of it ------------------------------------------------------------------ */

static void everything_arrives_in_order(void **state)
{
    (void)state;
    assert_int_equal(storm("", true), 0);
}

static void everything_arrives_through_the_smallest_ring(void **state)
{
    (void)state;
    assert_int_equal(storm("4096", true), 0);
}

static int storm_of_the_announced(void)
{
    int few = trp_rings_few;
    trp_rings_few = 0;
    int found = storm("4096", true);
    trp_rings_few = few;
    return found;
}

static void everything_arrives_where_there_are_too_many_rings_to_look_at(void **state)
{
    (void)state;
    assert_int_equal(storm_of_the_announced(), 0);
}

static void all_may_send_all_before_they_receive(void **state)
{
    (void)state;
    assert_int_equal(storm("4096", false), 0);
}

static void bulk_in_many_chunks_arrives_whole(void **state)
{
    (void)state;
    assert_int_equal(storm_in_chunks(false), 0);
}

static void bulk_that_is_thrown_away_lets_the_rest_arrive(void **state)
{
    (void)state;
    assert_int_equal(storm_in_chunks(true), 0);
}

static void bulk_that_nobody_comes_for_keeps_nobody(void **state)
{
    (void)state;
    assert_int_equal(abandoned(false), 0);
}

static void bulk_that_would_be_thrown_away_and_never_comes_keeps_nobody(void **state)
{
    (void)state;
    assert_int_equal(abandoned(true), 0);
}

static void a_ring_of_a_wrong_size_is_refused_by_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRONG_SIZES; i++)
        assert_int_equal(refused(wrong_sizes[i]), is_p2p() ? 0 : ranks);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(everything_arrives_in_order),
    cmocka_unit_test(everything_arrives_through_the_smallest_ring),
    cmocka_unit_test(everything_arrives_where_there_are_too_many_rings_to_look_at),
    cmocka_unit_test(all_may_send_all_before_they_receive),
    cmocka_unit_test(bulk_in_many_chunks_arrives_whole),
    cmocka_unit_test(bulk_that_is_thrown_away_lets_the_rest_arrive),
    cmocka_unit_test(bulk_that_nobody_comes_for_keeps_nobody),
    cmocka_unit_test(bulk_that_would_be_thrown_away_and_never_comes_keeps_nobody),
    cmocka_unit_test(a_ring_of_a_wrong_size_is_refused_by_all),
};

/* The others play along: what they find rank 0 hears. */
static int play_along(void)
{
    storm("", true);
    storm("4096", true);
    storm_of_the_announced();
    storm("4096", false);
    storm_in_chunks(false);
    storm_in_chunks(true);
    abandoned(false);
    abandoned(true);
    for (size_t i = 0; i < WRONG_SIZES; i++)
        refused(wrong_sizes[i]);
    return 0;
}

int main(int argc, char **argv)
{
    int level;
    if (!getenv("TROUPE_TEST_RANKS"))
        return 77; /* of the ranks that self plays there are tests of their own */
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    int failed = rank == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : play_along();
    MPI_Finalize();
    return failed != 0;
}
