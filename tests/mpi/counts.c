/*
 * What the ranks count is what was called: after a random mix of tells, asks, failures, kills and
 * tasks between all ranks each number is exact. TROUPE_TEST_SEED sets the seed, which is printed.
 */
#include "schedule/counts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"
#include "schedule/context.h"
#include "schedule/rank.h"

#define TARGETS 6
#define CALLS 400
#define CASES 64 /* methods, and edges, that a rank may have to show */

/* How often somebody has called, by method. */
TROUPE_STRUCT(tally, (uint64_t, take), (uint64_t, text), (uint64_t, give), (uint64_t, failed),
              (uint64_t, chain));
TROUPE_STRUCT(line, (uint32_t, class_id), (uint32_t, slot), (uint64_t, received), (uint64_t, done),
              (uint64_t, failed), (uint64_t, waiting), (uint64_t, running), (uint64_t, bytes_in),
              (uint64_t, timed));
TROUPE_STRUCT(edge, (uint32_t, from), (int32_t, from_rank), (uint32_t, class_id), (uint32_t, slot),
              (uint64_t, calls));
TROUPE_STRUCT(own, (uint64_t, received), (uint64_t, done), (uint64_t, failed),
              (uint64_t, running), (uint64_t, waiting), (uint64_t, highest));

TROUPE_CLASS(target);
TROUPE_TELL(target, take, (int, n));
TROUPE_TELL(target, text, (troupe_str, words));
TROUPE_ASK(target, give, int, (int, n));
TROUPE_ASK(target, chain, int, (target, next), (int, n));
TROUPE_ASK(target, own_counts, own);
TROUPE_EXTENDS(second, target);
TROUPE_OVERRIDE_TELL(second, target, take, (int, n));

TROUPE_CLASS(caller);
TROUPE_ASK(caller, call, tally, (TROUPE_SPAN(target), targets), (uint64_t, seed), (int, count));
TROUPE_CLASS(other);
TROUPE_ASK(other, call, tally, (TROUPE_SPAN(target), targets), (uint64_t, seed), (int, count));
TROUPE_TASK(call_in_a_task, tally, (TROUPE_SPAN(target), targets), (uint64_t, seed), (int, count));
TROUPE_TASK(fail_often, int, (int, n));

TROUPE_CLASS(monitor);
TROUPE_ASK(monitor, lines, TROUPE_SPAN(line));
TROUPE_ASK(monitor, edges, TROUPE_SPAN(edge));
TROUPE_ASK(monitor, traffic, uint64_t, (int, to));
TROUPE_ASK(monitor, failed_tasks, uint64_t);

/* ---- who is called --------------------------------------------------------------------------- */

struct target_state {
    uint64_t taken;
};

struct second_state {
    struct target_state base;
};

static void on_take(struct target_state *self, int n)
{
    (void)n;
    self->taken++;
}

static void on_take_second(struct second_state *self, int n)
{
    on_take(&self->base, n);
}

static void on_text(struct target_state *self, troupe_str words)
{
    self->taken += words[0] != 0;
}

static int on_give(struct target_state *self, int n)
{
    (void)self;
    if (n % 7 == 0)
        troupe_fail(1, "%d is no number to give", n);
    return n;
}

/* Waits: what comes meanwhile is kept in its mailbox. */
static int on_chain(struct target_state *self, target next, int n)
{
    (void)self;
    return troupe_await(target_give(next, 7 * n + 1));
}

static own on_own_counts(struct target_state *self)
{
    (void)self;
    struct trp_context *c = trp_current();
    struct trp_actor_counts counts = trp_counts_actor(c->actor);
    return (own){counts.received, counts.done,    counts.failed,
                 counts.running,  counts.waiting, counts.waiting_highest};
}

TROUPE_IMPLEMENT(target, (take, on_take), (text, on_text), (give, on_give), (chain, on_chain),
                 (own_counts, on_own_counts));
TROUPE_IMPLEMENT(second, (take, on_take_second));

/* ---- who calls ------------------------------------------------------------------------------- */

static void give(tally *sent, target to, int n)
{
    int value;
    troupe_status status = troupe_get(target_give(to, n), &value);
    sent->give++;
    sent->failed += status != TROUPE_OK;
}

