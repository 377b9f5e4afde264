/*
 * What waits on a rank, for what, and since when: troupe_waiting.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "play.h"

#define RANKS 64
#define LISTED 6

static _Atomic bool held[RANKS], begun[RANKS];

/* What is in the list of its rank. */
TROUPE_CLASS(lister);
TROUPE_ASK(lister, count, size_t);
TROUPE_ASK(lister, line, troupe_str, (size_t, at));
TROUPE_ASK(lister, seconds, double, (size_t, at));
TROUPE_ASK(lister, hold, void, (bool, on));
TROUPE_ASK(lister, has_begun, bool);
TROUPE_ASK(lister, count_without_room, size_t);

TROUPE_CLASS(painter);
TROUPE_ASK(painter, paint, int);

TROUPE_TASK(fill, int);
TROUPE_TASK(behind, int);
TROUPE_TASK(look, size_t);

/* ---- bodies ---------------------------------------------------------------------------------- */

struct lister_state {
    char nothing;
};

static struct troupe_waiting *list_of(size_t at)
{
    struct troupe_waiting *list = troupe_alloc(LISTED * sizeof *list);
    if (troupe_waiting(list, LISTED) <= at || at >= LISTED)
        troupe_fail(TROUPE_FAILED, "not so many wait");
    return list + at;
}

static size_t on_count(struct lister_state *self)
{
    (void)self;
    return troupe_waiting(NULL, 0);
}

static troupe_str on_line(struct lister_state *self, size_t at)
{
    (void)self;
    char *text = troupe_alloc(1024);
    const struct troupe_waiting *one = list_of(at);
    snprintf(text, 1024, "%s: %s", one->who, one->reason);
    return text;
}

static double on_seconds(struct lister_state *self, size_t at)
{
    (void)self;
    return list_of(at)->seconds;
}

static void on_hold(struct lister_state *self, bool on)
{
    (void)self;
    held[troupe_rank()] = on;
    begun[troupe_rank()] = false;
}

static bool on_has_begun(struct lister_state *self)
{
    (void)self;
    return begun[troupe_rank()];
}

/* With room for one; what is behind it stays as it is. */
static size_t on_count_without_room(struct lister_state *self)
{
    (void)self;
    struct troupe_waiting two[2];
    memset(two, 0x55, sizeof two);
    size_t count = troupe_waiting(two, 1);
    for (size_t i = 0; i < sizeof *two; i++)
        if (((const char *)&two[1])[i] != 0x55)
            return 0;
    return count;
}

TROUPE_IMPLEMENT(lister, (count, on_count), (line, on_line), (seconds, on_seconds),
                 (hold, on_hold), (has_begun, on_has_begun),
                 (count_without_room, on_count_without_room));

struct painter_state {
    char nothing;
};

static int on_paint(struct painter_state *self)
{
    (void)self;
    return 3;
}

TROUPE_IMPLEMENT(painter, (paint, on_paint));

static int on_fill(void)
{
    begun[troupe_rank()] = true;
    while (held[troupe_rank()])
        usleep(50);
    return 1;
}

static int on_behind(void)
{
    return 2;
}

static size_t on_look(void)
{
    return troupe_waiting(NULL, 0);
}

TROUPE_BODY(fill, on_fill);
TROUPE_BODY(behind, on_behind);
TROUPE_BODY(look, on_look);

/* ---- tests ----------------------------------------------------------------------------------- */

static void await_count(lister l, size_t count)
{
    while (troupe_await(lister_count(l)) != count)
        troupe_sleep(1e-4);
}

static void expect_line(lister l, size_t at, const char *who, const char *reason)
{
    troupe_str line = troupe_await(lister_line(l, at));
    if (strncmp(line, who, strlen(who)) || !strstr(line, reason))
        fail_msg("\"%s\" is not \"%s…%s…\"", line, who, reason);
}

static void what_waits_is_listed_with_its_reason_in_its_order(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        const struct troupe_options there = {.place = troupe_on(rank)};
        const int cpus = troupe_rank_cpus(rank);
        lister l = troupe_new(lister, .with = there);
        painter one = troupe_new(painter, .with = {.place = troupe_on(rank), .cpus = 1});
        assert_int_equal(troupe_await(painter_paint(one)), 3);
        assert_int_equal(troupe_await(lister_count(l)), 0);
        troupe_await(lister_hold(l, true));
        TROUPE_FUTURE(int) filler = troupe_submit(
            fill, .with = {.place = troupe_on(rank), .cpus = cpus, .resources = "pen:2"});
        while (!troupe_await(lister_has_begun(l)))
            troupe_sleep(1e-4);
        TROUPE_FUTURE(int) waits = troupe_submit(behind, .with = there);
        await_count(l, 1);
        TROUPE_FUTURE(int) paints = painter_paint(one);
        await_count(l, 2);
        painter two = troupe_new(painter, .with = {.place = troupe_on(rank), .resources = "pen:1"});
        await_count(l, 3);
        char text[64];
        expect_line(l, 0, "painter, actor(", "waits for pen:1 (free: ");
        snprintf(text, sizeof text, "waits for 1 CPU (free: 0 of %d), behind 0", cpus);
        expect_line(l, 1, "task behind: ", text);
        expect_line(l, 2, "painter(", ".paint: waits for 1 CPU");
        expect_line(l, 2, "painter(", "behind 1");
        assert_int_equal(troupe_await(lister_count_without_room(l)), 3);
        double before = troupe_await(lister_seconds(l, 1));
        while (troupe_await(lister_seconds(l, 1)) <= before)
            troupe_sleep(1e-3);
        assert_true(before >= 0);
        troupe_await(lister_hold(l, false));
        assert_int_equal(troupe_await(filler), 1);
        assert_int_equal(troupe_await(waits), 2);
        assert_int_equal(troupe_await(paints), 3);
        assert_int_equal(troupe_await(painter_paint(two)), 3);
        await_count(l, 0);
        troupe_stop(one);
        troupe_stop(two);
    }
}

static void a_task_can_look_too(void **state)
{
    (void)state;
    assert_int_equal(troupe_await(look()), 0);
}

int main(int argc, char **argv)
{
    unsetenv("OMP_NUM_THREADS"); /* or a task takes one CPU, whatever it asks for */
    setenv("TROUPE_RESOURCES", "pen:2", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_is_listed_with_its_reason_in_its_order),
        cmocka_unit_test(a_task_can_look_too),
    };
    return TEST_PLAY(argc, argv, tests, 6);
}
