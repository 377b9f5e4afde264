/*
 * Tests of the tables of actors: names, places that letters wait in, growth, ends, generations.
 */
#include "actor/actor.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RANKS 3
#define LARGE 100000

static struct troupe_class small = {.name = "small", .state_size = 24};
static struct troupe_class stateless = {.name = "stateless"};
static struct trp_actors actors;

static int open_tables(void **state)
{
    (void)state;
    actors = (struct trp_actors){0};
    trp_actors_open(&actors, RANKS);
    return 0;
}

static int close_tables(void **state)
{
    (void)state;
    trp_actors_close(&actors);
    return 0;
}

static struct troupe_ref ref(uint32_t creator, uint32_t index)
{
    return trp_ref(0, creator, index, 1);
}

/* ---- handles --------------------------------------------------------------------------------- */

static void a_handle_tells_what_it_was_made_of(void **state)
{
    static const uint32_t numbers[] = {0, 1, 0xfffff, 0x80000000, UINT32_MAX};

    (void)state;
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 5; k++) {
            uint32_t host = numbers[i] % TRP_RANKS_MAX, creator = numbers[k] % TRP_RANKS_MAX;
            struct troupe_ref r = trp_ref((int)host, creator, numbers[i], numbers[k]);
            assert_int_equal(trp_ref_host(r), host);
            assert_int_equal(trp_ref_creator(r), creator);
            assert_int_equal(trp_ref_index(r), numbers[i]);
            assert_int_equal(trp_ref_generation(r), numbers[k]);
            assert_false(trp_ref_none(r));
        }
    assert_true(trp_ref_none((struct troupe_ref){0, 0}));
}

static void names_count_up_for_each_host(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5; i++)
        for (int host = 0; host < RANKS; host++) {
            struct troupe_ref r = trp_actors_name(&actors, host, 2);
            assert_int_equal(trp_ref_host(r), host);
            assert_int_equal(trp_ref_creator(r), 2);
            assert_int_equal(trp_ref_index(r), i);
            assert_int_equal(trp_ref_generation(r), 1);
        }
}

static void numbers_for_people_are_different_on_one_host(void **state)
{
    static bool seen[RANKS * 50];

    (void)state;
    memset(seen, 0, sizeof seen);
    for (uint32_t creator = 0; creator < RANKS; creator++)
        for (uint32_t i = 0; i < 50; i++) {
            uint64_t number = trp_ref_number(ref(creator, i), RANKS);
            assert_true(number < RANKS * 50);
            assert_false(seen[number]);
            seen[number] = true;
        }
}

static void *name_many(void *arg)
{
    uint32_t *indices = arg;
    for (int i = 0; i < 20000; i++)
        indices[i] = trp_ref_index(trp_actors_name(&actors, 1, 0));
    return NULL;
}

static void threads_never_get_the_same_name(void **state)
{
    static uint32_t indices[4][20000];
    static bool seen[4 * 20000];
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, name_many, indices[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 20000; k++) {
            assert_true(indices[i][k] < 4 * 20000);
            assert_false(seen[indices[i][k]]);
            seen[indices[i][k]] = true;
        }
}

/* ---- finding and creating -------------------------------------------------------------------- */

static void a_created_actor_is_alive_zeroed_and_found(void **state)
{
    struct trp_actor *actor = trp_actors_create(&actors, ref(1, 3), &small);

    (void)state;
    assert_ptr_equal(actor->class_, &small);
    assert_int_equal(actor->life, TRP_LIFE_ALIVE);
    assert_null(actor->running);
    assert_null(actor->more);
    assert_false(actor->listed);
    for (size_t i = 0; i < small.state_size; i++)
        assert_int_equal(actor->state[i], 0);
    memset(actor->state, 0xff, small.state_size);
    assert_int_equal((uintptr_t)actor->state % 16, 0);
    assert_ptr_equal(trp_actor_of_state(actor->state), actor);
    assert_ptr_equal(trp_actors_find(&actors, ref(1, 3)), actor);
    assert_int_equal(trp_actor_ref(actor).place, ref(1, 3).place);
    assert_int_equal(trp_actor_ref(actor).serial, ref(1, 3).serial);
}

