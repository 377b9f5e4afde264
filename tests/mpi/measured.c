/*
 * What is known of single actors: their age, how long their calls wait and run, who had their name
 * before them, and which calls have failed.
 */
#include "schedule/measured.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "play.h"
#include "schedule/context.h"
#include "schedule/failures.h"
#include "schedule/figures.h"

TROUPE_STRUCT(about, (double, age), (double, busy), (bool, unknown), (uint32_t, restarts),
              (uint64_t, runs), (double, run_p50), (double, run_p99), (double, run_max),
              (uint64_t, waits), (double, wait_max));
TROUPE_STRUCT(failed, (uint64_t, number), (uint64_t, serial), (int32_t, status),
              (troupe_str, method), (troupe_str, story));

TROUPE_CLASS(toiler);
TROUPE_ASK(toiler, work, int, (double, seconds));
TROUPE_ASK(toiler, work_and_wait, int, (toiler, other), (double, seconds), (double, others));
TROUPE_ASK(toiler, work_until_told, int);
TROUPE_ASK(toiler, give_up, int, (int, status), (troupe_str, words));
TROUPE_ASK(toiler, nothing, int);

TROUPE_CLASS(teller);
TROUPE_ASK(teller, of, about, (toiler, t));
TROUPE_ASK(teller, failures, TROUPE_SPAN(failed), (toiler, t));
TROUPE_ASK(teller, measured, uint64_t);

/* ---- who works ------------------------------------------------------------------------------- */

struct toiler_state {
    char nothing;
};

static int on_work(struct toiler_state *self, double seconds)
{
    (void)self;
    for (double end = trp_now() + seconds; trp_now() < end;) {
    }
    return 0;
}

static int on_work_and_wait(struct toiler_state *self, toiler other, double seconds, double others)
{
    on_work(self, seconds);
    return troupe_await(toiler_work(other, others));
}

static atomic_bool told;

static int on_work_until_told(struct toiler_state *self)
{
    (void)self;
    while (!atomic_load(&told)) {
    }
    return 0;
}

static int on_give_up(struct toiler_state *self, int status, troupe_str words)
{
    (void)self;
    troupe_fail(status, "%s", words);
}

static int on_nothing(struct toiler_state *self)
{
    (void)self;
    return 0;
}

TROUPE_IMPLEMENT(toiler, (work, on_work), (work_and_wait, on_work_and_wait),
                 (work_until_told, on_work_until_told), (give_up, on_give_up),
                 (nothing, on_nothing));

/* ---- who tells, on the same rank ------------------------------------------------------------- */

struct teller_state {
    char nothing;
};

static about on_of(struct teller_state *self, toiler t)
{
    (void)self;
    struct trp_rank *rank = trp_current()->rank;
    const struct trp_actor *a =
        trp_actors_peek(&rank->actors, trp_ref_creator(t.ref), t.ref.serial);
    if (!a)
        troupe_fail(1, "it is not here");
    const struct trp_actor_times times = trp_counts_times(rank, a);
    return (about){trp_actors_age(&rank->actors, a), times.busy,    times.unknown,
                   a->more ? a->more->restarts : 0,  times.run.count, times.run.p50,
                   times.run.p99,                    times.run.max, times.wait.count,
                   times.wait.max};
}

static TROUPE_SPAN(failed) on_failures(struct teller_state *self, toiler t)
{
    (void)self;
    struct trp_rank *rank = trp_current()->rank;
    failed *all = troupe_alloc(TRP_FAILURES_KEPT * sizeof *all);
    size_t count = 0;
    const struct trp_failure *one;
    for (size_t i = 0; (one = trp_failures_latest(rank, i)); i++)
        if (trp_ref_same(one->actor, t.ref))
            all[count++] = (failed){one->number, one->actor.serial, one->status,
                                    one->method->signature->name, one->story};
    return (TROUPE_SPAN(failed)){all, count};
}

static uint64_t on_measured(struct teller_state *self)
{
    (void)self;
    return trp_current()->rank->counts->measured_count;
}

TROUPE_IMPLEMENT(teller, (of, on_of), (failures, on_failures), (measured, on_measured));

/* ---- the tests ------------------------------------------------------------------------------- */

static toiler toiler_on(int rank, int cpus)
{
    return troupe_new(toiler, .with = {.place = troupe_on(rank), .cpus = cpus});
}

static about look(toiler t)
{
    teller one = troupe_new(teller, .with = {.place = troupe_on(trp_ref_host(t.ref))});
    about seen = troupe_await(teller_of(one, t));
    troupe_kill(one);
    return seen;
}

