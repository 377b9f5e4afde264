/*
 * Random increments from each rank to tables on all of them: a call for each, to one large table
 * a rank or to one of many small ones.
 */
#include "ours.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "setting.h"
#include "target.h"

#define BLOCK_LOG2 6 /* counters of a small table */
#define BLOCKS (BENCH_COUNTERS >> BLOCK_LOG2)
#define BLOCKS_AT_ONCE 512 /* a part of BLOCKS */
#define SLICE 1024 /* increments between two looks at what the others sent */

TROUPE_CLASS(table, (uint32_t, counters));
TROUPE_TELL(table, increment, (uint64_t, index));
TROUPE_ASK(table, settle, void);  /* what the caller sent before has been done */
TROUPE_ASK(table, sum, uint64_t); /* of all counters; they begin anew */

/* As many counters as a block has, and it counts for its rank what comes. */
TROUPE_CLASS(block);
TROUPE_TELL(block, increment, (uint64_t, index));
TROUPE_ASK(block, sum, uint64_t);

/* What happens on each rank. */
TROUPE_CLASS(source);
TROUPE_TELL(source, learn, (TROUPE_SPAN(table), tables), (TROUPE_SPAN(block), blocks));
TROUPE_ASK(source, increment, void, (uint64_t, n));      /* ends when all have been done */
TROUPE_ASK(source, increment_many, void, (uint64_t, n)); /* ends when all have been sent */

/* ---- tables ---------------------------------------------------------------------------------- */

struct table_state {
    uint64_t *counters;
    uint64_t count;
};

static void on_init(struct table_state *self, uint32_t counters)
{
    self->counters = target_memory(counters * sizeof *self->counters);
    self->count = counters;
}

static void on_increment(struct table_state *self, uint64_t index)
{
    self->counters[index]++;
}

static uint64_t on_sum(struct table_state *self)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < self->count; i++)
        sum += self->counters[i];
    memset(self->counters, 0, self->count * sizeof *self->counters);
    return sum;
}

static void on_settle(struct table_state *self)
{
    (void)self;
}

static void on_destroy(struct table_state *self)
{
    free(self->counters);
}

TROUPE_IMPLEMENT(table, (init, on_init), (increment, on_increment), (settle, on_settle),
                 (sum, on_sum), (destroy, on_destroy));

struct block_state {
    uint64_t *count;
    uint64_t counters[1 << BLOCK_LOG2];
};

static void on_block_init(struct block_state *self)
{
    self->count = tally_here();
}

static void on_block_increment(struct block_state *self, uint64_t index)
{
    self->counters[index]++;
    ++*self->count;
}

static uint64_t on_block_sum(struct block_state *self)
{
    uint64_t sum = 0;
    for (int i = 0; i < 1 << BLOCK_LOG2; i++)
        sum += self->counters[i];
    memset(self->counters, 0, sizeof self->counters);
    return sum;
}

TROUPE_IMPLEMENT(block, (init, on_block_init), (increment, on_block_increment),
                 (sum, on_block_sum));

/* ---- sources --------------------------------------------------------------------------------- */

struct source_state {
    table *tables; /* by rank */
    block *blocks;
    uint64_t places; /* counters of all ranks together */
};

static void *copy(const void *bytes, size_t size)
{
    return size ? memcpy(target_memory(size), bytes, size) : NULL;
}

static void on_learn(struct source_state *self, TROUPE_SPAN(table) tables,
                     TROUPE_SPAN(block) blocks)
{
    free(self->tables);
    free(self->blocks);
    self->tables = copy(tables.data, tables.count * sizeof *tables.data);
    self->blocks = copy(blocks.data, blocks.count * sizeof *blocks.data);
    self->places = (uint64_t)troupe_ranks() << BENCH_COUNTERS_LOG2;
}

static void on_forget(struct source_state *self)
{
    free(self->tables);
    free(self->blocks);
}

/* An actor's calls to another are done in order: when that answers, all have been. */
static void settle(const table *tables)
{
    const int ranks = troupe_ranks();
    TROUPE_FUTURE(void) *asked = troupe_alloc((size_t)ranks * sizeof *asked);
    for (int i = 0; i < ranks; i++)
        asked[i] = table_settle(tables[i]);
    for (int i = 0; i < ranks; i++)
        troupe_await(asked[i]);
}

