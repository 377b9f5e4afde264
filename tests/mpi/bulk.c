/*
 * Arguments and results of every size: what arrives, in which order, and who is held back by it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/sanitized.h"
#include "play.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

TROUPE_STRUCT(matrix, (int32_t, rows), (TROUPE_SPAN(double), numbers), (troupe_str, name));

TROUPE_CLASS(store, (TROUPE_SPAN(uint8_t), first));
TROUPE_TELL(store, put, (uint64_t, seed), (TROUPE_SPAN(uint8_t), bytes));
TROUPE_TELL(store, mark, (uint64_t, number));
TROUPE_TELL(store, slow, (double, seconds));
TROUPE_ASK(store, check, uint64_t, (uint64_t, seed), (TROUPE_SPAN(uint8_t), bytes));
TROUPE_ASK(store, same, TROUPE_SPAN(uint8_t), (TROUPE_SPAN(uint8_t), bytes));
TROUPE_ASK(store, make, TROUPE_SPAN(uint8_t), (uint64_t, seed), (uint64_t, size));
TROUPE_ASK(store, sum, double, (matrix, a), (TROUPE_SPAN(matrix), more), (matrix, z));
TROUPE_ASK(store, length, uint64_t, (troupe_str, text));
TROUPE_ASK(store, marks, uint64_t);
TROUPE_ASK(store, first, uint64_t);
TROUPE_ASK(store, starve, bool, (bool, hungry));
TROUPE_ASK(store, resident, uint64_t); /* bytes of its process */
TROUPE_ASK(store, forward, uint64_t, (store, to), (uint64_t, seed), (uint64_t, size));

struct store_state {
    uint64_t marks, wrong, first; /* marks in a row, from 1 */
};

static void fill(uint8_t *bytes, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = (seed + i) * 0x9e3779b97f4a7c15u;
        memcpy(bytes + i, &word, size - i < 8 ? size - i : 8);
    }
}

static bool is_filled(const uint8_t *bytes, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = (seed + i) * 0x9e3779b97f4a7c15u;
        if (memcmp(bytes + i, &word, size - i < 8 ? size - i : 8))
            return false;
    }
    return true;
}

static void on_init(struct store_state *self, TROUPE_SPAN(uint8_t) first)
{
    self->first = is_filled(first.data, first.count, 1) ? first.count : UINT64_MAX;
}

/* Its seed is a mark, too. */
static void on_put(struct store_state *self, uint64_t seed, TROUPE_SPAN(uint8_t) bytes)
{
    bool good = seed == self->marks + 1 && is_filled(bytes.data, bytes.count, seed);
    self->marks++;
    self->wrong += !good;
}

static void on_mark(struct store_state *self, uint64_t number)
{
    self->wrong += number != ++self->marks;
}

static void on_slow(struct store_state *self, double seconds)
{
    (void)self;
    troupe_sleep(seconds);
}

static uint64_t on_check(struct store_state *self, uint64_t seed, TROUPE_SPAN(uint8_t) bytes)
{
    (void)self;
    return is_filled(bytes.data, bytes.count, seed) ? bytes.count : UINT64_MAX;
}

static TROUPE_SPAN(uint8_t) on_same(struct store_state *self, TROUPE_SPAN(uint8_t) bytes)
{
    (void)self;
    return bytes;
}

static TROUPE_SPAN(uint8_t) on_make(struct store_state *self, uint64_t seed, uint64_t size)
{
    (void)self;
    uint8_t *bytes = troupe_alloc(size);
    fill(bytes, size, seed);
    return (TROUPE_SPAN(uint8_t)){bytes, size};
}

static double sum_of(const matrix *m)
{
    double sum = strlen(m->name) + m->rows;
    for (size_t i = 0; i < m->numbers.count; i++)
        sum += m->numbers.data[i];
    return sum;
}

static double on_sum(struct store_state *self, matrix a, TROUPE_SPAN(matrix) more, matrix z)
{
    (void)self;
    double sum = sum_of(&a) + sum_of(&z);
    for (size_t i = 0; i < more.count; i++)
        sum += sum_of(&more.data[i]);
    return sum;
}

