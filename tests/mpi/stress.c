/*
 * A randomised stress of creations, names, tells for now and later, asks, waits, failures and ends
 * between calls and in the middle of them, drawn from one seed and checked against a sequential
 * model of the contract: the model does at once, in the driver, what the actors do somewhere, some
 * time. Played alone it goes over 1 to 16 ranks. Each run says first what plays it again:
 * TROUPE_TEST_SEED (of the operations), TROUPE_RANKS, TROUPE_SEED.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

#define CELLS 40     /* living at most */
#define PENDING 60   /* futures at most between two settlements */
#define ROUNDS 40    /* settlements of one run */
#define LARGEST ((size_t)1 << 20) /* bytes of a text */

TROUPE_CLASS(cell, (int64_t, start), (bool, fails));
TROUPE_TELL(cell, add, (int64_t, n), (troupe_str, padding));
TROUPE_ASK(cell, add_and_get, int64_t, (int64_t, n));
TROUPE_ASK(cell, add_to, int64_t, (cell, other), (int64_t, n)); /* waits for the other's count */
TROUPE_ASK(cell, nap_and_add, int64_t, (double, seconds), (int64_t, n));
TROUPE_ASK(cell, refuse, int64_t, (int, code));
TROUPE_ASK(cell, get, int64_t);
TROUPE_ASK(cell, bear, cell, (int64_t, start)); /* a child that is tied to it */
TROUPE_ASK(cell, leave, int64_t);
TROUPE_ASK(cell, mirror, troupe_str, (troupe_str, text));
TROUPE_TASK(add_by_task, int64_t, (cell, to), (int64_t, n));

struct cell_state {
    int64_t sum, calls;
    int inside; /* methods between their begin and end: one at a time */
};

/* ---- the actors ------------------------------------------------------------------------------ */

static void on_init(struct cell_state *self, int64_t start, bool fails)
{
    self->sum = start;
    if (fails)
        troupe_fail(-7, "told to fail");
}

static void on_add(struct cell_state *self, int64_t n, troupe_str padding)
{
    self->sum += n + (int64_t)strlen(padding);
}

static int64_t on_add_and_get(struct cell_state *self, int64_t n)
{
    return self->sum += n;
}

static int64_t on_add_to(struct cell_state *self, cell other, int64_t n)
{
    if (self->inside++)
        troupe_fail(-8, "two methods at once");
    (void)troupe_await(cell_add_and_get(other, n));
    self->inside--;
    return ++self->calls;
}

static int64_t on_nap_and_add(struct cell_state *self, double seconds, int64_t n)
{
    if (self->inside++)
        troupe_fail(-8, "two methods at once");
    troupe_sleep(seconds);
    self->inside--;
    return self->sum += n;
}

static int64_t on_refuse(struct cell_state *self, int code)
{
    troupe_fail(code, "refused at %lld", (long long)self->sum);
}

static int64_t on_get(struct cell_state *self)
{
    return self->sum;
}

static cell on_bear(struct cell_state *self, int64_t start)
{
    (void)self;
    return troupe_new(cell, .start = start, .with = {.tied = true});
}

static int64_t on_leave(struct cell_state *self)
{
    troupe_exit_actor();
    return self->sum;
}

static troupe_str on_mirror(struct cell_state *self, troupe_str text)
{
    self->calls++;
    return text;
}

TROUPE_IMPLEMENT(cell, (init, on_init), (add, on_add), (add_and_get, on_add_and_get),
                 (add_to, on_add_to), (nap_and_add, on_nap_and_add), (refuse, on_refuse),
                 (get, on_get), (bear, on_bear), (leave, on_leave), (mirror, on_mirror));

static int64_t on_add_by_task(cell to, int64_t n)
{
    return troupe_await(cell_add_and_get(to, n));
}
TROUPE_BODY(add_by_task, on_add_by_task);

/* ---- the model ------------------------------------------------------------------------------- */

struct model_cell {
    cell handle;
    int64_t sum;
    int parent; /* that it is tied to; -1: none */
    int name;   /* 0: none */
    bool alive;
};

struct pending {
    TROUPE_FUTURE(int64_t) future;
    int status; /* that must come of it */
};

struct world {
    uint64_t random;
    bool tasks; /* threads: then an order of deliveries is not the same again */
    struct model_cell cells[CELLS];
    int count;
    struct pending pending[PENDING];
    int pending_count;
    int names;    /* ever given */
    double later; /* seconds after which all that was told for later has been sent */
    cell home;    /* on the driver's rank */
    uint64_t operations;
};

static uint64_t below(struct world *w, uint64_t n)
{
    return test_random(&w->random) % n;
}