static void on_source_increment(struct source_state *self, uint64_t n)
{
    uint64_t random = bench_seed(troupe_rank());
    for (uint64_t i = 0; i < n; troupe_sleep(0))
        for (uint64_t end = n - i < SLICE ? n : i + SLICE; i < end; i++) {
            uint64_t place = bench_draw(&random, self->places);
            table_increment(self->tables[place >> BENCH_COUNTERS_LOG2],
                            place & (BENCH_COUNTERS - 1));
        }
    settle(self->tables);
}

static void on_source_increment_many(struct source_state *self, uint64_t n)
{
    uint64_t random = bench_seed(troupe_rank());
    for (uint64_t i = 0; i < n; troupe_sleep(0))
        for (uint64_t end = n - i < SLICE ? n : i + SLICE; i < end; i++) {
            uint64_t place = bench_draw(&random, self->places);
            block_increment(self->blocks[place >> BLOCK_LOG2], place & ((1 << BLOCK_LOG2) - 1));
        }
}

TROUPE_IMPLEMENT(source, (learn, on_learn), (increment, on_source_increment),
                 (increment_many, on_source_increment_many), (destroy, on_forget));

/* ---- the driver ------------------------------------------------------------------------------ */

static source *sources; /* by rank, as the others */
static table *tables;
static block *blocks;

static void make_sources(int ranks)
{
    if (sources)
        return;
    sources = target_memory((size_t)ranks * sizeof *sources);
    tables = target_memory((size_t)ranks * sizeof *tables);
    for (int i = 0; i < ranks; i++) {
        const struct troupe_options with = {.place = troupe_on(i)};
        sources[i] = troupe_new(source, .with = with);
        tables[i] = troupe_new(table, .counters = BENCH_COUNTERS, .with = with);
    }
}

static void teach(int ranks, uint64_t block_count)
{
    for (int i = 0; i < ranks; i++)
        source_learn(sources[i], (TROUPE_SPAN(table)){tables, (size_t)ranks},
                     (TROUPE_SPAN(block)){blocks, block_count});
}

static void make_tables(int ranks)
{
    static bool known;
    make_sources(ranks);
    if (!known)
        teach(ranks, 0);
    known = true;
}

static void make_blocks(int ranks)
{
    const uint64_t count = (uint64_t)ranks * BLOCKS;
    if (blocks)
        return;
    make_tables(ranks);
    blocks = target_memory(count * sizeof *blocks);
    for (uint64_t i = 0; i < count; i++)
        blocks[i] = troupe_new(block, .with = {.place = troupe_on((int)(i / BLOCKS))});
    teach(ranks, count);
}

static void await_all(const TROUPE_FUTURE(void) *asked, int count)
{
    for (int i = 0; i < count; i++)
        troupe_await(asked[i]);
}

double ours_histogram(uint64_t n)
{
    const int ranks = troupe_ranks();
    make_tables(ranks);
    TROUPE_FUTURE(void) asked[ranks];
    uint64_t sum = 0;
    for (int i = 0; i < ranks; i++)
        troupe_await(table_sum(tables[i]));
    double begin = bench_now();
    for (int i = 0; i < ranks; i++)
        asked[i] = source_increment(sources[i], n);
    await_all(asked, ranks);
    double seconds = bench_now() - begin;
    for (int i = 0; i < ranks; i++)
        sum += troupe_await(table_sum(tables[i]));
    target_expect("the counters of histogram", sum, n * (uint64_t)ranks);
    return seconds;
}

static uint64_t sum_of_blocks(uint64_t count)
{
    TROUPE_FUTURE(uint64_t) asked[BLOCKS_AT_ONCE];
    uint64_t sum = 0;
    for (uint64_t at = 0; at < count; at += BLOCKS_AT_ONCE) {
        for (uint64_t i = 0; i < BLOCKS_AT_ONCE; i++)
            asked[i] = block_sum(blocks[at + i]);
        for (uint64_t i = 0; i < BLOCKS_AT_ONCE; i++)
            sum += troupe_await(asked[i]);
    }
    return sum;
}

double ours_histogram_many(uint64_t n)
{
    const int ranks = troupe_ranks();
    make_blocks(ranks);
    TROUPE_FUTURE(void) asked[ranks];
    sum_of_blocks((uint64_t)ranks * BLOCKS);
    double begin = bench_now();
    for (int i = 0; i < ranks; i++)
        asked[i] = source_increment_many(sources[i], n);
    await_all(asked, ranks);
    tally_await("histogram_many", n * (uint64_t)ranks);
    double seconds = bench_now() - begin;
    target_expect("the counters of histogram_many", sum_of_blocks((uint64_t)ranks * BLOCKS),
                  n * (uint64_t)ranks);
    return seconds;
}