static void call_one(tally *sent, TROUPE_SPAN(target) targets, uint64_t dice)
{
    size_t which = dice % targets.count;
    target to = targets.data[which];
    int n = (int)(dice >> 40);
    switch (dice >> 8 & 7) {
    case 0:
    case 1:
    case 2:
        for (uint64_t i = dice >> 16 & 63; i < 64; i++, sent->take++)
            target_take(to, n);
        break;
    case 3:
        for (size_t i = 0; i < targets.count; i++, sent->take++)
            target_take(targets.data[i], n);
        break;
    case 4:
        target_text(to, "some words");
        sent->text++;
        break;
    case 5:
        if (which + 1 < targets.count) { /* never in a circle */
            troupe_drop(target_chain(to, targets.data[which + 1], n % 100));
            sent->chain++;
        }
        break;
    default:
        give(sent, to, n);
    }
}

/* In the end all that it sent has come. */
static tally call_many(TROUPE_SPAN(target) targets, uint64_t seed, int count)
{
    tally sent = {0};
    for (int i = 0; i < count; i++)
        call_one(&sent, targets, test_random(&seed));
    for (size_t i = 0; i < targets.count; i++)
        give(&sent, targets.data[i], 1);
    return sent;
}

struct caller_state {
    char nothing;
};

struct other_state {
    char nothing;
};

static tally on_call(struct caller_state *self, TROUPE_SPAN(target) targets, uint64_t seed,
                     int count)
{
    (void)self;
    return call_many(targets, seed, count);
}

static tally on_call_other(struct other_state *self, TROUPE_SPAN(target) targets, uint64_t seed,
                           int count)
{
    (void)self;
    return call_many(targets, seed, count);
}

static int on_fail_often(int n)
{
    if (n % 3 == 0)
        troupe_fail(1, "a third of them");
    return n;
}

TROUPE_IMPLEMENT(caller, (call, on_call));
TROUPE_IMPLEMENT(other, (call, on_call_other));
TROUPE_BODY(call_in_a_task, call_many);
TROUPE_BODY(fail_often, on_fail_often);

/* ---- who looks ------------------------------------------------------------------------------- */

struct monitor_state {
    char nothing;
};

static TROUPE_SPAN(line) on_lines(struct monitor_state *self)
{
    (void)self;
    static struct trp_method_counts all[CASES];
    size_t count = trp_counts_methods(trp_current()->rank, all, CASES);
    line *lines = troupe_alloc(CASES * sizeof *lines);
    if (count > CASES)
        troupe_fail(1, "%zu methods are too many", count);
    for (size_t i = 0; i < count; i++)
        lines[i] = (line){all[i].class_id, all[i].slot,    all[i].received,
                          all[i].done,     all[i].failed,  all[i].waiting,
                          all[i].running,  all[i].bytes_in, all[i].run.count};
    return (TROUPE_SPAN(line)){lines, count};
}

static TROUPE_SPAN(edge) on_edges(struct monitor_state *self)
{
    (void)self;
    static struct trp_edge all[4 * CASES];
    size_t count = trp_counts_edges(trp_current()->rank, all, 4 * CASES);
    edge *edges = troupe_alloc(4 * CASES * sizeof *edges);
    if (count > 4 * CASES)
        troupe_fail(1, "%zu edges are too many", count);
    for (size_t i = 0; i < count; i++)
        edges[i] = (edge){all[i].from, all[i].from_rank, all[i].class_id, all[i].slot,
                          all[i].calls};
    return (TROUPE_SPAN(edge)){edges, count};
}

static uint64_t on_traffic(struct monitor_state *self, int to)
{
    (void)self;
    struct trp_traffic all[64];
    size_t count = trp_counts_traffic(trp_current()->rank, all, LENGTH(all));
    for (size_t i = 0; i < count; i++)
        if (all[i].to == to)
            return all[i].bytes >= 16 * all[i].messages ? all[i].messages : 0;
    return 0;
}

static uint64_t on_failed_tasks(struct monitor_state *self)
{
    (void)self;
    struct trp_task_counts counts = trp_counts_tasks(trp_current()->rank);
    return counts.waiting || counts.running || counts.cancelled ? UINT64_MAX : counts.failed;
}

