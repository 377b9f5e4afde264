/*
 * Ends as others see them: by every kind of caller, by ranks that hear of an actor before it is
 * created, and of actors that are still in their constructors.
 */
#include <stdio.h>
#include <string.h>

#include "play.h"

#define RANKS 64

/* Under transport self one process has all of them. */
static int destroyed[RANKS], deferred[RANKS], begun[RANKS], refused[RANKS], told[RANKS];

enum { STOPS, KILLS, LETS_EXIT, WAYS };
enum { FINE, WAITS_IN_INIT, EXITS_IN_INIT, TIES_AND_FAILS, TELLS_AT_ITS_END, BORN };

TROUPE_CLASS(witness);
TROUPE_TELL(witness, note);
TROUPE_ASK(witness, destroyed, int);
TROUPE_ASK(witness, deferred, int);
TROUPE_ASK(witness, begun, int);
TROUPE_ASK(witness, refused, int);
TROUPE_ASK(witness, told, int);

TROUPE_CLASS(mortal, (int, kind), (witness, by));
TROUPE_ASK(mortal, number, int);
TROUPE_ASK(mortal, leave, int);
TROUPE_ASK(mortal, never, int);
TROUPE_ASK(mortal, stop_self, int);
TROUPE_ASK(mortal, watch, troupe_str, (mortal, other));
TROUPE_ASK(mortal, end_it, int, (mortal, other), (int, way));
TROUPE_ASK(mortal, make_for, troupe_str, (mortal, other), (int, way), (int, rank), (int, cpus));
TROUPE_ASK(mortal, make_tied, mortal, (int, rank), (int, cpus));

TROUPE_TASK(watch_task, troupe_str, (mortal, other));
TROUPE_TASK(end_task, int, (mortal, other), (int, way));

/* ---- the witness ----------------------------------------------------------------------------- */

struct witness_state {
    char unused;
};

static void on_note(struct witness_state *self)
{
    (void)self;
    told[troupe_rank()]++;
}

static int on_destroyed(struct witness_state *self)
{
    (void)self;
    return destroyed[troupe_rank()];
}

static int on_deferred(struct witness_state *self)
{
    (void)self;
    return __atomic_load_n(&deferred[troupe_rank()], __ATOMIC_RELAXED);
}

static int on_begun(struct witness_state *self)
{
    (void)self;
    return __atomic_load_n(&begun[troupe_rank()], __ATOMIC_RELAXED);
}

static int on_refused(struct witness_state *self)
{
    (void)self;
    return refused[troupe_rank()];
}

static int on_told(struct witness_state *self)
{
    (void)self;
    return told[troupe_rank()];
}

TROUPE_IMPLEMENT(witness, (note, on_note), (destroyed, on_destroyed), (deferred, on_deferred),
                 (begun, on_begun), (refused, on_refused), (told, on_told));

/* ---- mortals --------------------------------------------------------------------------------- */

struct mortal_state {
    int kind;
    witness by;
};

static void count_deferred(void *p)
{
    (void)p;
    __atomic_add_fetch(&deferred[troupe_rank()], 1, __ATOMIC_RELAXED);
}

static void on_init(struct mortal_state *self, int kind, witness by)
{
    self->kind = kind;
    self->by = by;
    troupe_defer(count_deferred, NULL);
    if (kind == WAITS_IN_INIT) {
        __atomic_add_fetch(&begun[troupe_rank()], 1, __ATOMIC_RELAXED);
        troupe_sleep(1e6);
    }
    if (kind == EXITS_IN_INIT)
        troupe_exit_actor();
    if (kind == TIES_AND_FAILS) {
        mortal child = troupe_new(mortal, .kind = FINE, .with = {.tied = true, .name = "the heir"});
        (void)troupe_await(mortal_number(child));
        troupe_fail(-56, "no life for parents");
    }
    self->kind = BORN;
}

static int on_number(struct mortal_state *self)
{
    return self->kind;
}

static int on_leave(struct mortal_state *self)
{
    (void)self;
    troupe_exit_actor();
    return 1;
}

static int on_never(struct mortal_state *self)
{
    (void)self;
    troupe_sleep(1e6);
    return 0;
}