static void an_actor_needs_no_state(void **state)
{
    (void)state;
    assert_ptr_equal(trp_actors_create(&actors, ref(0, 0), &stateless)->class_, &stateless);
}

static void who_is_not_created_yet_is_expected(void **state)
{
    struct trp_actor *expected = trp_actors_find(&actors, ref(2, 7));

    (void)state;
    assert_null(expected->class_);
    assert_int_equal(expected->life, TRP_LIFE_EXPECTED);
    assert_int_equal(trp_ref_index(trp_actor_ref(expected)), 7);
    assert_int_equal(trp_ref_creator(trp_actor_ref(expected)), 2);
    assert_ptr_equal(trp_actors_find(&actors, ref(2, 7)), expected);
    assert_ptr_not_equal(trp_actors_find(&actors, ref(1, 7)), expected);
    assert_ptr_not_equal(trp_actors_find(&actors, ref(2, 8)), expected);
}

static void letter(struct trp_actor *actor, int number)
{
    struct trp_parcel *parcel = trp_parcel_new(8);
    parcel->peer = number;
    trp_mailbox_push(actor, parcel);
}

static void letters_that_came_before_the_actor_are_kept_in_order(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        letter(trp_actors_find(&actors, ref(1, 0)), i);
    struct trp_actor *actor = trp_actors_create(&actors, ref(1, 0), &small);
    letter(actor, 5);
    assert_ptr_equal(trp_actors_find(&actors, ref(1, 0)), actor);
    for (int i = 0; i <= 5; i++) {
        struct trp_parcel *parcel = trp_mailbox_pop(actor);
        assert_non_null(parcel);
        assert_int_equal(parcel->peer, i);
        trp_parcel_drop(parcel);
    }
    assert_null(trp_mailbox_pop(actor));
}

/* ---- growth ---------------------------------------------------------------------------------- */

static void actors_do_not_move_when_the_tables_grow(void **state)
{
    static struct trp_actor *made[RANKS][LARGE + 1];

    (void)state;
    /* Far ahead first, then all, in steps that visit each index once and not in order. */
    for (uint32_t creator = 0; creator < RANKS; creator++)
        made[creator][LARGE] = trp_actors_find(&actors, ref(creator, LARGE));
    for (uint32_t i = 0, index = 0; i < LARGE; i++, index = (index + 7919) % LARGE)
        for (uint32_t creator = 0; creator < RANKS; creator++)
            made[creator][index] =
                index % 100 ? trp_actors_find(&actors, ref(creator, index))
                            : trp_actors_create(&actors, ref(creator, index), &small);
    for (uint32_t creator = 0; creator < RANKS; creator++)
        for (uint32_t index = 0; index <= LARGE; index++) {
            struct trp_actor *actor = trp_actors_find(&actors, ref(creator, index));
            if (actor != made[creator][index] || trp_ref_index(trp_actor_ref(actor)) != index ||
                trp_ref_creator(trp_actor_ref(actor)) != creator)
                fail_msg("%u of %u", index, creator);
        }
}

static void an_index_far_away_is_found_alone(void **state)
{
    (void)state;
    struct trp_actor *actor = trp_actors_create(&actors, ref(0, 50000000), &small);
    assert_ptr_equal(trp_actors_find(&actors, ref(0, 50000000)), actor);
    assert_int_equal(actors.alive, 1);
}

/* ---- the end --------------------------------------------------------------------------------- */

static char *story(const char *format, uint32_t number)
{
    char text[64];
    snprintf(text, sizeof text, format, number);
    return strdup(text);
}

