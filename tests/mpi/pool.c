/*
 * Pools of actors: see troupe/pool.h.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "play.h"

#define SOME 200

TROUPE_CLASS(gate);
TROUPE_TELL(gate, open);
TROUPE_ASK(gate, is_open, bool);
TROUPE_ASK(gate, come, int);

TROUPE_CLASS(adder, (int64_t, amount));
TROUPE_ASK(adder, add, int64_t, (int64_t, to), (gate, behind));
TROUPE_ASK(adder, spell, troupe_str, (troupe_str, word), (int, times));
TROUPE_ASK(adder, refuse_odd, int, (int, number));
TROUPE_ASK(adder, end_at, int, (int, number), (int, last));
TROUPE_ASK(adder, fail_with, int, (int, code));
TROUPE_ASK(adder, calls, int);

TROUPE_TASK(use_pool, int64_t, (int64_t, n));
TROUPE_TASK(map_odd, int, (int, odd));
TROUPE_TASK(use_none, int);
TROUPE_CLASS(owner);
TROUPE_ASK(owner, use, int64_t, (int64_t, n));
TROUPE_ASK(owner, use_again, int64_t, (int64_t, n));

/* ---- bodies ---------------------------------------------------------------------------------- */

struct gate_state {
    bool open;
    int came;
};

static void on_open(struct gate_state *self)
{
    self->open = true;
}

static bool on_is_open(struct gate_state *self)
{
    return self->open;
}

static int on_come(struct gate_state *self)
{
    return self->came++;
}

TROUPE_IMPLEMENT(gate, (open, on_open), (is_open, on_is_open), (come, on_come));

struct adder_state {
    int64_t amount;
    int calls;
};

static void on_init(struct adder_state *self, int64_t amount)
{
    self->amount = amount;
}

static int64_t on_add(struct adder_state *self, int64_t to, gate behind)
{
    static const gate none;
    self->calls++;
    if (!troupe_same(behind, none)) {
        troupe_await(gate_come(behind));
        while (!troupe_await(gate_is_open(behind)))
            troupe_sleep(1e-4);
    }
    return to + self->amount;
}

static troupe_str on_spell(struct adder_state *self, troupe_str word, int times)
{
    char *text = troupe_alloc((size_t)times * strlen(word) + 1);
    self->calls++;
    for (int i = 0; i < times; i++)
        strcat(text, word);
    return text;
}

static int on_refuse_odd(struct adder_state *self, int number)
{
    self->calls++;
    if (number % 2)
        troupe_fail(TROUPE_INVALID, "%d is odd", number);
    return number;
}

static int on_end_at(struct adder_state *self, int number, int last)
{
    self->calls++;
    if (number == last) {
        troupe_kill(adder_self(self));
        troupe_sleep(1000);
    }
    return number;
}

static int on_fail_with(struct adder_state *self, int code)
{
    self->calls++;
    troupe_fail(code, "with %d", code);
}

static int on_calls(struct adder_state *self)
{
    return self->calls;
}

TROUPE_IMPLEMENT(adder, (init, on_init), (add, on_add), (spell, on_spell),
                 (refuse_odd, on_refuse_odd), (end_at, on_end_at), (fail_with, on_fail_with),
                 (calls, on_calls));

/* The sum of 0…n-1, each plus 1. */
static int64_t sum_by(TROUPE_POOL(adder) pool, int64_t n)
{
    struct adder_add_args args[SOME];
    int64_t values[SOME], sum = 0;
    memset(args, 0, sizeof args);
    for (int64_t i = 0; i < n; i++)
        args[i].to = i;
    troupe_pool_map(pool, adder_add, args, (size_t)n, values, NULL);
    for (int64_t i = 0; i < n; i++)
        sum += values[i];
    return sum;
}

static int64_t on_use_pool(int64_t n)
{
    TROUPE_POOL(adder) pool = troupe_pool_new(adder, 3, .amount = 1);
    int64_t sum = sum_by(pool, n);
    troupe_pool_end(pool.any);
    return sum;
}

static void end_pool(void *pool)
{
    troupe_pool_end(pool);
}

/* Returns how many calls there were; or fails. */
static int on_map_odd(int odd)
{
    adder one = adder_new(0);
    TROUPE_POOL(adder) pool = troupe_pool_new(adder, 0, .amount = 0);
    struct adder_refuse_odd_args args[SOME] = {{0}};
    int values[SOME];
    args[2].number = odd;
    troupe_defer(end_pool, pool.any);
    troupe_pool_add(pool, one);
    troupe_pool_map(pool, adder_refuse_odd, args, SOME, values, NULL);
    return troupe_await(adder_calls(one));
}

TROUPE_BODY(use_pool, on_use_pool);
TROUPE_BODY(map_odd, on_map_odd);

