/*
 * Tests of sending: what is gathered in which parcel, order, counts, and what other threads send.
 *
 * The wire is played by a table that keeps what it is given.
 */
#include "schedule/send.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "troupe/declare.h"

#define RANKS 4
#define ME 1
#define THREADS 3
#define EACH 5000

/* ---- a rank on a wire that only keeps -------------------------------------------------------- */

static struct trp_rank rank;
static struct trp_wire wire;
static struct trp_parcel_queue sent[RANKS]; /* what the wire, or this rank's input, was given */
static int parcels[RANKS], wakes;
static struct trp_outlet outlets[RANKS];
static int dirty[RANKS];
static struct trp_context method = {.kind = TRP_CONTEXT_METHOD};
static char somewhere; /* a worker, which nobody looks into */
static struct trp_context task = {.kind = TRP_CONTEXT_TASK, .worker = (void *)&somewhere};

static void keep(struct trp_wire *w, int to, struct trp_parcel *parcel)
{
    (void)w;
    parcels[to]++;
    trp_parcel_push(&sent[to], parcel);
}

static void count_wake(struct trp_wire *w)
{
    (void)w;
    __atomic_add_fetch(&wakes, 1, __ATOMIC_RELAXED);
}

static const struct trp_wire_ops ops = {.name = "kept", .send = keep, .wake = count_wake};

static int begin(void **state)
{
    (void)state;
    wire = (struct trp_wire){.ops = &ops, .rank = ME, .ranks = RANKS};
    rank = (struct trp_rank){.rank = ME, .ranks = RANKS, .wire = &wire, .outlets = outlets,
                             .dirty = dirty};
    memset(sent, 0, sizeof sent);
    memset(parcels, 0, sizeof parcels);
    memset(outlets, 0, sizeof outlets);
    wakes = 0;
    trp_inbox_open(&rank.inbox);
    return 0;
}

static void drop_all(struct trp_parcel_queue *queue)
{
    struct trp_parcel *parcel;
    while ((parcel = trp_parcel_pop(queue)))
        trp_parcel_drop(parcel);
}

static int end(void **state)
{
    (void)state;
    trp_inbox_close(&rank.inbox);
    for (int i = 0; i < RANKS; i++) {
        drop_all(&sent[i]);
        if (outlets[i].parcel)
            trp_parcel_drop(outlets[i].parcel);
    }
    drop_all(&rank.input);
    trp_parcel_pool_clear();
    return 0;
}

/* ---- reading what was sent ------------------------------------------------------------------- */

static struct trp_parcel_queue *to_rank(int to)
{
    return to == ME ? &rank.input : &sent[to];
}

/* This rank reads its own where they are written. */
static const struct trp_record *next_own(void)
{
    struct trp_parcel *own = trp_outlet_parcel(&outlets[ME]);
    if (!own || own->at == own->used)
        return NULL;
    const struct trp_record *record = (void *)(own->bytes + own->at);
    own->at += trp_record_bytes(record);
    return record;
}

/* The next record of what was flushed to a rank, NULL at the end. */
static const struct trp_record *next_record(int to)
{
    struct trp_parcel_queue *queue = to_rank(to);
    while (queue->head) {
        struct trp_parcel *parcel = queue->head;
        if (parcel->at < parcel->used) {
            assert_true(parcel->used <= parcel->room);
            const struct trp_record *record = (void *)(parcel->bytes + parcel->at);
            assert_int_equal((uintptr_t)record % 8, 0);
            assert_true(trp_record_bytes(record) >= trp_record_head(record->kind));
            assert_true(trp_record_bytes(record) <= parcel->used - parcel->at);
            parcel->at += trp_record_bytes(record);
            return record;
        }
        trp_parcel_drop(trp_parcel_pop(queue));
    }
    return to == ME ? next_own() : NULL;
}

static const struct trp_record call = {
    .kind = TRP_RECORD_ASK, .slot = 3, .creator = 2, .serial = 0x900000001, .future = 77};

static void send_number(const struct trp_context *from, int to, int64_t number)
{
    assert_int_equal(trp_send(&rank, from, to, &call, &troupe_type_int64_t, &number), TROUPE_OK);
}

static int64_t number_in(const struct trp_record *record)
{
    assert_non_null(record);
    assert_int_equal(trp_record_body_size(record), 8);
    return *(const int64_t *)trp_record_body(record);
}

/* ---- parcels --------------------------------------------------------------------------------- */

