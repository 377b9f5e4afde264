/*
 * Where actors and tasks go.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "play.h"

TROUPE_CLASS(spot);
TROUPE_ASK(spot, rank, int);
TROUPE_ASK(spot, make_here, spot);
TROUPE_ASK(spot, make_on, spot, (int, rank));
TROUPE_ASK(spot, submit_on, int, (int, rank));
TROUPE_ASK(spot, submit, int);
TROUPE_ASK(spot, make_away, int, (spot, from));
TROUPE_ASK(spot, make_on_node, int, (int, node), (bool, rather));
TROUPE_ASK(spot, make_with, int, (uint64_t, memory), (int, rank), (bool, rather));

TROUPE_TASK(task_rank, int);
TROUPE_TASK(hold, int, (spot, on));
TROUPE_TELL(spot, come, (int, rank));
TROUPE_ASK(spot, came, int);

struct spot_state {
    int came;
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

static int on_make_away(struct spot_state *self, spot from)
{
    (void)self;
    return troupe_await(
        spot_rank(troupe_new(spot, .with = {.place = troupe_away_from(from)})));
}

static int on_make_on_node(struct spot_state *self, int node, bool rather)
{
    (void)self;
    struct troupe_place place = troupe_on_node(node);
    place = rather ? troupe_rather(place) : place;
    return troupe_await(spot_rank(troupe_new(spot, .with = {.place = place})));
}

/* Of memory more than is asked for is nowhere. */
static int on_make_with(struct spot_state *self, uint64_t memory, int rank, bool rather)
{
    (void)self;
    struct troupe_place place = troupe_on(rank);
    place = rather ? troupe_rather(place) : place;
    return troupe_await(
        spot_rank(troupe_new(spot, .with = {.place = place, .memory = memory})));
}

static void on_come(struct spot_state *self, int rank)
{
    (void)rank;
    self->came++;
}

static int on_came(struct spot_state *self)
{
    return self->came;
}

TROUPE_IMPLEMENT(spot, (rank, on_rank), (make_here, on_make_here), (make_on, on_make_on),
                 (submit_on, on_submit_on), (submit, on_submit),
                 (make_away, on_make_away), (make_on_node, on_make_on_node),
                 (make_with, on_make_with), (come, on_come), (came, on_came));

static int on_task_rank(void)
{
    return troupe_rank();
}

static int on_hold(spot on)
{
    spot_come(on, troupe_rank());
    while (!troupe_cancelled())
        usleep(100);
    return troupe_rank();
}

TROUPE_BODY(task_rank, on_task_rank);
TROUPE_BODY(hold, on_hold);

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

static int slots_of_job(void)
{
    int slots = 0;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        slots += troupe_rank_cpus(rank);
    return slots;
}

/* The driver counts from its own rank on. */
static void packed_actors_fill_one_rank_after_the_other(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        spot light = troupe_new(spot, .with = {.place = troupe_packed()});
        assert_int_equal(troupe_await(spot_rank(light)), 0);
    }
    for (int round = 0; round < 2; round++)
        for (int rank = 0; rank < troupe_ranks(); rank++)
            for (int i = 0; i < troupe_rank_cpus(rank); i++) {
                spot own = troupe_new(spot, .with = {.place = troupe_packed(), .cpus = 1});
                assert_int_equal(troupe_await(spot_rank(own)), rank);
                troupe_kill(own);
            }
}

static void spread_actors_are_on_all_ranks(void **state)
{
    (void)state;
    int ranks = troupe_ranks(), seen[64] = {0};
    for (int i = 0; i < 2 * ranks; i++)
        seen[troupe_await(spot_rank(troupe_new(spot, .with = {.place = troupe_spread()})))]++;
    for (int rank = 0; rank < ranks; rank++)
        assert_int_equal(seen[rank], 2);
}