static int on_use_none(void)
{
    TROUPE_POOL(gate) pool = {0};
    return (int)troupe_pool_size(pool.any);
}

TROUPE_BODY(use_none, on_use_none);

struct owner_state {
    TROUPE_POOL(adder) pool;
};

static int64_t on_use(struct owner_state *self, int64_t n)
{
    self->pool = troupe_pool_new(adder, 2, .amount = 1);
    return sum_by(self->pool, n);
}

static int64_t on_use_again(struct owner_state *self, int64_t n)
{
    return sum_by(self->pool, n);
}

static void on_destroy(struct owner_state *self)
{
    if (self->pool.any)
        troupe_pool_end(self->pool.any);
}

TROUPE_IMPLEMENT(owner, (use, on_use), (use_again, on_use_again), (destroy, on_destroy));

/* ---- tests ----------------------------------------------------------------------------------- */

static int64_t sum_of(int64_t n)
{
    return n * (n - 1) / 2 + n;
}

static void a_map_gives_its_results_in_their_order(void **state)
{
    (void)state;
    for (int cpus = 0; cpus < 2; cpus++) {
        TROUPE_POOL(adder) pool = troupe_pool_new(adder, 3, .amount = 5, .with = {.cpus = cpus});
        struct adder_add_args args[SOME];
        int64_t values[SOME];
        memset(args, 0, sizeof args);
        for (int i = 0; i < SOME; i++)
            args[i].to = i;
        assert_int_equal(troupe_pool_map(pool, adder_add, args, SOME, values, NULL), 0);
        for (int i = 0; i < SOME; i++)
            assert_int_equal(values[i], i + 5);
        assert_int_equal(troupe_pool_map(pool, adder_add, args, 0, values, NULL), 0);
        assert_int_equal(troupe_pool_size(pool.any), 3);
        assert_int_equal(troupe_pool_idle(pool.any), 3);
        troupe_pool_end(pool.any);
    }
}

static void results_may_have_pointers(void **state)
{
    (void)state;
    TROUPE_POOL(adder) pool = troupe_pool_new(adder, 2, .amount = 0);
    struct adder_spell_args args[] = {{"ab", 1}, {"xyz", 3}, {"", 4}, {"k", 200}};
    troupe_str values[LENGTH(args)];
    troupe_status statuses[LENGTH(args)];
    assert_int_equal(troupe_pool_map(pool, adder_spell, args, LENGTH(args), values, statuses), 0);
    assert_string_equal(values[0], "ab");
    assert_string_equal(values[1], "xyzxyzxyz");
    assert_string_equal(values[2], "");
    assert_int_equal(strlen(values[3]), 200);
    troupe_pool_end(pool.any);
}

static void a_call_that_fails_in_a_map_leaves_the_others_alone(void **state)
{
    (void)state;
    TROUPE_POOL(adder) pool = troupe_pool_new(adder, 3, .amount = 0);
    struct adder_refuse_odd_args args[SOME];
    troupe_status statuses[SOME];
    int values[SOME];
    for (int i = 0; i < SOME; i++)
        args[i].number = i;
    assert_int_equal(troupe_pool_map(pool, adder_refuse_odd, args, SOME, values, statuses),
                     SOME / 2);
    for (int i = 0; i < SOME; i++) {
        assert_int_equal(statuses[i], i % 2 ? TROUPE_INVALID : TROUPE_OK);
        assert_int_equal(values[i], i % 2 ? 0 : i);
    }
    troupe_pool_end(pool.any);
}

static void a_map_without_statuses_fails_its_caller(void **state)
{
    (void)state;
    assert_int_equal(troupe_await(map_odd(4)), SOME);
    expect_failure(map_odd(5), TROUPE_INVALID, "call 2 of 200: adder(");
    expect_failure(map_odd(5), TROUPE_INVALID, "5 is odd");
}