static void a_record_arrives_as_it_was_sent(void **state)
{
    troupe_str text = "a text";

    (void)state;
    assert_int_equal(trp_send(&rank, &method, 2, &call, &troupe_type_troupe_str, &text), TROUPE_OK);
    trp_flush(&rank);
    const struct trp_record *record = next_record(2);
    assert_non_null(record);
    assert_int_equal(record->kind, TRP_RECORD_ASK);
    assert_int_equal(record->slot, 3);
    assert_int_equal(record->creator, 2);
    assert_int_equal(record->serial, call.serial);
    assert_int_equal(record->future, 77);
    assert_int_equal(record->words, (trp_record_head(TRP_RECORD_ASK) + 16) / 8);
    assert_string_equal((char *)trp_record_body(record) + 8, "a text");
    assert_null(next_record(2));
}

static void nothing_leaves_before_it_is_flushed(void **state)
{
    (void)state;
    for (int to = 0; to < RANKS; to++)
        send_number(&method, to, to);
    for (int to = 0; to < RANKS; to++)
        assert_null(to_rank(to)->head);
    trp_flush(&rank);
    for (int to = 0; to < RANKS; to++)
        assert_int_equal(number_in(next_record(to)), to);
    trp_flush(&rank);
    for (int to = 0; to < RANKS; to++)
        assert_null(next_record(to));
}

static void records_to_one_rank_share_a_parcel(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        for (int to = 0; to < RANKS; to++)
            send_number(&method, to, i);
    trp_flush(&rank);
    for (int to = 0; to < RANKS; to++)
        assert_int_equal(parcels[to], to != ME);
    for (int i = 0; i < 100; i++)
        for (int to = 0; to < RANKS; to++)
            assert_int_equal(number_in(next_record(to)), i);
}

static void what_is_for_this_rank_stays_here_and_a_full_parcel_of_it_goes_to_the_input(void **state)
{
    enum { MANY = TRP_PARCEL_BYTES / 32 + 1 }; /* one more than a parcel holds */

    (void)state;
    send_number(&method, ME, 0);
    trp_flush(&rank);
    assert_null(rank.input.head);
    for (int64_t i = 1; i < MANY; i++)
        send_number(&method, ME, i);
    assert_non_null(rank.input.head);
    assert_int_equal(rank.input.head->peer, ME);
    assert_int_equal(rank.own_queued, 1);
    for (int64_t i = 0; i < MANY; i++)
        assert_int_equal(number_in(next_record(ME)), i);
    assert_int_equal(parcels[ME], 0);
}

/* A parcel without a record would go over the wire as one that holds nothing. */
static void the_short_way_begins_no_parcel_for_what_none_holds(void **state)
{
    static const char args[2 * TRP_PARCEL_BYTES];
    struct troupe_signature signature = {.args = {.flat = true, .size = sizeof args},
                                         .result = &troupe_type_int64_t};
    const struct troupe_method large = {.signature = &signature, .quick = true};
    struct troupe_ref to = trp_ref(2, 0, 9, 1);

    (void)state;
    rank.credit.bytes = UINT32_MAX;
    assert_false(trp_tell(&rank, to.place, to.serial, &large, args));
    assert_int_equal(trp_ask(&rank, to.place, to.serial, &large, args), 0);
    assert_null(outlets[2].parcel);
    signature.args.size = 64;
    assert_false(trp_tell(&rank, to.place, to.serial, &large, args));
    assert_non_null(trp_outlet_begin(&rank, 2, true));
    assert_true(trp_tell(&rank, to.place, to.serial, &large, args));
    assert_int_equal(outlets[2].lane.at - (char *)outlets[2].parcel->bytes, 16 + 64);
    assert_true(trp_tell(&rank, to.place, to.serial, &large, args));
    assert_int_equal(trp_outlet_parcel(&outlets[2])->used, 16 + 2 * 64);
}

static const struct trp_record *only_record(int to, size_t bytes)
{
    const struct trp_parcel *parcel = trp_outlet_parcel(&outlets[to]);
    const struct trp_record *record = (void *)parcel->bytes;
    assert_int_equal(trp_record_bytes(record), bytes);
    assert_int_equal(parcel->used, bytes);
    return record;
}

static const struct troupe_signature of_a_number = {.args = {.flat = true, .size = 8},
                                                    .result = &troupe_type_int64_t};
static const struct troupe_method numbered = {.signature = &of_a_number, .slot = 5, .quick = true};