static void end_with(struct troupe_ref who, int reason, char *text)
{
    struct trp_actor *actor = trp_actors_find(&actors, who);
    assert_non_null(actor);
    trp_actors_remove(&actors, actor, reason, text);
}

static void assert_end(struct troupe_ref who, int reason, const char *text)
{
    const struct trp_end *end = trp_actors_end_of(&actors, who);
    assert_non_null(end);
    assert_true(trp_ref_same(end->ref, who));
    assert_int_equal(end->reason, reason);
    if (text)
        assert_string_equal(end->story, text);
    else
        assert_null(end->story);
}

static void an_ended_actor_is_not_found_and_its_story_is_kept(void **state)
{
    (void)state;
    trp_actors_create(&actors, ref(1, 4), &small);
    assert_false(trp_actors_ended(&actors, ref(1, 4)));
    assert_null(trp_actors_end_of(&actors, ref(1, 4)));
    assert_int_equal(actors.alive, 1);
    end_with(ref(1, 4), 7, strdup("it fell"));
    assert_true(trp_actors_ended(&actors, ref(1, 4)));
    assert_null(trp_actors_find(&actors, ref(1, 4)));
    assert_int_equal(actors.alive, 0);
    assert_end(ref(1, 4), 7, "it fell");
    assert_null(trp_actors_end_of(&actors, ref(1, 5)));
    assert_null(trp_actors_end_of(&actors, ref(2, 4)));
}

static void an_end_needs_no_story(void **state)
{
    (void)state;
    trp_actors_create(&actors, ref(0, 0), &stateless);
    end_with(ref(0, 0), 0, NULL);
    assert_end(ref(0, 0), 0, NULL);
}

/* Killed before its creation has come. */
static void who_was_only_expected_can_end_and_was_not_alive(void **state)
{
    (void)state;
    trp_actors_create(&actors, ref(0, 1), &small);
    letter(trp_actors_find(&actors, ref(0, 0)), 1);
    end_with(ref(0, 0), 3, strdup("never born"));
    assert_int_equal(actors.alive, 1);
    assert_true(trp_actors_ended(&actors, ref(0, 0)));
    assert_end(ref(0, 0), 3, "never born");
}

static void the_story_of_the_latest_4096_is_kept_and_older_ones_are_forgotten(void **state)
{
    enum { KEPT = 4096, ENDED = 3 * KEPT / 2 };
    char text[64];

    (void)state;
    for (uint32_t i = 0; i < ENDED; i++) {
        trp_actors_create(&actors, ref(i % RANKS, i), &stateless);
        end_with(ref(i % RANKS, i), (int)i, story("the story of %u", i));
        if (i == KEPT - 1)
            assert_end(ref(0, 0), 0, "the story of 0");
        if (i == KEPT)
            assert_null(trp_actors_end_of(&actors, ref(0, 0)));
    }
    assert_int_equal(actors.end_count, ENDED);
    for (uint32_t i = 0; i < ENDED; i++) {
        assert_true(trp_actors_ended(&actors, ref(i % RANKS, i)));
        snprintf(text, sizeof text, "the story of %u", i);
        if (i < ENDED - KEPT)
            assert_null(trp_actors_end_of(&actors, ref(i % RANKS, i)));
        else if (i % 50 == 0 || i == ENDED - KEPT)
            assert_end(ref(i % RANKS, i), (int)i, text);
    }
}

/* ---- generations ----------------------------------------------------------------------------- */

static struct troupe_ref generation(uint32_t index, uint32_t number)
{
    return trp_ref(0, 0, index, number);
}

