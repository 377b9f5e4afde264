/*
 * Tests of parcels: holds, the pool, queues.
 */
#include "wire/parcel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LARGE (64 * 1024)
#define MANY 1000 /* more than the pool keeps */

static int clear_pool(void **state)
{
    (void)state;
    trp_parcel_pool_clear();
    return 0;
}

static bool is_new(const struct trp_parcel *parcel, size_t room)
{
    return parcel->room == room && parcel->used == 0 && parcel->at == 0 && parcel->peer == -1 &&
           parcel->holds == 1 && !parcel->next;
}

static void a_new_parcel_is_empty_and_held_once(void **state)
{
    struct trp_parcel *parcel = trp_parcel_new(TRP_PARCEL_BYTES);

    (void)state;
    assert_true(is_new(parcel, TRP_PARCEL_BYTES));
    assert_int_equal((uintptr_t)parcel->bytes % 16, 0);
    trp_parcel_drop(parcel);
}

static void all_of_the_room_can_be_written(void **state)
{
    static const size_t rooms[] = {0, 8, 40, TRP_PARCEL_BYTES - 8, TRP_PARCEL_BYTES,
                                   TRP_PARCEL_BYTES + 8, 3u << 20};

    (void)state;
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        struct trp_parcel *parcel = trp_parcel_new(rooms[i]);
        assert_true(is_new(parcel, rooms[i]));
        memset(parcel->bytes, 0xff, rooms[i]);
        trp_parcel_drop(parcel);
    }
}

static void a_parcel_lives_until_the_last_hold_is_dropped(void **state)
{
    struct trp_parcel *parcel = trp_parcel_new(64);

    (void)state;
    memcpy(parcel->bytes, "here", 5);
    assert_ptr_equal(trp_parcel_hold(parcel), parcel);
    trp_parcel_hold(parcel);
    assert_int_equal(parcel->holds, 3);
    trp_parcel_drop(parcel);
    trp_parcel_drop(parcel);
    assert_string_equal((char *)parcel->bytes, "here");
    trp_parcel_drop(parcel);
}

static void a_usual_parcel_is_used_again_the_warm_one_first_and_as_new(void **state)
{
    struct trp_parcel *first = trp_parcel_new(TRP_PARCEL_BYTES);
    struct trp_parcel *second = trp_parcel_new(TRP_PARCEL_BYTES);

    (void)state;
    first->used = first->at = 48;
    first->peer = 7;
    trp_parcel_drop(second);
    trp_parcel_drop(first);
    struct trp_parcel *again = trp_parcel_new(TRP_PARCEL_BYTES);
    assert_ptr_equal(again, first);
    assert_true(is_new(again, TRP_PARCEL_BYTES));
    assert_ptr_equal(trp_parcel_new(TRP_PARCEL_BYTES), second);
    trp_parcel_drop(first);
    trp_parcel_drop(second);
}

static void a_held_parcel_is_not_given_out_again(void **state)
{
    struct trp_parcel *held = trp_parcel_hold(trp_parcel_new(TRP_PARCEL_BYTES));

    (void)state;
    trp_parcel_drop(held);
    struct trp_parcel *other = trp_parcel_new(TRP_PARCEL_BYTES);
    assert_ptr_not_equal(other, held);
    trp_parcel_drop(other);
    trp_parcel_drop(held);
}

static void a_parcel_of_another_size_does_not_come_from_the_pool_of_usual_ones(void **state)
{
    struct trp_parcel *usual = trp_parcel_new(TRP_PARCEL_BYTES);

    (void)state;
    trp_parcel_drop(usual);
    struct trp_parcel *large = trp_parcel_new(TRP_PARCEL_BYTES + 8);
    assert_ptr_not_equal(large, usual);
    assert_true(is_new(large, TRP_PARCEL_BYTES + 8));
    trp_parcel_drop(large);
    assert_ptr_equal(trp_parcel_new(TRP_PARCEL_BYTES), usual);
    trp_parcel_drop(usual);
}

static void a_large_parcel_is_used_again_where_it_wastes_less_than_half(void **state)
{
    struct trp_parcel *large = trp_parcel_new(LARGE);

    (void)state;
    large->used = large->at = 48;
    trp_parcel_drop(large);
    struct trp_parcel *larger = trp_parcel_new(LARGE + 8), *half = trp_parcel_new(LARGE / 2 - 64);
    assert_true(is_new(larger, LARGE + 8));
    assert_true(is_new(half, LARGE / 2 - 64));
    struct trp_parcel *again = trp_parcel_new(LARGE / 2 + 8);
    assert_ptr_equal(again, large);
    assert_true(is_new(again, LARGE));
    trp_parcel_drop(again);
    trp_parcel_drop(half);
    trp_parcel_drop(larger);
    trp_parcel_pool_clear();
}

/* Parcels that were not kept are made anew with the room that was asked for, not more. */
static void the_large_parcels_that_were_last_used_are_kept(void **state)
{
    struct trp_parcel *parcels[6];

    (void)state;
    trp_parcel_pool_clear();
    for (size_t i = 0; i < 6; i++)
        parcels[i] = trp_parcel_new(LARGE + 16 * i);
    for (size_t i = 0; i < 6; i++)
        trp_parcel_drop(parcels[i]);
    for (size_t i = 0; i < 6; i++)
        parcels[i] = trp_parcel_new(LARGE);
    for (size_t i = 0; i < 6; i++)
        assert_true(is_new(parcels[i], i < 4 ? LARGE + 16 * (5 - i) : LARGE));
    for (size_t i = 0; i < 6; i++)
        trp_parcel_drop(parcels[i]);
    trp_parcel_pool_clear();
}

