/*
 * Urgent calls overtake those that are not: in a mailbox, on their way between ranks, and as bulk;
 * among themselves they keep their order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "play.h"

TROUPE_CLASS(gate);
TROUPE_ASK(gate, is_open, bool);
TROUPE_TELL(gate, open);

TROUPE_CLASS(worker);
TROUPE_TELL(worker, wait_at, (gate, at));
TROUPE_TELL(worker, stand_still, (troupe_str, until));
TROUPE_TELL(worker, work, (int, number));
TROUPE_TELL(worker, carry, (TROUPE_SPAN(char), load));
TROUPE_URGENT_TELL(worker, hurry, (int, number));
TROUPE_URGENT_TELL(worker, haul, (TROUPE_SPAN(char), load), (int, number));
TROUPE_URGENT_ASK(worker, worked, int);
TROUPE_URGENT_ASK(worker, refuse, int);
TROUPE_ASK(worker, order, troupe_str);

TROUPE_EXTENDS(heir, worker);
TROUPE_OVERRIDE_TELL(heir, worker, hurry, (int, number));

TROUPE_TASK(hurry_from_a_task, void, (worker, to), (int, first), (int, count));

/* ---- the classes ----------------------------------------------------------------------------- */

struct gate_state {
    bool open;
};

static bool on_is_open(struct gate_state *self)
{
    return self->open;
}

static void on_open(struct gate_state *self)
{
    self->open = true;
}

TROUPE_IMPLEMENT(gate, (is_open, on_is_open), (open, on_open));

struct worker_state {
    int worked;
    size_t length;
    char order[4000]; /* what was done, in words */
};

static void note(struct worker_state *self, const char *what, int number)
{
    size_t room = sizeof self->order - self->length;
    int wrote = snprintf(self->order + self->length, room, "%s%d ", what, number);
    self->length += (size_t)wrote < room ? (size_t)wrote : 0;
}

static void on_wait_at(struct worker_state *self, gate at)
{
    (void)self;
    while (!troupe_await(gate_is_open(at)))
        ;
}

/* Its rank hears of nothing meanwhile. */
static void on_stand_still(struct worker_state *self, troupe_str until)
{
    (void)self;
    while (access(until, F_OK))
        ;
}

static void on_work(struct worker_state *self, int number)
{
    self->worked++;
    note(self, "w", number);
}

static void on_carry(struct worker_state *self, TROUPE_SPAN(char) load)
{
    note(self, "c", (int)(load.count / 1000000));
}

static void on_hurry(struct worker_state *self, int number)
{
    note(self, "h", number);
}

static void on_haul(struct worker_state *self, TROUPE_SPAN(char) load, int number)
{
    note(self, "H", load.count && load.data[load.count - 1] == 'z' ? number : -1);
}

static int on_worked(struct worker_state *self)
{
    return self->worked;
}

static int on_refuse(struct worker_state *self)
{
    (void)self;
    troupe_fail(-7, "not now");
}

static troupe_str on_order(struct worker_state *self)
{
    return self->order;
}

TROUPE_IMPLEMENT(worker, (wait_at, on_wait_at), (stand_still, on_stand_still), (work, on_work),
                 (carry, on_carry), (hurry, on_hurry), (haul, on_haul), (worked, on_worked),
                 (refuse, on_refuse), (order, on_order));

struct heir_state {
    struct worker_state super;
};

static void on_heirs_hurry(struct heir_state *self, int number)
{
    note(&self->super, "heir", number);
}

TROUPE_IMPLEMENT(heir, (hurry, on_heirs_hurry));

static void on_hurry_from_a_task(worker to, int first, int count)
{
    for (int i = 0; i < count; i++)
        worker_hurry(to, first + i);
}

TROUPE_BODY(hurry_from_a_task, on_hurry_from_a_task);

/* ---- the tests ------------------------------------------------------------------------------- */

static int last(void)
{
    return troupe_ranks() - 1;
}

