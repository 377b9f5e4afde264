/*
 * Tasks without a place: every free slot of the job gets one, wherever they were submitted, and
 * none is lost, run twice, or out of reach of who cancels it.
 */
#include <stdlib.h>
#include <unistd.h>

#include "play.h"

/* Who has come, by number. */
TROUPE_CLASS(board, (int, size));
TROUPE_TELL(board, arrive, (int, number), (int, rank));
TROUPE_ASK(board, count, int);
TROUPE_ASK(board, times, int, (int, number));
TROUPE_ASK(board, on_rank, int, (int, rank));

TROUPE_TASK(hold, int, (board, where), (int, number));
TROUPE_TASK(touch, int, (board, where), (int, number));
TROUPE_TASK(flaky, int, (board, where), (int, number));
TROUPE_TASK(tree, int, (int, levels));
TROUPE_TASK(brood, int, (board, where), (int, count));

TROUPE_CLASS(submitter);
TROUPE_ASK(submitter, waves, int, (board, where), (int, count), (size_t, memory));

/* ---- bodies ---------------------------------------------------------------------------------- */

struct board_state {
    int count, size, *times, on_rank[64];
};

static void on_board(struct board_state *self, int size)
{
    self->size = size;
    self->times = calloc((size_t)size, sizeof(int));
}

static void on_destroy(struct board_state *self)
{
    free(self->times);
}

static void on_arrive(struct board_state *self, int number, int rank)
{
    self->count++;
    self->times[number]++;
    self->on_rank[rank]++;
}

static int on_count(struct board_state *self)
{
    return self->count;
}

static int on_times(struct board_state *self, int number)
{
    return self->times[number];
}

static int on_on_rank(struct board_state *self, int rank)
{
    return self->on_rank[rank];
}

TROUPE_IMPLEMENT(board, (init, on_board), (destroy, on_destroy), (arrive, on_arrive),
                 (count, on_count), (times, on_times), (on_rank, on_on_rank));

/* Keeps its slot. */
static int on_hold(board where, int number)
{
    board_arrive(where, number, troupe_rank());
    while (!troupe_cancelled())
        usleep(100);
    return troupe_rank();
}

static int on_touch(board where, int number)
{
    board_arrive(where, number, troupe_rank());
    return troupe_rank();
}

/* Fails in its first two runs. */
static int on_flaky(board where, int number)
{
    board_arrive(where, number, troupe_rank());
    if (troupe_await(board_times(where, number)) < 3)
        troupe_fail(-70, "not yet");
    return number;
}

static int on_tree(int levels)
{
    if (levels == 0)
        return 1;
    TROUPE_FUTURE(int) left = tree(levels - 1), right = tree(levels - 1);
    return troupe_await(left) + troupe_await(right);
}

/* Three times as many as run at once. All that run are cancelled when so many have come: the next
   ones can come only if every slot finds one that waits elsewhere. Returns how many have run. */
static int on_waves(board where, int count, size_t memory)
{
    TROUPE_FUTURE(int) *held = troupe_alloc((size_t)(3 * count) * sizeof *held);
    int ran = 0, rank;
    for (int i = 0; i < 3 * count; i++)
        held[i] = troupe_submit(hold, .where = where, .number = i, .with = {.memory = memory});
    for (int wave = 1; wave <= 3; wave++) {
        while (troupe_await(board_count(where)) < wave * count)
            usleep(100);
        for (int i = 0; i < 3 * count; i++)
            if (troupe_await(board_times(where, i)))
                troupe_cancel(held[i]);
    }
    for (int i = 0; i < 3 * count; i++)
        ran += troupe_get(held[i], &rank) == TROUPE_OK;
    return ran;
}

/* Its slot is free for one of them while it waits. */
static int on_brood(board where, int count)
{
    TROUPE_FUTURE(int) *held = troupe_alloc((size_t)count * sizeof *held);
    int ran = 0, rank;
    for (int i = 0; i < count; i++)
        held[i] = hold(where, i);
    for (int i = 0; i < count; i++)
        ran += troupe_get(held[i], &rank) == TROUPE_OK;
    return ran;
}

TROUPE_BODY(hold, on_hold);
TROUPE_BODY(touch, on_touch);
TROUPE_BODY(flaky, on_flaky);
TROUPE_BODY(tree, on_tree);
TROUPE_BODY(brood, on_brood);

