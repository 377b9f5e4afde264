/*
 * Cancelling tasks: those that wait, those that run, and what these have submitted.
 */
#include <stdlib.h>
#include <unistd.h>

#include "play.h"

/* Counts who has come. */
TROUPE_CLASS(board);
TROUPE_TELL(board, arrive);
TROUPE_ASK(board, count, int);

TROUPE_TASK(hold, int, (board, where));
TROUPE_TASK(attend, int, (board, where));
TROUPE_TASK(touch, int, (board, where));
TROUPE_TASK(family, int, (board, where), (int, levels));
TROUPE_TASK(late_parent, int, (board, where));
TROUPE_TASK(cancel_one, int, (board, where), (int, rank));

TROUPE_CLASS(boss);
TROUPE_ASK(boss, cancel_one, int, (board, where), (int, rank));

/* ---- bodies ---------------------------------------------------------------------------------- */

struct board_state {
    int count;
};

static void on_arrive(struct board_state *self)
{
    self->count++;
}

static int on_count(struct board_state *self)
{
    return self->count;
}

TROUPE_IMPLEMENT(board, (arrive, on_arrive), (count, on_count));

static int on_hold(board where)
{
    board_arrive(where);
    while (!troupe_cancelled())
        usleep(50);
    return 1;
}

/* It waits again and again: the worker of a task that waits runs others, and goes on with it when
   these wait or are done, so that one that computes could wait for its own canceller. */
static int on_attend(board where)
{
    board_arrive(where);
    while (!troupe_cancelled())
        troupe_await(board_count(where));
    return 1;
}

static int on_touch(board where)
{
    board_arrive(where);
    return 1;
}

/* How many of them have seen it. */
static int on_family(board where, int levels)
{
    if (levels == 0)
        return on_hold(where);
    int next = (troupe_rank() + 1) % troupe_ranks();
    int below = troupe_await(troupe_submit(family, .where = where, .levels = levels - 1,
                                           .with = {.place = troupe_on(next)}));
    return below + troupe_cancelled();
}

static int on_late_parent(board where)
{
    int seen = 0;
    on_hold(where);
    troupe_status status = troupe_get(hold(where), &seen);
    return status == TROUPE_CANCELLED || (status == TROUPE_OK && seen == 1);
}

static void await_count(board where, int count)
{
    while (troupe_await(board_count(where)) < count)
        usleep(50);
}

static int on_cancel_one(board where, int rank)
{
    TROUPE_FUTURE(int) held = troupe_submit(attend, .where = where,
                                            .with = {.place = troupe_on(rank)});
    await_count(where, 1);
    troupe_cancel(held);
    return troupe_await(held);
}

TROUPE_BODY(hold, on_hold);
TROUPE_BODY(attend, on_attend);
TROUPE_BODY(touch, on_touch);
TROUPE_BODY(family, on_family);
TROUPE_BODY(late_parent, on_late_parent);
TROUPE_BODY(cancel_one, on_cancel_one);

struct boss_state {
    char nothing;
};

static int on_boss_cancel_one(struct boss_state *self, board where, int rank)
{
    (void)self;
    return on_cancel_one(where, rank);
}

TROUPE_IMPLEMENT(boss, (cancel_one, on_boss_cancel_one));

/* ---- tests ----------------------------------------------------------------------------------- */

static double amount_of(int rank, size_t kind)
{
    struct troupe_resource list[8];
    troupe_resources(rank, list, LENGTH(list));
    return list[kind].amount;
}

/* Runs on all CPUs of that rank. */
static TROUPE_FUTURE(int) fill(board where, int rank)
{
    TROUPE_FUTURE(int) filler =
        troupe_submit(hold, .where = where,
                      .with = {.place = troupe_on(rank), .cpus = (int)amount_of(rank, 0)});
    await_count(where, 1);
    return filler;
}

static void a_task_that_waits_fails_at_once(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        board busy = board_new(), never = board_new();
        TROUPE_FUTURE(int) filler = fill(busy, rank), waits[3];
        for (int i = 0; i < 3; i++)
            waits[i] = troupe_submit(touch, .where = never, .with = {.place = troupe_on(rank)});
        troupe_cancel(waits[2]);
        expect_failure(waits[2], TROUPE_CANCELLED, "task touch was cancelled");
        troupe_cancel(waits[0]);
        expect_failure(waits[0], TROUPE_CANCELLED, "before it began");
        assert_false(troupe_done(filler));
        troupe_cancel(filler);
        assert_int_equal(troupe_await(filler), 1);
        assert_int_equal(troupe_await(waits[1]), 1);
        await_count(never, 1);
        assert_int_equal(troupe_await(board_count(never)), 1);
    }
}

static void one_that_waits_for_memory_does_so_no_more(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        board busy = board_new();
        struct troupe_options all = {.place = troupe_on(rank),
                                     .memory = (size_t)amount_of(rank, 2)};
        TROUPE_FUTURE(int) first = troupe_submit(hold, .where = busy, .with = all);
        await_count(busy, 1);
        TROUPE_FUTURE(int) second = troupe_submit(touch, .where = busy, .with = all);
        TROUPE_FUTURE(int) third = troupe_submit(touch, .where = busy, .with = all);
        troupe_cancel(second);
        expect_failure(second, TROUPE_CANCELLED, "before it began");
        troupe_cancel(first);
        assert_int_equal(troupe_await(first), 1);
        assert_int_equal(troupe_await(third), 1);
        await_count(busy, 2);
        assert_int_equal(troupe_await(board_count(busy)), 2);
    }
}