/* A living cell's index, or -1. */
static int pick(struct world *w)
{
    for (int tries = 0; w->count && tries < 20; tries++) {
        int i = (int)below(w, (uint64_t)w->count);
        if (w->cells[i].alive)
            return i;
    }
    return -1;
}

static void expect_later(struct world *w, TROUPE_FUTURE(int64_t) future, int status)
{
    assert_true(w->pending_count < PENDING);
    w->pending[w->pending_count++] = (struct pending){future, status};
}

static void remember(struct world *w, cell handle, int64_t sum, int parent)
{
    w->cells[w->count++] = (struct model_cell){handle, sum, parent, 0, true};
}

static struct troupe_place anywhere(struct world *w)
{
    return troupe_on((int)below(w, (uint64_t)troupe_ranks()));
}

static int64_t cpus_of(struct world *w)
{
    return w->tasks && below(w, 8) == 0; /* now and then with a worker of its own */
}

/* ---- operations ------------------------------------------------------------------------------ */

static void create_one(struct world *w)
{
    int64_t start = (int64_t)below(w, 1000);
    if (w->count < CELLS)
        remember(w,
                 troupe_new(cell, .start = start,
                            .with = {.place = anywhere(w), .cpus = (int)cpus_of(w)}),
                 start, -1);
}

static cell new_named(struct world *w, int name, int64_t start)
{
    char text[32];
    snprintf(text, sizeof text, "cell %d", name);
    return troupe_new(cell, .start = start, .with = {.name = text, .place = anywhere(w)});
}

static void create_named(struct world *w)
{
    if (w->count == CELLS)
        return;
    remember(w, new_named(w, ++w->names, 5), 5, -1);
    w->cells[w->count - 1].name = w->names;
}

/* Its name leads to it, and to nobody else. */
static void name_one(struct world *w, int i)
{
    char text[32];
    if (!w->cells[i].name) {
        create_named(w);
        return;
    }
    cell found;
    snprintf(text, sizeof text, "cell %d", w->cells[i].name);
    expect_status(troupe_lookup(cell, text, 60, &found), TROUPE_OK);
    assert_true(troupe_same(found, w->cells[i].handle));
    expect_later(w, cell_get(new_named(w, w->cells[i].name, 6)), TROUPE_ENDED);
}

static void create_failing(struct world *w)
{
    cell broken = troupe_new(cell, .fails = true, .with = {.place = anywhere(w)});
    expect_later(w, cell_get(broken), TROUPE_ENDED);
}

/* Mostly a few letters, now and then more than a message of the transport takes. */
static size_t some_length(struct world *w)
{
    uint64_t kind = below(w, 100);
    return below(w, kind < 80 ? 30 : kind < 97 ? 20000 : LARGEST);
}

/* Letters that differ, so that what is lost or swapped shows. */
static char *text_of(struct world *w, size_t length)
{
    char *text = malloc(length + 1);
    assert_non_null(text);
    uint64_t random = test_random(&w->random);
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + (random + i * i / 7) % 26);
    text[length] = 0;
    return text;
}

static void tell_one(struct world *w, int i)
{
    size_t length = some_length(w);
    char *padding = text_of(w, length);
    cell_add(w->cells[i].handle, 5, padding);
    w->cells[i].sum += 5 + (int64_t)length;
    free(padding);
}

/* There and back, while everything else is under way. */
static void mirror_one(struct world *w, int i)
{
    char *text = text_of(w, some_length(w));
    struct troupe_scope scope = troupe_scope_begin();
    assert_true(!strcmp(troupe_await(cell_mirror(w->cells[i].handle, text)), text));
    troupe_scope_end(scope);
    free(text);
}

static void tell_later(struct world *w, int i)
{
    double seconds = 1e-5 * (double)below(w, 100);
    troupe_after(seconds, cell_add, w->cells[i].handle, .n = 4, .padding = "");
    w->cells[i].sum += 4;
    w->later = seconds > w->later ? seconds : w->later;
}

static void ask_one(struct world *w, int i)
{
    int64_t n = (int64_t)below(w, 100);
    expect_later(w, cell_add_and_get(w->cells[i].handle, n), TROUPE_OK);
    w->cells[i].sum += n;
}

/* Only to a later one: a circle of methods that wait would wait for ever. */
static void relay_one(struct world *w, int i, int k)
{
    if (i >= k)
        return;
    expect_later(w, cell_add_to(w->cells[i].handle, w->cells[k].handle, 3), TROUPE_OK);
    w->cells[k].sum += 3;
}

static void nap_one(struct world *w, int i)
{
    double seconds = 1e-5 * (double)below(w, 20);
    expect_later(w, cell_nap_and_add(w->cells[i].handle, seconds, 2), TROUPE_OK);
    w->cells[i].sum += 2;
}

