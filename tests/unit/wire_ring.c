/*
 * Tests of the ring: order, room, wrapping, when the writer is told, and two threads at once.
 */
#include "wire/ring.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIZE TRP_RING_MIN
#define LARGE (64 * 1024)
#define LONGEST (LARGE / 4)
#define BYTES (256 * 1024 * 1024) /* that two threads pass on */

struct ends {
    size_t size, longest;
    struct trp_ring *ring;
    struct trp_ring_writer writer;
    struct trp_ring_reader reader;
};

static int open_ring_of(size_t size, void **state)
{
    struct ends *ends = malloc(sizeof *ends);
    size_t bytes = sizeof(struct trp_ring) + size;
    ends->size = size;
    ends->longest = trp_ring_longest(size);
    ends->ring = aligned_alloc(64, bytes);
    memset(ends->ring, 0xee, bytes);
    trp_ring_init(ends->ring);
    trp_ring_open(ends->ring, size, &ends->writer, &ends->reader);
    *state = ends;
    return 0;
}

static int open_ring(void **state)
{
    return open_ring_of(SIZE, state);
}

static int open_large_ring(void **state)
{
    return open_ring_of(LARGE, state);
}

static int close_ring(void **state)
{
    struct ends *ends = *state;
    free(ends->ring);
    free(ends);
    return 0;
}

static uint64_t drawn(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* The bytes of message `number`. */
static void fill(unsigned char *bytes, size_t size, uint64_t number)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(number * 31 + i * 7);
}

static size_t size_of(const struct ends *ends, uint64_t number)
{
    uint64_t state = number * 0x9e3779b97f4a7c15u;
    return drawn(&state) % (drawn(&state) % 4 ? 100 : ends->longest + 1);
}

static bool write_number(struct ends *ends, uint64_t number)
{
    unsigned char bytes[LONGEST];
    fill(bytes, size_of(ends, number), number);
    return trp_ring_write(&ends->writer, bytes, size_of(ends, number), number);
}

/* False: nothing has come. Otherwise it is checked. */
static bool read_number(struct ends *ends, uint64_t number, bool *told)
{
    unsigned char got[LONGEST], wanted[LONGEST];
    uint64_t word = trp_ring_next(&ends->reader);
    if (!word)
        return false;
    assert_int_equal(trp_ring_note(word), number);
    assert_int_equal(trp_ring_size(word), size_of(ends, number));
    *told = trp_ring_take(&ends->reader, word, got);
    fill(wanted, size_of(ends, number), number);
    assert_memory_equal(got, wanted, size_of(ends, number));
    return true;
}

static void a_new_ring_is_empty_whatever_the_memory_held(void **state)
{
    struct ends *ends = *state;

    assert_int_equal(trp_ring_next(&ends->reader), 0);
}

static void a_message_comes_out_as_it_went_in(void **state)
{
    struct ends *ends = *state;
    char got[6];

    assert_true(trp_ring_write(&ends->writer, "hello", 6, TRP_RING_NOTE_MAX));
    uint64_t word = trp_ring_next(&ends->reader);
    assert_int_equal(trp_ring_size(word), 6);
    assert_int_equal(trp_ring_note(word), TRP_RING_NOTE_MAX);
    assert_false(trp_ring_take(&ends->reader, word, got));
    assert_string_equal(got, "hello");
    assert_int_equal(trp_ring_next(&ends->reader), 0);
}

static void a_message_of_no_bytes_is_a_message(void **state)
{
    struct ends *ends = *state;

    assert_true(trp_ring_write(&ends->writer, "", 0, 0));
    uint64_t word = trp_ring_next(&ends->reader);
    assert_int_not_equal(word, 0);
    assert_int_equal(trp_ring_size(word), 0);
    trp_ring_take(&ends->reader, word, NULL);
    assert_int_equal(trp_ring_next(&ends->reader), 0);
}