static uint64_t on_length(struct store_state *self, troupe_str text)
{
    (void)self;
    return strlen(text);
}

static uint64_t on_marks(struct store_state *self)
{
    return self->wrong ? UINT64_MAX : self->marks;
}

static uint64_t on_first(struct store_state *self)
{
    return self->first;
}

/* Bytes of this process that are mapped, and of those that are there; 0: nobody knows. */
static struct memory {
    uint64_t mapped, resident;
} memory_now(void)
{
    unsigned long mapped = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm) {
        if (fscanf(statm, "%lu %lu", &mapped, &resident) != 2)
            mapped = resident = 0;
        fclose(statm);
    }
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    return (struct memory){mapped * page, resident * page};
}

/* From now on its process gets little memory more; or what it wants. */
static bool on_starve(struct store_state *self, bool hungry)
{
    static rlim_t before;
    struct rlimit limit;
    uint64_t mapped = memory_now().mapped;
    (void)self;
    if (!mapped || getrlimit(RLIMIT_AS, &limit))
        return false;
    before = hungry ? limit.rlim_cur : before;
    limit.rlim_cur = hungry ? mapped + 64 * MIB : before;
    return setrlimit(RLIMIT_AS, &limit) == 0;
}

static uint64_t on_resident(struct store_state *self)
{
    (void)self;
    return memory_now().resident;
}

static uint64_t on_forward(struct store_state *self, store to, uint64_t seed, uint64_t size)
{
    (void)self;
    uint8_t *bytes = troupe_alloc(size);
    fill(bytes, size, seed);
    return troupe_await(store_check(to, seed, (TROUPE_SPAN(uint8_t)){bytes, size}));
}

TROUPE_IMPLEMENT(store, (init, on_init), (put, on_put), (mark, on_mark), (slow, on_slow),
                 (check, on_check), (same, on_same), (make, on_make), (sum, on_sum),
                 (length, on_length), (starve, on_starve), (resident, on_resident),
                 (marks, on_marks), (first, on_first), (forward, on_forward));

TROUPE_TASK(work, TROUPE_SPAN(uint8_t), (uint64_t, seed), (TROUPE_SPAN(uint8_t), bytes),
            (store, to));
static TROUPE_SPAN(uint8_t) on_work(uint64_t seed, TROUPE_SPAN(uint8_t) bytes, store to)
{
    if (!is_filled(bytes.data, bytes.count, seed))
        troupe_fail(TROUPE_FAILED, "the bytes are wrong");
    if (troupe_await(store_check(to, seed, bytes)) != bytes.count)
        troupe_fail(TROUPE_FAILED, "the bytes went wrong");
    return bytes;
}
TROUPE_BODY(work, on_work);

/* ---- help ------------------------------------------------------------------------------------ */

/* On another rank, where there is one. */
static int far(void)
{
    return troupe_ranks() - 1;
}

static TROUPE_SPAN(uint8_t) span_of(size_t size, uint64_t seed)
{
    uint8_t *bytes = troupe_alloc(size);
    fill(bytes, size, seed);
    return (TROUPE_SPAN(uint8_t)){bytes, size};
}

static store store_on(int rank)
{
    return troupe_new(store, .with = {.place = troupe_on(rank)});
}

/* ---- contents -------------------------------------------------------------------------------- */

static void arguments_and_results_of_every_size_arrive_whole(void **state)
{
    static const size_t sizes[] = {0, 1, 8, 15 * KIB, 16 * KIB, 16 * KIB + 1, 32 * KIB, 100001,
                                   64 * KIB - 8, 64 * KIB, 64 * KIB + 8, 128 * KIB - 16,
                                   128 * KIB - 8, 128 * KIB, 128 * KIB + 8, MIB, 3 * MIB + 5,
                                   20 * MIB};
    store s = store_on(far());
    (void)state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        struct troupe_scope scope = troupe_scope_begin();
        TROUPE_SPAN(uint8_t) sent = span_of(sizes[i], i);
        assert_int_equal(troupe_await(store_check(s, i, sent)), sizes[i]);
        TROUPE_SPAN(uint8_t) back = troupe_await(store_same(s, sent));
        assert_int_equal(back.count, sizes[i]);
        assert_true(is_filled(back.data, back.count, i));
        TROUPE_SPAN(uint8_t) made = troupe_await(store_make(s, i, sizes[i]));
        assert_int_equal(made.count, sizes[i]);
        assert_true(is_filled(made.data, made.count, i));
        troupe_scope_end(scope);
    }
}

