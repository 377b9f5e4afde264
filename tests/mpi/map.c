/*
 * Tasks over ranges of indices: see troupe/map.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "play.h"

#define MANY 5000

TROUPE_CLASS(board);
TROUPE_TELL(board, ran, (size_t, index), (int, rank));
TROUPE_ASK(board, count, size_t);
TROUPE_ASK(board, most_of_a_rank, size_t);

TROUPE_TASK(line, uint64_t, (uint64_t, factor), (size_t, index), (TROUPE_SPAN(int), add));
TROUPE_TASK(tell, void, (size_t, index), (board, whom));
TROUPE_TASK(word, troupe_str, (size_t, index), (troupe_str, letter));
TROUPE_TASK(small, uint8_t, (size_t, index));
TROUPE_TASK(fail_at, int, (size_t, index), (size_t, bad), (board, whom));
TROUPE_TASK(wait_for_cancel, int, (size_t, index), (board, whom));
TROUPE_TASK(weak, int, (size_t, index), (size_t, bad));
TROUPE_TASK(square, uint64_t, (size_t, index), (size_t, n));

/* ---- bodies ---------------------------------------------------------------------------------- */

struct board_state {
    size_t count, by_rank[64];
};

static void on_ran(struct board_state *self, size_t index, int rank)
{
    (void)index;
    self->count++;
    self->by_rank[rank]++;
}

static size_t on_count(struct board_state *self)
{
    return self->count;
}

static size_t on_most_of_a_rank(struct board_state *self)
{
    size_t most = 0;
    for (size_t i = 0; i < LENGTH(self->by_rank); i++)
        most = self->by_rank[i] > most ? self->by_rank[i] : most;
    return most;
}

TROUPE_IMPLEMENT(board, (ran, on_ran), (count, on_count), (most_of_a_rank, on_most_of_a_rank));

static uint64_t on_line(uint64_t factor, size_t index, TROUPE_SPAN(int) add)
{
    uint64_t sum = factor * index;
    for (size_t i = 0; i < add.count; i++)
        sum += (uint64_t)add.data[i];
    return sum;
}

static void on_tell(size_t index, board whom)
{
    board_ran(whom, index, troupe_rank());
}

static troupe_str on_word(size_t index, troupe_str letter)
{
    char *text = troupe_alloc(index % 7 + 1);
    memset(text, letter[0], index % 7);
    return text;
}

static uint8_t on_small(size_t index)
{
    return (uint8_t)index;
}

static int on_fail_at(size_t index, size_t bad, board whom)
{
    board_ran(whom, index, troupe_rank());
    if (index == bad)
        troupe_fail(-77, "%zu is unlucky", index);
    return 1;
}

static int on_wait_for_cancel(size_t index, board whom)
{
    while (!troupe_cancelled())
        usleep(50);
    board_ran(whom, index, troupe_rank());
    return 1;
}

static bool failed_before[MANY];

static int on_weak(size_t index, size_t bad)
{
    if (index == bad && !failed_before[index]) {
        failed_before[index] = true;
        troupe_fail(TROUPE_FAILED, "not yet");
    }
    return (int)index;
}

static uint64_t on_square(size_t index, size_t n)
{
    uint64_t values[50], sum = 0;
    if (!n)
        return index;
    troupe_map(square, 0, n, values, .n = 0);
    for (size_t i = 0; i < n; i++)
        sum += values[i] * index;
    return sum;
}

TROUPE_BODY(line, on_line);
TROUPE_BODY(tell, on_tell);
TROUPE_BODY(word, on_word);
TROUPE_BODY(small, on_small);
TROUPE_BODY(fail_at, on_fail_at);
TROUPE_BODY(wait_for_cancel, on_wait_for_cancel);
TROUPE_BODY(weak, on_weak);
TROUPE_BODY(square, on_square);

/* ---- tests ----------------------------------------------------------------------------------- */

static void results_are_in_the_order_of_the_indices(void **state)
{
    (void)state;
    static uint64_t values[MANY];
    const int some[] = {3, 4};
    const TROUPE_SPAN(int) add = {some, 2};
    for (size_t n = 0; n <= MANY; n = n < 20 ? n + 1 : 10 * n) {
        memset(values, 0xff, sizeof values);
        troupe_map(line, 100, 100 + n, values, .factor = 5, .add = add);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(values[i], 5 * (100 + i) + 7);
        if (n < MANY)
            assert_int_equal(values[n], UINT64_MAX);
    }
}

