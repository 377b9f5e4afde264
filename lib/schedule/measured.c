#include "schedule/measured.h"

#include <math.h>
#include <stdlib.h>

#include "schedule/figures.h"

#define CHAINS 4096
#define BUCKETS 64 /* two for each power of two, from 32 ns up to two minutes */

/* A histogram of a fifth of the usual size. */
struct brief {
    uint64_t count; /* calls that it stands for */
    int64_t max;    /* ns */
    uint32_t buckets[BUCKETS];
};

struct trp_measured {
    struct trp_measured *next; /* in its chain */
    const struct trp_actor *actor;
    int64_t busy; /* ns */
    struct brief *run, *wait; /* NULL: none was measured */
};

/* ---- histograms ------------------------------------------------------------------------------ */

static unsigned bucket_of(int64_t ns)
{
    if (ns < 32)
        return 0;
    unsigned power = 63 - (unsigned)__builtin_clzll((uint64_t)ns);
    unsigned bucket = 2 * (power - 5) + (unsigned)((uint64_t)ns >> (power - 1) & 1);
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* Its lower end, in nanoseconds. */
static double bottom_of(unsigned bucket)
{
    return bucket ? (double)((uint64_t)(2 + bucket % 2) << (bucket / 2 + 4)) : 0;
}

static void halve(struct brief *b)
{
    b->count = 0;
    for (unsigned i = 0; i < BUCKETS; i++)
        b->count += b->buckets[i] /= 2;
}

static void add(struct brief **of, int64_t ns, uint64_t weight)
{
    struct brief *b = *of ? *of : (*of = calloc(1, sizeof *b));
    if (!b)
        return;
    const uint32_t calls = weight < UINT32_MAX / 2 ? (uint32_t)weight : UINT32_MAX / 2;
    uint32_t *bucket = &b->buckets[bucket_of(ns)];
    if (*bucket > UINT32_MAX - calls)
        halve(b);
    *bucket += calls;
    b->count += calls;
    b->max = ns > b->max ? ns : b->max;
}

/* Seconds: the middle of the bucket that the share of calls, with those before it, ends in. */
static double percentile(const struct brief *b, double share)
{
    uint64_t seen = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += b->buckets[i];
        if (!b->buckets[i] || (double)seen < share * (double)b->count)
            continue;
        double middle = i + 1 < BUCKETS ? 0.5 * (bottom_of(i) + bottom_of(i + 1)) : (double)b->max;
        return 1e-9 * fmin(middle, (double)b->max);
    }
    return 0;
}

static struct trp_brief_times times_of(const struct brief *b)
{
    return (struct trp_brief_times){
        b->count, percentile(b, 0.5), percentile(b, 0.99), 1e-9 * (double)b->max};
}

/* Those of `calls` that are not in it have waited for nothing. */
static struct trp_brief_times waits_of(const struct brief *b, uint64_t calls)
{
    struct brief all = *b;
    if (calls > b->count) {
        all.buckets[0] += (uint32_t)(calls - b->count < UINT32_MAX / 2 ? calls - b->count
                                                                       : UINT32_MAX / 2);
        all.count = 0;
        for (unsigned i = 0; i < BUCKETS; i++)
            all.count += all.buckets[i];
    }
    struct trp_brief_times times = times_of(&all);
    times.p50 = times.p50 < 32e-9 ? 0 : times.p50;
    times.p99 = times.p99 < 32e-9 ? 0 : times.p99;
    return times;
}

/* ---- the table ------------------------------------------------------------------------------- */

static struct trp_measured **chain_of(const struct trp_counts *counts,
                                      const struct trp_actor *actor)
{
    uint64_t hash = (uint64_t)(uintptr_t)actor * UINT64_C(0x9e3779b97f4a7c15);
    return &counts->measured[hash >> 52]; /* of CHAINS */
}

_Static_assert(CHAINS == 1 << (64 - 52), "the hash is cut to the number of chains");

static struct trp_measured **link_of(const struct trp_counts *counts, const struct trp_actor *actor)
{
    struct trp_measured **link = chain_of(counts, actor);
    while ((*link)->actor != actor)
        link = &(*link)->next;
    return link;
}

/* NULL: there is no room for one more. */
static struct trp_measured *make(struct trp_counts *counts, struct trp_actor *actor)
{
    if (counts->measured_count == TRP_MEASURED_MOST)
        return NULL;
    if (!counts->measured && !(counts->measured = calloc(CHAINS, sizeof *counts->measured)))
        return NULL;
    struct trp_measured *one = calloc(1, sizeof *one), **chain = chain_of(counts, actor);
    if (!one)
        return NULL;
    *one = (struct trp_measured){.next = *chain, .actor = actor};
    *chain = one;
    actor->measured = true;
    counts->measured_count++;
    return one;
}

static struct trp_measured *find_or_make(struct trp_rank *rank, struct trp_actor *actor)
{
    return actor->measured ? *link_of(rank->counts, actor) : make(rank->counts, actor);
}

void trp_measured_ran(struct trp_rank *rank, struct trp_actor *actor, int64_t took, int64_t ran,
                      uint64_t weight)
{
    struct trp_measured *one = find_or_make(rank, actor);
    if (!one)
        return;
    one->busy += ran * (int64_t)weight;
    add(&one->run, took, weight);
}

void trp_measured_waited(struct trp_rank *rank, struct trp_actor *actor, int64_t ns,
                         uint64_t weight)
{
    struct trp_measured *one = find_or_make(rank, actor);
    if (one)
        add(&one->wait, ns, weight);
}

static void free_one(struct trp_measured *one)
{
    free(one->run);
    free(one->wait);
    free(one);
}

void trp_measured_forget(struct trp_rank *rank, struct trp_actor *actor)
{
    if (!actor->measured)
        return;
    struct trp_measured **link = link_of(rank->counts, actor), *one = *link;
    *link = one->next;
    free_one(one);
    actor->measured = false;
    rank->counts->measured_count--;
}

void trp_measured_close(struct trp_counts *counts)
{
    for (size_t i = 0; counts->measured && i < CHAINS; i++)
        while (counts->measured[i]) {
            struct trp_measured *one = counts->measured[i];
            counts->measured[i] = one->next;
            free_one(one);
        }
    free(counts->measured);
}

struct trp_actor_times trp_measured_of(const struct trp_rank *rank, const struct trp_actor *actor)
{
    if (!actor->measured)
        return (struct trp_actor_times){
            .unknown = actor->calls && rank->counts->measured_count == TRP_MEASURED_MOST};
    static const struct brief none;
    const struct trp_measured *one = *link_of(rank->counts, actor);
    return (struct trp_actor_times){.busy = 1e-9 * (double)one->busy,
                                    .run = times_of(one->run ? one->run : &none),
                                    .wait = waits_of(one->wait ? one->wait : &none, actor->calls)};
}