TROUPE_IMPLEMENT(monitor, (lines, on_lines), (edges, on_edges), (traffic, on_traffic),
                 (failed_tasks, on_failed_tasks));

/* All ranks together, as they stood before a test and after it. */
struct picture {
    line lines[16 * CASES];
    size_t line_count;
    edge edges[64 * CASES];
    size_t edge_count;
};

static void look(struct picture *picture)
{
    picture->line_count = picture->edge_count = 0;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        monitor m = troupe_new(monitor, .with = {.place = troupe_on(rank)});
        TROUPE_SPAN(line) lines = troupe_await(monitor_lines(m));
        for (size_t i = 0; i < lines.count; i++)
            picture->lines[picture->line_count++] = lines.data[i];
        TROUPE_SPAN(edge) edges = troupe_await(monitor_edges(m));
        for (size_t i = 0; i < edges.count; i++)
            picture->edges[picture->edge_count++] = edges.data[i];
        troupe_stop(m);
        troupe_await(troupe_ended(m));
    }
}

static bool is_named(uint32_t class_id, uint32_t slot, const char *class_name, const char *method)
{
    const char *c, *m;
    trp_counts_name(class_id, slot, &c, &m);
    return (!class_name || !strcmp(c, class_name)) && !strcmp(m, method);
}

/* Of all ranks; of all classes if there is no name. */
static line sum(const struct picture *p, const char *class_name, const char *method)
{
    line sum = {0};
    for (size_t i = 0; i < p->line_count; i++) {
        const line *l = &p->lines[i];
        if (!is_named(l->class_id, l->slot, class_name, method))
            continue;
        sum.received += l->received;
        sum.done += l->done;
        sum.failed += l->failed;
        sum.waiting += l->waiting;
        sum.running += l->running;
        sum.bytes_in += l->bytes_in;
        sum.timed += l->timed;
    }
    return sum;
}

static uint64_t sum_edges(const struct picture *p, const char *from, const char *method)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < p->edge_count; i++) {
        char name[64];
        trp_from_name(p->edges[i].from, name, sizeof name);
        if ((!from || !strcmp(name, from)) &&
            is_named(p->edges[i].class_id, p->edges[i].slot, NULL, method))
            sum += p->edges[i].calls;
    }
    return sum;
}

static struct picture before, after;

/* Since `before`. */
static line came(const char *class_name, const char *method)
{
    line a = sum(&before, class_name, method), b = sum(&after, class_name, method);
    return (line){0,
                  0,
                  b.received - a.received,
                  b.done - a.done,
                  b.failed - a.failed,
                  b.waiting,
                  b.running,
                  b.bytes_in - a.bytes_in,
                  b.timed - a.timed};
}

static uint64_t came_from(const char *from, const char *method)
{
    return sum_edges(&after, from, method) - sum_edges(&before, from, method);
}

static void check_balance(const char *method)
{
    line l = came(NULL, method);
    assert_int_equal(l.waiting, 0);
    assert_int_equal(l.running, 0);
    assert_int_equal(l.received, l.done + l.failed);
    assert_int_equal(came_from(NULL, method), l.received);
}

/* When none is under way any more: an answer comes before its task has wholly ended. */
static uint64_t failed_tasks(void)
{
    for (;;) {
        uint64_t all = 0;
        for (int i = 0; i < troupe_ranks(); i++) {
            monitor m = troupe_new(monitor, .with = {.place = troupe_on(i)});
            uint64_t here = troupe_await(monitor_failed_tasks(m));
            all = here == UINT64_MAX || all == UINT64_MAX ? UINT64_MAX : all + here;
        }
        if (all != UINT64_MAX)
            return all;
    }
}

/* ---- tests ----------------------------------------------------------------------------------- */

