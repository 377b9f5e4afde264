/*
 * Tests of large parcels that come in pieces.
 */
#include "wire/pieces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "process.h"
#include "wire/record.h"

static int clear_pool(void **state)
{
    (void)state;
    trp_parcel_pool_clear();
    return 0;
}

/* Hands over `size` bytes of value `value`. */
static struct trp_parcel *come(struct trp_parcel **half, size_t total, size_t size, int value)
{
    unsigned char *place = trp_pieces_place(half, 3, total, size);
    if (place)
        memset(place, value, size);
    return trp_pieces_placed(half, total, size);
}

static void a_parcel_in_one_piece_is_whole_at_once(void **state)
{
    struct trp_parcel *half = NULL;

    (void)state;
    static const size_t sizes[] = {0, 8, 100, TRP_PIECE};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct trp_parcel *parcel = come(&half, sizes[i], sizes[i], 7);
        assert_non_null(parcel);
        assert_null(half);
        assert_int_equal(parcel->used, sizes[i]);
        assert_int_equal(parcel->at, 0);
        assert_int_equal(parcel->peer, 3);
        trp_parcel_drop(parcel);
    }
}

static void a_parcel_is_whole_with_its_last_piece(void **state)
{
    struct trp_parcel *half = NULL;
    size_t total = 2 * TRP_PIECE + 24;

    (void)state;
    assert_null(come(&half, total, TRP_PIECE, 1));
    assert_null(come(&half, total, TRP_PIECE, 2));
    struct trp_parcel *parcel = come(&half, total, 24, 3);
    assert_non_null(parcel);
    assert_null(half);
    assert_int_equal(parcel->used, total);
    assert_int_equal(parcel->at, 0);
    assert_int_equal(parcel->bytes[TRP_PIECE - 1], 1);
    assert_int_equal(parcel->bytes[TRP_PIECE], 2);
    assert_int_equal(parcel->bytes[total - 1], 3);
    trp_parcel_drop(parcel);
}

/* So large that no machine has it: the record of it is cut, the rest is thrown away. */
static void of_a_parcel_too_large_for_memory_the_head_of_its_record_is_kept(void **state)
{
    struct trp_parcel *half = NULL;
    size_t total = PTRDIFF_MAX - 7;
    struct trp_record *record = (void *)trp_pieces_place(&half, 3, total, TRP_PIECE);

    (void)state;
    memset(record, 0, TRP_PIECE);
    record->words = TRP_PIECE / 8;
    record->kind = TRP_RECORD_KILL;
    assert_null(trp_pieces_placed(&half, total, TRP_PIECE));
    assert_null(trp_pieces_place(&half, 3, total, TRP_PIECE));
    assert_null(trp_pieces_placed(&half, total, TRP_PIECE));
    record = (void *)half->bytes;
    assert_true(record->flags & TRP_RECORD_CUT);
    assert_true(half->used > 0 && half->used < 100);
    half->at = total - 8; /* the many in between have come */
    assert_null(trp_pieces_place(&half, 3, total, 8));
    struct trp_parcel *parcel = trp_pieces_placed(&half, total, 8);
    assert_non_null(parcel);
    assert_null(half);
    assert_int_equal(parcel->at, 0);
    trp_parcel_drop(parcel);
}

static void come_with_too_much(void)
{
    struct trp_parcel *half = NULL;
    come(&half, TRP_PIECE + 8, TRP_PIECE, 1);
    come(&half, TRP_PIECE + 8, 16, 1);
}

static void more_bytes_than_were_announced_end_the_program(void **state)
{
    (void)state;
    assert_true(WIFSIGNALED(test_in_a_process(come_with_too_much)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parcel_in_one_piece_is_whole_at_once),
        cmocka_unit_test(a_parcel_is_whole_with_its_last_piece),
        cmocka_unit_test(of_a_parcel_too_large_for_memory_the_head_of_its_record_is_kept),
        cmocka_unit_test(more_bytes_than_were_announced_end_the_program),
    };

    return cmocka_run_group_tests(tests, NULL, clear_pool);
}