static void each_actor_has_one_call_at_a_time_and_the_number_of_idle_ones_is_known(void **state)
{
    (void)state;
    gate first = gate_new(), second = gate_new();
    TROUPE_POOL(adder) pool = troupe_pool_new(adder, 2, .amount = 1);
    assert_int_equal(troupe_pool_idle(pool.any), 2);
    assert_false(troupe_pool_has_next(pool.any));
    assert_int_equal(troupe_pool_submit(pool, adder_add, .to = 10, .behind = first), 0);
    assert_int_equal(troupe_pool_idle(pool.any), 1);
    assert_int_equal(troupe_pool_submit(pool, adder_add, .to = 20, .behind = second), 1);
    assert_int_equal(troupe_pool_idle(pool.any), 0);
    assert_int_equal(troupe_pool_size(pool.any), 2);
    while (troupe_await(gate_come(second)) == 0)
        usleep(50);
    gate_open(second);
    int64_t value;
    size_t number;
    assert_int_equal(troupe_pool_next(pool, adder_add, &value, &number), TROUPE_OK);
    assert_int_equal(number, 1);
    assert_int_equal(value, 21);
    assert_int_equal(troupe_pool_idle(pool.any), 1);
    gate_open(first);
    assert_int_equal(troupe_pool_submit(pool, adder_add, .to = 30), 2);
    assert_int_equal(troupe_pool_next(pool, adder_add, &value, NULL), TROUPE_OK);
    assert_int_equal(value, 11);
    assert_true(troupe_pool_has_next(pool.any));
    assert_int_equal(troupe_pool_next(pool, adder_add, &value, NULL), TROUPE_OK);
    assert_int_equal(value, 31);
    assert_int_equal(troupe_pool_next(pool, adder_add, &value, &number), TROUPE_NO_FUTURE);
    assert_false(troupe_pool_has_next(pool.any));
    troupe_pool_end(pool.any);
}

static void a_submission_waits_until_an_actor_is_idle(void **state)
{
    (void)state;
    TROUPE_POOL(adder) pool = troupe_pool_new(adder, 2, .amount = 0);
    bool seen[SOME] = {false};
    size_t sent = 0, got = 0;
    while (sent < SOME || troupe_pool_has_next(pool.any)) {
        size_t number;
        int value;
        if (sent < SOME && (sent - got < 4 || troupe_pool_idle(pool.any))) {
            troupe_pool_submit(pool, adder_refuse_odd, .number = (int)sent++);
            continue;
        }
        troupe_status status = troupe_pool_next(pool, adder_refuse_odd, &value, &number);
        assert_int_equal(status, number % 2 ? TROUPE_INVALID : TROUPE_OK);
        assert_false(seen[number]);
        seen[number] = true;
        got++;
    }
    assert_int_equal(got, SOME);
    troupe_pool_end(pool.any);
}

static void an_actor_that_dies_fails_its_call_and_the_rest_goes_on(void **state)
{
    (void)state;
    for (int cpus = 0; cpus < 2; cpus++) {
        TROUPE_POOL(adder) pool = troupe_pool_new(adder, 3, .amount = 0, .with = {.cpus = cpus});
        struct adder_end_at_args args[SOME];
        troupe_status statuses[SOME];
        int values[SOME];
        for (int i = 0; i < SOME; i++)
            args[i] = (struct adder_end_at_args){i, 50};
        assert_int_equal(troupe_pool_map(pool, adder_end_at, args, SOME, values, statuses), 1);
        for (int i = 0; i < SOME; i++)
            assert_int_equal(statuses[i], i == 50 ? TROUPE_ENDED : TROUPE_OK);
        assert_int_equal(troupe_pool_size(pool.any), 2);
        adder more = adder_new(0);
        troupe_pool_add(pool, more);
        assert_int_equal(troupe_pool_size(pool.any), 3);
        assert_int_equal(troupe_pool_map(pool, adder_end_at, args, 50, values, statuses), 0);
        assert_true(troupe_await(adder_calls(more)) > 0);
        troupe_pool_end(pool.any);
        assert_true(troupe_await(adder_calls(more)) > 0); /* it was added, and lives on */
        troupe_stop(more);
    }
}

static void one_that_ends_while_it_is_idle_gets_no_call_any_more(void **state)
{
    (void)state;
    adder short_lived = adder_new(0);
    TROUPE_POOL(adder) pool = troupe_pool_new(adder, 1, .amount = 0);
    troupe_pool_add(pool, short_lived);
    troupe_kill(short_lived);
    troupe_await(troupe_ended(short_lived));
    struct adder_end_at_args args[20];
    int values[20];
    for (int i = 0; i < 20; i++)
        args[i] = (struct adder_end_at_args){i, -1};
    assert_int_equal(troupe_pool_map(pool, adder_end_at, args, 20, values, NULL), 0);
    assert_int_equal(troupe_pool_size(pool.any), 1);
    troupe_pool_end(pool.any);
}

static void without_an_actor_left_calls_fail_with_the_story_of_the_last(void **state)
{
    (void)state;
    TROUPE_POOL(adder) pool = troupe_pool_new(adder, 1, .amount = 0);
    struct adder_end_at_args args[3] = {{0, 1}, {1, 1}, {2, 1}};
    int values[3];
    troupe_status statuses[3];
    assert_int_equal(troupe_pool_map(pool, adder_end_at, args, 3, values, statuses), 2);
    assert_int_equal(statuses[0], TROUPE_OK);
    assert_int_equal(statuses[1], TROUPE_ENDED);
    assert_int_equal(statuses[2], TROUPE_ENDED);
    assert_int_equal(troupe_pool_size(pool.any), 0);
    troupe_pool_end(pool.any);
}