struct submitter_state {
    char nothing;
};

static int on_submitter_waves(struct submitter_state *self, board where, int count, size_t memory)
{
    (void)self;
    return on_waves(where, count, memory);
}

TROUPE_IMPLEMENT(submitter, (waves, on_submitter_waves));

/* ---- tests ----------------------------------------------------------------------------------- */

static int slots_of_job(void)
{
    int slots = 0;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        slots += troupe_rank_cpus(rank);
    return slots;
}

static size_t least_memory(void)
{
    struct troupe_resource has[3];
    size_t least = SIZE_MAX;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        troupe_resources(rank, has, LENGTH(has));
        least = (size_t)has[2].amount < least ? (size_t)has[2].amount : least;
    }
    return least;
}

static void await_count(board where, int count)
{
    while (troupe_await(board_count(where)) < count)
        usleep(50);
}

static void what_the_driver_submits_fills_all_slots_again_and_again(void **state)
{
    (void)state;
    int slots = slots_of_job();
    board b = board_new(3 * slots);
    assert_int_equal(on_waves(b, slots, 0), 3 * slots);
    for (int i = 0; i < 3 * slots; i++)
        assert_int_equal(troupe_await(board_times(b, i)), 1);
    for (int rank = 0; rank < troupe_ranks(); rank++)
        assert_int_equal(troupe_await(board_on_rank(b, rank)), 3 * troupe_rank_cpus(rank));
}

static void so_does_what_a_method_submits_anywhere(void **state)
{
    (void)state;
    int slots = slots_of_job();
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        board b = board_new(3 * slots);
        submitter s = troupe_new(submitter, .with = {.place = troupe_on(rank)});
        assert_int_equal(troupe_await(submitter_waves(s, b, slots, 0)), 3 * slots);
    }
}

static void so_do_the_children_of_a_task_which_are_cancelled_with_it(void **state)
{
    (void)state;
    int slots = slots_of_job();
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        board b = board_new(3 * slots);
        TROUPE_FUTURE(int) parent = troupe_submit(brood, .where = b, .count = 3 * slots,
                                                  .with = {.place = troupe_on(rank)});
        await_count(b, slots);
        troupe_cancel(parent);
        assert_in_range(troupe_await(parent), slots, 3 * slots);
        for (int i = 0; i < 3 * slots; i++)
            assert_in_range(troupe_await(board_times(b, i)), 0, 1);
    }
}

/* Each rank can run one at a time. */
static void what_is_claimed_is_found_where_it_is_free(void **state)
{
    (void)state;
    int ranks = troupe_ranks();
    for (int rank = 0; rank < ranks; rank++) {
        struct troupe_resource has[3];
        troupe_resources(rank, has, LENGTH(has));
        board b = board_new(3 * ranks), again = board_new(1);
        submitter s = troupe_new(submitter, .with = {.place = troupe_on(rank)});
        assert_int_equal(troupe_await(submitter_waves(s, b, ranks, least_memory())), 3 * ranks);
        assert_int_equal(troupe_await(troupe_submit(
                             touch, .where = again, .number = 0,
                             .with = {.place = troupe_on(rank), .memory = (size_t)has[2].amount})),
                         rank);
    }
}

static void one_with_a_rank_waits_for_it_while_others_are_idle(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        enum { WAIT = 20 };
        int cpus = troupe_rank_cpus(rank);
        board busy = board_new(cpus), after = board_new(2 * WAIT);
        TROUPE_FUTURE(int) *held = troupe_alloc((size_t)cpus * sizeof *held), waits[WAIT];
        TROUPE_FUTURE(int) free_ones[WAIT];
        struct troupe_options there = {.place = troupe_on(rank)};
        for (int i = 0; i < cpus; i++)
            held[i] = troupe_submit(hold, .where = busy, .number = i, .with = there);
        await_count(busy, cpus);
        for (int i = 0; i < WAIT; i++) {
            waits[i] = troupe_submit(touch, .where = after, .number = i, .with = there);
            free_ones[i] = touch(after, WAIT + i);
        }
        if (troupe_ranks() > 1)
            for (int i = 0; i < WAIT; i++)
                assert_int_not_equal(troupe_await(free_ones[i]), rank);
        for (int i = 0; i < cpus; i++)
            troupe_cancel(held[i]);
        for (int i = 0; i < WAIT; i++)
            assert_int_equal(troupe_await(waits[i]), rank);
        for (int i = 0; i < WAIT && troupe_ranks() == 1; i++)
            assert_int_equal(troupe_await(free_ones[i]), 0);
    }
}