/* Untouched memory costs nothing: so much is only reserved. */
static void no_more_large_parcels_are_kept_than_half_a_gibibyte(void **state)
{
    static const size_t mib[] = {600, 200, 300, 100, 200};
    struct trp_parcel *parcels[5];

    (void)state;
    trp_parcel_pool_clear();
    for (size_t i = 0; i < 5; i++)
        parcels[i] = trp_parcel_new((mib[i] << 20) + 8 * i);
    for (size_t i = 0; i < 5; i++)
        trp_parcel_drop(parcels[i]);
    for (size_t i = 0; i < 5; i++)
        parcels[i] = trp_parcel_new(mib[i] << 20);
    assert_int_equal(parcels[0]->room, 600 << 20); /* never kept */
    assert_int_equal(parcels[1]->room, (200 << 20) + 32);
    assert_int_equal(parcels[2]->room, 300 << 20); /* made way for the two after it */
    assert_int_equal(parcels[3]->room, (100 << 20) + 24);
    assert_int_equal(parcels[4]->room, 200 << 20); /* made way for the two after it */
    for (size_t i = 0; i < 5; i++)
        trp_parcel_drop(parcels[i]);
    trp_parcel_pool_clear();
}

/* What the pool does not keep is freed, what it keeps is freed with it: leaks would show. */
static void more_parcels_than_the_pool_keeps_are_all_different(void **state)
{
    static struct trp_parcel *parcels[MANY];

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            parcels[i] = trp_parcel_new(TRP_PARCEL_BYTES);
            assert_true(is_new(parcels[i], TRP_PARCEL_BYTES));
            parcels[i]->peer = i;
        }
        for (int i = 0; i < MANY; i++)
            assert_int_equal(parcels[i]->peer, i);
        for (int i = 0; i < MANY; i++)
            trp_parcel_drop(parcels[i]);
    }
    trp_parcel_pool_clear();
    trp_parcel_pool_clear();
}

static void a_parcel_that_no_memory_holds_is_null_and_the_next_is_as_ever(void **state)
{
    static const size_t rooms[] = {SIZE_MAX, SIZE_MAX - sizeof(struct trp_parcel) + 9,
                                   SIZE_MAX - sizeof(struct trp_parcel), PTRDIFF_MAX,
                                   PTRDIFF_MAX - sizeof(struct trp_parcel) + 1};

    (void)state;
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        assert_null(trp_parcel_try(rooms[i]));
    struct trp_parcel *parcel = trp_parcel_try(TRP_PARCEL_BYTES);
    assert_true(is_new(parcel, TRP_PARCEL_BYTES));
    trp_parcel_drop(parcel);
    parcel = trp_parcel_try(0);
    assert_true(is_new(parcel, 0));
    trp_parcel_drop(parcel);
}

static void what_is_tried_comes_from_the_pool_too(void **state)
{
    struct trp_parcel *parcel = trp_parcel_new(TRP_PARCEL_BYTES);

    (void)state;
    parcel->used = 8;
    trp_parcel_drop(parcel);
    assert_ptr_equal(trp_parcel_try(TRP_PARCEL_BYTES), parcel);
    assert_true(is_new(parcel, TRP_PARCEL_BYTES));
    trp_parcel_drop(parcel);
}

static void a_queue_gives_back_in_order(void **state)
{
    struct trp_parcel_queue queue = {0};
    int in = 0, out = 0;

    (void)state;
    assert_null(trp_parcel_pop(&queue));
    /* It grows and shrinks, and is empty in between. */
    for (int step = 0; step < 300; step++) {
        for (int i = 0; i < step % 7; i++) {
            struct trp_parcel *parcel = trp_parcel_new(8);
            parcel->peer = in++;
            trp_parcel_push(&queue, parcel);
        }
        for (int i = 0; i < (step % 10 ? 3 : MANY) && queue.head; i++) {
            struct trp_parcel *parcel = trp_parcel_pop(&queue);
            assert_int_equal(parcel->peer, out++);
            trp_parcel_drop(parcel);
        }
    }
    while (queue.head) {
        struct trp_parcel *parcel = trp_parcel_pop(&queue);
        assert_int_equal(parcel->peer, out++);
        trp_parcel_drop(parcel);
    }
    assert_int_equal(in, out);
    assert_null(trp_parcel_pop(&queue));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_parcel_is_empty_and_held_once),
        cmocka_unit_test(all_of_the_room_can_be_written),
        cmocka_unit_test(a_parcel_lives_until_the_last_hold_is_dropped),
        cmocka_unit_test(a_usual_parcel_is_used_again_the_warm_one_first_and_as_new),
        cmocka_unit_test(a_held_parcel_is_not_given_out_again),
        cmocka_unit_test(a_parcel_of_another_size_does_not_come_from_the_pool_of_usual_ones),
        cmocka_unit_test(a_large_parcel_is_used_again_where_it_wastes_less_than_half),
        cmocka_unit_test(the_large_parcels_that_were_last_used_are_kept),
        cmocka_unit_test(no_more_large_parcels_are_kept_than_half_a_gibibyte),
        cmocka_unit_test(more_parcels_than_the_pool_keeps_are_all_different),
        cmocka_unit_test(a_parcel_that_no_memory_holds_is_null_and_the_next_is_as_ever),
        cmocka_unit_test(what_is_tried_comes_from_the_pool_too),
        cmocka_unit_test(a_queue_gives_back_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, clear_pool);
}
