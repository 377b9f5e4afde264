/*
 * Buffers that calls hand over: the same bytes on one rank, a buffer of its own on another.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "play.h"

#define SIZE ((size_t)1 << 20)

TROUPE_STRUCT(matrix, (TROUPE_SPAN(uint64_t), numbers));

TROUPE_CLASS(shelf);
TROUPE_ASK(shelf, look, uint64_t, (TROUPE_SPAN(uint64_t), numbers)); /* where they are */
TROUPE_ASK(shelf, add, uint64_t, (TROUPE_SPAN(uint64_t), numbers), (TROUPE_SPAN(uint64_t), more));
TROUPE_TELL(shelf, put, (TROUPE_SPAN(uint64_t), numbers));
TROUPE_TELL(shelf, slow, (double, seconds));
TROUPE_ASK(shelf, sum, uint64_t); /* of what was put, which is released */
TROUPE_ASK(shelf, lend, TROUPE_SPAN(uint64_t), (uint64_t, count));
TROUPE_ASK(shelf, misuse, int, (int, how));
TROUPE_ASK(shelf, add_all, uint64_t, (TROUPE_SPAN(matrix), matrices));
TROUPE_ASK(shelf, refused, int, (int, how));
TROUPE_ASK(shelf, fail, int, (TROUPE_SPAN(uint64_t), numbers));

TROUPE_CLASS(box, (TROUPE_SPAN(uint64_t), numbers));
TROUPE_TASK(count_up, uint64_t, (TROUPE_SPAN(uint64_t), numbers));

struct shelf_state {
    TROUPE_SPAN(uint64_t) kept;
};

static uint64_t sum_of(TROUPE_SPAN(uint64_t) numbers)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < numbers.count; i++)
        sum += numbers.data[i];
    return sum;
}

static uint64_t on_look(struct shelf_state *self, TROUPE_SPAN(uint64_t) numbers)
{
    (void)self;
    return (uint64_t)(uintptr_t)numbers.data;
}

static uint64_t on_add(struct shelf_state *self, TROUPE_SPAN(uint64_t) numbers,
                       TROUPE_SPAN(uint64_t) more)
{
    (void)self;
    return sum_of(numbers) + sum_of(more);
}

static void on_put(struct shelf_state *self, TROUPE_SPAN(uint64_t) numbers)
{
    troupe_release(self->kept.data);
    troupe_keep(numbers.data);
    self->kept = numbers;
}

static void on_slow(struct shelf_state *self, double seconds)
{
    (void)self;
    troupe_sleep(seconds);
}

static uint64_t on_sum(struct shelf_state *self)
{
    uint64_t sum = sum_of(self->kept);
    troupe_release(self->kept.data);
    self->kept.data = NULL;
    self->kept.count = 0;
    return sum;
}

static TROUPE_SPAN(uint64_t) new_numbers(size_t count, uint64_t first)
{
    uint64_t *numbers = troupe_buffer(count * sizeof *numbers);
    for (size_t i = 0; i < count; i++)
        numbers[i] = first + i;
    return (TROUPE_SPAN(uint64_t)){numbers, count};
}

static TROUPE_SPAN(uint64_t) on_lend(struct shelf_state *self, uint64_t count)
{
    (void)self;
    TROUPE_SPAN(uint64_t) numbers = new_numbers(count, 5);
    numbers.data = troupe_give(numbers.data);
    return numbers;
}

static int on_misuse(struct shelf_state *self, int how)
{
    uint64_t *buffer = troupe_buffer(64);
    (void)self;
    if (how == 0)
        troupe_give(self);
    if (how == 1)
        troupe_give(buffer + 1);
    if (how == 2)
        troupe_release(self);
    if (how == 3)
        troupe_keep(self);
    troupe_release(buffer);
    if (how == 4)
        troupe_give(buffer);
    return 0;
}

struct box_state {
    char unused;
};

static void on_box(struct box_state *self, TROUPE_SPAN(uint64_t) numbers)
{
    (void)self, (void)numbers;
}

TROUPE_IMPLEMENT(box, (init, on_box));

static uint64_t on_add_all(struct shelf_state *self, TROUPE_SPAN(matrix) matrices)
{
    uint64_t sum = 0;
    (void)self;
    for (size_t i = 0; i < matrices.count; i++)
        sum += sum_of(matrices.data[i].numbers);
    return sum;
}

static int on_fail(struct shelf_state *self, TROUPE_SPAN(uint64_t) numbers)
{
    (void)self;
    troupe_fail(-7, "after %llu", (unsigned long long)sum_of(numbers));
}

