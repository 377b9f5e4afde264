/*
 * What a side has to know besides how often: set on every rank that takes part, before it begins.
 */
#ifndef BENCH_SETTING_H
#define BENCH_SETTING_H

#include <stdint.h>

#define BENCH_DESTINATIONS_MAX 64
#define BENCH_CELLS 100000     /* actors, or records, of tell_rate_many */
#define BENCH_COUNTERS_LOG2 20 /* counters, or values, of a rank */
#define BENCH_COUNTERS ((uint64_t)1 << BENCH_COUNTERS_LOG2)

struct bench_setting {
    uint64_t bytes;        /* of one argument of bulk */
    uint32_t destinations; /* of tell_rate */
};

extern struct bench_setting bench_setting;

/* Destinations are dealt out to the ranks other than the sender's, which is 0. */
static inline int bench_destination_rank(uint32_t destination, int ranks)
{
    return ranks == 1 ? 0 : 1 + (int)(destination % (uint32_t)(ranks - 1));
}

/* The next of a sequence of numbers below `below`: the multiplicative generator of Knuth's MMIX,
   whose upper half is good enough here and costs next to nothing beside what is measured. */
static inline uint64_t bench_draw(uint64_t *state, uint64_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((*state >> 32) * below) >> 32;
}

static inline uint64_t bench_seed(int rank)
{
    return 0x9e3779b97f4a7c15u * ((uint64_t)rank + 1);
}

/* What stands at a place of the table that indexgather reads. */
static inline uint64_t bench_value_at(uint64_t place)
{
    return place * 0x9e3779b97f4a7c15u + 1;
}

#endif
