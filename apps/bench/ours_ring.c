/* A token handed round: each of 100 actors tells the next one, which may be on the other rank. */
#include "ours.h"

#include "clock.h"
#include "target.h"

#define LINKS 100

/* Ends when the token has come to it. */
TROUPE_CLASS(goal);
TROUPE_TELL(goal, reach);

TROUPE_CLASS(ring_link);
TROUPE_TELL(ring_link, join, (ring_link, next), (goal, end));
TROUPE_TELL(ring_link, pass, (uint64_t, left));
TROUPE_ASK(ring_link, hops, uint64_t); /* since it was asked before */

struct goal_state {
    bool reached;
};

static void on_reach(struct goal_state *self)
{
    self->reached = true;
    troupe_exit_actor();
}

TROUPE_IMPLEMENT(goal, (reach, on_reach));

struct ring_link_state {
    ring_link next;
    goal end;
    uint64_t hops;
};

static void on_join(struct ring_link_state *self, ring_link next, goal end)
{
    self->next = next;
    self->end = end;
}

static void on_pass(struct ring_link_state *self, uint64_t left)
{
    self->hops++;
    if (left)
        ring_link_pass(self->next, left - 1);
    else
        goal_reach(self->end);
}

static uint64_t on_hops(struct ring_link_state *self)
{
    uint64_t hops = self->hops;
    self->hops = 0;
    return hops;
}

TROUPE_IMPLEMENT(ring_link, (join, on_join), (pass, on_pass), (hops, on_hops));

/* ---- the driver ------------------------------------------------------------------------------ */

static const ring_link *ring_on(int ranks)
{
    static ring_link made[3][LINKS];
    ring_link *ring = made[ranks];
    for (int i = 0; i < LINKS && !ring[LINKS - 1].ref.place; i++)
        ring[i] = troupe_new(ring_link, .with = {.place = troupe_on(i % ranks)});
    return ring;
}

static uint64_t hops_of(const ring_link *ring)
{
    uint64_t sum = 0;
    for (int i = 0; i < LINKS; i++)
        sum += troupe_await(ring_link_hops(ring[i]));
    return sum;
}

static double hand_round(int ranks, uint64_t n)
{
    struct troupe_scope scope = troupe_scope_begin();
    const ring_link *ring = ring_on(ranks);
    goal end = troupe_new(goal, .with = {.place = troupe_here()});
    TROUPE_FUTURE(troupe_end) ended = troupe_ended(end);
    for (int i = 0; i < LINKS; i++)
        ring_link_join(ring[i], ring[(i + 1) % LINKS], end);
    hops_of(ring);
    double begin = bench_now();
    ring_link_pass(ring[0], n - 1);
    troupe_await(ended);
    double seconds = bench_now() - begin;
    target_expect("hops of a token", hops_of(ring), n);
    troupe_scope_end(scope);
    return seconds;
}

double ours_thread_ring(uint64_t n)
{
    return hand_round(2, n);
}

double ours_thread_ring_local(uint64_t n)
{
    return hand_round(1, n);
}
