/*
 * Names: who gets one, who finds it, and when it is free again.
 */
#include <stdio.h>
#include <string.h>

#include "play.h"

#define RANKS 64

TROUPE_CLASS(plain, (int, number));
TROUPE_ASK(plain, number, int);
TROUPE_TELL(plain, leave);
TROUPE_EXTENDS(special, plain, (int, number));
TROUPE_CLASS(stranger);
TROUPE_ASK(stranger, nothing, void);

/* Does what a driver can do, but on any rank and in many places at once. */
TROUPE_CLASS(agent);
TROUPE_ASK(agent, find, plain, (troupe_str, name), (double, seconds));
TROUPE_ASK(agent, get_or_create, plain, (troupe_str, name), (int, number), (int, rank));
TROUPE_ASK(agent, create, plain, (troupe_str, name), (int, rank));
TROUPE_ASK(agent, find_stranger, stranger, (troupe_str, name), (double, seconds));
TROUPE_ASK(agent, nothing, void);

TROUPE_TASK(find_task, int, (troupe_str, name), (double, seconds));
TROUPE_TASK(get_or_create_task, plain, (troupe_str, name), (int, number), (int, rank));

/* ---- the classes ----------------------------------------------------------------------------- */

struct plain_state {
    int number;
};

static void on_plain(struct plain_state *self, int number)
{
    if (number < 0)
        troupe_fail(-9, "a negative number");
    self->number = number;
}

static int on_number(struct plain_state *self)
{
    return self->number;
}

static void on_leave(struct plain_state *self)
{
    (void)self;
    troupe_exit_actor();
}

TROUPE_IMPLEMENT(plain, (init, on_plain), (number, on_number), (leave, on_leave));

struct special_state {
    struct plain_state plain;
};

static void on_special(struct special_state *self, int number)
{
    plain_init(&self->plain, number);
}

TROUPE_IMPLEMENT(special, (init, on_special));

struct stranger_state {
    char unused;
};

static void on_stranger_nothing(struct stranger_state *self)
{
    (void)self;
}

TROUPE_IMPLEMENT(stranger, (nothing, on_stranger_nothing));

struct agent_state {
    char unused;
};

static plain find(troupe_str name, double seconds)
{
    plain p;
    troupe_status status = troupe_lookup(plain, name, seconds, &p);
    if (status != TROUPE_OK)
        troupe_fail(status, "%s", troupe_story());
    return p;
}

static plain on_find(struct agent_state *self, troupe_str name, double seconds)
{
    (void)self;
    return find(name, seconds);
}

static plain get_or_create(troupe_str name, int number, int rank)
{
    return troupe_new(plain, .number = number,
                      .with = {.place = troupe_on(rank), .name = name, .or_existing = true});
}

static plain on_get_or_create(struct agent_state *self, troupe_str name, int number, int rank)
{
    (void)self;
    return get_or_create(name, number, rank);
}

static plain on_create(struct agent_state *self, troupe_str name, int rank)
{
    (void)self;
    return troupe_new(plain, .number = 1, .with = {.place = troupe_on(rank), .name = name});
}

static stranger on_find_stranger(struct agent_state *self, troupe_str name, double seconds)
{
    (void)self;
    stranger s;
    troupe_status status = troupe_lookup(stranger, name, seconds, &s);
    if (status != TROUPE_OK)
        troupe_fail(status, "%s", troupe_story());
    return s;
}

static void on_nothing(struct agent_state *self)
{
    (void)self;
}

TROUPE_IMPLEMENT(agent, (find, on_find), (get_or_create, on_get_or_create), (create, on_create),
                 (find_stranger, on_find_stranger), (nothing, on_nothing));

static int on_find_task(troupe_str name, double seconds)
{
    return troupe_await(plain_number(find(name, seconds)));
}

static plain on_get_or_create_task(troupe_str name, int number, int rank)
{
    return get_or_create(name, number, rank);
}

TROUPE_BODY(find_task, on_find_task);
TROUPE_BODY(get_or_create_task, on_get_or_create_task);

/* ---- the stage ------------------------------------------------------------------------------- */

static int last(void)
{
    return troupe_ranks() - 1;
}

static plain named(const char *name, int number, int rank)
{
    return troupe_new(plain, .number = number, .with = {.place = troupe_on(rank), .name = name});
}

static agent agent_on(int rank)
{
    return troupe_new(agent, .with = {.place = troupe_on(rank)});
}