/* With so many calls counted: the answer of one on a worker, which are all measured, comes before
   the rank knows. */
static about look_after(toiler t, uint64_t calls)
{
    about seen;
    do {
        seen = look(t);
    } while (seen.runs < calls);
    return seen;
}

static void end(toiler t)
{
    troupe_kill(t);
    (void)troupe_await(troupe_ended(t));
}

static void an_actor_that_was_not_called_has_no_times(void **state)
{
    (void)state;
    toiler t = toiler_on(troupe_ranks() - 1, 0);
    about seen = look(t);
    assert_true(seen.busy == 0 && seen.runs == 0 && seen.waits == 0 && !seen.unknown);
    end(t);
}

static void what_a_method_waits_for_is_not_its_own_time(void **state)
{
    (void)state;
    for (int cpus = 0; cpus < 2; cpus++) {
        toiler t = toiler_on(troupe_ranks() - 1, cpus), other = toiler_on(0, 0);
        troupe_await(toiler_work_and_wait(t, other, 0.004, 0.1));
        about seen = look_after(t, 1);
        assert_true(seen.busy >= 0.004 && seen.run_max >= 0.104);
        assert_true(seen.busy <= seen.run_max - 0.05);
        assert_true(seen.runs == 1 && seen.run_p99 > 0.5 * seen.run_max &&
                    seen.run_p99 <= seen.run_max);
        assert_true(look(other).busy >= 0.1);
        end(t);
        end(other);
    }
}

static void a_call_that_runs_counts_up_to_now(void **state)
{
    (void)state;
    toiler t = toiler_on(0, 1);
    about seen;
    atomic_store(&told, false);
    TROUPE_FUTURE(int) future = toiler_work_until_told(t);
    do {
        seen = look(t);
    } while (seen.busy < 0.002);
    assert_int_equal(seen.runs, 0);
    atomic_store(&told, true);
    troupe_await(future);
    assert_true(look_after(t, 1).busy >= seen.busy);
    end(t);
}

static void brief_calls_stand_for_those_between_them(void **state)
{
    (void)state;
    toiler t = toiler_on(troupe_ranks() - 1, 0);
    for (int i = 0; i < 2000; i++)
        troupe_await(toiler_nothing(t));
    about seen = look(t);
    assert_in_range(seen.runs, 1000, 2000);
    assert_true(seen.run_p50 > 0 && seen.run_p50 <= seen.run_p99 && seen.run_p99 <= seen.run_max);
    end(t);
}

static void who_came_while_another_ran_has_waited(void **state)
{
    (void)state;
    toiler t = toiler_on(troupe_ranks() - 1, 1);
    TROUPE_FUTURE(int) futures[40];
    for (int i = 0; i < 40; i++)
        futures[i] = toiler_work(t, 0.001);
    for (int i = 0; i < 40; i++)
        troupe_await(futures[i]);
    about seen = look_after(t, 40);
    assert_true(seen.waits >= 40 && seen.wait_max >= 0.001);
    end(t);
}

static void an_age_is_the_time_since_it_was_made(void **state)
{
    (void)state;
    double before = trp_now();
    toiler t = toiler_on(troupe_ranks() - 1, 0);
    troupe_await(toiler_nothing(t));
    double made = trp_now();
    on_work(NULL, 0.05);
    double later = trp_now();
    about seen = look(t);
    double after = trp_now();
    assert_true(seen.age >= later - made - 0.03);
    assert_true(seen.age <= after - before + 0.03);
    end(t);
}

static void who_takes_a_name_again_knows_how_many_had_it(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        toiler t = troupe_new(toiler, .with = {.name = "phoenix", .place = troupe_on(0)});
        troupe_await(toiler_nothing(t));
        assert_int_equal(look(t).restarts, i);
        end(t);
    }
    toiler t = troupe_new(toiler, .with = {.name = "another"});
    assert_int_equal(look(t).restarts, 0);
    end(t);
}

static void of_names_that_nobody_has_the_oldest_are_forgotten(void **state)
{
    (void)state;
    char name[32];
    if (troupe_ranks() > 1)
        skip();
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "passing %d", i);
        end(troupe_new(toiler, .with = {.name = name}));
    }
    toiler again = troupe_new(toiler, .with = {.name = "passing 0"});
    toiler late = troupe_new(toiler, .with = {.name = name});
    troupe_await(toiler_nothing(again));
    troupe_await(toiler_nothing(late));
    assert_int_equal(look(again).restarts, 0);
    assert_int_equal(look(late).restarts, 1);
    end(again);
    end(late);
}

