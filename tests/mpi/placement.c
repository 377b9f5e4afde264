/*
 * Where actors and tasks go.
 */
#include <stdio.h>

#include "play.h"

TROUPE_CLASS(spot);
TROUPE_ASK(spot, rank, int);
TROUPE_ASK(spot, make_here, spot);
TROUPE_ASK(spot, make_on, spot, (int, rank));
TROUPE_ASK(spot, submit_on, int, (int, rank));
TROUPE_ASK(spot, submit, int);

TROUPE_TASK(task_rank, int);

struct spot_state {
    char unused;
};

static int on_rank(struct spot_state *self)
{
    (void)self;
    return troupe_rank();
}

static spot on_make_here(struct spot_state *self)
{
    (void)self;
    return troupe_new(spot, .with = {.place = troupe_here()});
}

static spot on_make_on(struct spot_state *self, int rank)
{
    (void)self;
    return troupe_new(spot, .with = {.place = troupe_on(rank)});
}

static int on_submit_on(struct spot_state *self, int rank)
{
    (void)self;
    return troupe_await(troupe_submit(task_rank, .with = {.place = troupe_on(rank)}));
}

static int on_submit(struct spot_state *self)
{
    (void)self;
    return troupe_await(task_rank());
}

TROUPE_IMPLEMENT(spot, (rank, on_rank), (make_here, on_make_here), (make_on, on_make_on),
                 (submit_on, on_submit_on), (submit, on_submit));

static int on_task_rank(void)
{
    return troupe_rank();
}

TROUPE_BODY(task_rank, on_task_rank);

/* ---- tests ----------------------------------------------------------------------------------- */

/* The first of the group: nothing has been placed before. */
static void without_a_place_actors_go_round_from_rank_0(void **state)
{
    (void)state;
    int ranks = troupe_ranks();
    for (int i = 0; i < 3 * ranks; i++)
        assert_int_equal(troupe_await(spot_rank(spot_new())), i % ranks);
}

static void without_a_place_tasks_stay_where_a_slot_is_free(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        spot s = troupe_new(spot, .with = {.place = troupe_on(rank)});
        assert_int_equal(troupe_await(spot_submit(s)), rank);
    }
}

static void an_actor_goes_to_the_rank_that_is_named(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        spot s = troupe_new(spot, .with = {.place = troupe_on(rank)});
        assert_int_equal(troupe_await(spot_rank(s)), rank);
        int by_task = troupe_await(troupe_submit(task_rank, .with = {.place = troupe_on(rank)}));
        assert_int_equal(by_task, rank);
    }
}

static void here_is_the_rank_of_the_caller(void **state)
{
    (void)state;
    spot mine = troupe_new(spot, .with = {.place = troupe_here()});
    assert_int_equal(troupe_await(spot_rank(mine)), 0);
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        spot s = troupe_new(spot, .with = {.place = troupe_on(rank)});
        spot made = troupe_await(spot_make_here(s));
        assert_int_equal(troupe_await(spot_rank(made)), rank);
    }
}

static void beside_is_the_rank_of_the_other(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        spot first = troupe_new(spot, .with = {.place = troupe_on(rank)});
        spot second = troupe_new(spot, .with = {.place = troupe_beside(first)});
        assert_int_equal(troupe_await(spot_rank(second)), rank);
        spot made = troupe_await(spot_make_on(first, troupe_ranks() - 1));
        spot third = troupe_new(spot, .with = {.place = troupe_beside(made)});
        assert_int_equal(troupe_await(spot_rank(third)), troupe_ranks() - 1);
    }
}

static void a_rank_that_is_none_fails_the_caller_and_names_the_range(void **state)
{
    (void)state;
    char range[64];
    snprintf(range, sizeof range, "ranks 0 to %d", troupe_ranks() - 1);
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        spot s = troupe_new(spot, .with = {.place = troupe_on(rank)});
        expect_failure(spot_make_on(s, troupe_ranks()), TROUPE_INVALID, range);
        expect_failure(spot_make_on(s, -1), TROUPE_INVALID, "no rank -1");
        expect_failure(spot_submit_on(s, 1000000), TROUPE_INVALID, range);
        assert_int_equal(troupe_await(spot_submit_on(s, rank)), rank);
    }
}

static void every_rank_has_a_cpu_for_its_tasks(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        assert_true(troupe_rank_cpus(rank) >= 1);
    assert_int_equal(troupe_rank_cpus(-1), 0);
    assert_int_equal(troupe_rank_cpus(troupe_ranks()), 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_place_actors_go_round_from_rank_0),
        cmocka_unit_test(without_a_place_tasks_stay_where_a_slot_is_free),
        cmocka_unit_test(an_actor_goes_to_the_rank_that_is_named),
        cmocka_unit_test(here_is_the_rank_of_the_caller),
        cmocka_unit_test(beside_is_the_rank_of_the_other),
        cmocka_unit_test(a_rank_that_is_none_fails_the_caller_and_names_the_range),
        cmocka_unit_test(every_rank_has_a_cpu_for_its_tasks),
    };
    return TEST_PLAY(argc, argv, tests, 6);
}