static void end(plain p)
{
    troupe_stop(p);
    troupe_end end = troupe_await(troupe_ended(p));
    assert_int_equal(end.reason, TROUPE_END_STOPPED);
}

/* Names are for one rank each to keep: these have homes on all of them. */
static const char *name_of(char *text, const char *what, int i)
{
    sprintf(text, "%s number %d", what, i);
    return text;
}

/* The name is free as soon as its home has heard of the end: that is not before the end is told. */
static plain named_again(const char *name, int number, int rank)
{
    for (;;) {
        plain p = named(name, number, rank);
        int got;
        if (troupe_get(plain_number(p), &got) == TROUPE_OK)
            return p;
    }
}

/* ---- finding --------------------------------------------------------------------------------- */

static void a_name_is_found_from_everywhere(void **state)
{
    (void)state;
    char text[64];
    for (int i = 0; i < 4 * troupe_ranks(); i++) {
        plain p = named(name_of(text, "found", i), i, i % troupe_ranks()), q;
        expect_status(troupe_lookup(plain, text, 60, &q), TROUPE_OK);
        assert_true(troupe_same(p, q));
        q = troupe_await(agent_find(agent_on((i + 1) % troupe_ranks()), text, TROUPE_FOREVER));
        assert_true(troupe_same(p, q));
        assert_int_equal(troupe_await(plain_number(q)), i);
        assert_int_equal(troupe_await(find_task(text, 60)), i);
        end(p);
    }
}

static void a_name_that_nobody_has_is_given_up_after_the_time(void **state)
{
    (void)state;
    plain p = {{1, 2}};
    expect_status(troupe_lookup(plain, "nobody", 0, &p), TROUPE_TIMEOUT);
    expect_status(troupe_lookup(plain, "nobody", 0.002, &p), TROUPE_TIMEOUT);
    assert_true(p.ref.place == 1 && p.ref.serial == 2);
    /* Of them: of these futures it would say that they are still good. */
    expect_failure(agent_find(agent_on(last()), "nobody", 0.002), TROUPE_LATE, "find");
    expect_failure(find_task("nobody", 0.002), TROUPE_LATE, "find_task");
}

static void whoever_looks_before_the_creation_gets_it(void **state)
{
    (void)state;
    char text[64];
    for (int i = 0; i < 4 * troupe_ranks(); i++) {
        TROUPE_FUTURE(plain) looking[RANKS];
        for (int rank = 0; rank < troupe_ranks(); rank++) {
            agent a = agent_on(rank);
            looking[rank] = agent_find(a, name_of(text, "early", i), 60);
        }
        TROUPE_FUTURE(int) task = find_task(text, 60);
        plain q;
        expect_status(troupe_get_within(looking[0], &q, 0), TROUPE_TIMEOUT);
        plain p = named(text, i, i % troupe_ranks());
        for (int rank = 0; rank < troupe_ranks(); rank++)
            assert_true(troupe_same(p, troupe_await(looking[rank])));
        assert_int_equal(troupe_await(task), i);
        end(p);
    }
}

static void a_name_finds_the_class_and_what_is_derived_from_it(void **state)
{
    (void)state;
    special s = troupe_new(special, .number = 3,
                           .with = {.place = troupe_on(last()), .name = "the special one"});
    plain p;
    expect_status(troupe_lookup(plain, "the special one", 60, &p), TROUPE_OK);
    assert_true(troupe_same(p, s));
    stranger other;
    expect_status(troupe_lookup(stranger, "the special one", 60, &other), TROUPE_INVALID);
    assert_non_null(strstr(troupe_story(), "the special one"));
    assert_non_null(strstr(troupe_story(), "special("));
    assert_non_null(strstr(troupe_story(), "no stranger"));
    end(s.super);
    p = named_again("the special one", 4, last());
    special derived;
    expect_status(troupe_lookup(special, "the special one", 60, &derived), TROUPE_INVALID);
    end(p);
}

static void whoever_looks_early_for_another_class_is_refused_when_the_name_is_given(void **state)
{
    (void)state;
    char text[64];
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        name_of(text, "not strange", rank);
        TROUPE_FUTURE(stranger) wrong = agent_find_stranger(agent_on(rank), text, 60);
        TROUPE_FUTURE(plain) right = agent_find(agent_on(rank), text, 60);
        stranger s;
        expect_status(troupe_get_within(wrong, &s, 0.001), TROUPE_TIMEOUT);
        plain p = named(text, 1, last());
        expect_failure(wrong, TROUPE_INVALID, "which is no stranger");
        assert_true(troupe_same(p, troupe_await(right)));
        end(p);
    }
}