static int on_stop_self(struct mortal_state *self)
{
    troupe_stop(mortal_self(self));
    return 1;
}

/* The reason as a digit, and the story. */
static troupe_str tell_end(mortal other)
{
    troupe_end end = troupe_await(troupe_ended(other));
    char *text = troupe_alloc(600);
    snprintf(text, 600, "%d %s", (int)end.reason, end.story);
    return text;
}

static void end_it(mortal other, int way)
{
    if (way == STOPS)
        troupe_stop(other);
    else if (way == KILLS)
        troupe_kill(other);
    else
        troupe_drop(mortal_leave(other));
}

static troupe_str on_watch(struct mortal_state *self, mortal other)
{
    (void)self;
    return tell_end(other);
}

static int on_end_it(struct mortal_state *self, mortal other, int way)
{
    (void)self;
    end_it(other, way);
    return 1;
}

/* The other hears of the new one at the same time as its host does, or before. */
static troupe_str on_make_for(struct mortal_state *self, mortal other, int way, int rank, int cpus)
{
    (void)self;
    mortal new_one = troupe_new(mortal, .with = {.place = troupe_on(rank), .cpus = cpus});
    TROUPE_FUTURE(troupe_str) seen = mortal_watch(other, new_one);
    mortal hand = troupe_new(mortal, .with = {.place = troupe_on((rank + 1) % troupe_ranks())});
    troupe_drop(mortal_end_it(hand, new_one, way));
    return troupe_await(seen);
}

static mortal on_make_tied(struct mortal_state *self, int rank, int cpus)
{
    (void)self;
    return troupe_new(mortal, .with = {.place = troupe_on(rank), .cpus = cpus, .tied = true});
}

/* A destructor may tell, and may not wait. */
static void on_destroy(struct mortal_state *self)
{
    destroyed[troupe_rank()]++;
    if (self->by.ref.place == 0)
        return;
    TROUPE_FUTURE(int) answer = witness_told(self->by);
    int value;
    refused[troupe_rank()] += troupe_get(answer, &value) == TROUPE_NOT_HERE;
    refused[troupe_rank()] += troupe_wait(&answer.any, 1, TROUPE_ALL, TROUPE_FOREVER) == 0;
    troupe_drop(answer);
    witness_note(self->by);
}

TROUPE_IMPLEMENT(mortal, (init, on_init), (number, on_number), (leave, on_leave), (never, on_never),
                 (stop_self, on_stop_self), (watch, on_watch), (end_it, on_end_it),
                 (make_for, on_make_for), (make_tied, on_make_tied), (destroy, on_destroy));

static troupe_str on_watch_task(mortal other)
{
    return tell_end(other);
}

static int on_end_task(mortal other, int way)
{
    end_it(other, way);
    return 1;
}

TROUPE_BODY(watch_task, on_watch_task);
TROUPE_BODY(end_task, on_end_task);

/* ---- the stage ------------------------------------------------------------------------------- */

static int last(void)
{
    return troupe_ranks() - 1;
}

static mortal mortal_on(int rank, int cpus)
{
    return troupe_new(mortal, .with = {.place = troupe_on(rank), .cpus = cpus});
}

static mortal mortal_of(int kind, int rank, int cpus)
{
    return troupe_new(mortal, .kind = kind, .with = {.place = troupe_on(rank), .cpus = cpus});
}

static witness witness_on(int rank)
{
    return troupe_new(witness, .with = {.place = troupe_on(rank)});
}

static int sum(TROUPE_FUTURE(int) (*of)(witness))
{
    int total = 0;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        total += troupe_await(of(witness_on(rank)));
    return total;
}

static const char *const story_of[WAYS] = {"was stopped by", "was killed by", "ended by itself"};
static const int reason_of[WAYS] = {TROUPE_END_STOPPED, TROUPE_END_KILLED, TROUPE_END_EXITED};

static void expect_told(troupe_str text, int way)
{
    if (text[0] - '0' != reason_of[way] || !strstr(text, story_of[way]))
        print_error("\"%s\" does not tell of %s\n", text, story_of[way]);
    assert_int_equal(text[0] - '0', reason_of[way]);
    assert_non_null(strstr(text, story_of[way]));
}