static void what_is_thrown_away_makes_way_for_the_next(void **state)
{
    struct ends *ends = *state;
    bool told;

    assert_true(write_number(ends, 1));
    assert_true(write_number(ends, 2));
    trp_ring_take(&ends->reader, trp_ring_next(&ends->reader), NULL);
    assert_true(read_number(ends, 2, &told));
}

/* Filled to the brim and emptied, so often that each position of a line is the end of the ring. */
static void a_full_ring_refuses_and_loses_nothing(void **state)
{
    struct ends *ends = *state;
    uint64_t in = 0, out = 0;
    bool told;

    for (int round = 0; round < 2000; round++) {
        while (write_number(ends, in))
            in++;
        assert_true(in > out);
        while (read_number(ends, out, &told))
            out++;
        assert_int_equal(in, out);
    }
}

static void the_longest_message_fits_in_an_emptied_ring_wherever_it_stands(void **state)
{
    struct ends *ends = *state;
    unsigned char bytes[LONGEST] = {0}, got[LONGEST];

    for (size_t i = 0; i < 1000; i++) {
        assert_true(trp_ring_write(&ends->writer, bytes, i % 2 ? ends->longest : i, 0));
        trp_ring_take(&ends->reader, trp_ring_next(&ends->reader), got);
    }
}

/* Else it would sleep for ever: whatever is in a ring that refused, reading it all tells. */
static void a_writer_that_waits_is_told_before_the_ring_is_empty(void **state)
{
    struct ends *ends = *state;
    uint64_t in = 0, out = 0;

    for (int round = 0; round < 2000; round++) {
        while (write_number(ends, in))
            in++;
        bool told = false, once = false;
        while (read_number(ends, out, &told)) {
            out++;
            once |= told;
        }
        assert_true(once);
        assert_true(write_number(ends, in++));
        assert_true(read_number(ends, out++, &told));
    }
}

static void a_writer_that_does_not_wait_is_not_told(void **state)
{
    struct ends *ends = *state;
    bool told = false;

    for (uint64_t i = 0; i < 2000; i++) {
        assert_true(write_number(ends, i));
        assert_true(read_number(ends, i, &told));
        assert_false(told);
    }
}

static uint64_t count_of(const struct ends *ends)
{
    return BYTES / ends->size * 4;
}

static void *write_many(void *arg)
{
    for (uint64_t number = 0; number < count_of(arg);) {
        if (write_number(arg, number))
            number++;
        else
            sched_yield();
    }
    return NULL;
}

static void two_threads_pass_every_message_in_order(void **state)
{
    pthread_t writer;
    bool told;

    assert_int_equal(pthread_create(&writer, NULL, write_many, *state), 0);
    for (uint64_t number = 0; number < count_of(*state);) {
        if (read_number(*state, number, &told))
            number++;
        else
            sched_yield();
    }
    pthread_join(writer, NULL);
}

#define IN_A_LARGE_RING(test) cmocka_unit_test_setup_teardown(test, open_large_ring, close_ring)
#define IN_A_RING(test) cmocka_unit_test_setup_teardown(test, open_ring, close_ring)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_RING(a_new_ring_is_empty_whatever_the_memory_held),
        IN_A_RING(a_message_comes_out_as_it_went_in),
        IN_A_RING(a_message_of_no_bytes_is_a_message),
        IN_A_RING(what_is_thrown_away_makes_way_for_the_next),
        IN_A_RING(a_full_ring_refuses_and_loses_nothing),
        IN_A_RING(the_longest_message_fits_in_an_emptied_ring_wherever_it_stands),
        IN_A_RING(a_writer_that_waits_is_told_before_the_ring_is_empty),
        IN_A_RING(a_writer_that_does_not_wait_is_not_told),
        IN_A_RING(two_threads_pass_every_message_in_order),
        IN_A_LARGE_RING(a_full_ring_refuses_and_loses_nothing),
        IN_A_LARGE_RING(the_longest_message_fits_in_an_emptied_ring_wherever_it_stands),
        IN_A_LARGE_RING(a_writer_that_waits_is_told_before_the_ring_is_empty),
        IN_A_LARGE_RING(two_threads_pass_every_message_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