static void an_index_is_used_again_by_another_generation_and_an_old_handle_finds_nobody(
    void **state)
{
    (void)state;
    struct troupe_ref first = trp_actors_name(&actors, 0, 0), now = first;
    for (uint32_t n = 1; n <= 100; n++) {
        assert_int_equal(trp_ref_index(now), trp_ref_index(first));
        assert_int_equal(trp_ref_generation(now), n);
        struct trp_actor *actor = trp_actors_create(&actors, now, &small);
        assert_ptr_equal(trp_actors_find(&actors, now), actor);
        for (uint32_t old = 1; old < n; old++) {
            assert_null(trp_actors_find(&actors, generation(0, old)));
            assert_true(trp_actors_ended(&actors, generation(0, old)));
        }
        end_with(now, (int)n, story("end %u", n));
        trp_actors_reuse(&actors, now);
        now = trp_actors_name(&actors, 0, 0);
    }
    assert_end(generation(0, 1), 1, "end 1");
    assert_end(generation(0, 100), 100, "end 100");
    assert_false(trp_actors_ended(&actors, generation(0, 101)));
}

static void an_index_that_is_not_free_is_not_given_twice(void **state)
{
    static bool taken[1000];
    struct troupe_ref refs[500];

    (void)state;
    memset(taken, 0, sizeof taken);
    for (int i = 0; i < 500; i++)
        refs[i] = trp_actors_name(&actors, 1, 0);
    for (int i = 0; i < 500; i += 2)
        trp_actors_reuse(&actors, refs[i]);
    for (int i = 0; i < 500; i++) {
        struct troupe_ref r = trp_actors_name(&actors, 1, 0);
        uint32_t index = trp_ref_index(r);
        assert_true(index < 750 && !taken[index]);
        assert_int_equal(trp_ref_generation(r), index < 500 ? 2 : 1);
        assert_true(index >= 500 || index % 2 == 0);
        taken[index] = true;
    }
}

static void indices_are_used_again_on_the_host_they_are_of(void **state)
{
    (void)state;
    struct troupe_ref there = trp_actors_name(&actors, 2, 0);
    trp_actors_name(&actors, 1, 0);
    trp_actors_reuse(&actors, there);
    assert_int_equal(trp_ref_index(trp_actors_name(&actors, 1, 0)), 1);
    struct troupe_ref again = trp_actors_name(&actors, 2, 0);
    assert_int_equal(trp_ref_index(again), 0);
    assert_int_equal(trp_ref_generation(again), 2);
}

static void a_name_that_was_never_used_is_given_again_as_it_was(void **state)
{
    (void)state;
    struct troupe_ref unused = trp_actors_name(&actors, 1, 2);
    trp_actors_unname(&actors, unused);
    assert_true(trp_ref_same(trp_actors_name(&actors, 1, 2), unused));
    trp_actors_reuse(&actors, unused);
    struct troupe_ref second = trp_actors_name(&actors, 1, 2);
    trp_actors_unname(&actors, second);
    assert_true(trp_ref_same(trp_actors_name(&actors, 1, 2), second));
    assert_int_equal(trp_ref_generation(second), 2);
}

/* The next generation would be 0, and the one after that the first again. */
static void an_index_is_retired_after_its_last_generation(void **state)
{
    (void)state;
    trp_actors_name(&actors, 0, 0);
    trp_actors_reuse(&actors, generation(0, UINT32_MAX - 1));
    struct troupe_ref last = trp_actors_name(&actors, 0, 0);
    assert_int_equal(trp_ref_index(last), 0);
    assert_int_equal(trp_ref_generation(last), UINT32_MAX);
    trp_actors_reuse(&actors, last);
    struct troupe_ref next = trp_actors_name(&actors, 0, 0);
    assert_int_equal(trp_ref_index(next), 1);
    assert_int_equal(trp_ref_generation(next), 1);
}

static void letters_may_come_before_a_later_generation_too(void **state)
{
    (void)state;
    trp_actors_create(&actors, generation(5, 1), &small);
    end_with(generation(5, 1), 0, NULL);
    struct trp_actor *expected = trp_actors_find(&actors, generation(5, 2));
    assert_int_equal(expected->life, TRP_LIFE_EXPECTED);
    letter(expected, 1);
    assert_null(trp_actors_find(&actors, generation(5, 1)));
    struct trp_actor *actor = trp_actors_create(&actors, generation(5, 2), &small);
    assert_true(trp_mailbox_has_any(actor));
}