/* The one that was cancelled wanted more than was free, and had been overtaken often enough. */
static void one_that_holds_up_others_lets_them_pass(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        int cpus = (int)amount_of(rank, 0);
        board busy = board_new(), others = board_new();
        TROUPE_FUTURE(int) held = troupe_submit(hold, .where = busy,
                                                .with = {.place = troupe_on(rank)});
        await_count(busy, 1);
        TROUPE_FUTURE(int) large = troupe_submit(
            touch, .where = busy, .with = {.place = troupe_on(rank), .cpus = cpus});
        for (int i = 0; i < 40; i++)
            troupe_drop(troupe_submit(touch, .where = others, .with = {.place = troupe_on(rank)}));
        troupe_cancel(large);
        expect_failure(large, TROUPE_CANCELLED, "before it began");
        if (cpus > 1)
            await_count(others, 40);
        troupe_cancel(held);
        assert_int_equal(troupe_await(held), 1);
        await_count(others, 40);
    }
}

static void the_children_of_one_that_runs_are_cancelled_with_it(void **state)
{
    (void)state;
    board b = board_new();
    TROUPE_FUTURE(int) root = family(b, 5);
    await_count(b, 1);
    troupe_cancel(root);
    assert_int_equal(troupe_await(root), 6);
}

static void what_a_cancelled_task_submits_is_cancelled(void **state)
{
    (void)state;
    board b = board_new();
    TROUPE_FUTURE(int) parents[4];
    for (int i = 0; i < 4; i++)
        parents[i] = late_parent(b);
    for (int i = 0; i < 4; i++)
        troupe_cancel(parents[i]);
    for (int i = 0; i < 4; i++) {
        int value = 1;
        troupe_status status = troupe_get(parents[i], &value);
        assert_true(status == TROUPE_CANCELLED || (status == TROUPE_OK && value == 1));
    }
}

static void methods_and_tasks_cancel_too(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        int other = (rank + 1) % troupe_ranks();
        boss light = troupe_new(boss, .with = {.place = troupe_on(rank)});
        boss own = troupe_new(boss, .with = {.place = troupe_on(rank), .cpus = 1});
        assert_int_equal(troupe_await(boss_cancel_one(light, board_new(), other)), 1);
        assert_int_equal(troupe_await(boss_cancel_one(own, board_new(), other)), 1);
        assert_int_equal(troupe_await(troupe_submit(cancel_one, .where = board_new(), .rank = other,
                                                    .with = {.place = troupe_on(rank)})),
                         1);
    }
}

static void what_is_done_and_what_is_no_task_stays_as_it_is(void **state)
{
    (void)state;
    board b = board_new();
    TROUPE_FUTURE(int) done = touch(b), asked = board_count(b), none = {{0}};
    while (!troupe_done(done))
        usleep(50);
    troupe_cancel(done);
    troupe_cancel(asked);
    troupe_cancel(none);
    assert_int_equal(troupe_await(done), 1);
    assert_in_range(troupe_await(asked), 0, 1);
    troupe_cancel(done);
    assert_false(troupe_cancelled());
}

static void of_many_just_those_that_were_not_cancelled_have_run(void **state)
{
    (void)state;
    enum { MANY = 400 };
    TROUPE_FUTURE(int) tasks[MANY];
    uint64_t seed = test_order() + 1;
    board b = board_new();
    int ran = 0;
    for (int i = 0; i < MANY; i++) {
        tasks[i] = touch(b);
        if (test_random(&seed) % 2)
            troupe_cancel(tasks[test_random(&seed) % (unsigned)(i + 1)]);
    }
    for (int i = 0; i < MANY; i++) {
        int value;
        troupe_status status = troupe_get(tasks[i], &value);
        assert_true(status == TROUPE_OK || status == TROUPE_CANCELLED);
        ran += status == TROUPE_OK;
    }
    await_count(b, ran);
    assert_int_equal(troupe_await(board_count(b)), ran);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_that_waits_fails_at_once),
        cmocka_unit_test(one_that_waits_for_memory_does_so_no_more),
        cmocka_unit_test(one_that_holds_up_others_lets_them_pass),
        cmocka_unit_test(the_children_of_one_that_runs_are_cancelled_with_it),
        cmocka_unit_test(what_a_cancelled_task_submits_is_cancelled),
        cmocka_unit_test(methods_and_tasks_cancel_too),
        cmocka_unit_test(what_is_done_and_what_is_no_task_stays_as_it_is),
        cmocka_unit_test(of_many_just_those_that_were_not_cancelled_have_run),
    };
    unsetenv("OMP_NUM_THREADS"); /* or a task takes one CPU, whatever it asks for */
    return TEST_PLAY(argc, argv, tests, 3);
}
