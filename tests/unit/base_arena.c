/*
 * Tests of arenas: what a mark keeps, what a release frees (the address sanitizer sees the rest).
 */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool all_zero(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i])
            return false;
    return true;
}

static void memory_is_zeroed_aligned_and_all_of_it_usable(void **state)
{
    struct trp_arena arena = {0};

    (void)state;
    for (size_t bytes = 0; bytes < 300; bytes++) {
        unsigned char *p = trp_arena_alloc(&arena, bytes);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_true(all_zero(p, bytes));
        memset(p, 0xff, bytes);
    }
    trp_arena_release(&arena, NULL);
    assert_null(arena.top);
}

static void a_release_to_a_mark_keeps_what_was_there_before(void **state)
{
    struct trp_arena arena = {0};
    char *kept = trp_arena_alloc(&arena, 8);
    void *mark = trp_arena_mark(&arena);

    (void)state;
    strcpy(kept, "kept");
    for (int i = 0; i < 10; i++)
        assert_non_null(trp_arena_alloc(&arena, 100));
    trp_arena_release(&arena, mark);
    assert_ptr_equal(trp_arena_mark(&arena), mark);
    assert_string_equal(kept, "kept");
    trp_arena_release(&arena, NULL);
}

static void marks_nest(void **state)
{
    struct trp_arena arena = {0};
    void *marks[5];

    (void)state;
    for (int i = 0; i < 5; i++) {
        marks[i] = trp_arena_mark(&arena);
        assert_non_null(trp_arena_alloc(&arena, 16));
    }
    for (int i = 4; i >= 0; i--) {
        trp_arena_release(&arena, marks[i]);
        assert_ptr_equal(arena.top, marks[i]);
    }
    assert_null(arena.top);
}

static void an_empty_arena_can_be_released(void **state)
{
    struct trp_arena arena = {0};

    (void)state;
    assert_null(trp_arena_mark(&arena));
    trp_arena_release(&arena, NULL);
    trp_arena_release(&arena, trp_arena_mark(&arena));
    assert_null(arena.top);
}

static void a_block_made_apart_is_freed_with_the_arena(void **state)
{
    struct trp_arena arena = {0};
    struct trp_block *block = trp_block_new(40);

    (void)state;
    assert_non_null(block);
    assert_true(all_zero(block->bytes, 40));
    assert_non_null(trp_arena_alloc(&arena, 8));
    trp_arena_push(&arena, block);
    assert_ptr_equal(trp_arena_mark(&arena), block);
    trp_arena_release(&arena, NULL);
}

static void a_block_that_nobody_pushed_is_freed_alone(void **state)
{
    (void)state;
    free(trp_block_new(0));
}

static void what_memory_cannot_hold_is_null_and_changes_nothing(void **state)
{
    struct trp_arena arena = {0};

    (void)state;
    assert_null(trp_block_new(SIZE_MAX));
    assert_null(trp_block_new(SIZE_MAX - sizeof(struct trp_block) + 1));
    assert_null(trp_block_new(PTRDIFF_MAX));
    assert_null(trp_arena_alloc(&arena, SIZE_MAX));
    assert_null(arena.top);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_all_of_it_usable),
        cmocka_unit_test(a_release_to_a_mark_keeps_what_was_there_before),
        cmocka_unit_test(marks_nest),
        cmocka_unit_test(an_empty_arena_can_be_released),
        cmocka_unit_test(a_block_made_apart_is_freed_with_the_arena),
        cmocka_unit_test(a_block_that_nobody_pushed_is_freed_alone),
        cmocka_unit_test(what_memory_cannot_hold_is_null_and_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