static void failures_are_remembered_with_their_stories(void **state)
{
    (void)state;
    for (int cpus = 0; cpus < 2; cpus++) {
        toiler t = toiler_on(troupe_ranks() - 1, cpus), other = toiler_on(troupe_ranks() - 1, cpus);
        teller one = troupe_new(teller, .with = {.place = troupe_on(troupe_ranks() - 1)});
        int value;
        assert_int_equal(troupe_get(toiler_give_up(t, -107, "the first"), &value), -107);
        assert_int_equal(troupe_get(toiler_give_up(other, -108, "another's"), &value), -108);
        assert_int_equal(troupe_get(toiler_give_up(t, -109, "the second"), &value), -109);
        (void)look_after(t, 2 * (uint64_t)cpus);
        TROUPE_SPAN(failed) all = troupe_await(teller_failures(one, t));
        assert_int_equal(all.count, 2);
        assert_true(strstr(all.data[0].story, "the second") && all.data[0].status == -109);
        assert_true(strstr(all.data[1].story, "the first") && all.data[1].status == -107);
        assert_string_equal(all.data[0].method, "give_up");
        assert_true(all.data[0].number > all.data[1].number);
        for (int i = 0; i < TRP_FAILURES_KEPT; i++)
            (void)troupe_get(toiler_give_up(other, -108, "\xe2\x98\x83 and on"), &value);
        (void)look_after(other, (1 + TRP_FAILURES_KEPT) * (uint64_t)cpus);
        assert_int_equal(troupe_await(teller_failures(one, t)).count, 0);
        assert_int_equal(troupe_await(teller_failures(one, other)).count, TRP_FAILURES_KEPT);
        end(t);
        end(other);
        troupe_kill(one);
    }
}

static void a_long_story_ends_between_characters(void **state)
{
    (void)state;
    char words[1000];
    for (int i = 0; i < 333; i++)
        memcpy(words + 3 * i, "\xe2\x98\x83", 3);
    words[999] = 0;
    toiler t = toiler_on(0, 0);
    teller one = troupe_new(teller, .with = {.place = troupe_on(0)});
    int value;
    assert_int_equal(troupe_get(toiler_give_up(t, -1, words), &value), -1);
    TROUPE_SPAN(failed) all = troupe_await(teller_failures(one, t));
    size_t bytes = strlen(all.data[0].story);
    assert_true(bytes > 200 && !memcmp(all.data[0].story + bytes - 3, "\xe2\x98\x83", 3));
    end(t);
    troupe_kill(one);
}

static void so_many_actors_are_measured_and_no_more(void **state)
{
    (void)state;
    enum { MORE = TRP_MEASURED_MOST + 100 };
    static toiler all[MORE];
    teller one = troupe_new(teller, .with = {.place = troupe_on(0)});
    uint64_t before = troupe_await(teller_measured(one));
    for (int i = 0; i < MORE; i++) {
        all[i] = toiler_on(0, 0);
        troupe_await(toiler_work(all[i], 30e-6));
    }
    assert_int_equal(troupe_await(teller_measured(one)), TRP_MEASURED_MOST);
    assert_true(troupe_await(teller_of(one, all[MORE - 1])).unknown);
    assert_false(troupe_await(teller_of(one, all[0])).unknown);
    for (int i = 0; i < MORE; i++)
        end(all[i]);
    assert_in_range(troupe_await(teller_measured(one)), 0, before + 2); /* `one` itself */
    toiler t = toiler_on(0, 0);
    troupe_await(toiler_work(t, 30e-6));
    assert_true(troupe_await(teller_of(one, t)).runs >= 1);
    end(t);
    troupe_kill(one);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_actor_that_was_not_called_has_no_times),
        cmocka_unit_test(what_a_method_waits_for_is_not_its_own_time),
        cmocka_unit_test(a_call_that_runs_counts_up_to_now),
        cmocka_unit_test(brief_calls_stand_for_those_between_them),
        cmocka_unit_test(who_came_while_another_ran_has_waited),
        cmocka_unit_test(an_age_is_the_time_since_it_was_made),
        cmocka_unit_test(who_takes_a_name_again_knows_how_many_had_it),
        cmocka_unit_test(of_names_that_nobody_has_the_oldest_are_forgotten),
        cmocka_unit_test(failures_are_remembered_with_their_stories),
        cmocka_unit_test(a_long_story_ends_between_characters),
        cmocka_unit_test(so_many_actors_are_measured_and_no_more),
    };
    return TEST_PLAY(argc, argv, tests, 2);
}