/* Where the driver is: what it tells others before it opens the gate is there when they pass. */
static gate closed_gate(void)
{
    return troupe_new(gate, .with = {.place = troupe_on(0)});
}

static worker busy_at(gate g)
{
    worker w = troupe_new(worker, .with = {.place = troupe_on(last())});
    worker_wait_at(w, g);
    return w;
}

static void assert_order(worker w, const char *expected)
{
    assert_string_equal(troupe_await(worker_order(w)), expected);
}

static void urgent_calls_are_the_first_of_those_that_wait(void **state)
{
    (void)state;
    gate g = closed_gate();
    worker w = busy_at(g);
    for (int i = 0; i < 3; i++) {
        worker_work(w, i);
        worker_hurry(w, i);
    }
    TROUPE_FUTURE(int) worked = worker_worked(w);
    gate_open(g);
    assert_int_equal(troupe_await(worked), 0);
    assert_order(w, "h0 h1 h2 w0 w1 w2 ");
}

static void an_override_of_an_urgent_method_is_urgent(void **state)
{
    (void)state;
    gate g = closed_gate();
    heir h = troupe_new(heir, .with = {.place = troupe_on(last())});
    worker_wait_at(h.super, g);
    worker_work(h.super, 1);
    heir_hurry(h, 2);
    worker_hurry(h.super, 3);
    gate_open(g);
    assert_order(h.super, "heir2 heir3 w1 ");
}

static void urgent_calls_of_a_task_keep_their_order(void **state)
{
    (void)state;
    gate g = closed_gate();
    worker w = busy_at(g);
    worker_work(w, 0);
    troupe_await(troupe_submit(hurry_from_a_task, .to = w, .first = 1, .count = 4,
                               .with = {.place = troupe_on(0)}));
    gate_open(g);
    assert_order(w, "h1 h2 h3 h4 w0 ");
}

/* As much as fits into a ring: for more the driver might have to wait. */
static void an_urgent_call_overtakes_what_is_on_its_way(void **state)
{
    (void)state;
    enum { CALLS = 6000 };
    char flag[] = "/tmp/troupe_urgent_XXXXXX";
    int file = mkstemp(flag);
    assert_true(file >= 0);
    unlink(flag);
    worker w = troupe_new(worker, .with = {.place = troupe_on(last())});
    if (last() > 0 && !test_alone()) { /* or else it does, until the driver waits */
        worker other = troupe_new(worker, .with = {.place = troupe_on(last())});
        worker_stand_still(other, flag);
    }
    for (int i = 0; i < CALLS; i++)
        worker_work(w, i);
    TROUPE_FUTURE(int) worked = worker_worked(w);
    troupe_sleep(0);
    FILE *go = fopen(flag, "w");
    assert_non_null(go);
    fclose(go);
    assert_true(troupe_await(worked) < CALLS / 2);
    troupe_await(worker_order(w)); /* behind the others */
    assert_int_equal(troupe_await(worker_worked(w)), CALLS);
    close(file);
    unlink(flag); /* not before: it may have overtaken the word to stand still */
}

static void the_failure_of_an_urgent_call_comes_back(void **state)
{
    (void)state;
    gate g = closed_gate();
    worker w = busy_at(g);
    worker_work(w, 1);
    TROUPE_FUTURE(int) refused = worker_refuse(w);
    gate_open(g);
    expect_failure(refused, -7, "not now");
    assert_order(w, "w1 ");
}

static TROUPE_SPAN(char) load_of(size_t bytes)
{
    char *data = malloc(bytes);
    assert_non_null(data);
    memset(data, 'a', bytes);
    data[bytes - 1] = 'z';
    return (TROUPE_SPAN(char)){data, bytes};
}

/* What begins with an h. */
static void only_urgent(const char *words, char *to)
{
    for (const char *end; (end = strchr(words, ' ')); words = end + 1)
        if (*words == 'h' || *words == 'H')
            to = (char *)memcpy(to, words, (size_t)(end + 1 - words)) + (end + 1 - words);
    *to = 0;
}