static void any_text_is_a_name_and_none_is_refused(void **state)
{
    (void)state;
    static char long_name[5000];
    memset(long_name, 'n', sizeof long_name - 1);
    const char *const names[] = {"", " ", "\xcf\x80 \xe2\x88\x9e", "%s%n", long_name};
    plain p;
    for (size_t i = 0; i < LENGTH(names); i++) {
        plain made = named_again(names[i], (int)i, last());
        expect_status(troupe_lookup(plain, names[i], 60, &p), TROUPE_OK);
        assert_true(troupe_same(p, made));
        expect_failure(plain_number(named(names[i], 7, 0)), TROUPE_ENDED, "is taken by plain(");
        end(made);
    }
    const char *none = NULL;
    expect_status(troupe_lookup(plain, none, 60, &p), TROUPE_INVALID);
}

/* ---- one at a time --------------------------------------------------------------------------- */

static void the_second_of_a_name_tells_who_has_it(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        plain holder = named("taken", 5, rank);
        troupe_await(plain_number(holder));
        plain second = named("taken", 6, last());
        expect_failure(plain_number(second), TROUPE_ENDED, "'taken' is taken by plain(");
        troupe_end how = troupe_await(troupe_ended(second));
        assert_int_equal(how.reason, TROUPE_END_FAILED);
        assert_non_null(strstr(how.story, "'taken' is taken by plain("));
        assert_int_equal(troupe_await(plain_number(holder)), 5);
        end(holder);
        plain third = named_again("taken", 7, 0);
        assert_int_equal(troupe_await(plain_number(third)), 7);
        end(third);
    }
}

static void of_all_who_create_a_name_at_once_one_wins_and_all_get_it(void **state)
{
    (void)state;
    enum { ROUNDS = 30 };
    char text[64];
    agent agents[RANKS];
    for (int rank = 0; rank < troupe_ranks(); rank++)
        agents[rank] = agent_on(rank);
    for (int round = 0; round < ROUNDS; round++) {
        TROUPE_FUTURE(plain) got[2 * RANKS];
        name_of(text, "race", round);
        int n = 2 * troupe_ranks();
        for (int i = 0; i < n; i++)
            got[i] = agent_get_or_create(agents[i % troupe_ranks()], text, 100 + i,
                                         (i + round) % troupe_ranks());
        plain winner = troupe_await(got[0]);
        for (int i = 1; i < n; i++)
            assert_true(troupe_same(winner, troupe_await(got[i])));
        int number = troupe_await(plain_number(winner));
        assert_in_range(number, 100, 100 + n - 1);
        plain later = troupe_new(plain, .number = 1, .with = {.name = text, .or_existing = true});
        assert_true(troupe_same(later, winner));
        troupe_kill(winner);
    }
}

static void an_existing_actor_of_another_class_is_refused(void **state)
{
    (void)state;
    stranger s = troupe_new(stranger, .with = {.place = troupe_on(last()), .name = "a stranger"});
    expect_failure(agent_get_or_create(agent_on(0), "a stranger", 1, 0), TROUPE_INVALID,
                   "which is no plain");
    troupe_stop(s);
}

static void every_kind_of_caller_takes_part_in_a_race_for_a_name(void **state)
{
    (void)state;
    char text[64];
    for (int round = 0; round < 10; round++) {
        TROUPE_FUTURE(plain) got[3 * RANKS];
        int n = 3 * troupe_ranks();
        name_of(text, "mixed race", round);
        for (int i = 0; i < n; i++) {
            int from = i / 3, to = (i + round) % troupe_ranks();
            agent a = troupe_new(agent, .with = {.place = troupe_on(from), .cpus = i % 3 == 1});
            got[i] = i % 3 == 2 ? get_or_create_task(text, i, to)
                                : agent_get_or_create(a, text, i, to);
        }
        plain mine = get_or_create(text, 1000, round % troupe_ranks());
        for (int i = 0; i < n; i++)
            assert_true(troupe_same(mine, troupe_await(got[i])));
        troupe_await(plain_number(mine));
        end(mine);
    }
}