static void tells_to_one_actor_add_only_arguments_and_to_others_their_serials(void **state)
{
    struct troupe_ref one = trp_ref(2, 3, 9, 1), other = trp_ref(2, 3, 8, 4);
    int64_t number = 10;

    (void)state;
    trp_outlet_begin(&rank, 2, false);
    assert_true(trp_tell(&rank, one.place, one.serial, &numbered, &number));
    number++;
    assert_true(trp_tell(&rank, one.place, one.serial, &numbered, &number));
    const struct trp_record *record = only_record(2, 16 + 2 * 8);
    assert_int_equal(record->kind, TRP_RECORD_TELL);
    assert_int_equal(record->slot, 5);
    assert_int_equal(record->creator, 3);
    assert_int_equal(record->serial, one.serial);
    assert_int_equal(rank.sent, 1);

    trp_flush(&rank);
    trp_outlet_begin(&rank, 2, false);
    struct troupe_ref to[] = {one, other, one};
    for (int i = 0; i < 3; i++, number++)
        assert_true(trp_tell(&rank, to[i].place, to[i].serial, &numbered, &number));
    record = only_record(2, 16 + 3 * 16);
    assert_int_equal(record->kind, TRP_RECORD_TELLS);
    assert_int_equal(record->slot, 5);
    assert_int_equal(record->creator, 3);
    assert_int_equal(record->serial, 16);
    const uint64_t *each = (const uint64_t *)record + 2;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(each[2 * i], to[i].serial);
        assert_int_equal(each[2 * i + 1], 11 + i);
    }
    assert_int_equal(rank.sent, 2);
}

static void what_differs_in_method_or_creator_has_a_record_of_its_own(void **state)
{
    static const struct troupe_method another = {
        .signature = &of_a_number, .slot = 6, .quick = true};
    struct troupe_ref one = trp_ref(2, 3, 9, 1), strange = trp_ref(2, 1, 9, 1);
    int64_t number = 0;

    (void)state;
    trp_outlet_begin(&rank, 2, false);
    assert_true(trp_tell(&rank, one.place, one.serial, &numbered, &number));
    assert_true(trp_tell(&rank, one.place, one.serial, &another, &number));
    assert_true(trp_tell(&rank, strange.place, strange.serial, &another, &number));
    trp_flush(&rank);
    for (int i = 0; i < 3; i++) {
        const struct trp_record *record = next_record(2);
        assert_int_equal(record->kind, TRP_RECORD_TELL);
        assert_int_equal(record->slot, i ? 6 : 5);
        assert_int_equal(record->creator, i == 2 ? 1 : 3);
    }
    assert_null(next_record(2));
}

static void asks_of_one_method_share_a_record_and_so_do_answers(void **state)
{
    struct troupe_ref one = trp_ref(2, 3, 9, 1), other = trp_ref(2, 3, 8, 4);
    int64_t number = 10;

    (void)state;
    trp_futures_open(&rank.futures, false);
    trp_outlet_begin(&rank, 2, false);
    uint64_t first = trp_ask(&rank, one.place, one.serial, &numbered, &number);
    number++;
    uint64_t second = trp_ask(&rank, other.place, other.serial, &numbered, &number);
    assert_true(first && second && first != second);
    const struct trp_record *record = only_record(2, 16 + 2 * 24);
    const uint64_t asks[] = {one.serial, first, 10, other.serial, second, 11};
    assert_int_equal(record->kind, TRP_RECORD_ASKS);
    assert_int_equal(record->serial, 24);
    assert_memory_equal((const uint64_t *)record + 2, asks, sizeof asks);
    trp_futures_close(&rank.futures);

    trp_flush(&rank);
    for (number = 1; number <= 3; number++)
        assert_true(trp_answer(&rank, 2, 70 + (uint64_t)number, &troupe_type_int64_t, &number));
    record = only_record(2, 16 + 3 * 16);
    const uint64_t answers[] = {71, 1, 72, 2, 73, 3};
    assert_int_equal(record->kind, TRP_RECORD_ANSWERS);
    assert_int_equal(record->serial, 16);
    assert_memory_equal((const uint64_t *)record + 2, answers, sizeof answers);
}

static void more_than_a_parcel_holds_is_several_in_order(void **state)
{
    enum { MANY = 3 * TRP_PARCEL_BYTES / 40 };

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int64_t i = 0; i < MANY; i++)
            send_number(&method, 3, i);
        trp_flush(&rank);
        assert_true(parcels[3] >= 3 * (round + 1));
        for (int64_t i = 0; i < MANY; i++)
            assert_int_equal(number_in(next_record(3)), i);
        assert_null(next_record(3));
    }
}

