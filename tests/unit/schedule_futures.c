/*
 * Tests of futures: their states, ids that are used again, answers that come late, many threads.
 */
#include "schedule/futures.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schedule/context.h"
#include "troupe/declare.h"

#define THREADS 4
#define ROUNDS 3000 /* of each thread */

static struct trp_futures futures;
static const struct troupe_type *const type = &troupe_type_int64_t;
static const struct troupe_ref asked = {17, 18};

static int open_own(void **state)
{
    (void)state;
    trp_futures_open(&futures, false);
    return 0;
}

static int open_shared(void **state)
{
    (void)state;
    trp_futures_open(&futures, true);
    return 0;
}

static int close_futures(void **state)
{
    (void)state;
    trp_futures_close(&futures);
    return 0;
}

static uint64_t ask(void)
{
    return trp_future_new(&futures, type, asked);
}

static const struct troupe_type *promised(uint64_t id)
{
    struct troupe_ref target = {0, 0};
    const struct troupe_type *what = trp_future_promise(&futures, id, &target);
    if (what)
        assert_true(target.place == asked.place && target.serial == asked.serial);
    return what;
}

static void answer(uint64_t id, int64_t value)
{
    trp_future_resolve(&futures, id, TROUPE_OK, &value, sizeof value);
}

static enum trp_future_state state_of(uint64_t id)
{
    return trp_future_watch(&futures, id, NULL);
}

static void assert_taken(uint64_t id, int64_t value)
{
    struct trp_outcome outcome = trp_future_take(&futures, id);
    assert_int_equal(outcome.status, TROUPE_OK);
    assert_ptr_equal(outcome.type, type);
    assert_null(outcome.block);
    assert_int_equal(outcome.size, sizeof value);
    assert_int_equal(outcome.small[0], value);
}

/* ---- the life of one ------------------------------------------------------------------------- */

static void a_future_is_pending_then_ready_then_no_more(void **state)
{
    uint64_t id = ask();

    (void)state;
    assert_int_not_equal(id, 0);
    assert_int_equal(state_of(id), TRP_FUTURE_PENDING);
    assert_ptr_equal(promised(id), type);
    answer(id, 42);
    assert_int_equal(state_of(id), TRP_FUTURE_READY);
    assert_ptr_equal(promised(id), type);
    assert_taken(id, 42);
    assert_int_equal(state_of(id), TRP_FUTURE_NONE);
    assert_null(promised(id));
    assert_int_equal(trp_future_take(&futures, id).status, TROUPE_NO_FUTURE);
}

static void a_pending_future_cannot_be_taken_and_stays(void **state)
{
    uint64_t id = ask();

    (void)state;
    assert_int_equal(trp_future_take(&futures, id).status, TROUPE_NO_FUTURE);
    answer(id, 7);
    assert_taken(id, 7);
}

static void ids_that_never_were_are_none(void **state)
{
    static const uint64_t ids[] = {0,          1,          UINT64_C(1) << 32, UINT64_MAX,
                                   UINT32_MAX, UINT64_C(1) << 63, UINT64_C(5) << 32 | 9};

    (void)state;
    for (int i = 0; i < 7; i++) {
        assert_int_equal(state_of(ids[i]), TRP_FUTURE_NONE);
        assert_null(promised(ids[i]));
        assert_int_equal(trp_future_take(&futures, ids[i]).status, TROUPE_NO_FUTURE);
        trp_future_drop(&futures, ids[i]);
        trp_future_unwatch(&futures, ids[i], NULL);
        answer(ids[i], 1);
    }
}

static void the_first_answer_counts(void **state)
{
    uint64_t id = ask();

    (void)state;
    answer(id, 1);
    answer(id, 2);
    trp_future_resolve(&futures, id, TROUPE_FAILED, "late", 5);
    assert_taken(id, 1);
}