static shelf shelf_on(int rank)
{
    return troupe_new(shelf, .with = {.place = troupe_on(rank)});
}

static const uint64_t *refused_with; /* on the driver's rank: what was given */

/* Gives in calls that are not made. */
static int on_refused(struct shelf_state *self, int how)
{
    TROUPE_SPAN(uint64_t) n = new_numbers(3, 1);
    refused_with = n.data;
    n.data = troupe_give(n.data);
    const struct troupe_options wrong[] = {{.cpus = -1}, {.place = troupe_on(troupe_ranks())}};
    const struct troupe_options named = {.name = "box", .or_existing = true};
    switch (how) {
    case 0:
    case 1:
        troupe_new(box, .numbers = n, .with = wrong[how]);
        break;
    case 2:
    case 3:
        troupe_drop(troupe_submit(count_up, .numbers = n, .with = wrong[how - 2]));
        break;
    case 4:
        troupe_new(box, .numbers = n, .with = named);
        return 0;
    case 5:
        return shelf_sum_inside(self) == 0 && shelf_look_inside(self, n) == (uintptr_t)n.data;
    case 6:
        return shelf_fail_inside(self, n);
    case 7:
        n.count = SIZE_MAX;
        return (int)troupe_await(shelf_look(shelf_on(0), n));
    default:
        n.count = 0;
        return (int)troupe_await(shelf_look(shelf_on(0), n));
    }
    return -1;
}

TROUPE_IMPLEMENT(shelf, (look, on_look), (add, on_add), (put, on_put), (slow, on_slow),
                 (sum, on_sum), (lend, on_lend), (misuse, on_misuse), (add_all, on_add_all),
                 (refused, on_refused), (fail, on_fail));

static uint64_t on_count_up(TROUPE_SPAN(uint64_t) numbers)
{
    return sum_of(numbers);
}
TROUPE_BODY(count_up, on_count_up);

static int far(void)
{
    return troupe_ranks() - 1;
}

static TROUPE_SPAN(uint64_t) give(TROUPE_SPAN(uint64_t) numbers)
{
    numbers.data = troupe_give(numbers.data);
    return numbers;
}

static uint64_t sum_to(size_t count, uint64_t first)
{
    return count * first + count * (count - 1) / 2;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void on_one_rank_the_callee_sees_the_same_bytes(void **state)
{
    static const size_t counts[] = {1, 100, SIZE};
    shelf s = shelf_on(0);
    (void)state;
    for (size_t i = 0; i < LENGTH(counts); i++) {
        TROUPE_SPAN(uint64_t) numbers = new_numbers(counts[i], i);
        assert_int_equal(troupe_await(shelf_look(s, give(numbers))), (uintptr_t)numbers.data);
    }
}

static void what_was_given_can_be_kept_on_every_rank(void **state)
{
    static const size_t counts[] = {1, 7, 1000, 20000, SIZE};
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        shelf s = shelf_on(rank);
        for (size_t i = 0; i < LENGTH(counts); i++) {
            shelf_put(s, give(new_numbers(counts[i], 3)));
            assert_int_equal(troupe_await(shelf_sum(s)), sum_to(counts[i], 3));
        }
    }
}

static void one_copy_is_for_many(void **state)
{
    enum { SHELVES = 10 };
    shelf shelves[SHELVES];
    TROUPE_SPAN(uint64_t) numbers = new_numbers(50000, 1);
    (void)state;
    for (int i = 0; i < SHELVES; i++) {
        shelves[i] = shelf_on(i % troupe_ranks());
        troupe_keep(numbers.data);
        shelf_put(shelves[i], give(numbers));
    }
    troupe_release(numbers.data);
    for (int i = 0; i < SHELVES; i++)
        assert_int_equal(troupe_await(shelf_sum(shelves[i])), sum_to(50000, 1));
}

static void given_and_other_spans_of_one_call_find_their_places(void **state)
{
    (void)state;
    for (size_t count = 10; count < SIZE; count *= 30) {
        uint64_t *plain = troupe_alloc(count * sizeof *plain);
        for (size_t i = 0; i < count; i++)
            plain[i] = 2 + i;
        TROUPE_SPAN(uint64_t) other = {plain, count};
        shelf s = shelf_on(far());
        uint64_t sum = sum_to(count, 9) + sum_to(count, 2);
        assert_int_equal(troupe_await(shelf_add(s, give(new_numbers(count, 9)), other)), sum);
        assert_int_equal(troupe_await(shelf_add(s, other, give(new_numbers(count, 9)))), sum);
        assert_int_equal(troupe_await(shelf_add(s, give(new_numbers(count, 9)),
                                                give(new_numbers(count, 2)))), sum);
    }
}