static uint64_t seed_of_test(void)
{
    const char *given = getenv("TROUPE_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 20261130;
    printf("TROUPE_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed + test_order();
}

static void make_targets(target *targets)
{
    for (int i = 0; i < TARGETS; i++)
        targets[i] = i % 2 ? second_new().super : target_new();
}

static void end_targets(target *targets)
{
    for (int i = 0; i < TARGETS; i++) {
        troupe_stop(targets[i]);
        troupe_await(troupe_ended(targets[i]));
    }
}

static void check_caller(const char *from, const tally *sent)
{
    assert_int_equal(came_from(from, "take"), sent->take);
    assert_int_equal(came_from(from, "text"), sent->text);
    assert_int_equal(came_from(from, "chain"), sent->chain);
    assert_int_equal(came_from(from, "give"), sent->give);
}

static void add(tally *to, const tally *sent)
{
    to->take += sent->take;
    to->text += sent->text;
    to->give += sent->give;
    to->failed += sent->failed;
    to->chain += sent->chain;
}

static void all_that_is_called_is_counted(void **state)
{
    (void)state;
    target targets[TARGETS];
    uint64_t seed = seed_of_test();
    enum { DRIVER, CALLER, OTHER, TASK, KINDS };
    tally sent[KINDS] = {{0}}, got, all = {0};
    const int each = troupe_ranks();
    TROUPE_FUTURE(tally) asked[3 * 64];

    look(&before);
    make_targets(targets);
    TROUPE_SPAN(target) them = {targets, TARGETS};
    for (int i = 0; i < each; i++) {
        caller c = troupe_new(caller, .with = {.place = troupe_on(i)});
        other o = troupe_new(other, .with = {.place = troupe_on(i)});
        asked[3 * i] = caller_call(c, them, test_random(&seed), CALLS);
        asked[3 * i + 1] = other_call(o, them, test_random(&seed), CALLS);
        asked[3 * i + 2] = call_in_a_task(them, test_random(&seed), CALLS);
    }
    sent[DRIVER] = call_many(them, test_random(&seed), CALLS);
    for (int i = 0; i < 3 * each; i++) {
        got = troupe_await(asked[i]);
        add(&sent[CALLER + i % 3], &got);
    }
    end_targets(targets);
    failed_tasks();
    look(&after);

    check_caller("driver", &sent[DRIVER]);
    check_caller("caller", &sent[CALLER]);
    check_caller("other", &sent[OTHER]);
    check_caller("task call_in_a_task", &sent[TASK]);
    for (int i = 0; i < KINDS; i++)
        add(&all, &sent[i]);
    assert_int_equal(came(NULL, "take").received, all.take);
    assert_int_equal(came(NULL, "take").failed, 0);
    assert_true(came("target", "take").received > 0 && came("second", "take").received > 0);
    assert_int_equal(came(NULL, "text").received, all.text);
    assert_true(came(NULL, "text").bytes_in >= all.text * sizeof "some words");
    assert_int_equal(came(NULL, "chain").received, all.chain);
    assert_int_equal(came(NULL, "give").received, all.give + all.chain);
    assert_int_equal(came(NULL, "give").failed, all.failed);
    assert_int_equal(came("call_in_a_task", "call_in_a_task").done, each);
    assert_int_equal(came_from("driver", "call_in_a_task"), each);
    assert_true(came(NULL, "take").timed > 0 && came("call_in_a_task", "call_in_a_task").timed > 0);
    static const char *const methods[] = {"take", "text", "give", "chain", "call"};
    for (size_t i = 0; i < LENGTH(methods); i++)
        check_balance(methods[i]);
}

static void what_comes_to_one_that_has_ended_has_failed(void **state)
{
    (void)state;
    look(&before);
    target t = troupe_new(target, .with = {.place = troupe_on(troupe_ranks() - 1)});
    int value;
    for (int i = 0; i < 10; i++)
        target_take(t, i);
    troupe_await(target_give(t, 1));
    troupe_kill(t);
    troupe_await(troupe_ended(t));
    for (int i = 0; i < 5; i++)
        target_take(t, i);
    for (int i = 0; i < 3; i++)
        assert_int_equal(troupe_get(target_give(t, 1), &value), TROUPE_ENDED);
    look(&after);
    assert_int_equal(came("target", "take").received, 15);
    assert_int_equal(came("target", "take").failed, 5);
    assert_int_equal(came("target", "give").received, 4);
    assert_int_equal(came("target", "give").failed, 3);
    check_balance("take");
    check_balance("give");
}

static void what_waits_for_one_that_is_killed_has_failed(void **state)
{
    (void)state;
    look(&before);
    target t = troupe_new(target, .with = {.place = troupe_on(troupe_ranks() - 1)});
    target u = target_new();
    TROUPE_FUTURE(int) chain = target_chain(t, u, 1);
    TROUPE_FUTURE(int) asked[20];
    int value;
    for (int i = 0; i < 20; i++) {
        asked[i] = target_give(t, 1);
        target_take(t, i);
    }
    troupe_kill(t);
    troupe_await(troupe_ended(t));
    uint64_t failed = troupe_get(chain, &value) != TROUPE_OK;
    for (int i = 0; i < 20; i++)
        failed += troupe_get(asked[i], &value) != TROUPE_OK;
    troupe_get(target_give(u, 1), &value);
    look(&after);
    assert_int_equal(came(NULL, "take").received, 20);
    assert_int_equal(came(NULL, "give").failed + came(NULL, "chain").failed, failed);
    check_balance("take");
    check_balance("give");
    check_balance("chain");
}

/* Two subclasses of one base: the tutorial's telemetry. */
static void calls_of_a_base_s_method_are_counted_by_the_actor_s_class(void **state)
{
    (void)state;
    target handles[2] = {target_new(), second_new().super};
    int value;
    look(&before);
    for (int i = 0; i < 30; i++)
        target_take(handles[i < 17], i);
    for (int i = 0; i < 2; i++)
        assert_int_equal(troupe_get(target_give(handles[i], 1), &value), TROUPE_OK);
    look(&after);
    assert_int_equal(came("target", "take").received, 13);
    assert_int_equal(came("second", "take").received, 17);
    assert_int_equal(came_from("driver", "take"), 30);
}

static void an_actor_knows_what_it_was_called(void **state)
{
    (void)state;
    target t = troupe_new(target, .with = {.place = troupe_on(troupe_ranks() - 1)});
    int value;
    for (int i = 0; i < 100; i++)
        target_take(t, i);
    for (int i = 0; i < 14; i++)
        (void)troupe_get(target_give(t, i), &value);
    own counts = troupe_await(target_own_counts(t));
    assert_int_equal(counts.received, 100 + 14 + 1);
    assert_int_equal(counts.failed, 2);
    assert_int_equal(counts.running, 1);
    assert_int_equal(counts.done, 100 + 12);
    assert_int_equal(counts.waiting, 0);
}

static void tasks_are_counted_by_how_they_ended(void **state)
{
    (void)state;
    TROUPE_FUTURE(int) futures[30];
    int value;
    uint64_t before_them = failed_tasks();
    look(&before);
    for (int i = 0; i < 30; i++)
        futures[i] = fail_often(i);
    for (int i = 0; i < 30; i++)
        assert_int_equal(troupe_get(futures[i], &value) == TROUPE_OK, i % 3 != 0);
    assert_int_equal(failed_tasks(), before_them + 10);
    look(&after);
    assert_int_equal(came("fail_often", "fail_often").received, 30);
    assert_int_equal(came("fail_often", "fail_often").failed, 10);
    assert_int_equal(came("fail_often", "fail_often").done, 20);
    assert_int_equal(came_from("driver", "fail_often"), 30);
}

static void messages_to_other_ranks_are_counted(void **state)
{
    (void)state;
    for (int from = 0; from < troupe_ranks(); from++) {
        monitor m = troupe_new(monitor, .with = {.place = troupe_on(from)});
        target t = troupe_new(target, .with = {.place = troupe_on(0)});
        assert_true(troupe_await(monitor_traffic(m, 0)) > 0 || from == 0);
        troupe_await(target_give(t, 1));
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_called_is_counted),
        cmocka_unit_test(what_comes_to_one_that_has_ended_has_failed),
        cmocka_unit_test(what_waits_for_one_that_is_killed_has_failed),
        cmocka_unit_test(calls_of_a_base_s_method_are_counted_by_the_actor_s_class),
        cmocka_unit_test(an_actor_knows_what_it_was_called),
        cmocka_unit_test(tasks_are_counted_by_how_they_ended),
        cmocka_unit_test(messages_to_other_ranks_are_counted),
    };
    return TEST_PLAY(argc, argv, tests, 2);
}