static void results_may_be_small_or_have_pointers(void **state)
{
    (void)state;
    uint8_t bytes[100];
    troupe_str words[100];
    assert_int_equal(troupe_get_map(small, 3, 103, bytes), TROUPE_OK);
    troupe_map(word, 0, 100, words, .letter = "x");
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(bytes[i], i + 3);
        assert_int_equal(strlen(words[i]), i % 7);
        assert_int_equal(strspn(words[i], "x"), i % 7);
    }
}

static void each_index_is_run_once(void **state)
{
    (void)state;
    board whom = board_new();
    troupe_map(tell, 0, MANY, NULL, .whom = whom);
    while (troupe_await(board_count(whom)) < MANY)
        usleep(50);
    assert_int_equal(troupe_await(board_count(whom)), MANY);
}

/* In one map, or another: on a busy machine one rank may be done with all of it before another one
   has begun to run. */
static void ranks_share_the_indices(void **state)
{
    (void)state;
    board whom = board_new();
    for (size_t told = MANY; troupe_ranks() > 1; told += MANY) {
        troupe_map(tell, 0, MANY, NULL, .whom = whom);
        while (troupe_await(board_count(whom)) < told)
            usleep(50);
        if (troupe_await(board_most_of_a_rank(whom)) < told)
            return;
        assert_true(told < 200 * MANY);
    }
}

static void a_failure_tells_of_which_indices_and_where(void **state)
{
    (void)state;
    board whom = board_new();
    int values[1000];
    assert_int_equal(troupe_get_map(fail_at, 10, 1010, values, .bad = 500, .whom = whom), -77);
    size_t first = 0, last = 0, from = 0, to = 0;
    int rank = -1;
    assert_int_equal(sscanf(troupe_story(), "fail_at for %zu to %zu of %zu to %zu: "
                            "task fail_at on rank %d: 500 is unlucky", &first, &last, &from, &to,
                            &rank), 5);
    assert_true(first <= 500 && last >= 500 && last < 1010);
    assert_int_equal(from, 10);
    assert_int_equal(to, 1009);
    assert_in_range(rank, 0, troupe_ranks() - 1);
    assert_int_equal(troupe_get_map(fail_at, 0, 20, values, .bad = 500, .whom = whom), TROUPE_OK);
}

static void a_map_that_is_late_is_cancelled(void **state)
{
    (void)state;
    board whom = board_new();
    int values[1000];
    assert_int_equal(troupe_get_map(wait_for_cancel, 0, 1000, values, .whom = whom,
                                    .with = {.timeout = 0.02}), TROUPE_LATE);
    assert_non_null(strstr(troupe_story(), "wait_for_cancel for "));
    while (troupe_await(board_count(whom)) == 0)
        usleep(50);
    assert_int_equal(troupe_get_map(fail_at, 0, 10, values, .bad = 10, .whom = whom), TROUPE_OK);
    assert_true(troupe_await(board_count(whom)) < 1000); /* most of them never began */
}

static void what_fails_once_is_run_again(void **state)
{
    (void)state;
    int values[100];
    memset(failed_before, 0, sizeof failed_before);
    troupe_map(weak, 0, 100, values, .bad = 42, .with = {.retries = 1});
    for (int i = 0; i < 100; i++)
        assert_int_equal(values[i], i);
}

static void a_task_of_a_map_may_map(void **state)
{
    (void)state;
    uint64_t values[30];
    troupe_map(square, 0, LENGTH(values), values, .n = 50);
    for (size_t i = 0; i < LENGTH(values); i++)
        assert_int_equal(values[i], i * 50 * 49 / 2);
}

static void options_go_to_the_tasks(void **state)
{
    (void)state;
    board whom = board_new();
    troupe_map(tell, 0, 100, NULL, .whom = whom,
               .with = {.place = troupe_on(troupe_ranks() - 1), .priority = 3});
    while (troupe_await(board_count(whom)) < 100)
        usleep(50);
    assert_int_equal(troupe_await(board_most_of_a_rank(whom)), 100);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_in_the_order_of_the_indices),
        cmocka_unit_test(results_may_be_small_or_have_pointers),
        cmocka_unit_test(each_index_is_run_once),
        cmocka_unit_test(ranks_share_the_indices),
        cmocka_unit_test(a_failure_tells_of_which_indices_and_where),
        cmocka_unit_test(a_map_that_is_late_is_cancelled),
        cmocka_unit_test(what_fails_once_is_run_again),
        cmocka_unit_test(a_task_of_a_map_may_map),
        cmocka_unit_test(options_go_to_the_tasks),
    };
    return TEST_PLAY(argc, argv, tests, 10);
}