static void *reuse_many(void *arg)
{
    struct troupe_ref mine[8];
    for (int round = 0; round < 2000; round++) {
        for (int i = 0; i < 8; i++)
            mine[i] = trp_actors_name(&actors, 1, 0);
        for (int i = 0; i < 8; i++)
            trp_actors_reuse(&actors, mine[i]);
    }
    return arg;
}

static void threads_that_use_names_again_need_few(void **state)
{
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, reuse_many, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 32; i++)
        assert_true(trp_ref_index(trp_actors_name(&actors, 1, 0)) < 32);
}

/* ---- what few actors have -------------------------------------------------------------------- */

static void more_is_made_once_and_empty(void **state)
{
    (void)state;
    struct trp_actor *actor = trp_actors_create(&actors, ref(0, 0), &small);
    assert_null(actor->more);
    struct trp_actor_more *more = trp_actor_more(actor);
    assert_ptr_equal(actor->more, more);
    assert_ptr_equal(trp_actor_more(actor), more);
    assert_int_equal(more->watcher_count + more->children + more->tie, 0);
    assert_null(more->name);
    assert_null(more->create);
    assert_false(more->name_granted);
}

static void who_watched_before_the_actor_came_watches_it(void **state)
{
    (void)state;
    struct trp_actor_more *more = trp_actor_more(trp_actors_find(&actors, ref(1, 0)));
    more->watchers = malloc(sizeof *more->watchers);
    more->watchers[0] = (struct trp_watcher){2, 99};
    more->watcher_count = 1;
    struct trp_actor *actor = trp_actors_create(&actors, ref(1, 0), &small);
    assert_ptr_equal(actor->more, more);
    assert_int_equal(actor->more->watchers[0].future, 99);
}

/* Leaks would show: of those who end, of the living at the close, and of those who never came. */
static void all_that_an_actor_has_is_freed_with_it(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct trp_actor *actor = i < 3 ? trp_actors_create(&actors, ref(0, i), &small)
                                        : trp_actors_find(&actors, ref(0, i));
        struct trp_actor_more *more = trp_actor_more(actor);
        more->watchers = malloc(8);
        assert_true(trp_actor_unask(actor, 7));
        more->name = strdup("a name");
        more->end_story = strdup("a story");
        more->create = trp_parcel_new(8);
        letter(actor, 1);
        letter(actor, 2);
    }
    end_with(ref(0, 0), 1, strdup("it ended"));
    end_with(ref(0, 1), 1, NULL);
}

/* ---- each ------------------------------------------------------------------------------------ */

static struct troupe_ref seen[RANKS * 2000];
static size_t seen_count;

static void note(struct trp_actor *actor, void *arg)
{
    *(size_t *)arg += 1;
    seen[seen_count++] = trp_actor_ref(actor);
}

static size_t see(int depth)
{
    size_t called = 0;
    seen_count = 0;
    trp_actors_each(&actors, depth, note, &called);
    assert_int_equal(called, seen_count);
    return called;
}

static void the_latest_actor_of_a_creator_is_seen_first(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3000; i++)
        trp_actors_create(&actors, ref(1, i), &small);
    assert_int_equal(see(0), 3000);
    for (uint32_t i = 0; i < 3000; i++)
        assert_int_equal(trp_ref_index(seen[i]), 2999 - i);
}

