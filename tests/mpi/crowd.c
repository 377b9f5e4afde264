/*
 * A crowd: many more ranks than cores start, hand a token round through all of them, and end. The
 * time for it is limited by the launch (tests/Makefile.mk).
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "troupe.h"

#define ROUNDS 10

TROUPE_CLASS(member);
TROUPE_TELL(member, join, (member, next));
TROUPE_TELL(member, pass, (int, hops), (int, left));
TROUPE_ASK(member, hops, int);

struct member_state {
    member next;
    int hops; /* of the token that ended here */
};

static void on_join(struct member_state *self, member next)
{
    self->next = next;
}

static void on_pass(struct member_state *self, int hops, int left)
{
    if (left)
        member_pass(self->next, hops + 1, left - 1);
    else
        self->hops = hops;
}

static int on_hops(struct member_state *self)
{
    return self->hops;
}

TROUPE_IMPLEMENT(member, (join, on_join), (pass, on_pass), (hops, on_hops));

static void a_token_goes_round_through_every_rank(void **state)
{
    (void)state;
    int ranks = troupe_ranks(), hops = ROUNDS * ranks;
    member *ring = troupe_alloc((size_t)ranks * sizeof *ring);
    for (int i = 0; i < ranks; i++)
        ring[i] = troupe_new(member, .with = {.place = troupe_on(i)});
    for (int i = 0; i < ranks; i++)
        member_join(ring[i], ring[(i + 1) % ranks]);
    for (int i = 0; i < ranks; i++) /* who has not joined yet would pass the token to nobody */
        assert_int_equal(troupe_await(member_hops(ring[i])), 0);
    member_pass(ring[0], 0, hops);
    while (troupe_await(member_hops(ring[0])) == 0)
        troupe_sleep(1e-3);
    assert_int_equal(troupe_await(member_hops(ring[0])), hops);
}

static void the_launcher_started_as_many_ranks_as_it_was_told(void **state)
{
    (void)state;
    const char *wanted = getenv("TROUPE_TEST_RANKS");
    assert_non_null(wanted);
    assert_int_equal(troupe_ranks(), atoi(wanted));
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_launcher_started_as_many_ranks_as_it_was_told),
        cmocka_unit_test(a_token_goes_round_through_every_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