/* So many as there are slots run at once, wherever they were put first: by policy, or as a wish. */
static void tasks_that_are_only_wished_somewhere_fill_all_slots(void **state)
{
    (void)state;
    struct troupe_place places[] = {troupe_packed(), troupe_spread(), troupe_rather(troupe_on(0)),
                                    troupe_rather(troupe_on_node(0)),
                                    troupe_rather(troupe_on(troupe_ranks() - 1))};
    int slots = slots_of_job(), *seen = troupe_alloc(64 * sizeof *seen);
    TROUPE_FUTURE(int) *held = troupe_alloc((size_t)slots * sizeof *held);
    for (size_t p = 0; p < LENGTH(places); p++) {
        spot counter = spot_new();
        for (int i = 0; i < slots; i++)
            held[i] = troupe_submit(hold, .on = counter, .with = {.place = places[p]});
        while (troupe_await(spot_came(counter)) < slots)
            usleep(100);
        for (int i = 0; i < slots; i++)
            troupe_cancel(held[i]);
        for (int i = 0; i < slots; i++)
            seen[troupe_await(held[i])]++;
        for (int rank = 0; rank < troupe_ranks(); rank++)
            assert_int_equal(seen[rank], ((int)p + 1) * troupe_rank_cpus(rank));
    }
}

static void away_is_any_other_rank_and_refused_where_there_is_none(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        spot first = troupe_new(spot, .with = {.place = troupe_on(rank)});
        if (troupe_ranks() == 1) {
            expect_failure(spot_make_away(first, first), TROUPE_INVALID,
                           "spot is to be away from rank 0, and the job has no other");
            continue;
        }
        for (int i = 0; i < 3; i++)
            assert_int_not_equal(troupe_await(spot_make_away(first, first)), rank);
        TROUPE_FUTURE(int) away =
            troupe_submit(task_rank, .with = {.place = troupe_away_from(first)});
        assert_int_not_equal(troupe_await(away), rank);
    }
    expect_failure(spot_make_away(spot_new(), (spot){{0}}), TROUPE_INVALID,
                   "troupe_away_from of no actor");
}

static void a_node_is_any_of_its_ranks(void **state)
{
    (void)state;
    spot s = spot_new();
    char range[64];
    snprintf(range, sizeof range, "nodes 0 to %d", troupe_nodes() - 1);
    for (int node = 0; node < troupe_nodes(); node++)
        for (int i = 0; i < troupe_ranks(); i++) {
            int rank = troupe_await(spot_make_on_node(s, node, false));
            assert_int_equal(troupe_node_of(rank), node);
        }
    expect_failure(spot_make_on_node(s, troupe_nodes(), false), TROUPE_INVALID, range);
    expect_failure(spot_make_on_node(s, -1, true), TROUPE_INVALID, "no node -1");
    assert_int_equal(troupe_node_of(-1), -1);
    assert_int_equal(troupe_node_of(troupe_ranks()), -1);
}

static double memory_of(int rank)
{
    struct troupe_resource has[3];
    troupe_resources(rank, has, LENGTH(has));
    return has[2].amount;
}

/* Where ranks have the same, nobody has more than the one that is asked. */
static void a_wish_that_cannot_be_is_no_failure(void **state)
{
    (void)state;
    spot s = spot_new();
    int least = 0, most = 0;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        least = memory_of(rank) < memory_of(least) ? rank : least;
        most = memory_of(rank) > memory_of(most) ? rank : most;
    }
    uint64_t much = (uint64_t)memory_of(most);
    expect_failure(spot_make_with(s, much + 1, least, false), TROUPE_INVALID, "has not");
    expect_failure(spot_make_with(s, much + 1, least, true), TROUPE_INVALID, "no rank of this job");
    int rank = troupe_await(spot_make_with(s, much, least, true));
    assert_true(memory_of(rank) >= (double)much);
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
        cmocka_unit_test(packed_actors_fill_one_rank_after_the_other),
        cmocka_unit_test(spread_actors_are_on_all_ranks),
        cmocka_unit_test(tasks_that_are_only_wished_somewhere_fill_all_slots),
        cmocka_unit_test(away_is_any_other_rank_and_refused_where_there_is_none),
        cmocka_unit_test(a_node_is_any_of_its_ranks),
        cmocka_unit_test(a_wish_that_cannot_be_is_no_failure),
        cmocka_unit_test(every_rank_has_a_cpu_for_its_tasks),
    };
    return TEST_PLAY(argc, argv, tests, 6);
}