static void each_actor_of_each_creator_is_seen_once(void **state)
{
    static bool came[RANKS][2000];

    (void)state;
    for (uint32_t i = 0; i < 2000; i++)
        for (uint32_t creator = 0; creator < RANKS; creator++)
            trp_actors_create(&actors, ref(creator, i), &small);
    assert_int_equal(see(0), RANKS * 2000);
    for (size_t i = 0; i < seen_count; i++) {
        bool *it = &came[trp_ref_creator(seen[i])][trp_ref_index(seen[i])];
        assert_false(*it);
        *it = true;
    }
}

static void those_of_one_depth_are_seen_alone(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 60; i++)
        trp_actors_create(&actors, ref(i % RANKS, i), &small)->depth = (uint16_t)(1 + i % 4);
    for (int depth = 1; depth <= 4; depth++) {
        assert_int_equal(see(depth), 15);
        for (size_t i = 0; i < seen_count; i++)
            assert_int_equal(1 + trp_ref_index(seen[i]) % 4, depth);
    }
    assert_int_equal(see(5), 0);
    assert_int_equal(see(0), 60);
}

static void remove_it(struct trp_actor *actor, void *arg)
{
    *(int *)arg += actor->state[0];
    trp_actors_remove(&actors, actor, 0, NULL);
}

static void who_is_seen_may_be_removed(void **state)
{
    int total = 0;

    (void)state;
    for (uint32_t i = 0; i < 10; i++)
        trp_actors_create(&actors, ref(2, i), &small)->state[0] = (unsigned char)i;
    trp_actors_each(&actors, 0, remove_it, &total);
    assert_int_equal(total, 45);
    assert_int_equal(actors.alive, 0);
    assert_int_equal(see(0), 0);
}

static void the_last_generation_ends_like_any_other(void **state)
{
    (void)state;
    trp_actors_create(&actors, generation(0, UINT32_MAX), &small);
    end_with(generation(0, UINT32_MAX), 5, strdup("the last"));
    assert_true(trp_actors_ended(&actors, generation(0, UINT32_MAX)));
    assert_null(trp_actors_find(&actors, generation(0, UINT32_MAX)));
    assert_true(trp_actors_ended(&actors, generation(0, 1)));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_tables, close_tables)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handle_tells_what_it_was_made_of),
        TEST(names_count_up_for_each_host),
        cmocka_unit_test(numbers_for_people_are_different_on_one_host),
        TEST(threads_never_get_the_same_name),
        TEST(a_created_actor_is_alive_zeroed_and_found),
        TEST(an_actor_needs_no_state),
        TEST(who_is_not_created_yet_is_expected),
        TEST(letters_that_came_before_the_actor_are_kept_in_order),
        TEST(actors_do_not_move_when_the_tables_grow),
        TEST(an_index_far_away_is_found_alone),
        TEST(an_ended_actor_is_not_found_and_its_story_is_kept),
        TEST(an_end_needs_no_story),
        TEST(who_was_only_expected_can_end_and_was_not_alive),
        TEST(the_story_of_the_latest_4096_is_kept_and_older_ones_are_forgotten),
        TEST(an_index_is_used_again_by_another_generation_and_an_old_handle_finds_nobody),
        TEST(an_index_that_is_not_free_is_not_given_twice),
        TEST(indices_are_used_again_on_the_host_they_are_of),
        TEST(a_name_that_was_never_used_is_given_again_as_it_was),
        TEST(an_index_is_retired_after_its_last_generation),
        TEST(letters_may_come_before_a_later_generation_too),
        TEST(threads_that_use_names_again_need_few),
        TEST(more_is_made_once_and_empty),
        TEST(who_watched_before_the_actor_came_watches_it),
        TEST(all_that_an_actor_has_is_freed_with_it),
        TEST(the_latest_actor_of_a_creator_is_seen_first),
        TEST(each_actor_of_each_creator_is_seen_once),
        TEST(those_of_one_depth_are_seen_alone),
        TEST(who_is_seen_may_be_removed),
        cmocka_unit_test_setup_teardown(the_last_generation_ends_like_any_other, open_tables,
                                        close_tables),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
