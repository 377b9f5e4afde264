/*
 * Random reads from each rank of a table on each of them, as bale's ig does them: a request is a
 * tell, and so is its answer, which says what it answers.
 */
#include "ours.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "setting.h"
#include "target.h"

#define WINDOW 4096 /* requests of a rank under way */
#define SLICE 512  /* requests between two looks at what the others sent */

TROUPE_CLASS(gatherer); /* one on each rank, who reads and checks what it gets */
TROUPE_CLASS(store);
TROUPE_TELL(store, learn, (TROUPE_SPAN(gatherer), by_rank));
TROUPE_TELL(store, read, (uint32_t, index), (uint16_t, rank), (uint16_t, slot));
TROUPE_TELL(gatherer, take, (uint64_t, slot), (uint64_t, value));
TROUPE_TELL(gatherer, gather, (uint64_t, n));
TROUPE_TELL(gatherer, go_on); /* to itself */
TROUPE_ASK(gatherer, wrong, uint64_t);
TROUPE_TELL(gatherer, learn, (TROUPE_SPAN(store), by_rank));

/* ---- stores ---------------------------------------------------------------------------------- */

struct store_state {
    uint64_t *values;
    gatherer *by_rank;
};

static void *copy(const void *bytes, size_t size)
{
    return memcpy(target_memory(size), bytes, size);
}

static void on_init(struct store_state *self)
{
    const uint64_t base = (uint64_t)troupe_rank() << BENCH_COUNTERS_LOG2;
    self->values = target_memory(BENCH_COUNTERS * sizeof *self->values);
    for (uint64_t i = 0; i < BENCH_COUNTERS; i++)
        self->values[i] = bench_value_at(base + i);
}

static void on_learn(struct store_state *self, TROUPE_SPAN(gatherer) by_rank)
{
    free(self->by_rank);
    self->by_rank = copy(by_rank.data, by_rank.count * sizeof *self->by_rank);
}

static void on_read(struct store_state *self, uint32_t index, uint16_t rank, uint16_t slot)
{
    gatherer_take(self->by_rank[rank], slot, self->values[index]);
}

static void on_destroy(struct store_state *self)
{
    free(self->values);
    free(self->by_rank);
}

TROUPE_IMPLEMENT(store, (init, on_init), (learn, on_learn), (read, on_read),
                 (destroy, on_destroy));

/* ---- gatherers ------------------------------------------------------------------------------- */

struct gatherer_state {
    store *by_rank;
    uint64_t random, places, left, wrong;
    uint64_t *count; /* of what has come to this rank */
    uint32_t free;   /* slots, */
    uint32_t wanted; /* and so many to go on; more than there are: it does not wait */
    uint16_t slots[WINDOW];     /* the first of them are the free ones */
    uint64_t places_of[WINDOW]; /* by slot */
};

static void on_gatherer_init(struct gatherer_state *self)
{
    self->random = bench_seed(troupe_rank());
    self->places = (uint64_t)troupe_ranks() << BENCH_COUNTERS_LOG2;
    self->count = tally_here();
    self->free = WINDOW;
    for (int i = 0; i < WINDOW; i++)
        self->slots[i] = (uint16_t)i;
}

static void on_gatherer_learn(struct gatherer_state *self, TROUPE_SPAN(store) by_rank)
{
    free(self->by_rank);
    self->by_rank = copy(by_rank.data, by_rank.count * sizeof *self->by_rank);
}

static void request(struct gatherer_state *self, uint16_t rank)
{
    const uint64_t place = bench_draw(&self->random, self->places);
    const uint16_t slot = self->slots[--self->free];
    self->places_of[slot] = place;
    store_read(self->by_rank[place >> BENCH_COUNTERS_LOG2],
               (uint32_t)(place & (BENCH_COUNTERS - 1)), rank, slot);
}

static void on_take(struct gatherer_state *self, uint64_t slot, uint64_t value)
{
    self->wrong += value != bench_value_at(self->places_of[slot]);
    self->slots[self->free++] = (uint16_t)slot;
    ++*self->count;
    if (self->free == self->wanted)
        gatherer_go_on(gatherer_self(self));
}

static void on_go_on(struct gatherer_state *self)
{
    const uint16_t rank = (uint16_t)troupe_rank();
    uint64_t now = self->left < SLICE ? self->left : SLICE;
    self->wanted = self->free < now ? (uint32_t)now : WINDOW + 1;
    if (self->wanted == now)
        return;
    self->left -= now;
    while (now--)
        request(self, rank);
    if (self->left)
        gatherer_go_on(gatherer_self(self));
}

static void on_gather(struct gatherer_state *self, uint64_t n)
{
    self->left = n;
    on_go_on(self);
}

static uint64_t on_wrong(struct gatherer_state *self)
{
    return self->wrong;
}

static void on_gatherer_destroy(struct gatherer_state *self)
{
    free(self->by_rank);
}

TROUPE_IMPLEMENT(gatherer, (init, on_gatherer_init), (learn, on_gatherer_learn), (take, on_take),
                 (gather, on_gather), (go_on, on_go_on), (wrong, on_wrong),
                 (destroy, on_gatherer_destroy));

/* ---- the driver ------------------------------------------------------------------------------ */

static gatherer *gatherers; /* by rank */
static store *stores;

static void make(int ranks)
{
    if (gatherers)
        return;
    gatherers = target_memory((size_t)ranks * sizeof *gatherers);
    stores = target_memory((size_t)ranks * sizeof *stores);
    for (int i = 0; i < ranks; i++) {
        const struct troupe_options with = {.place = troupe_on(i)};
        gatherers[i] = troupe_new(gatherer, .with = with);
        stores[i] = troupe_new(store, .with = with);
    }
    for (int i = 0; i < ranks; i++) {
        store_learn(stores[i], (TROUPE_SPAN(gatherer)){gatherers, (size_t)ranks});
        gatherer_learn(gatherers[i], (TROUPE_SPAN(store)){stores, (size_t)ranks});
    }
    for (int i = 0; i < ranks; i++)
        troupe_await(gatherer_wrong(gatherers[i]));
}

double ours_indexgather(uint64_t n)
{
    const int ranks = troupe_ranks();
    make(ranks);
    double begin = bench_now();
    for (int i = 0; i < ranks; i++)
        gatherer_gather(gatherers[i], n);
    tally_await("indexgather", n * (uint64_t)ranks);
    double seconds = bench_now() - begin;
    for (int i = 0; i < ranks; i++)
        target_expect("wrong values of indexgather", troupe_await(gatherer_wrong(gatherers[i])),
                      0);
    return seconds;
}