static void sixty_four_mebibytes_arrive_whole(void **state)
{
    struct troupe_scope scope = troupe_scope_begin();
    store s = store_on(far());
    (void)state;
    assert_int_equal(troupe_await(store_check(s, 3, span_of(64 * MIB, 3))), 64 * MIB);
    troupe_scope_end(scope);
}

/* A count of MPI is an int. In make check-long, where there is memory for both sides. */
static void more_than_two_gibibytes_arrive_whole(void **state)
{
    const size_t size = 2150 * MIB + 5;
    size_t free_bytes = (size_t)sysconf(_SC_AVPHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
    (void)state;
    if (!getenv("TROUPE_TEST_LONG") || test_alone() || far() == 0 || free_bytes < 3 * size)
        skip();
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    fill(bytes, size, 11);
    uint64_t got = troupe_await(store_check(store_on(far()), 11,
                                            (TROUPE_SPAN(uint8_t)){bytes, size}));
    free(bytes);
    assert_int_equal(got, size);
}

static matrix matrix_of(size_t count, troupe_str name)
{
    double *numbers = troupe_alloc(count * sizeof *numbers);
    for (size_t i = 0; i < count; i++)
        numbers[i] = (double)(i % 5);
    return (matrix){(int32_t)count, {numbers, count}, name};
}

/* More large ones than go on a way of their own, and some that do not. */
static void several_large_and_small_spans_of_one_call_find_their_places(void **state)
{
    matrix a = matrix_of(30000, "first"), z = matrix_of(70001, "last"), more[20];
    store s = store_on(far());
    double sum = sum_of(&a) + sum_of(&z);
    (void)state;
    for (size_t i = 0; i < LENGTH(more); i++) {
        more[i] = matrix_of(i % 3 ? 10 * i : 20000 + i, "of many");
        sum += sum_of(&more[i]);
    }
    assert_true(troupe_await(store_sum(s, a, (TROUPE_SPAN(matrix)){more, 20}, z)) == sum);
    assert_true(troupe_await(store_sum(s, a, (TROUPE_SPAN(matrix)){NULL, 0}, a)) == 2 * sum_of(&a));
}

static void a_text_of_a_mebibyte_arrives_whole(void **state)
{
    char *text = troupe_alloc(MIB + 1);
    (void)state;
    memset(text, 'x', MIB);
    assert_int_equal(troupe_await(store_length(store_on(far()), text)), MIB);
}

static void a_creation_with_large_arguments_is_waited_for_by_calls(void **state)
{
    store s = troupe_new(store, .first = span_of(MIB, 1), .with = {.place = troupe_on(far())});
    store_mark(s, 1);
    (void)state;
    assert_int_equal(troupe_await(store_marks(s)), 1);
    assert_int_equal(troupe_await(store_first(s)), MIB);
}

/* ---- order ----------------------------------------------------------------------------------- */

static void small_and_large_messages_of_one_sender_stay_in_order(void **state)
{
    static const size_t sizes[] = {MIB, 200 * KIB, 10, 130 * KIB, 3 * MIB};
    store s = store_on(far());
    uint64_t number = 0;
    (void)state;
    for (int round = 0; round < 10; round++) {
        struct troupe_scope scope = troupe_scope_begin();
        for (int i = 0; i < 3 * round; i++)
            store_mark(s, ++number);
        size_t size = sizes[round % LENGTH(sizes)];
        number++;
        store_put(s, number, span_of(size, number));
        store_mark(s, number + 1);
        number += 2;
        store_put(s, number, span_of(size, number));
        troupe_scope_end(scope);
    }
    TROUPE_FUTURE(uint64_t) marks = store_marks(s);
    store_mark(s, number + 1);
    assert_int_equal(troupe_await(marks), number);
    assert_int_equal(troupe_await(store_marks(s)), number + 1);
}

static void a_stop_behind_a_large_message_comes_after_it(void **state)
{
    store s = store_on(far());
    TROUPE_FUTURE(uint64_t) asked = store_check(s, 5, span_of(2 * MIB, 5));
    TROUPE_FUTURE(uint64_t) again = store_check(s, 6, span_of(2 * MIB, 6));
    troupe_stop(s);
    TROUPE_FUTURE(uint64_t) late = store_check(s, 7, span_of(MIB, 7));
    (void)state;
    assert_int_equal(troupe_await(asked), 2 * MIB);
    assert_int_equal(troupe_await(again), 2 * MIB);
    expect_failure(late, TROUPE_ENDED, "was stopped by");
}

static void letters_keep_the_order_of_large_messages_to_a_busy_actor(void **state)
{
    store s = store_on(far());
    (void)state;
    store_slow(s, 0.02);
    for (uint64_t i = 1; i <= 6; i += 2) {
        store_put(s, i, span_of(200 * KIB, i));
        store_mark(s, i + 1);
    }
    assert_int_equal(troupe_await(store_marks(s)), 6);
}

static void large_and_small_tells_for_later_come_at_their_times(void **state)
{
    static const size_t sizes[] = {MIB, 10, 200 * KIB, 5 * MIB, 17 * KIB};
    store s = store_on(far());
    (void)state;
    for (uint64_t i = 0; i < LENGTH(sizes); i++)
        troupe_after(0.02 * (double)(1 + i), store_put, s, i + 1, span_of(sizes[i], i + 1));
    while (troupe_await(store_marks(s)) < LENGTH(sizes))
        troupe_sleep(1e-3);
    assert_int_equal(troupe_await(store_marks(s)), LENGTH(sizes));
}

/* ---- who is not held back -------------------------------------------------------------------- */

TROUPE_TASK(pour, int, (store, to), (uint64_t, size));
static int on_pour(store to, uint64_t size)
{
    uint8_t *bytes = troupe_alloc(size);
    fill(bytes, size, 1);
    store_put(to, 1, (TROUPE_SPAN(uint8_t)){bytes, size});
    return 1;
}
TROUPE_BODY(pour, on_pour);

/* While a task's bytes are on their way the driver asks another actor, and the same one. */
static void others_are_not_held_back_by_a_large_message(void **state)
{
    store to = store_on(far()), other = store_on(far());
    TROUPE_FUTURE(int) poured = troupe_submit(pour, .to = to, .size = 48 * MIB,
                                              .with = {.place = troupe_on(0)});
    uint64_t asked = 0;
    (void)state;
    while (!troupe_done(poured)) {
        assert_int_equal(troupe_await(store_marks(other)), 0);
        assert_true(troupe_await(store_marks(to)) <= 1);
        asked++;
    }
    assert_int_equal(troupe_await(poured), 1);
    assert_true(asked > 0);
    while (troupe_await(store_marks(to)) == 0)
        troupe_sleep(1e-3);
    assert_int_equal(troupe_await(store_marks(to)), 1);
}

/* ---- many at once ---------------------------------------------------------------------------- */

static void relays_of_large_calls_all_answer(void **state)
{
    enum { PAIRS = 6 };
    TROUPE_FUTURE(uint64_t) asked[PAIRS];
    (void)state;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < PAIRS; i++)
            asked[i] = store_forward(store_on(i % troupe_ranks()),
                                     store_on((i + 1) % troupe_ranks()), 1 + (uint64_t)i,
                                     500000 + 100000 * (uint64_t)i);
        for (int i = 0; i < PAIRS; i++)
            assert_int_equal(troupe_await(asked[i]), 500000 + 100000 * (uint64_t)i);
    }
}