static void an_id_tells_which_table_it_is_of(void **state)
{
    struct trp_futures shared;

    (void)state;
    trp_futures_open(&shared, true);
    assert_false(trp_future_is_shared(ask()));
    assert_true(trp_future_is_shared(trp_future_new(&shared, type, asked)));
    trp_futures_close(&shared);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void a_value_of_any_size_is_copied(void **state)
{
    static unsigned char bytes[5000];

    (void)state;
    for (size_t size = 0; size < sizeof bytes; size += size < 40 ? 1 : 991) {
        uint64_t id = ask();
        memset(bytes, (int)size, size);
        trp_future_resolve(&futures, id, TROUPE_OK, bytes, size);
        memset(bytes, 0xee, sizeof bytes);
        struct trp_outcome outcome = trp_future_take(&futures, id);
        assert_int_equal(outcome.status, TROUPE_OK);
        assert_int_equal(outcome.size, size);
        if (size > sizeof outcome.small)
            assert_non_null(outcome.block);
        const unsigned char *came =
            outcome.block ? outcome.block->bytes : (const void *)outcome.small;
        for (size_t i = 0; i < size; i++)
            assert_int_equal(came[i], size & 0xff);
        free(outcome.block);
    }
}

static void a_failure_carries_its_story(void **state)
{
    static const char *const stories[] = {"", "short", "a story that is longer than sixteen bytes"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        uint64_t id = ask();
        trp_future_resolve(&futures, id, -100, stories[i], strlen(stories[i]) + 1);
        struct trp_outcome outcome = trp_future_take(&futures, id);
        assert_int_equal(outcome.status, -100);
        assert_non_null(outcome.block);
        assert_string_equal((const char *)outcome.block->bytes, stories[i]);
        free(outcome.block);
    }
}

static void a_story_without_an_end_is_given_one(void **state)
{
    uint64_t id = ask();

    (void)state;
    trp_future_resolve(&futures, id, TROUPE_FAILED, "endless", 3);
    struct trp_outcome outcome = trp_future_take(&futures, id);
    assert_string_equal((const char *)outcome.block->bytes, "end");
    free(outcome.block);
}

/* ---- ids that are used again ----------------------------------------------------------------- */

static void a_stale_id_is_none_though_its_slot_is_used_again(void **state)
{
    uint64_t first = ask();

    (void)state;
    answer(first, 1);
    assert_taken(first, 1);
    for (int i = 0; i < 1000; i++) {
        uint64_t id = ask();
        assert_int_equal((uint32_t)id, (uint32_t)first); /* the same slot, or this tests nothing */
        assert_true(id != first);
        assert_int_equal(state_of(first), TRP_FUTURE_NONE);
        answer(first, -1);
        trp_future_drop(&futures, first);
        assert_int_equal(trp_future_take(&futures, first).status, TROUPE_NO_FUTURE);
        assert_int_equal(state_of(id), TRP_FUTURE_PENDING);
        answer(id, i);
        answer(first, -1);
        assert_taken(id, i);
    }
}

static void many_futures_at_once_are_all_different(void **state)
{
    enum { MANY = 5000 };
    static uint64_t ids[MANY];

    (void)state;
    for (int i = 0; i < MANY; i++)
        ids[i] = ask();
    for (int i = 0; i < MANY; i++)
        answer(ids[(i * 7) % MANY], (i * 7) % MANY);
    for (int i = 0; i < MANY; i += 2)
        assert_taken(ids[i], i);
    for (int i = 0; i < MANY; i += 2)
        ids[i] = ask();
    for (int i = 1; i < MANY; i += 2)
        assert_taken(ids[i], i);
    for (int i = 0; i < MANY; i += 2)
        assert_int_equal(state_of(ids[i]), TRP_FUTURE_PENDING);
}

/* ---- dropping -------------------------------------------------------------------------------- */

static void a_future_dropped_before_its_answer_is_free_when_that_comes(void **state)
{
    uint64_t id = ask();

    (void)state;
    trp_future_drop(&futures, id);
    assert_int_equal(state_of(id), TRP_FUTURE_NONE);
    assert_null(promised(id));
    assert_int_equal(trp_future_take(&futures, id).status, TROUPE_NO_FUTURE);
    /* Not yet: the late answer must not land in another's slot. */
    uint64_t other = ask();
    assert_int_not_equal((uint32_t)other, (uint32_t)id);
    trp_future_resolve(&futures, id, TROUPE_FAILED, "late", 5);
    uint64_t third = ask();
    assert_int_equal((uint32_t)third, (uint32_t)id);
    answer(id, 1);
    assert_int_equal(state_of(third), TRP_FUTURE_PENDING);
}

static void a_future_dropped_after_its_answer_is_free_at_once(void **state)
{
    static const char large[1000];
    uint64_t id = ask();

    (void)state;
    trp_future_resolve(&futures, id, TROUPE_OK, large, sizeof large);
    trp_future_drop(&futures, id);
    assert_int_equal(state_of(id), TRP_FUTURE_NONE);
    assert_int_equal((uint32_t)ask(), (uint32_t)id);
}

static void dropping_twice_is_dropping_once(void **state)
{
    uint64_t id = ask();

    (void)state;
    trp_future_drop(&futures, id);
    trp_future_drop(&futures, id);
    answer(id, 1);
    trp_future_drop(&futures, id);
    uint64_t next = ask(), after = ask();
    assert_int_not_equal((uint32_t)next, (uint32_t)after);
}

/* Leaks would show. */
static void answers_that_nobody_took_are_freed_at_the_end(void **state)
{
    static const char large[1000];

    (void)state;
    for (int i = 0; i < 300; i++)
        trp_future_resolve(&futures, ask(), i % 2 ? TROUPE_OK : TROUPE_FAILED, large, 1000);
}

/* ---- watching -------------------------------------------------------------------------------- */

static struct trp_context waiter(void)
{
    return (struct trp_context){.kind = TRP_CONTEXT_METHOD};
}

static void who_watches_is_woken_by_the_answer(void **state)
{
    struct trp_context who = waiter(), other = waiter();
    uint64_t id = ask(), id2 = ask();

    (void)state;
    assert_int_equal(trp_future_watch(&futures, id, &who), TRP_FUTURE_PENDING);
    assert_int_equal(trp_future_watch(&futures, id2, &other), TRP_FUTURE_PENDING);
    assert_false(who.woken);
    answer(id, 1);
    assert_true(who.woken);
    assert_false(other.woken);
    answer(id2, 2);
    assert_true(other.woken);
}

static void a_failure_wakes_too(void **state)
{
    struct trp_context who = waiter();
    uint64_t id = ask();

    (void)state;
    trp_future_watch(&futures, id, &who);
    trp_future_resolve(&futures, id, TROUPE_FAILED, "no", 3);
    assert_true(who.woken);
}

static void who_watches_what_is_ready_is_told_so_and_not_woken(void **state)
{
    struct trp_context who = waiter();
    uint64_t id = ask();

    (void)state;
    answer(id, 1);
    assert_int_equal(trp_future_watch(&futures, id, &who), TRP_FUTURE_READY);
    assert_false(who.woken);
}

static void who_gave_up_is_not_woken(void **state)
{
    struct trp_context who = waiter(), other = waiter();
    uint64_t id = ask();

    (void)state;
    trp_future_watch(&futures, id, &who);
    trp_future_unwatch(&futures, id, &other); /* somebody else's giving up changes nothing */
    trp_future_unwatch(&futures, id, &who);
    answer(id, 1);
    assert_false(who.woken || other.woken);
    assert_taken(id, 1);

    id = ask();
    trp_future_watch(&futures, id, &who);
    trp_future_unwatch(&futures, id, &other);
    answer(id, 1);
    assert_true(who.woken);
}

static void the_waiter_of_a_consumed_future_is_forgotten(void **state)
{
    struct trp_context who = waiter();
    uint64_t id = ask();

    (void)state;
    trp_future_watch(&futures, id, &who);
    answer(id, 1);
    assert_taken(id, 1);
    who.woken = false;
    uint64_t again = ask();
    assert_int_equal((uint32_t)again, (uint32_t)id);
    answer(again, 2);
    assert_false(who.woken);
}

static void who_gave_up_and_dropped_is_not_woken_by_the_late_answer(void **state)
{
    struct trp_context who = waiter();
    uint64_t id = ask();

    (void)state;
    trp_future_watch(&futures, id, &who);
    trp_future_unwatch(&futures, id, &who);
    trp_future_drop(&futures, id);
    answer(id, 1);
    assert_false(who.woken);
}

static void who_waits_for_a_future_that_another_drops_is_woken(void **state)
{
    struct trp_context who = waiter();
    uint64_t id = ask();

    (void)state;
    assert_int_equal(trp_future_watch(&futures, id, &who), TRP_FUTURE_PENDING);
    trp_future_drop(&futures, id);
    assert_true(who.woken);
    assert_int_equal(trp_future_watch(&futures, id, &who), TRP_FUTURE_NONE);
    who.woken = false;
    answer(id, 1);
    assert_false(who.woken);
}

static void only_one_waits_for_a_future(void **state)
{
    struct trp_context who = waiter(), other = waiter();
    uint64_t id = ask();

    (void)state;
    assert_int_equal(trp_future_watch(&futures, id, &who), TRP_FUTURE_PENDING);
    assert_int_equal(trp_future_watch(&futures, id, &other), TRP_FUTURE_AWAITED);
    assert_int_equal(trp_future_watch(&futures, id, &who), TRP_FUTURE_PENDING);
    answer(id, 1);
    assert_true(who.woken);
    assert_false(other.woken);
    assert_int_equal(trp_future_watch(&futures, id, &other), TRP_FUTURE_READY);
    assert_taken(id, 1);
}

static void another_may_wait_when_the_first_has_given_up(void **state)
{
    struct trp_context who = waiter(), other = waiter();
    uint64_t id = ask();

    (void)state;
    trp_future_watch(&futures, id, &who);
    trp_future_unwatch(&futures, id, &who);
    assert_int_equal(trp_future_watch(&futures, id, &other), TRP_FUTURE_PENDING);
    answer(id, 1);
    assert_true(other.woken);
    assert_false(who.woken);
}

static void one_may_wait_for_many(void **state)
{
    struct trp_context who = waiter();
    uint64_t ids[10];

    (void)state;
    for (int i = 0; i < 10; i++) {
        ids[i] = ask();
        assert_int_equal(trp_future_watch(&futures, ids[i], &who), TRP_FUTURE_PENDING);
    }
    for (int i = 9; i >= 0; i--) {
        who.woken = false;
        answer(ids[i], i);
        assert_true(who.woken);
        assert_taken(ids[i], i);
    }
}

/* ---- many threads ---------------------------------------------------------------------------- */

/* Each thread asks; what is asked is answered by the next one. */
struct ring {
    pthread_t thread;
    struct ring *next;
    uint64_t asked; /* by the one before, for this one to answer; 0: nothing */
    int wrong;
};

static void answer_neighbour(struct ring *me)
{
    uint64_t id = __atomic_exchange_n(&me->asked, 0, __ATOMIC_ACQ_REL);
    if (!id) {
        sched_yield();
        return;
    }
    int64_t value[4] = {(int64_t)id, 1, 2, (int64_t)id};
    trp_future_resolve(&futures, id, TROUPE_OK, value, id % 3 ? sizeof value : sizeof *value);
}

static bool right(uint64_t id, struct trp_outcome *outcome)
{
    const int64_t *value =
        outcome->block ? (const void *)outcome->block->bytes : (const void *)outcome->small;
    bool good = outcome->status == TROUPE_OK && outcome->type == type && value[0] == (int64_t)id &&
                (id % 3 == 0 || value[3] == (int64_t)id);
    free(outcome->block);
    return good;
}

static void settle(struct ring *me, uint64_t id, int round)
{
    if (round % 5 == 0) {
        trp_future_drop(&futures, id);
        return;
    }
    while (trp_future_watch(&futures, id, NULL) == TRP_FUTURE_PENDING)
        answer_neighbour(me);
    struct trp_outcome outcome = trp_future_take(&futures, id);
    me->wrong += !right(id, &outcome);
    me->wrong += trp_future_watch(&futures, id, NULL) != TRP_FUTURE_NONE;
}

static void *turn(void *arg)
{
    struct ring *me = arg;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t id = trp_future_new(&futures, type, asked), none = 0;
        while (!__atomic_compare_exchange_n(&me->next->asked, &none, id, false, __ATOMIC_ACQ_REL,
                                            __ATOMIC_RELAXED)) {
            none = 0;
            answer_neighbour(me);
        }
        settle(me, id, round);
    }
    return NULL;
}