/* A future says so of itself: it is not ready, and remains good. */
static void a_call_that_fails_with_the_code_of_a_time_out_is_late(void **state)
{
    (void)state;
    TROUPE_POOL(adder) pool = troupe_pool_new(adder, 2, .amount = 0);
    int value;
    for (int i = 0; i < 5; i++) {
        troupe_pool_submit(pool, adder_fail_with, .code = TROUPE_TIMEOUT);
        assert_int_equal(troupe_pool_next(pool, adder_fail_with, &value, NULL), TROUPE_LATE);
        assert_non_null(strstr(troupe_story(), "fail_with: with -"));
    }
    troupe_pool_end(pool.any);
}

static void an_actor_can_be_taken_out(void **state)
{
    (void)state;
    TROUPE_POOL(adder) pool = troupe_pool_new(adder, 1, .amount = 0);
    adder one = adder_new(0);
    troupe_pool_add(pool, one);
    assert_true(troupe_pool_remove(pool, one));
    assert_false(troupe_pool_remove(pool, one));
    for (int i = 0; i < 4; i++)
        troupe_pool_submit(pool, adder_refuse_odd, .number = 2);
    assert_int_equal(troupe_await(adder_calls(one)), 0);
    assert_int_equal(troupe_pool_size(pool.any), 1);
    troupe_pool_end(pool.any);
}

static void one_whose_call_was_late_gets_the_next_when_it_is_done(void **state)
{
    (void)state;
    gate closed = gate_new();
    TROUPE_POOL(adder) pool = troupe_pool_new(adder, 1, .amount = 1);
    int64_t value;
    troupe_pool_submit(pool, adder_add, .to = 1, .behind = closed, .with = {.timeout = 0.01});
    assert_int_equal(troupe_pool_next(pool, adder_add, &value, NULL), TROUPE_LATE);
    assert_int_equal(troupe_pool_idle(pool.any), 0);
    gate_open(closed);
    troupe_pool_submit(pool, adder_add, .to = 2, .with = {.timeout = 1000});
    assert_int_equal(troupe_pool_next(pool, adder_add, &value, NULL), TROUPE_OK);
    assert_int_equal(value, 3);
    troupe_pool_end(pool.any);
}

static void a_pool_that_was_never_set_is_refused(void **state)
{
    int value;
    (void)state;
    assert_int_equal(troupe_get(use_none(), &value), TROUPE_INVALID);
    assert_non_null(strstr(troupe_story(), "the pool is empty"));
}

static void tasks_and_actors_have_pools_too(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        const struct troupe_options there = {.place = troupe_on(rank)};
        assert_int_equal(troupe_await(troupe_submit(use_pool, .n = 50, .with = there)),
                         sum_of(50));
        owner light = troupe_new(owner, .with = there);
        owner heavy = troupe_new(owner, .with = {.place = troupe_on(rank), .cpus = 1});
        assert_int_equal(troupe_await(owner_use(light, 60)), sum_of(60));
        assert_int_equal(troupe_await(owner_use(heavy, 70)), sum_of(70));
        assert_int_equal(troupe_await(owner_use_again(light, 80)), sum_of(80));
        assert_int_equal(troupe_await(owner_use_again(heavy, 90)), sum_of(90));
        troupe_stop(light);
        troupe_stop(heavy);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_gives_its_results_in_their_order),
        cmocka_unit_test(results_may_have_pointers),
        cmocka_unit_test(a_call_that_fails_in_a_map_leaves_the_others_alone),
        cmocka_unit_test(a_map_without_statuses_fails_its_caller),
        cmocka_unit_test(each_actor_has_one_call_at_a_time_and_the_number_of_idle_ones_is_known),
        cmocka_unit_test(a_submission_waits_until_an_actor_is_idle),
        cmocka_unit_test(an_actor_that_dies_fails_its_call_and_the_rest_goes_on),
        cmocka_unit_test(one_that_ends_while_it_is_idle_gets_no_call_any_more),
        cmocka_unit_test(without_an_actor_left_calls_fail_with_the_story_of_the_last),
        cmocka_unit_test(a_call_that_fails_with_the_code_of_a_time_out_is_late),
        cmocka_unit_test(an_actor_can_be_taken_out),
        cmocka_unit_test(one_whose_call_was_late_gets_the_next_when_it_is_done),
        cmocka_unit_test(a_pool_that_was_never_set_is_refused),
        cmocka_unit_test(tasks_and_actors_have_pools_too),
    };
    return TEST_PLAY(argc, argv, tests, 10);
}