/* Sizes around that of a parcel, and far beyond, between small ones. */
static void a_large_record_keeps_its_place(void **state)
{
    static const size_t sizes[] = {TRP_PARCEL_BYTES - 64, TRP_PARCEL_BYTES - 32, TRP_PARCEL_BYTES,
                                   TRP_PARCEL_BYTES + 1, 1000003};

    (void)state;
    for (int i = 0; i < 5; i++) {
        char *bytes = memset(malloc(sizes[i]), 'a' + i, sizes[i]);
        send_number(&method, 0, i);
        trp_send_bytes(&rank, 0, &call, bytes, sizes[i]);
        free(bytes);
    }
    send_number(&method, 0, 5);
    trp_flush(&rank);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(number_in(next_record(0)), i);
        const struct trp_record *record = next_record(0);
        assert_int_equal(trp_record_body_size(record), (sizes[i] + 7) / 8 * 8);
        const char *body = trp_record_body(record);
        assert_true(body[0] == 'a' + i && body[sizes[i] - 1] == 'a' + i);
    }
    assert_int_equal(number_in(next_record(0)), 5);
    assert_null(next_record(0));
}

static void bytes_are_filled_up_with_zeros(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 24; size++) {
        trp_send_bytes(&rank, 2, &call, "abcdefghijklmnopqrstuvwxyz", size);
        trp_flush(&rank);
        const struct trp_record *record = next_record(2);
        assert_int_equal(trp_record_body_size(record), (size + 7) / 8 * 8);
        assert_memory_equal(trp_record_body(record), "abcdefghijklmnopqrstuvwxyz", size);
        for (size_t i = size; i < trp_record_body_size(record); i++)
            assert_int_equal(((char *)trp_record_body(record))[i], 0);
    }
}

static void what_no_record_holds_is_refused_and_leaves_no_trace(void **state)
{
    double one = 1;
    TROUPE_SPAN(double) endless = {&one, SIZE_MAX / 8}, nowhere = {NULL, 1};

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct trp_context *from = i ? &task : &method;
        const struct troupe_type *type = &troupe_type_troupe_span_double;
        assert_int_equal(trp_send(&rank, from, 2, &call, type, &endless), TROUPE_INVALID);
        assert_int_equal(trp_send(&rank, from, 2, &call, type, &nowhere), TROUPE_INVALID);
    }
    assert_false(trp_inbox_empty_out(&rank));
    send_number(&method, 2, 1);
    trp_flush(&rank);
    assert_int_equal(number_in(next_record(2)), 1);
    assert_null(next_record(2));
    assert_int_equal(rank.sent, 1);
}

/* ---- counts ---------------------------------------------------------------------------------- */

static void what_the_program_sends_to_others_is_counted(void **state)
{
    struct trp_record probe = {.kind = TRP_RECORD_PROBE}, answer = {.kind = TRP_RECORD_ANSWER};

    (void)state;
    send_number(&method, 0, 1);
    trp_send_bytes(&rank, 2, &answer, "", 0);
    assert_int_equal(rank.sent, 2);
    send_number(&method, ME, 1);
    trp_send_bytes(&rank, 0, &probe, "", 0);
    assert_int_equal(rank.sent, 2);
    send_number(&task, 0, 1);
    send_number(&task, ME, 1);
    assert_true(trp_inbox_empty_out(&rank));
    assert_int_equal(rank.sent, 3);
}

/* ---- other threads --------------------------------------------------------------------------- */

static void what_tasks_and_strangers_send_waits_in_the_inbox(void **state)
{
    (void)state;
    assert_false(trp_inbox_empty_out(&rank));
    send_number(&task, 2, 1);
    assert_int_equal(wakes, 1);
    send_number(NULL, 2, 2);
    trp_send_bytes_from(&rank, &task, 2, &call, "12345678", 8);
    assert_int_equal(wakes, 3);
    trp_flush(&rank);
    assert_null(next_record(2));
    assert_true(trp_inbox_empty_out(&rank));
    assert_false(trp_inbox_empty_out(&rank));
    trp_flush(&rank);
    assert_int_equal(number_in(next_record(2)), 1);
    assert_int_equal(number_in(next_record(2)), 2);
    assert_memory_equal(trp_record_body(next_record(2)), "12345678", 8);
    assert_null(next_record(2));
}

