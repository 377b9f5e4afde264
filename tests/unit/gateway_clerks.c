/* Those who serve requests, where they cannot finish: what they were at is left in order. */
#include <inttypes.h>
#include <stdio.h>

#include "gateway/clerk.h"
#include "gateway/kept.h"
#include "gateway/routes.h"
#include "play.h"
#include "schedule/context.h"

#define TURNS 30 /* moments of a look at which the gateway is closed */

/* ---- actors ---------------------------------------------------------------------------------- */

TROUPE_CLASS(worker);
TROUPE_ASK(worker, nothing, void);
TROUPE_ASK(worker, wait, void);

struct worker_state {
    char nothing;
};

static void on_nothing(struct worker_state *self)
{
    (void)self;
}

static void on_wait(struct worker_state *self)
{
    (void)self;
    troupe_sleep(1000);
}

TROUPE_IMPLEMENT(worker, (nothing, on_nothing), (wait, on_wait));

static bool is_asking;

/* Asks for a kept future as a clerk does. */
TROUPE_CLASS(visitor);
TROUPE_ASK(visitor, ask, int, (uint64_t, number), (troupe_str, wait));

struct visitor_state {
    char nothing;
};

static void free_query(void *query)
{
    json_decref(query);
}

/* 1: it is pending. */
static int on_ask(struct visitor_state *self, uint64_t number, troupe_str wait)
{
    char text[24];
    json_t *answer = NULL;
    struct trp_visit visit = {
        .into = &answer, .part = {text}, .query = json_pack("{ss}", "wait", wait)};
    (void)self;
    troupe_defer(free_query, visit.query);
    snprintf(text, sizeof text, "%" PRIu64, number);
    is_asking = true;
    trp_serve_future(&visit);
    bool pending = json_object_get(answer, "state");
    json_decref(answer);
    return pending;
}

TROUPE_IMPLEMENT(visitor, (ask, on_ask));

/* ---- the end of the job ---------------------------------------------------------------------- */

/* The gateway is closed at each moment of it; the loop goes on, as it does when a job ends. */
static void a_look_outlives_the_gateway(void **state)
{
    (void)state;
    worker other = troupe_new(worker, .with = {.place = troupe_on(troupe_ranks() - 1)});
    for (int turns = 0; turns < TURNS; turns++) {
        assert_true(trp_api_open(trp_current()->rank));
        trp_clerk clerk = troupe_new(trp_clerk, .number = 0, .with = {.place = troupe_on(0)});
        trp_clerk_look(clerk);
        for (int i = 0; i < turns; i++)
            troupe_await(worker_nothing(other));
        trp_api_close();
        trp_clerk_look(clerk); /* which does nothing any more */
        troupe_sleep(0.005);
    }
}

/* ---- futures --------------------------------------------------------------------------------- */

/* It is killed, and fails as it would where memory is short; what it waited for goes with it. */
static void a_future_whose_asker_has_failed_is_not_awaited_for_ever(void **state)
{
    (void)state;
    trp_gate.rank = trp_current()->rank;
    worker busy = troupe_new(worker, .with = {.place = troupe_on(0)});
    visitor first = troupe_new(visitor, .with = {.place = troupe_on(0)}),
            second = troupe_new(visitor, .with = {.place = troupe_on(0)});
    uint64_t number = trp_kept_add(worker_wait(busy).any, worker_wait_signature.result, false);
    is_asking = false;
    troupe_future_int asked = visitor_ask(first, number, "100");
    while (!is_asking)
        troupe_sleep(0);
    assert_true(troupe_await(visitor_ask(second, number, "0")));
    troupe_kill(first);
    expect_failure(asked, TROUPE_ENDED, "killed");
    assert_false(troupe_await(visitor_ask(second, number, "0")));
    troupe_kill(busy);
    trp_kept_clear();
}

#define TEST(name) cmocka_unit_test(name)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_look_outlives_the_gateway),
        TEST(a_future_whose_asker_has_failed_is_not_awaited_for_ever),
    };
    return TEST_PLAY(argc, argv, tests, 6);
}
