/*
 * Random reads from each rank of a table on each of them: an ask for each, 1000 under way. The same
 * by tells is ours_gather.c.
 */
#include "ours.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "raw.h"
#include "setting.h"
#include "target.h"

TROUPE_CLASS(shelf);
TROUPE_ASK(shelf, read, uint64_t, (uint64_t, index));

/* One on each rank, who reads and checks what it gets. */
TROUPE_CLASS(reader);
TROUPE_ASK(reader, gather, void, (TROUPE_SPAN(shelf), from), (uint64_t, n));

struct shelf_state {
    uint64_t *values;
};

static void on_init(struct shelf_state *self)
{
    const uint64_t base = (uint64_t)troupe_rank() << BENCH_COUNTERS_LOG2;
    self->values = target_memory(BENCH_COUNTERS * sizeof *self->values);
    for (uint64_t i = 0; i < BENCH_COUNTERS; i++)
        self->values[i] = bench_value_at(base + i);
}

static uint64_t on_read(struct shelf_state *self, uint64_t index)
{
    return self->values[index];
}

static void on_destroy(struct shelf_state *self)
{
    free(self->values);
}

TROUPE_IMPLEMENT(shelf, (init, on_init), (read, on_read), (destroy, on_destroy));

/* ---- readers --------------------------------------------------------------------------------- */

struct reader_state {
    uint64_t random, places;
    const shelf *from;
    uint64_t asked_at[RAW_WINDOW];
    TROUPE_FUTURE(uint64_t) asked[RAW_WINDOW];
};

static void ask(struct reader_state *self, uint64_t slot)
{
    uint64_t place = bench_draw(&self->random, self->places);
    self->asked_at[slot] = place;
    self->asked[slot] = shelf_read(self->from[place >> BENCH_COUNTERS_LOG2],
                                   place & (BENCH_COUNTERS - 1));
}

/* The oldest is awaited, then a new one takes its place. */
static void on_gather(struct reader_state *self, TROUPE_SPAN(shelf) from, uint64_t n)
{
    uint64_t sent = 0, wrong = 0;
    self->random = bench_seed(troupe_rank());
    self->places = from.count << BENCH_COUNTERS_LOG2;
    self->from = from.data;
    for (; sent < n && sent < RAW_WINDOW; sent++)
        ask(self, sent);
    for (uint64_t i = 0, slot = 0; i < n; i++, slot = slot + 1 == RAW_WINDOW ? 0 : slot + 1) {
        wrong += troupe_await(self->asked[slot]) != bench_value_at(self->asked_at[slot]);
        if (sent++ < n)
            ask(self, slot);
    }
    target_expect("wrong values of indexgather", wrong, 0);
}

TROUPE_IMPLEMENT(reader, (gather, on_gather));

/* ---- the driver ------------------------------------------------------------------------------ */

static reader *readers; /* by rank */
static shelf *shelves;

static void make(int ranks)
{
    if (readers)
        return;
    readers = target_memory((size_t)ranks * sizeof *readers);
    shelves = target_memory((size_t)ranks * sizeof *shelves);
    for (int i = 0; i < ranks; i++) {
        const struct troupe_options with = {.place = troupe_on(i)};
        readers[i] = troupe_new(reader, .with = with);
        shelves[i] = troupe_new(shelf, .with = with);
        troupe_await(shelf_read(shelves[i], 0));
    }
}

double ours_indexgather_ask(uint64_t n)
{
    const int ranks = troupe_ranks();
    make(ranks);
    TROUPE_FUTURE(void) asked[ranks];
    const TROUPE_SPAN(shelf) from = {shelves, (size_t)ranks};
    double begin = bench_now();
    for (int i = 0; i < ranks; i++)
        asked[i] = reader_gather(readers[i], from, n);
    for (int i = 0; i < ranks; i++)
        troupe_await(asked[i]);
    return bench_now() - begin;
}