static void task_one(struct world *w, int i)
{
    if (!w->tasks)
        return;
    expect_later(w, troupe_submit(add_by_task, .to = w->cells[i].handle, .n = 9,
                                  .with = {.place = anywhere(w)}),
                 TROUPE_OK);
    w->cells[i].sum += 9;
}

static void drop_one(struct world *w, int i)
{
    troupe_drop(cell_add_and_get(w->cells[i].handle, 1));
    w->cells[i].sum += 1;
}

static void operate(struct world *w)
{
    int i = pick(w), k = pick(w), code = -100 - (int)below(w, 50);
    w->operations++;
    if (i < 0 || k < 0) {
        create_one(w);
        return;
    }
    switch (below(w, 15)) {
    case 0:
        create_one(w);
        break;
    case 1:
        create_failing(w);
        break;
    case 2:
    case 3:
        tell_one(w, i);
        break;
    case 4:
    case 5:
        ask_one(w, i);
        break;
    case 6:
    case 7:
        relay_one(w, i, k);
        break;
    case 8:
        nap_one(w, i);
        break;
    case 9:
        task_one(w, i);
        break;
    case 10:
        drop_one(w, i);
        break;
    case 11:
        name_one(w, i);
        break;
    case 12:
        tell_later(w, i);
        break;
    case 13:
        mirror_one(w, i);
        break;
    default:
        expect_later(w, cell_refuse(w->cells[i].handle, code), code);
    }
}

/* ---- settling: every future as the model says, then every sum -------------------------------- */

static void take_pending(struct world *w)
{
    troupe_future all[PENDING];
    for (int i = 0; i < w->pending_count; i++)
        all[i] = w->pending[i].future.any;
    size_t n = (size_t)w->pending_count;
    assert_int_equal(troupe_wait(all, n, TROUPE_ALL, 60), n);
    for (int i = 0; i < w->pending_count; i++) {
        int64_t value;
        expect_status(troupe_get(w->pending[i].future, &value), w->pending[i].status);
        expect_status(troupe_get(w->pending[i].future, &value), TROUPE_NO_FUTURE);
    }
    w->pending_count = 0;
}

static void check_sums(struct world *w)
{
    for (int i = 0; i < w->count; i++) {
        int64_t sum;
        troupe_status got = troupe_get(cell_get(w->cells[i].handle), &sum);
        expect_status(got, w->cells[i].alive ? TROUPE_OK : TROUPE_ENDED);
        if (w->cells[i].alive)
            assert_int_equal(sum, w->cells[i].sum);
    }
}

/* An answer from the driver's own rank comes when it knows of them all; then they are due first. */
static void await_later(struct world *w)
{
    if (w->later > 0) {
        troupe_await(cell_get(w->home));
        troupe_sleep(w->later);
    }
    w->later = 0;
}

static void settle(struct world *w)
{
    take_pending(w);
    await_later(w);
    check_sums(w);
}

/* ---- ends: between settlements, when nothing else is under way ------------------------------- */

static void model_end(struct world *w, int i)
{
    w->cells[i].alive = false;
    for (int k = 0; k < w->count; k++)
        if (w->cells[k].alive && w->cells[k].parent == i)
            model_end(w, k);
}

/* Children end on their own ranks: one waits until each has. */
static void await_end(struct world *w, int i, int reason)
{
    troupe_end end = troupe_await(troupe_ended(w->cells[i].handle));
    assert_int_equal(end.reason, reason);
    for (int k = 0; k < w->count; k++)
        if (w->cells[k].alive && w->cells[k].parent == i)
            await_end(w, k, TROUPE_END_TIED);
}

static void end_one(struct world *w, int i)
{
    int reason = (int)(TROUPE_END_STOPPED + below(w, 3));
    if (reason == TROUPE_END_STOPPED)
        troupe_stop(w->cells[i].handle);
    else if (reason == TROUPE_END_KILLED)
        troupe_kill(w->cells[i].handle);
    else
        assert_int_equal(troupe_await(cell_leave(w->cells[i].handle)), w->cells[i].sum);
    await_end(w, i, reason);
    model_end(w, i);
}

/* Calls that came before a stop are done, in their order; of those before a kill the first ones may
   be. What comes later finds it ended. */