static void expect_reason(mortal m, int reason, const char *text)
{
    troupe_end end = troupe_await(troupe_ended(m));
    assert_int_equal(end.reason, reason);
    if (!strstr(end.story, text))
        print_error("the story \"%s\" does not have \"%s\"\n", end.story, text);
    assert_non_null(strstr(end.story, text));
}

/* ---- who watches ----------------------------------------------------------------------------- */

static void every_kind_of_caller_is_told_of_an_end_before_and_after(void **state)
{
    (void)state;
    for (int way = 0; way < WAYS; way++)
        for (int rank = 0; rank < troupe_ranks(); rank += last() ? last() : 1) {
            mortal m = mortal_on(rank, way % 2);
            TROUPE_FUTURE(troupe_str) seen[2][3];
            for (int late = 0; late < 2; late++) {
                seen[late][0] = mortal_watch(mortal_on(last() - rank, 0), m);
                seen[late][1] = mortal_watch(mortal_on(rank, 1), m);
                seen[late][2] = watch_task(m);
                if (!late)
                    end_it(m, way);
                (void)troupe_await(troupe_ended(m)).reason;
            }
            for (int i = 0; i < 6; i++)
                expect_told(troupe_await(seen[i / 3][i % 3]), way);
        }
}

static void whoever_ends_an_actor_is_named(void **state)
{
    (void)state;
    for (int way = STOPS; way <= KILLS; way++) {
        mortal by_light = mortal_on(0, 0), by_worker = mortal_on(0, 0), by_task = mortal_on(0, 0);
        troupe_await(mortal_end_it(mortal_on(last(), 0), by_light, way));
        troupe_await(mortal_end_it(mortal_on(last(), 1), by_worker, way));
        troupe_await(end_task(by_task, way));
        char hand[64];
        snprintf(hand, sizeof hand, "%s mortal(%d:", story_of[way], last());
        expect_reason(by_light, reason_of[way], hand);
        expect_reason(by_light, reason_of[way], ").end_it");
        expect_reason(by_worker, reason_of[way], hand);
        expect_reason(by_task, reason_of[way], "by task end_task on rank ");
    }
}

static void an_actor_that_stops_itself_finishes_its_method_first(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        mortal m = mortal_on(last(), cpus);
        TROUPE_FUTURE(int) stopping = mortal_stop_self(m), after = mortal_number(m);
        assert_int_equal(troupe_await(stopping), 1);
        int value = BORN;
        troupe_status status = troupe_get(after, &value);
        assert_true((status == TROUPE_OK && value == BORN) || status == TROUPE_ENDED);
        expect_reason(m, TROUPE_END_STOPPED, ".stop_self");
    }
}

/* ---- before the creation --------------------------------------------------------------------- */

static void those_who_hear_of_an_actor_before_its_host_does_end_it_and_are_told(void **state)
{
    (void)state;
    enum { ROUNDS = 24 };
    TROUPE_FUTURE(troupe_str) seen[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        mortal maker = mortal_on(i % troupe_ranks(), 0);
        mortal watcher = mortal_on((i + 2) % troupe_ranks(), 0);
        seen[i] = mortal_make_for(maker, watcher, i % WAYS, (i / 3) % troupe_ranks(), i / 12);
    }
    for (int i = 0; i < ROUNDS; i++)
        expect_told(troupe_await(seen[i]), i % WAYS);
}

/* ---- in the constructor ---------------------------------------------------------------------- */

static void killing_an_actor_in_its_constructor_unwinds_and_destroys_it(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++)
        for (int rank = 0; rank < troupe_ranks(); rank++) {
            int gone = sum(witness_destroyed), unwound = sum(witness_deferred);
            int before = sum(witness_begun);
            mortal m = mortal_of(WAITS_IN_INIT, rank, cpus);
            TROUPE_FUTURE(int) queued = mortal_number(m);
            while (sum(witness_begun) == before)
                troupe_sleep(1e-4);
            assert_false(troupe_done(queued));
            troupe_kill(m);
            expect_failure(queued, TROUPE_ENDED, "was killed by driver");
            expect_reason(m, TROUPE_END_KILLED, "was killed by driver");
            assert_int_equal(sum(witness_deferred), unwound + 1);
            assert_int_equal(sum(witness_destroyed), gone + 1);
        }
}

