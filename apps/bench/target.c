#include "target.h"

#include <inttypes.h>
#include <stdlib.h>

#include "clock.h"
#include "setting.h"

#define BATCH 1024     /* tells between two asks, so that what waits stays small */
#define PATIENCE 20.0 /* seconds in which something more must come */

void target_expect(const char *what, uint64_t got, uint64_t wanted)
{
    if (got != wanted)
        troupe_fail(TROUPE_FAILED, "%s came to %" PRIu64 " instead of %" PRIu64, what, got, wanted);
}

void *target_memory(size_t bytes)
{
    void *memory = calloc(1, bytes);
    if (!memory)
        troupe_fail(TROUPE_NO_MEMORY, "no memory for %zu bytes", bytes);
    return memory;
}

/* ---- the one that is called ------------------------------------------------------------------ */

struct target_state {
    uint64_t sum;
};

static void on_add(struct target_state *self, uint64_t a, uint64_t b)
{
    self->sum += a + b;
}

static uint64_t on_echo(struct target_state *self, uint64_t value)
{
    (void)self;
    return value;
}

static uint64_t on_sum(struct target_state *self)
{
    uint64_t sum = self->sum;
    self->sum = 0;
    return sum;
}

TROUPE_IMPLEMENT(target, (add, on_add), (echo, on_echo), (sum, on_sum));

static target made_on(target *at, int rank)
{
    if (!at->ref.place)
        *at = troupe_new(target, .with = {.place = troupe_on(rank)});
    return *at;
}

target target_on(int rank)
{
    static target made[2];
    return made_on(&made[rank], rank);
}

target target_at(uint32_t destination)
{
    static target made[BENCH_DESTINATIONS_MAX];
    return made_on(&made[destination], bench_destination_rank(destination, troupe_ranks()));
}

/* ---- the many -------------------------------------------------------------------------------- */

struct cell_state {
    uint64_t sum;
    uint64_t *count; /* of its rank */
};

static void on_cell_init(struct cell_state *self, uint64_t value)
{
    self->sum = value;
    self->count = tally_here();
}

static void on_cell_add(struct cell_state *self, uint64_t a, uint64_t b)
{
    self->sum += a + b;
    ++*self->count;
}

static uint64_t on_cell_sum(struct cell_state *self)
{
    uint64_t sum = self->sum;
    self->sum = 0;
    return sum;
}

TROUPE_IMPLEMENT(cell, (init, on_cell_init), (add, on_cell_add), (sum, on_cell_sum));

#define WINDOW 1000

uint64_t cell_sum_all(const cell *cells, uint64_t n)
{
    TROUPE_FUTURE(uint64_t) asked[WINDOW];
    uint64_t sum = 0, sent = 0;
    for (; sent < n && sent < WINDOW; sent++)
        asked[sent] = cell_sum(cells[sent]);
    for (uint64_t i = 0; i < n; i++) {
        sum += troupe_await(asked[i % WINDOW]);
        if (sent < n) {
            asked[i % WINDOW] = cell_sum(cells[sent]);
            sent++;
        }
    }
    return sum;
}

struct tally_state {
    uint64_t *count;
};

/* One for each rank, for a process may play many. */
uint64_t *tally_here(void)
{
    static uint64_t *counts;
    if (!counts)
        counts = target_memory((size_t)troupe_ranks() * sizeof *counts);
    return &counts[troupe_rank()];
}

static void on_tally_init(struct tally_state *self)
{
    self->count = tally_here();
}

static uint64_t on_tally_count(struct tally_state *self)
{
    return *self->count;
}

TROUPE_IMPLEMENT(tally, (init, on_tally_init), (count, on_tally_count));

static uint64_t count_all(void)
{
    static tally *made;
    uint64_t sum = 0;
    const int ranks = troupe_ranks();
    if (!made) {
        made = target_memory((size_t)ranks * sizeof *made);
        for (int i = 0; i < ranks; i++)
            made[i] = troupe_new(tally, .with = {.place = troupe_on(i)});
    }
    for (int i = 0; i < ranks; i++)
        sum += troupe_await(tally_count(made[i]));
    return sum;
}

void tally_await(const char *what, uint64_t wanted)
{
    static uint64_t before;
    uint64_t seen = 0;
    double moved = bench_now();
    for (;;) {
        uint64_t now = count_all() - before;
        if (now == wanted)
            break;
        if (now != seen)
            moved = bench_now();
        if (now > wanted || bench_now() - moved > PATIENCE)
            target_expect(what, now, wanted);
        seen = now;
    }
    before += wanted;
}

/* ---- the one who calls from the same rank ---------------------------------------------------- */

struct prodder_state {
    uint64_t calls;
};

static double on_tell(struct prodder_state *self, target to, uint64_t n)
{
    uint64_t sum = 0;
    double begin = bench_now();
    for (uint64_t i = 0; i < n; sum += troupe_await(target_sum(to)))
        for (uint64_t end = n - i < BATCH ? n : i + BATCH; i < end; i++)
            target_add(to, i, 1);
    double seconds = bench_now() - begin;
    target_expect("local tells", sum, n * (n - 1) / 2 + n);
    self->calls += n;
    return seconds;
}

static double on_ask(struct prodder_state *self, target to, uint64_t n)
{
    uint64_t sum = 0;
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++)
        sum += troupe_await(target_echo(to, i));
    double seconds = bench_now() - begin;
    target_expect("asks of a method", sum, n * (n - 1) / 2);
    self->calls += n;
    return seconds;
}

TROUPE_IMPLEMENT(prodder, (tell, on_tell), (ask, on_ask));

prodder prodder_on_0(void)
{
    static prodder made;
    if (!made.ref.place)
        made = troupe_new(prodder, .with = {.place = troupe_on(0)});
    return made;
}