static void what_there_is_no_memory_for_is_refused_and_what_follows_arrives(void **state)
{
    store s = store_on(far());
    (void)state;
    if (TRP_SANITIZED || far() == 0)
        skip();
    struct troupe_scope scope = troupe_scope_begin();
    TROUPE_SPAN(uint8_t) large = {troupe_alloc(300 * MIB), 300 * MIB}, small = span_of(MIB, 3);
    if (!troupe_await(store_starve(s, true)))
        skip();
    TROUPE_FUTURE(uint64_t) refused = store_check(s, 1, large), good = store_check(s, 3, small);
    expect_failure(refused, TROUPE_NO_MEMORY, "no memory on rank");
    assert_int_equal(troupe_await(good), MIB);
    assert_true(troupe_await(store_starve(s, false)));
    troupe_scope_end(scope);
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static void tasks_get_and_give_large_values(void **state)
{
    TROUPE_FUTURE(TROUPE_SPAN(uint8_t)) results[4];
    store s = store_on(0);
    (void)state;
    for (int i = 0; i < 4; i++)
        results[i] = troupe_submit(work, .seed = (uint64_t)i,
                                   .bytes = span_of(300 * KIB * (size_t)(i + 1), (uint64_t)i),
                                   .to = s, .with = {.place = troupe_on(i % troupe_ranks())});
    for (int i = 0; i < 4; i++) {
        TROUPE_SPAN(uint8_t) back = troupe_await(results[i]);
        assert_int_equal(back.count, 300 * KIB * (size_t)(i + 1));
        assert_true(is_filled(back.data, back.count, (uint64_t)i));
    }
}

TROUPE_CLASS(tally);
TROUPE_TELL(tally, add, (TROUPE_SPAN(uint8_t), bytes));
TROUPE_ASK(tally, count, uint64_t);
struct tally_state {
    uint64_t count, wrong;
};
static void on_add(struct tally_state *self, TROUPE_SPAN(uint8_t) bytes)
{
    for (size_t i = 0; i < bytes.count; i++)
        self->wrong += bytes.data[i] != 7;
    self->count++;
}
static uint64_t on_count(struct tally_state *self)
{
    return self->wrong ? UINT64_MAX : self->count;
}
TROUPE_IMPLEMENT(tally, (add, on_add), (count, on_count));

/* Nobody waits in a team, so all is copied. */
TROUPE_TASK(crew, int, (tally, to), (int, each), (uint64_t, size));
static int on_crew(tally to, int each, uint64_t size)
{
    int threads = 0;
#pragma omp parallel reduction(+ : threads)
    {
        uint8_t *bytes = malloc(size);
        threads++;
        for (int i = 0; i < each; i++) {
            memset(bytes, 7, size);
            tally_add(to, (TROUPE_SPAN(uint8_t)){bytes, size});
            memset(bytes, 8, size);
        }
        free(bytes);
    }
    return threads;
}
TROUPE_BODY(crew, on_crew);

static void threads_of_a_team_may_overwrite_what_they_have_sent(void **state)
{
    tally t = troupe_new(tally, .with = {.place = troupe_on(far())});
    (void)state;
    int cpus = troupe_rank_cpus(0) > 1 ? 2 : 1;
    int threads = troupe_await(troupe_submit(crew, .to = t, .each = 5, .size = 200 * KIB,
                                             .with = {.place = troupe_on(0), .cpus = cpus}));
    assert_int_equal(troupe_await(tally_count(t)), 5 * threads);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void a_large_call_of_an_ended_actor_is_answered_with_its_story(void **state)
{
    store s = store_on(far());
    troupe_kill(s);
    TROUPE_FUTURE(uint64_t) asked = store_check(s, 5, span_of(2 * MIB, 5));
    (void)state;
    expect_failure(asked, TROUPE_ENDED, "was killed by");
}

static void what_is_sent_to_an_ended_actor_leaves_nothing_behind(void **state)
{
    enum { TIMES = 60 };
    store s = store_on(far()), witness = store_on(far());
    TROUPE_SPAN(uint8_t) bytes = span_of(4 * MIB, 5);
    uint64_t before = 0;
    (void)state;
    troupe_kill(s);
    for (int i = 0; i < TIMES; i++) {
        store_put(s, 1, bytes);
        expect_failure(store_check(s, 5, bytes), TROUPE_ENDED, "was killed by");
        if (i == TIMES / 10)
            before = troupe_await(store_resident(witness));
    }
    if (!TRP_SANITIZED)
        assert_true(troupe_await(store_resident(witness)) < before + 100 * MIB);
    assert_int_equal(troupe_await(store_check(witness, 5, bytes)), 4 * MIB);
}

static void a_kill_overtakes_large_calls(void **state)
{
    store s = store_on(far()), other = store_on(far());
    (void)state;
    for (int i = 0; i < 5; i++) {
        TROUPE_FUTURE(uint64_t) asked[3];
        store victim = store_on(far());
        for (int k = 0; k < 3; k++)
            asked[k] = store_check(victim, 5, span_of(2 * MIB, 5));
        troupe_kill(victim);
        for (int k = 0; k < 3; k++) {
            uint64_t size = 0;
            troupe_status got = troupe_get(asked[k], &size);
            assert_true(got == TROUPE_ENDED || (got == TROUPE_OK && size == 2 * MIB));
        }
    }
    assert_int_equal(troupe_await(store_forward(s, other, 4, MIB)), MIB);
}

/* The one who sends is killed while its bytes are read. */
static void a_killed_sender_sends_to_the_end(void **state)
{
    store to = store_on(far());
    (void)state;
    for (int i = 0; i < 5; i++) {
        store from = store_on(0);
        TROUPE_FUTURE(uint64_t) asked = store_forward(from, to, 9, 4 * MIB);
        troupe_sleep(0.001 * i);
        troupe_kill(from);
        uint64_t size = 0;
        troupe_status got = troupe_get(asked, &size);
        assert_true(got == TROUPE_ENDED || (got == TROUPE_OK && size == 4 * MIB));
    }
    assert_int_equal(troupe_await(store_marks(to)), 0);
}

static void what_is_told_last_is_run_before_the_job_ends(void **state)
{
    (void)state;
    store_put(store_on(far()), 1, span_of(5 * MIB, 1));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_and_results_of_every_size_arrive_whole),
        cmocka_unit_test(sixty_four_mebibytes_arrive_whole),
        cmocka_unit_test(more_than_two_gibibytes_arrive_whole),
        cmocka_unit_test(several_large_and_small_spans_of_one_call_find_their_places),
        cmocka_unit_test(a_text_of_a_mebibyte_arrives_whole),
        cmocka_unit_test(a_creation_with_large_arguments_is_waited_for_by_calls),
        cmocka_unit_test(small_and_large_messages_of_one_sender_stay_in_order),
        cmocka_unit_test(a_stop_behind_a_large_message_comes_after_it),
        cmocka_unit_test(letters_keep_the_order_of_large_messages_to_a_busy_actor),
        cmocka_unit_test(large_and_small_tells_for_later_come_at_their_times),
        cmocka_unit_test(others_are_not_held_back_by_a_large_message),
        cmocka_unit_test(relays_of_large_calls_all_answer),
        cmocka_unit_test(what_there_is_no_memory_for_is_refused_and_what_follows_arrives),
        cmocka_unit_test(tasks_get_and_give_large_values),
        cmocka_unit_test(threads_of_a_team_may_overwrite_what_they_have_sent),
        cmocka_unit_test(a_large_call_of_an_ended_actor_is_answered_with_its_story),
        cmocka_unit_test(what_is_sent_to_an_ended_actor_leaves_nothing_behind),
        cmocka_unit_test(a_kill_overtakes_large_calls),
        cmocka_unit_test(a_killed_sender_sends_to_the_end),
        cmocka_unit_test(what_is_told_last_is_run_before_the_job_ends),
    };
    return TEST_PLAY(argc, argv, tests, 5);
}
