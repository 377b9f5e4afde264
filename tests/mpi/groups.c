/*
 * Groups of places that are reserved together, and that what ranks have comes back in full.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "play.h"

TROUPE_CLASS(member);
TROUPE_ASK(member, where, int);
TROUPE_ASK(member, cpus, int);

TROUPE_CLASS(board);
TROUPE_TELL(board, arrive);
TROUPE_ASK(board, count, int);

TROUPE_TASK(hold, int, (board, on));
TROUPE_TASK(where_am_i, int);
TROUPE_TASK(nested, int, (int, levels), (uint64_t, group), (int, place));
TROUPE_TASK(fails_once, int, (board, on));

/* Reserves again and again what only one can have at a time. */
TROUPE_CLASS(claimant);
TROUPE_ASK(claimant, reserve, int, (int, times), (int, places), (int, cpus));
TROUPE_ASK(claimant, wish, int, (int, places), (int, cpus), (int, strategy));
TROUPE_ASK(claimant, submit_in, int, (uint64_t, group), (int, place), (int, cpus));

/* ---- bodies ---------------------------------------------------------------------------------- */

struct member_state {
    char nothing;
};

static int on_where(struct member_state *self)
{
    (void)self;
    return troupe_rank();
}

static int on_cpus(struct member_state *self)
{
    (void)self;
    return troupe_cpus();
}

TROUPE_IMPLEMENT(member, (where, on_where), (cpus, on_cpus));

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

static int on_hold(board on)
{
    board_arrive(on);
    while (!troupe_cancelled())
        usleep(100);
    return troupe_rank();
}

static int on_where_am_i(void)
{
    return troupe_rank();
}

/* Each in the place of the one that waits for it. Only where that rank is the group's. */
static int on_nested(int levels, uint64_t group, int place)
{
    troupe_group g = {group, place + 1};
    if (levels == 0)
        return 0;
    return 1 + troupe_await(troupe_submit(nested, .levels = levels - 1, .group = group,
                                          .place = place, .with = {.place = troupe_in(g, place)}));
}

static int on_fails_once(board on)
{
    int before = troupe_await(board_count(on));
    board_arrive(on);
    if (before == 0)
        troupe_fail(-70, "the first time");
    return 1;
}

TROUPE_BODY(hold, on_hold);
TROUPE_BODY(where_am_i, on_where_am_i);
TROUPE_BODY(nested, on_nested);
TROUPE_BODY(fails_once, on_fails_once);

struct claimant_state {
    char nothing;
};

static int on_reserve(struct claimant_state *self, int times, int places, int cpus)
{
    int had = 0;
    (void)self;
    for (int i = 0; i < times; i++) {
        troupe_group g = troupe_group_reserve(
            &(struct troupe_group_options){.places = places, .cpus = cpus});
        had += g.places == places;
        for (int place = 0; place < g.places; place++) {
            int rank = troupe_await(
                troupe_submit(where_am_i, .with = {.place = troupe_in(g, place)}));
            if (rank != troupe_group_rank(g, place))
                troupe_fail(-71, "place %d is on rank %d, and its task on %d", place,
                            troupe_group_rank(g, place), rank);
        }
        troupe_group_release(g);
    }
    return had;
}

static int on_wish(struct claimant_state *self, int places, int cpus, int strategy)
{
    (void)self;
    troupe_group g = troupe_group_reserve(&(struct troupe_group_options){
        .places = places, .cpus = cpus, .strategy = (enum troupe_group_strategy)strategy});
    troupe_group_release(g);
    return g.places;
}

static int on_submit_in(struct claimant_state *self, uint64_t group, int place, int cpus)
{
    (void)self;
    troupe_group g = {group, 1};
    return troupe_await(
        troupe_submit(where_am_i, .with = {.place = troupe_in(g, place), .cpus = cpus}));
}

TROUPE_IMPLEMENT(claimant, (reserve, on_reserve), (wish, on_wish), (submit_in, on_submit_in));

/* ---- what ranks have ------------------------------------------------------------------------- */

static int least_cpus(void)
{
    int least = troupe_rank_cpus(0);
    for (int rank = 1; rank < troupe_ranks(); rank++)
        least = troupe_rank_cpus(rank) < least ? troupe_rank_cpus(rank) : least;
    return least;
}

static int slots_of_job(void)
{
    int slots = 0;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        slots += troupe_rank_cpus(rank);
    return slots;
}

static size_t memory_of(int rank)
{
    struct troupe_resource has[3];
    troupe_resources(rank, has, LENGTH(has));
    return (size_t)has[2].amount;
}