static void end_in_the_middle(struct world *w, int i)
{
    enum { BEFORE = 6, CALLS = 8 };
    TROUPE_FUTURE(int64_t) calls[CALLS];
    struct model_cell *c = &w->cells[i];
    bool kill = below(w, 2), ended = false;
    for (int k = 0; k < CALLS; k++) {
        if (k == BEFORE && kill)
            troupe_kill(c->handle);
        else if (k == BEFORE)
            troupe_stop(c->handle);
        calls[k] = below(w, 2) ? cell_add_and_get(c->handle, 2)
                               : cell_nap_and_add(c->handle, 1e-5 * (double)below(w, 30), 2);
    }
    TROUPE_FUTURE(troupe_end) end = troupe_ended(c->handle);
    for (int k = 0; k < CALLS; k++) {
        int64_t value;
        troupe_status status = troupe_get(calls[k], &value);
        ended |= k == BEFORE || (kill && status == TROUPE_ENDED);
        expect_status(status, ended ? TROUPE_ENDED : TROUPE_OK);
        if (!ended)
            assert_int_equal(value, c->sum += 2);
    }
    int reason = kill ? TROUPE_END_KILLED : TROUPE_END_STOPPED;
    assert_int_equal(troupe_await(end).reason, reason);
    await_end(w, i, reason);
    model_end(w, i);
}

/* A name is free when the end has been told. */
static void follow(struct world *w, int i)
{
    int name = w->cells[i].name;
    if (!name || w->count == CELLS)
        return;
    remember(w, new_named(w, name, 8), 8, -1);
    w->cells[w->count - 1].name = name;
}

/* Forgets those that have ended, so that there is room for others, whose indices are used again. */
static void forget_ended(struct world *w)
{
    int moved[CELLS], n = 0;
    for (int i = 0; i < w->count; i++) {
        moved[i] = w->cells[i].alive ? n : -1;
        if (w->cells[i].alive)
            w->cells[n++] = w->cells[i];
    }
    for (int i = 0; i < n; i++)
        w->cells[i].parent = w->cells[i].parent < 0 ? -1 : moved[w->cells[i].parent];
    w->count = n;
}

static void bear_one(struct world *w)
{
    int i = pick(w);
    if (i >= 0 && w->count < CELLS)
        remember(w, troupe_await(cell_bear(w->cells[i].handle, 77)), 77, i);
}

static void run_world(struct world *w)
{
    int rounds = getenv("TROUPE_TEST_LONG") ? 10 * ROUNDS : ROUNDS;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < PENDING / 2; i++)
            operate(w);
        settle(w);
        bear_one(w);
        int i = pick(w);
        if (i >= 0 && below(w, 2)) {
            if (below(w, 2))
                end_one(w, i);
            else
                end_in_the_middle(w, i);
            follow(w, i);
        }
        check_sums(w);
        if (below(w, 3) == 0)
            forget_ended(w);
    }
}

/* Even ones are without tasks, odd ones with: so a seed is all there is to say. */
static uint64_t seed_of_this_run(bool tasks)
{
    static uint64_t runs = 500;
    const char *given = getenv("TROUPE_TEST_SEED");
    if (!given)
        return 2 * runs++ + tasks;
    uint64_t seed = strtoull(given, NULL, 0);
    if (seed % 2 != tasks)
        skip();
    return seed;
}

static void stress(bool tasks)
{
    uint64_t seed = seed_of_this_run(tasks);
    struct world *w = troupe_alloc(sizeof *w);
    w->random = seed;
    w->tasks = tasks;
    w->home = troupe_new(cell, .with = {.place = troupe_on(0)});
    printf("stress: TROUPE_TEST_SEED=%llu TROUPE_RANKS=%d TROUPE_SEED=%llu\n",
           (unsigned long long)seed, troupe_ranks(), (unsigned long long)test_order());
    fflush(stdout);
    run_world(w);
    assert_true(w->operations > ROUNDS);
    for (int i = 0; i < w->count; i++)
        troupe_stop(w->cells[i].handle);
    troupe_stop(w->home);
    for (int i = 0; i < w->count; i++)
        troupe_await(troupe_ended(w->cells[i].handle));
}

static void actors_do_what_the_sequential_model_does(void **state)
{
    (void)state;
    stress(false);
}

static void actors_tasks_and_workers_do_what_the_sequential_model_does(void **state)
{
    (void)state;
    stress(true);
}

static void play_as(int ranks, int order)
{
    char text[32];
    snprintf(text, sizeof text, "%d", ranks);
    setenv("TROUPE_RANKS", text, 1);
    snprintf(text, sizeof text, "%d", order);
    setenv("TROUPE_SEED", text, 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actors_do_what_the_sequential_model_does),
        cmocka_unit_test(actors_tasks_and_workers_do_what_the_sequential_model_does),
    };
    if (!test_alone() || getenv("TROUPE_RANKS") || getenv("TROUPE_SEED"))
        return TEST_PLAY(argc, argv, tests, 0);
    int failed = TEST_PLAY(argc, argv, tests, 20);
    for (int ranks = 1; ranks <= 16 && !failed; ranks++) {
        test_time_limit(60);
        play_as(ranks, ranks * 7919);
        failed = TEST_PLAY(argc, argv, tests, 0);
    }
    return failed;
}