static void what_is_given_to_a_busy_actor_waits_with_the_call(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        shelf s = shelf_on(rank);
        shelf_slow(s, 0.01);
        shelf_put(s, give(new_numbers(5, 1)));
        shelf_put(s, give(new_numbers(SIZE, 1)));
        assert_int_equal(troupe_await(shelf_sum(s)), sum_to(SIZE, 1));
    }
}

static void what_is_given_to_nobody_or_an_ended_actor_is_released(void **state)
{
    shelf s = shelf_on(far());
    (void)state;
    shelf_put((shelf){{0, 0}}, give(new_numbers(100, 1)));
    expect_failure(shelf_look((shelf){{0, 0}}, give(new_numbers(100, 1))), TROUPE_NO_ACTOR, "");
    troupe_kill(s);
    expect_failure(shelf_look(s, give(new_numbers(SIZE, 1))), TROUPE_ENDED, "was killed by");
    expect_failure(shelf_look(s, give(new_numbers(10, 1))), TROUPE_ENDED, "was killed by");
}

static void what_is_given_in_a_call_that_is_not_made_is_released(void **state)
{
    enum { CASES = 9 };
    (void)state;
    box b = troupe_new(box, .with = {.name = "box"});
    for (int how = 0; how < CASES; how++) {
        int value;
        unsigned before = trp_buffers_given;
        troupe_status status = troupe_get(shelf_refused(shelf_on(0), how), &value);
        expect_status(status, how < 4 || how == 7 ? TROUPE_INVALID : how == 6 ? -7 : TROUPE_OK);
        assert_int_equal(trp_buffers_given, before);
        assert_false(trp_buffer_keep(refused_with));
    }
    troupe_stop(b);
}

static void what_is_given_beneath_pointers_is_copied_and_released(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        for (size_t count = 1; count < 40000; count *= 7) {
            matrix *matrices = troupe_buffer(count * sizeof *matrices);
            uint64_t numbers[] = {1, 2, 3};
            for (size_t i = 0; i < count; i++)
                matrices[i] = (matrix){{numbers, 3}};
            TROUPE_SPAN(matrix) given = {troupe_give(matrices), count};
            assert_int_equal(troupe_await(shelf_add_all(shelf_on(rank), given)), 6 * count);
            assert_false(trp_buffer_keep(matrices));
        }
}

static void tasks_take_what_is_given(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        for (size_t count = 10; count < SIZE; count *= 300)
            assert_int_equal(troupe_await(troupe_submit(count_up,
                                                        .numbers = give(new_numbers(count, 4)),
                                                        .with = {.place = troupe_on(rank)})),
                             sum_to(count, 4));
}

static void a_result_that_is_given_is_copied(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        for (size_t count = 1; count < SIZE; count *= 50)
            assert_int_equal(sum_of(troupe_await(shelf_lend(shelf_on(rank), count))),
                             sum_to(count, 5));
}

static void what_is_no_buffer_is_refused(void **state)
{
    shelf s = shelf_on(far());
    (void)state;
    expect_failure(shelf_misuse(s, 0), TROUPE_INVALID, "troupe_give of 0x");
    expect_failure(shelf_misuse(s, 1), TROUPE_INVALID, "troupe_give of 0x");
    expect_failure(shelf_misuse(s, 2), TROUPE_INVALID, "troupe_release of 0x");
    expect_failure(shelf_misuse(s, 3), TROUPE_INVALID, "troupe_keep of 0x");
    expect_failure(shelf_misuse(s, 4), TROUPE_INVALID, "troupe_give of 0x");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_one_rank_the_callee_sees_the_same_bytes),
        cmocka_unit_test(what_was_given_can_be_kept_on_every_rank),
        cmocka_unit_test(one_copy_is_for_many),
        cmocka_unit_test(given_and_other_spans_of_one_call_find_their_places),
        cmocka_unit_test(what_is_given_to_a_busy_actor_waits_with_the_call),
        cmocka_unit_test(what_is_given_to_nobody_or_an_ended_actor_is_released),
        cmocka_unit_test(what_is_given_in_a_call_that_is_not_made_is_released),
        cmocka_unit_test(what_is_given_beneath_pointers_is_copied_and_released),
        cmocka_unit_test(tasks_take_what_is_given),
        cmocka_unit_test(a_result_that_is_given_is_copied),
        cmocka_unit_test(what_is_no_buffer_is_refused),
    };
    return TEST_PLAY(argc, argv, tests, 5);
}