/* Those that hold end only if they are found. */
static void cancelled_ones_are_found_wherever_they_went(void **state)
{
    (void)state;
    enum { MANY = 300 };
    TROUPE_FUTURE(int) tasks[MANY];
    uint64_t seed = test_order() + 1;
    bool holds[MANY], has_run[MANY];
    board b = board_new(MANY);
    int ran = 0;
    for (int i = 0; i < MANY; i++) {
        holds[i] = test_random(&seed) % 2;
        tasks[i] = holds[i] ? hold(b, i) : touch(b, i);
        if (test_random(&seed) % 3 == 0)
            troupe_cancel(tasks[test_random(&seed) % (unsigned)(i + 1)]);
        if (test_random(&seed) % 16 == 0)
            troupe_sleep(0);
    }
    for (int i = MANY - 1; i >= 0; i--)
        if (holds[i])
            troupe_cancel(tasks[i]);
    for (int i = 0; i < MANY; i++) {
        int rank;
        troupe_status status = troupe_get(tasks[i], &rank);
        assert_true(status == TROUPE_OK || status == TROUPE_CANCELLED);
        ran += has_run[i] = status == TROUPE_OK;
    }
    await_count(b, ran);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(troupe_await(board_times(b, i)), has_run[i]);
}

static void failed_ones_are_run_again_just_as_often_as_they_may(void **state)
{
    (void)state;
    enum { MANY = 100 };
    TROUPE_FUTURE(int) tasks[MANY];
    board b = board_new(MANY);
    for (int i = 0; i < MANY; i++)
        tasks[i] = troupe_submit(flaky, .where = b, .number = i, .with = {.retries = 2});
    for (int i = 0; i < MANY; i++)
        assert_int_equal(troupe_await(tasks[i]), i);
    assert_int_equal(troupe_await(board_count(b)), 3 * MANY);
}

static void tasks_that_wait_for_theirs_all_end(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        TROUPE_FUTURE(int) trees[3];
        for (int i = 0; i < 3; i++)
            trees[i] = troupe_submit(tree, .levels = 7, .with = {.place = troupe_on(rank)});
        for (int i = 0; i < 3; i++)
            assert_int_equal(troupe_await(trees[i]), 128);
    }
}

/* More than go to another rank at once. */
static void many_all_run_once(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    TROUPE_FUTURE(int) *tasks = troupe_alloc(MANY * sizeof *tasks);
    board b = board_new(MANY);
    for (int i = 0; i < MANY; i++)
        tasks[i] = touch(b, i);
    for (int i = 0; i < MANY; i++)
        assert_in_range(troupe_await(tasks[i]), 0, troupe_ranks() - 1);
    await_count(b, MANY);
    for (int i = 0; i < MANY; i += 7)
        assert_int_equal(troupe_await(board_times(b, i)), 1);
    assert_int_equal(troupe_await(board_count(b)), MANY);
}

/* The last: the job ends while they wait, run and move. */
static void those_that_nobody_awaits_end_the_job(void **state)
{
    (void)state;
    board b = board_new(2000);
    for (int i = 0; i < 2000; i++)
        troupe_drop(touch(b, i));
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_driver_submits_fills_all_slots_again_and_again),
        cmocka_unit_test(so_does_what_a_method_submits_anywhere),
        cmocka_unit_test(so_do_the_children_of_a_task_which_are_cancelled_with_it),
        cmocka_unit_test(what_is_claimed_is_found_where_it_is_free),
        cmocka_unit_test(one_with_a_rank_waits_for_it_while_others_are_idle),
        cmocka_unit_test(cancelled_ones_are_found_wherever_they_went),
        cmocka_unit_test(failed_ones_are_run_again_just_as_often_as_they_may),
        cmocka_unit_test(tasks_that_wait_for_theirs_all_end),
        cmocka_unit_test(many_all_run_once),
        cmocka_unit_test(those_that_nobody_awaits_end_the_job),
    };
    return TEST_PLAY(argc, argv, tests, 4);
}