/* A rank that is about to wake by itself is not woken for what nobody waits for. */
static void a_tell_does_not_end_a_nap_and_an_ask_does(void **state)
{
    static const struct trp_record tell = {.kind = TRP_RECORD_TELL};
    int64_t number = 1;

    (void)state;
    rank.naps = true;
    assert_int_equal(trp_send(&rank, &task, 2, &tell, &troupe_type_int64_t, &number), TROUPE_OK);
    assert_int_equal(wakes, 0);
    send_number(&task, 2, 2);
    assert_int_equal(wakes, 1);
    rank.naps = false;
    assert_int_equal(trp_send(&rank, &task, 2, &tell, &troupe_type_int64_t, &number), TROUPE_OK);
    assert_int_equal(wakes, 2);
    assert_true(trp_inbox_empty_out(&rank));
}

static void an_inbox_that_is_shut_drops_what_it_has_and_what_comes_and_wakes_nobody(void **state)
{
    (void)state;
    trp_inbox_wake(&rank);
    assert_int_equal(wakes, 1);
    send_number(&task, 2, 1);
    trp_inbox_shut(&rank);
    send_number(&task, 2, 2);
    trp_inbox_wake(&rank);
    assert_int_equal(wakes, 2);
    trp_inbox_empty_out(&rank);
    send_number(&task, 2, 3);
    assert_false(trp_inbox_empty_out(&rank));
    trp_flush(&rank);
    assert_null(next_record(2));
    assert_int_equal(wakes, 2);
}

static void the_scheduler_thread_wakes_nobody(void **state)
{
    static const struct trp_context driver = {.kind = TRP_CONTEXT_DRIVER};

    (void)state;
    send_number(&method, 2, 1);
    send_number(&driver, 2, 2);
    trp_send_bytes_from(&rank, &driver, 2, &call, "12345678", 8);
    assert_int_equal(wakes, 0);
    assert_false(trp_inbox_empty_out(&rank));
}

/* Leaks would show. */
static void what_is_still_in_the_inbox_at_the_end_is_freed(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        send_number(&task, i % RANKS, i);
    trp_inbox_shut(&rank); /* what leaks the sanitizers tell */
    assert_null(rank.inbox.head);
}

static void *send_many(void *arg)
{
    int64_t base = (int64_t)(intptr_t)arg * EACH;
    for (int i = 0; i < EACH; i++)
        for (int to = 0; to < RANKS; to++)
            if (trp_send(&rank, NULL, to, &call, &troupe_type_int64_t, &(int64_t){base + i}))
                abort();
    return NULL;
}

static void the_order_of_each_thread_to_each_rank_is_kept(void **state)
{
    pthread_t threads[THREADS];
    static int next[RANKS][THREADS];
    int got = 0;

    (void)state;
    memset(next, 0, sizeof next);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, (void *)(intptr_t)i), 0);
    while (got < THREADS * EACH * RANKS) {
        trp_inbox_empty_out(&rank);
        trp_flush(&rank);
        for (int to = 0; to < RANKS; to++)
            for (const struct trp_record *r; (r = next_record(to)); got++) {
                int64_t number = number_in(r);
                assert_int_equal(number % EACH, next[to][number / EACH]++);
            }
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_false(trp_inbox_empty_out(&rank));
    assert_int_equal(rank.sent, THREADS * EACH * (RANKS - 1));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_record_arrives_as_it_was_sent),
        TEST(nothing_leaves_before_it_is_flushed),
        TEST(records_to_one_rank_share_a_parcel),
        TEST(what_is_for_this_rank_stays_here_and_a_full_parcel_of_it_goes_to_the_input),
        TEST(the_short_way_begins_no_parcel_for_what_none_holds),
        TEST(tells_to_one_actor_add_only_arguments_and_to_others_their_serials),
        TEST(what_differs_in_method_or_creator_has_a_record_of_its_own),
        TEST(asks_of_one_method_share_a_record_and_so_do_answers),
        TEST(more_than_a_parcel_holds_is_several_in_order),
        TEST(a_large_record_keeps_its_place),
        TEST(bytes_are_filled_up_with_zeros),
        TEST(what_no_record_holds_is_refused_and_leaves_no_trace),
        TEST(what_the_program_sends_to_others_is_counted),
        TEST(what_tasks_and_strangers_send_waits_in_the_inbox),
        TEST(a_tell_does_not_end_a_nap_and_an_ask_does),
        TEST(an_inbox_that_is_shut_drops_what_it_has_and_what_comes_and_wakes_nobody),
        TEST(the_scheduler_thread_wakes_nobody),
        TEST(what_is_still_in_the_inbox_at_the_end_is_freed),
        TEST(the_order_of_each_thread_to_each_rank_is_kept),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