/* Whoever gets a handle in the race may call it before its constructor has failed. */
static void of_a_race_for_a_name_whose_constructor_fails_all_hear_of_it(void **state)
{
    (void)state;
    char text[64];
    for (int round = 0; round < 10; round++) {
        TROUPE_FUTURE(plain) got[RANKS];
        name_of(text, "stillborn", round);
        for (int rank = 0; rank < troupe_ranks(); rank++)
            got[rank] = agent_get_or_create(agent_on(rank), text, -1, round % troupe_ranks());
        for (int rank = 0; rank < troupe_ranks(); rank++) {
            plain born = troupe_await(got[rank]);
            expect_failure(plain_number(born), TROUPE_ENDED, "a negative number");
        }
        end(named_again(text, 1, last()));
    }
}

static void an_actor_with_a_worker_of_its_own_has_a_name_like_others(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        const struct troupe_options heavy = {.place = troupe_on(rank), .cpus = 1, .name = "heavy"};
        plain p, q, taken;
        do
            p = troupe_new(plain, .number = 8, .with = heavy);
        while (troupe_get(plain_number(p), &(int){0}) != TROUPE_OK);
        expect_status(troupe_lookup(plain, "heavy", 60, &q), TROUPE_OK);
        assert_true(troupe_same(p, q));
        taken = troupe_new(plain, .number = 9, .with = heavy);
        expect_failure(plain_number(taken), TROUPE_ENDED, "'heavy' is taken by plain(");
        assert_int_equal(troupe_await(plain_number(q)), 8);
        end(p);
    }
}

/* ---- free again ------------------------------------------------------------------------------ */

static void a_name_is_free_after_every_kind_of_end(void **state)
{
    (void)state;
    for (int round = 0; round < 3 * troupe_ranks(); round++) {
        plain p = named_again("often", 1, round % troupe_ranks());
        end(p);
        p = named_again("often", 2, (round + 1) % troupe_ranks());
        troupe_kill(p);
        p = named_again("often", 3, (round + 2) % troupe_ranks());
        plain_leave(p);
        named("often but never born", -1, round % troupe_ranks());
        plain q = named_again("often but never born", 4, last());
        end(q);
    }
    end(named_again("often", 1, 0));
}

static void a_name_is_free_after_a_kill_that_came_before_the_verdict(void **state)
{
    (void)state;
    char text[64];
    for (int i = 0; i < 20 * troupe_ranks(); i++) {
        plain p = named(name_of(text, "short", i), 1, i % troupe_ranks());
        troupe_kill(p);
        troupe_end how = troupe_await(troupe_ended(p));
        assert_int_equal(how.reason, TROUPE_END_KILLED);
        end(named_again(text, 2, 0));
    }
}

static void thousands_of_names_are_kept_apart(void **state)
{
    (void)state;
    enum { COUNT = 4000 };
    static plain all[COUNT];
    char text[64];
    for (int i = 0; i < COUNT; i++)
        all[i] = named(name_of(text, "many", i), i, i % troupe_ranks());
    for (int i = 0; i < COUNT; i += 7) {
        plain found;
        expect_status(troupe_lookup(plain, name_of(text, "many", i), 60, &found), TROUPE_OK);
        assert_true(troupe_same(found, all[i]));
    }
    for (int i = 0; i < COUNT; i++)
        troupe_stop(all[i]);
    end(named_again(name_of(text, "many", COUNT - 1), 1, last()));
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_found_from_everywhere),
        cmocka_unit_test(a_name_that_nobody_has_is_given_up_after_the_time),
        cmocka_unit_test(whoever_looks_before_the_creation_gets_it),
        cmocka_unit_test(a_name_finds_the_class_and_what_is_derived_from_it),
        cmocka_unit_test(whoever_looks_early_for_another_class_is_refused_when_the_name_is_given),
        cmocka_unit_test(any_text_is_a_name_and_none_is_refused),
        cmocka_unit_test(the_second_of_a_name_tells_who_has_it),
        cmocka_unit_test(of_all_who_create_a_name_at_once_one_wins_and_all_get_it),
        cmocka_unit_test(an_existing_actor_of_another_class_is_refused),
        cmocka_unit_test(every_kind_of_caller_takes_part_in_a_race_for_a_name),
        cmocka_unit_test(of_a_race_for_a_name_whose_constructor_fails_all_hear_of_it),
        cmocka_unit_test(an_actor_with_a_worker_of_its_own_has_a_name_like_others),
        cmocka_unit_test(a_name_is_free_after_every_kind_of_end),
        cmocka_unit_test(a_name_is_free_after_a_kill_that_came_before_the_verdict),
        cmocka_unit_test(thousands_of_names_are_kept_apart),
    };
    return TEST_PLAY(argc, argv, tests, 8);
}