/* Small and large, which go ways of their own. */
static void large_urgent_calls_keep_their_order_with_small_ones(void **state)
{
    (void)state;
    TROUPE_SPAN(char) load = load_of(3000000);
    gate g = closed_gate();
    worker w = busy_at(g);
    worker_work(w, 0);
    worker_carry(w, load);
    worker_hurry(w, 1);
    worker_haul(w, load, 2);
    worker_hurry(w, 3);
    worker_haul(w, (TROUPE_SPAN(char)){load.data, 0}, 4);
    worker_haul(w, load, 5);
    worker_hurry(w, 6);
    TROUPE_FUTURE(int) worked = worker_worked(w);
    gate_open(g);
    troupe_await(worked); /* what is large takes its time: others may be done before */
    char order[64];
    only_urgent(troupe_await(worker_order(w)), order);
    assert_string_equal(order, "h1 H2 h3 H-1 H5 h6 ");
    free((void *)(uintptr_t)load.data);
}

static void an_urgent_call_does_not_wait_for_bulk_before_it(void **state)
{
    (void)state;
    TROUPE_SPAN(char) load = load_of(3000000);
    gate g = closed_gate();
    worker w = busy_at(g);
    for (int i = 0; i < 5; i++)
        worker_carry(w, load);
    worker_hurry(w, 1);
    gate_open(g);
    assert_order(w, "h1 c3 c3 c3 c3 c3 ");
    free((void *)(uintptr_t)load.data);
}

static void an_urgent_tell_for_later_is_urgent_then(void **state)
{
    (void)state;
    gate g = closed_gate();
    worker w = busy_at(g);
    worker_work(w, 0);
    (void)troupe_after(0, worker_hurry, w, .number = 1);
    troupe_sleep(0.01);
    gate_open(g);
    assert_order(w, "h1 w0 ");
}

/* An actor with a worker of its own has one call at a time handed out, too. */
static void urgent_calls_of_an_actor_with_cpus_are_the_first(void **state)
{
    (void)state;
    gate g = closed_gate();
    worker w = troupe_new(worker, .with = {.place = troupe_on(last()), .cpus = 1});
    worker_wait_at(w, g);
    worker_work(w, 0);
    worker_work(w, 1);
    worker_hurry(w, 2);
    worker_hurry(w, 3);
    gate_open(g);
    assert_order(w, "h2 h3 w0 w1 ");
}

static void an_urgent_call_waits_for_the_constructor(void **state)
{
    (void)state;
    worker w = troupe_new(worker, .with = {.place = troupe_on(last())});
    worker_hurry(w, 1);
    assert_int_equal(troupe_await(worker_worked(w)), 0);
    assert_order(w, "h1 ");
}

static void an_urgent_call_of_one_that_has_ended_fails(void **state)
{
    (void)state;
    worker w = troupe_new(worker, .with = {.place = troupe_on(last())});
    worker_work(w, 1);
    troupe_stop(w);
    troupe_await(troupe_ended(w));
    expect_failure(worker_worked(w), TROUPE_ENDED, "stopped");
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(urgent_calls_are_the_first_of_those_that_wait),
        cmocka_unit_test(an_override_of_an_urgent_method_is_urgent),
        cmocka_unit_test(urgent_calls_of_a_task_keep_their_order),
        cmocka_unit_test(an_urgent_call_overtakes_what_is_on_its_way),
        cmocka_unit_test(the_failure_of_an_urgent_call_comes_back),
        cmocka_unit_test(large_urgent_calls_keep_their_order_with_small_ones),
        cmocka_unit_test(an_urgent_call_does_not_wait_for_bulk_before_it),
        cmocka_unit_test(an_urgent_tell_for_later_is_urgent_then),
        cmocka_unit_test(urgent_calls_of_an_actor_with_cpus_are_the_first),
        cmocka_unit_test(an_urgent_call_waits_for_the_constructor),
        cmocka_unit_test(an_urgent_call_of_one_that_has_ended_fails),
    };
    return TEST_PLAY(argc, argv, tests, 20);
}