static void await_count(board on, int count)
{
    while (troupe_await(board_count(on)) < count)
        usleep(50);
}

/* All CPUs and all memory of each rank can be had at once. */
static void expect_all_free(void)
{
    int ranks = troupe_ranks();
    TROUPE_FUTURE(int) *all = troupe_alloc((size_t)ranks * sizeof *all);
    for (int rank = 0; rank < ranks; rank++)
        all[rank] = troupe_submit(where_am_i, .with = {.place = troupe_on(rank),
                                                       .cpus = troupe_rank_cpus(rank),
                                                       .memory = memory_of(rank)});
    for (int rank = 0; rank < ranks; rank++)
        assert_int_equal(troupe_await(all[rank]), rank);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void places_are_on_a_rank_each_where_they_are_spread(void **state)
{
    (void)state;
    int ranks = troupe_ranks(), seen[64] = {0};
    troupe_group g = troupe_group_reserve(&(struct troupe_group_options){
        .places = ranks, .cpus = 1, .strategy = TROUPE_SPREAD_STRICTLY});
    assert_int_equal(g.places, ranks);
    for (int i = 0; i < ranks; i++) {
        int rank = troupe_group_rank(g, i);
        seen[rank]++;
        member m = troupe_new(member, .with = {.place = troupe_in(g, i), .cpus = 1});
        assert_int_equal(troupe_await(member_where(m)), rank);
        assert_int_equal(troupe_await(member_cpus(m)), 1);
        member light = troupe_new(member, .with = {.place = troupe_in(g, i)});
        assert_int_equal(troupe_await(member_where(light)), rank);
        assert_int_equal(
            troupe_await(troupe_submit(where_am_i, .with = {.place = troupe_in(g, i)})), rank);
        troupe_kill(m);
        troupe_kill(light);
    }
    for (int rank = 0; rank < ranks; rank++)
        assert_int_equal(seen[rank], 1);
    assert_int_equal(troupe_group_rank(g, ranks), -1);
    troupe_group_release(g);
    assert_int_equal(troupe_group_rank(g, 0), -1);
    expect_all_free();
}

static void packed_places_are_on_one_rank_if_it_has_room(void **state)
{
    (void)state;
    int cpus = troupe_rank_cpus(0);
    troupe_group g = troupe_group_reserve(&(struct troupe_group_options){
        .places = cpus, .cpus = 1, .strategy = TROUPE_PACK_STRICTLY});
    for (int i = 1; i < cpus; i++)
        assert_int_equal(troupe_group_rank(g, i), troupe_group_rank(g, 0));
    troupe_group_release(g);
    int slots = slots_of_job();
    g = troupe_group_reserve(&(struct troupe_group_options){.places = slots, .cpus = 1});
    int seen[64] = {0};
    for (int i = 0; i < slots; i++)
        seen[troupe_group_rank(g, i)]++;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        assert_int_equal(seen[rank], troupe_rank_cpus(rank));
    troupe_group_release(g);
    expect_all_free();
}

/* The tasks of the group run although others wait for all the CPUs there are. */
static void what_is_set_aside_is_for_those_alone_who_are_sent_there(void **state)
{
    (void)state;
    int slots = slots_of_job(), ranks = troupe_ranks();
    troupe_group g = troupe_group_reserve(&(struct troupe_group_options){
        .places = ranks, .cpus = 1, .strategy = TROUPE_SPREAD_STRICTLY});
    board busy = board_new();
    TROUPE_FUTURE(int) *held = troupe_alloc((size_t)slots * sizeof *held);
    for (int i = 0; i < slots; i++)
        held[i] = hold(busy);
    await_count(busy, slots - ranks);
    for (int i = 0; i < 10 * ranks; i++)
        assert_int_equal(
            troupe_await(troupe_submit(where_am_i, .with = {.place = troupe_in(g, i % ranks)})),
            troupe_group_rank(g, i % ranks));
    assert_int_equal(troupe_await(board_count(busy)), slots - ranks);
    troupe_group_release(g);
    await_count(busy, slots);
    for (int i = 0; i < slots; i++)
        troupe_cancel(held[i]);
    for (int i = 0; i < slots; i++)
        assert_in_range(troupe_await(held[i]), 0, ranks - 1);
    expect_all_free();
}

static void two_groups_at_once_never_block_each_other(void **state)
{
    (void)state;
    enum { TIMES = 6 };
    int cpus = least_cpus(), ranks = troupe_ranks();
    claimant all[4];
    TROUPE_FUTURE(int) had[4];
    for (int i = 0; i < 4; i++)
        all[i] = troupe_new(claimant, .with = {.place = troupe_on(i % ranks)});
    for (int i = 0; i < 4; i++)
        had[i] = claimant_reserve(all[i], TIMES, i % 2 ? ranks : (ranks + 1) / 2, cpus);
    for (int i = 0; i < 4; i++)
        assert_int_equal(troupe_await(had[i]), TIMES);
    expect_all_free();
}

static void one_that_is_not_granted_in_time_holds_nothing(void **state)
{
    (void)state;
    int ranks = troupe_ranks();
    struct troupe_group_options all = {.places = ranks, .memory = memory_of(0)};
    for (int rank = 1; rank < ranks; rank++)
        all.memory = memory_of(rank) < all.memory ? memory_of(rank) : all.memory;
    troupe_group first = troupe_group_reserve(&all);
    all.seconds = 0.02;
    troupe_group second = troupe_group_reserve(&all); /* waits with the keeper */
    assert_int_equal(second.places, 0);
    troupe_group_release(second);
    troupe_group_release(first);
    board busy = board_new();
    TROUPE_FUTURE(int) held = troupe_submit(
        hold, .on = busy, .with = {.place = troupe_on(ranks - 1), .memory = memory_of(ranks - 1)});
    await_count(busy, 1);
    second = troupe_group_reserve(&all); /* waits on a rank */
    assert_int_equal(second.places, 0);
    troupe_cancel(held);
    assert_int_equal(troupe_await(held), ranks - 1);
    all.seconds = 0;
    second = troupe_group_reserve(&all);
    assert_int_equal(second.places, ranks);
    troupe_group_release(second);
    expect_all_free();
}

static void a_task_may_wait_for_one_in_its_own_place(void **state)
{
    (void)state;
    troupe_group g = troupe_group_reserve(&(struct troupe_group_options){.places = 1, .cpus = 1});
    TROUPE_FUTURE(int) tree = troupe_submit(nested, .levels = 5, .group = g.number, .place = 0,
                                            .with = {.place = troupe_in(g, 0)});
    if (troupe_group_rank(g, 0) == 0)
        assert_int_equal(troupe_await(tree), 5);
    else
        expect_failure(tree, TROUPE_INVALID, "reserved no such place");
    troupe_group_release(g);
    expect_all_free();
}

static void what_was_sent_there_before_the_release_still_runs(void **state)
{
    (void)state;
    troupe_group g = troupe_group_reserve(&(struct troupe_group_options){.places = 1, .cpus = 1});
    board busy = board_new(), again = board_new();
    TROUPE_FUTURE(int) running =
        troupe_submit(hold, .on = busy, .with = {.place = troupe_in(g, 0)});
    await_count(busy, 1);
    TROUPE_FUTURE(int) waits = troupe_submit(where_am_i, .with = {.place = troupe_in(g, 0)});
    TROUPE_FUTURE(int) called_off = troupe_submit(where_am_i, .with = {.place = troupe_in(g, 0)});
    TROUPE_FUTURE(int) fails = troupe_submit(
        fails_once, .on = again, .with = {.place = troupe_in(g, 0), .retries = 1});
    int rank = troupe_group_rank(g, 0);
    troupe_group_release(g);
    troupe_cancel(called_off);
    expect_failure(called_off, TROUPE_CANCELLED, "before it began");
    troupe_cancel(running);
    assert_int_equal(troupe_await(running), rank);
    assert_int_equal(troupe_await(waits), rank);
    assert_int_equal(troupe_await(fails), 1);
    expect_all_free();
}

static void what_could_never_be_is_refused_with_what_could(void **state)
{
    (void)state;
    int slots = slots_of_job(), ranks = troupe_ranks();
    char text[128];
    claimant c = claimant_new();
    snprintf(text, sizeof text, "a group of %d places with 1 CPU each: this job has room for %d",
             slots + 1, slots);
    expect_failure(claimant_wish(c, slots + 1, 1, TROUPE_PACK), TROUPE_INVALID, text);
    snprintf(text, sizeof text, "on a rank each: this job has room for %d", ranks);
    expect_failure(claimant_wish(c, ranks + 1, 1, TROUPE_SPREAD_STRICTLY), TROUPE_INVALID, text);
    expect_failure(claimant_wish(c, 1, 100000, TROUPE_SPREAD), TROUPE_INVALID, "room for 0");
    expect_failure(claimant_wish(c, 0, 1, TROUPE_PACK), TROUPE_INVALID, "a group of 0 places");
    expect_failure(claimant_wish(c, 1, 0, TROUPE_PACK), TROUPE_INVALID, "ask for nothing");
    expect_failure(claimant_wish(c, 1, -1, TROUPE_PACK), TROUPE_INVALID, "-1 CPUs");
    assert_int_equal(troupe_await(claimant_wish(c, slots, 1, TROUPE_PACK)), slots);
}

static void what_a_place_never_has_is_refused(void **state)
{
    (void)state;
    troupe_group g = troupe_group_reserve(&(struct troupe_group_options){.places = 1, .cpus = 1});
    claimant here = troupe_new(claimant, .with = {.place = troupe_on(0)});
    expect_failure(claimant_submit_in(here, g.number, 0, 2), TROUPE_INVALID,
                   "asks for 2 CPUs, which its place of a group has not: that has 1 CPU");
    expect_failure(claimant_submit_in(here, g.number, 1, 1), TROUPE_INVALID,
                   "is to be in place 1 of a group");
    expect_failure(claimant_submit_in(here, 12345, 0, 1), TROUPE_INVALID, "reserved no such place");
    assert_int_equal(troupe_await(claimant_submit_in(here, g.number, 0, 1)),
                     troupe_group_rank(g, 0));
    troupe_group_release(g);
    expect_failure(claimant_submit_in(here, g.number, 0, 1), TROUPE_INVALID, "has released it");
}

/* Tasks of any size, actors, and groups begin and end in an order drawn from the seed. */
static void after_any_mix_all_is_free_again(void **state)
{
    (void)state;
    enum { STEPS = 150 };
    uint64_t seed = test_order() + 7;
    int ranks = troupe_ranks(), cpus = least_cpus();
    TROUPE_FUTURE(int) tasks[STEPS];
    int count = 0;
    member actors[STEPS];
    int made = 0;
    board busy = board_new();
    troupe_group g = {0, 0};
    for (int i = 0; i < STEPS; i++) {
        int rank = (int)(test_random(&seed) % (unsigned)ranks);
        struct troupe_options with = {.cpus = 1 + (int)(test_random(&seed) % (unsigned)cpus)};
        if (test_random(&seed) % 2)
            with.memory = memory_of(rank) / 4;
        if (test_random(&seed) % 3 == 0)
            with.place = troupe_on(rank);
        else if (g.places && test_random(&seed) % 2)
            with = (struct troupe_options){.place = troupe_in(g, 0)};
        switch (test_random(&seed) % 8) {
        case 0:
            if (!g.places)
                g = troupe_group_reserve(&(struct troupe_group_options){
                    .places = 1 + rank, .cpus = 1, .seconds = 1e-3, .strategy = TROUPE_SPREAD});
            break;
        case 1:
            troupe_group_release(g);
            g = (troupe_group){0, 0};
            break;
        case 2:
            actors[made++] = troupe_new(member, .with = with);
            break;
        case 3:
            if (made)
                troupe_kill(actors[--made]);
            break;
        case 4:
            if (count)
                troupe_cancel(tasks[test_random(&seed) % (unsigned)count]);
            break;
        case 5:
            with.retries = 1;
            tasks[count++] = troupe_submit(fails_once, .on = busy, .with = with);
            break;
        case 6:
            tasks[count++] = troupe_submit(hold, .on = busy, .with = with);
            break;
        default:
            tasks[count++] = troupe_submit(where_am_i, .with = with);
        }
    }
    while (made)
        troupe_kill(actors[--made]);
    troupe_group_release(g);
    for (int i = 0; i < count; i++)
        troupe_cancel(tasks[i]);
    for (int i = 0; i < count; i++) {
        int value;
        troupe_status status = troupe_get(tasks[i], &value);
        assert_true(status == TROUPE_OK || status == TROUPE_CANCELLED || status == -70);
    }
    expect_all_free();
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_on_a_rank_each_where_they_are_spread),
        cmocka_unit_test(packed_places_are_on_one_rank_if_it_has_room),
        cmocka_unit_test(what_is_set_aside_is_for_those_alone_who_are_sent_there),
        cmocka_unit_test(two_groups_at_once_never_block_each_other),
        cmocka_unit_test(one_that_is_not_granted_in_time_holds_nothing),
        cmocka_unit_test(a_task_may_wait_for_one_in_its_own_place),
        cmocka_unit_test(what_was_sent_there_before_the_release_still_runs),
        cmocka_unit_test(what_could_never_be_is_refused_with_what_could),
        cmocka_unit_test(what_a_place_never_has_is_refused),
        cmocka_unit_test(after_any_mix_all_is_free_again),
    };
    unsetenv("OMP_NUM_THREADS"); /* or a task takes one CPU, whatever it asks for */
    return TEST_PLAY(argc, argv, tests, 4);
}