static void an_actor_may_exit_in_its_constructor(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        int gone = sum(witness_destroyed);
        mortal m = mortal_of(EXITS_IN_INIT, last(), cpus);
        expect_failure(mortal_number(m), TROUPE_ENDED, "ended by itself");
        expect_reason(m, TROUPE_END_EXITED, "ended by itself");
        assert_int_equal(sum(witness_destroyed), gone + 1);
    }
}

static void what_a_failing_constructor_tied_to_itself_ends_with_it(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++) {
        int gone = sum(witness_destroyed);
        mortal parent = mortal_of(TIES_AND_FAILS, last(), cpus), heir;
        troupe_status found = troupe_lookup(mortal, "the heir", 60, &heir);
        expect_status(found, TROUPE_OK);
        expect_reason(heir, TROUPE_END_TIED, "no life for parents");
        expect_reason(parent, TROUPE_END_FAILED, "no life for parents");
        assert_int_equal(sum(witness_destroyed), gone + 2);
        while (troupe_lookup(mortal, "the heir", 0, &heir) == TROUPE_OK)
            troupe_sleep(1e-3); /* the second is to find none of the first */
    }
}

/* ---- tied, destroyed ------------------------------------------------------------------------- */

static void actors_with_workers_of_their_own_are_tied_like_others(void **state)
{
    (void)state;
    for (int way = 0; way < WAYS; way++)
        for (int cpus = 0; cpus <= 1; cpus++) {
            int gone = sum(witness_destroyed);
            mortal parent = mortal_on(0, 1);
            mortal child = troupe_await(mortal_make_tied(parent, last(), cpus));
            mortal grown = troupe_await(mortal_make_tied(child, 0, 1));
            TROUPE_FUTURE(int) held = mortal_never(grown);
            end_it(parent, way);
            expect_failure(held, TROUPE_ENDED, "ended with its creator: mortal(");
            expect_reason(grown, TROUPE_END_TIED, story_of[way]);
            expect_reason(child, TROUPE_END_TIED, "ended with its creator: mortal(0:");
            assert_int_equal(sum(witness_destroyed), gone + 3);
        }
}

static void a_destructor_may_tell_and_not_wait(void **state)
{
    (void)state;
    for (int cpus = 0; cpus <= 1; cpus++)
        for (int rank = 0; rank < troupe_ranks(); rank++) {
            int notes = sum(witness_told), refusals = sum(witness_refused);
            witness by = witness_on(last() - rank);
            mortal m = troupe_new(mortal, .kind = TELLS_AT_ITS_END, .by = by,
                                  .with = {.place = troupe_on(rank), .cpus = cpus});
            assert_int_equal(troupe_await(mortal_number(m)), BORN);
            troupe_stop(m);
            (void)troupe_await(troupe_ended(m)).reason;
            while (sum(witness_told) == notes)
                troupe_sleep(1e-3);
            assert_int_equal(sum(witness_told), notes + 1);
            assert_int_equal(sum(witness_refused), refusals + 2);
        }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_caller_is_told_of_an_end_before_and_after),
        cmocka_unit_test(whoever_ends_an_actor_is_named),
        cmocka_unit_test(an_actor_that_stops_itself_finishes_its_method_first),
        cmocka_unit_test(those_who_hear_of_an_actor_before_its_host_does_end_it_and_are_told),
        cmocka_unit_test(killing_an_actor_in_its_constructor_unwinds_and_destroys_it),
        cmocka_unit_test(an_actor_may_exit_in_its_constructor),
        cmocka_unit_test(what_a_failing_constructor_tied_to_itself_ends_with_it),
        cmocka_unit_test(actors_with_workers_of_their_own_are_tied_like_others),
        cmocka_unit_test(a_destructor_may_tell_and_not_wait),
    };
    return TEST_PLAY(argc, argv, tests, 8);
}
