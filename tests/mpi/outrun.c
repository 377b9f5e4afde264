/*
 * Handles that outrun their actor: A creates on B and sends the handle to C, which calls at once.
 * The call must wait for the creation, and none may be lost or overtaken.
 */
#include "play.h"

TROUPE_CLASS(target, (int, first));
TROUPE_TELL(target, add, (int, number));
TROUPE_ASK(target, next, int);

TROUPE_CLASS(user);
TROUPE_ASK(user, use, int, (target, new_one), (int, calls));
TROUPE_ASK(user, ask, int, (target, new_one));

TROUPE_CLASS(maker);
TROUPE_ASK(maker, make, int, (int, host), (user, where), (int, calls));
TROUPE_ASK(maker, make_and_ask, int, (int, host), (user, where));

/* What was told in order: first, first + 1 and so on; -1 after any disorder. */
struct target_state {
    int next;
};

static void on_target(struct target_state *self, int first)
{
    self->next = first;
}

static void on_add(struct target_state *self, int number)
{
    self->next = number == self->next ? number + 1 : -1;
}

static int on_next(struct target_state *self)
{
    return self->next;
}

TROUPE_IMPLEMENT(target, (init, on_target), (add, on_add), (next, on_next));

struct user_state {
    char unused;
};

static int on_use(struct user_state *self, target new_one, int calls)
{
    (void)self;
    for (int i = 0; i < calls; i++)
        target_add(new_one, 1000 + i);
    return troupe_await(target_next(new_one));
}

static int on_ask(struct user_state *self, target new_one)
{
    (void)self;
    return troupe_await(target_next(new_one));
}

TROUPE_IMPLEMENT(user, (use, on_use), (ask, on_ask));

struct maker_state {
    char unused;
};

static int on_make(struct maker_state *self, int host, user where, int calls)
{
    (void)self;
    target t = troupe_new(target, .first = 1000, .with = {.place = troupe_on(host)});
    return troupe_await(user_use(where, t, calls));
}

static int on_make_and_ask(struct maker_state *self, int host, user where)
{
    (void)self;
    target t = troupe_new(target, .first = 5, .with = {.place = troupe_on(host)});
    return troupe_await(user_ask(where, t));
}

TROUPE_IMPLEMENT(maker, (make, on_make), (make_and_ask, on_make_and_ask));

/* ---- tests ----------------------------------------------------------------------------------- */

static void calls_of_a_third_rank_wait_for_the_creation(void **state)
{
    (void)state;
    enum { COUNT = 20, CALLS = 10 };
    int ranks = troupe_ranks();
    TROUPE_FUTURE(int) made[COUNT];
    for (int i = 0; i < COUNT; i++) {
        maker a = troupe_new(maker, .with = {.place = troupe_on(i % ranks)});
        user c = troupe_new(user, .with = {.place = troupe_on((i + 1) % ranks)});
        made[i] = maker_make(a, (i + 2) % ranks, c, CALLS);
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(troupe_await(made[i]), 1000 + CALLS);
}

static void an_ask_of_a_third_rank_is_answered_after_the_constructor(void **state)
{
    (void)state;
    int ranks = troupe_ranks();
    for (int i = 0; i < 2 * ranks; i++) {
        maker a = troupe_new(maker, .with = {.place = troupe_on(i % ranks)});
        user c = troupe_new(user, .with = {.place = troupe_on((i + 2) % ranks)});
        assert_int_equal(troupe_await(maker_make_and_ask(a, (i + 1) % ranks, c)), 5);
    }
}

static void a_handle_may_be_called_by_its_maker_at_once(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        target t = troupe_new(target, .first = 0, .with = {.place = troupe_on(rank)});
        for (int i = 0; i < 5; i++)
            target_add(t, i);
        assert_int_equal(troupe_await(target_next(t)), 5);
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_a_third_rank_wait_for_the_creation),
        cmocka_unit_test(an_ask_of_a_third_rank_is_answered_after_the_constructor),
        cmocka_unit_test(a_handle_may_be_called_by_its_maker_at_once),
    };
    return TEST_PLAY(argc, argv, tests, 250);
}