static int running;

static void *turn_and_serve(void *arg)
{
    turn(arg);
    __atomic_sub_fetch(&running, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&running, __ATOMIC_ACQUIRE))
        answer_neighbour(arg);
    answer_neighbour(arg);
    return NULL;
}

static void threads_share_a_table(void **state)
{
    static struct ring ring[THREADS];

    (void)state;
    running = THREADS;
    for (int i = 0; i < THREADS; i++)
        ring[i].next = &ring[(i + 1) % THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&ring[i].thread, NULL, turn_and_serve, &ring[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(ring[i].thread, NULL);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(ring[i].wrong, 0);
    /* All are free again: at no time were there more than a few. */
    assert_true((uint32_t)ask() < 16 * THREADS);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_own, close_futures)
#define SHARED(f) {#f ", shared", f, open_shared, close_futures, NULL}
#define BOTH(f) TEST(f), SHARED(f)
    const struct CMUnitTest tests[] = {
        BOTH(a_future_is_pending_then_ready_then_no_more),
        BOTH(a_pending_future_cannot_be_taken_and_stays),
        BOTH(ids_that_never_were_are_none),
        BOTH(the_first_answer_counts),
        TEST(an_id_tells_which_table_it_is_of),
        BOTH(a_value_of_any_size_is_copied),
        BOTH(a_failure_carries_its_story),
        BOTH(a_story_without_an_end_is_given_one),
        BOTH(a_stale_id_is_none_though_its_slot_is_used_again),
        BOTH(many_futures_at_once_are_all_different),
        BOTH(a_future_dropped_before_its_answer_is_free_when_that_comes),
        BOTH(a_future_dropped_after_its_answer_is_free_at_once),
        BOTH(dropping_twice_is_dropping_once),
        BOTH(answers_that_nobody_took_are_freed_at_the_end),
        BOTH(who_watches_is_woken_by_the_answer),
        BOTH(a_failure_wakes_too),
        BOTH(who_watches_what_is_ready_is_told_so_and_not_woken),
        BOTH(who_gave_up_is_not_woken),
        BOTH(the_waiter_of_a_consumed_future_is_forgotten),
        BOTH(who_gave_up_and_dropped_is_not_woken_by_the_late_answer),
        BOTH(who_waits_for_a_future_that_another_drops_is_woken),
        BOTH(only_one_waits_for_a_future),
        BOTH(another_may_wait_when_the_first_has_given_up),
        BOTH(one_may_wait_for_many),
        SHARED(threads_share_a_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
