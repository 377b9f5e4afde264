#include "schedule/stock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define WINDOW 256 /* claims that are looked at when something comes free */

void trp_stock_open(struct trp_stock *s, const struct trp_resources *resources, int rank,
                    int first_gpu)
{
    *s = (struct trp_stock){.resources = resources, .first_gpu = first_gpu};
    for (int kind = 0; kind < resources->kinds; kind++)
        s->has.of[kind] = trp_rank_has(resources, rank, kind);
    s->free = s->has;
    s->end = &s->line;
    for (uint64_t gpu = 0; gpu < s->has.of[TRP_GPUS] / TRP_WHOLE; gpu++)
        s->gpu_free[gpu] = TRP_WHOLE;
}

void trp_stock_open_within(struct trp_stock *s, const struct trp_stock *other,
                           const struct trp_claim *claim)
{
    *s = (struct trp_stock){.resources = other->resources, .first_gpu = other->first_gpu};
    s->has = s->free = claim->wants;
    s->end = &s->line;
    for (int gpu = 0; gpu < TRP_GPUS_MAX; gpu++)
        s->gpu_free[gpu] = claim->gpus >> gpu & 1 ? claim->gpu_part : 0;
}

struct trp_claim *trp_claim_new(const struct trp_amounts *wants, const char *name)
{
    struct trp_claim *claim = calloc(1, sizeof *claim);
    if (!claim)
        return NULL;
    claim->wants = *wants;
    claim->wants.of[TRP_CPUS] = 0;
    claim->name = name;
    claim->since = trp_now_roughly();
    for (int kind = 0; kind < TRP_KINDS; kind++)
        claim->kinds |= (uint32_t)(claim->wants.of[kind] > 0) << kind;
    return claim;
}

/* ---- GPUs ------------------------------------------------------------------------------------ */

/* Of a part: the device that has the least left of those where it fits, so that others stay whole.
   Of whole ones: any. -1: none. */
static int best_gpu(const struct trp_stock *s, uint64_t part, uint64_t taken)
{
    int best = -1;
    for (int gpu = 0; part && gpu < TRP_GPUS_MAX; gpu++)
        if (!(taken >> gpu & 1) && s->gpu_free[gpu] >= part &&
            (best < 0 || s->gpu_free[gpu] < s->gpu_free[best]))
            best = gpu;
    return best;
}

/* Which devices a claim of so many parts would get; false: it does not fit. */
static bool choose_gpus(const struct trp_stock *s, uint64_t parts, uint64_t *chosen)
{
    uint64_t each = parts < TRP_WHOLE ? parts : TRP_WHOLE;
    *chosen = 0;
    for (uint64_t left = parts; left; left -= each) {
        int gpu = best_gpu(s, each, *chosen);
        if (gpu < 0)
            return false;
        *chosen |= UINT64_C(1) << gpu;
    }
    return true;
}

/* ---- taking and giving back ------------------------------------------------------------------ */

static bool fits(const struct trp_stock *s, const struct trp_claim *claim, uint64_t *gpus)
{
    for (int kind = TRP_GPUS; kind < TRP_KINDS; kind++)
        if (claim->wants.of[kind] > s->free.of[kind])
            return false;
    return choose_gpus(s, claim->wants.of[TRP_GPUS], gpus);
}

static void take(struct trp_stock *s, struct trp_claim *claim, uint64_t gpus)
{
    uint64_t parts = claim->wants.of[TRP_GPUS];
    for (int kind = TRP_GPUS; kind < TRP_KINDS; kind++)
        s->free.of[kind] -= claim->wants.of[kind];
    claim->gpus = gpus;
    claim->gpu_part = (uint32_t)(parts < TRP_WHOLE ? parts : TRP_WHOLE);
    for (int gpu = 0; gpu < TRP_GPUS_MAX; gpu++)
        s->gpu_free[gpu] -= gpus >> gpu & 1 ? claim->gpu_part : 0;
    claim->held = true;
}

static void give_back(struct trp_stock *s, struct trp_claim *claim)
{
    for (int kind = TRP_GPUS; kind < TRP_KINDS; kind++)
        s->free.of[kind] += claim->wants.of[kind];
    for (int gpu = 0; gpu < TRP_GPUS_MAX; gpu++)
        s->gpu_free[gpu] += claim->gpus >> gpu & 1 ? claim->gpu_part : 0;
    claim->held = false;
}

/* ---- the line -------------------------------------------------------------------------------- */

static void unlink_claim(struct trp_stock *s, struct trp_claim **link)
{
    struct trp_claim *claim = *link;
    *link = claim->next;
    if (s->end == &claim->next)
        s->end = link;
    claim->waits = false;
    s->waiting--;
}

static void overtake(struct trp_stock *s, const struct trp_claim *by)
{
    for (struct trp_claim *c = s->line; c != by; c = c->next)
        c->overtaken += (c->kinds & by->kinds) != 0;
}

struct trp_claim *trp_stock_next(struct trp_stock *s)
{
    uint32_t barred = 0;
    uint64_t gpus;
    int looked = 0;
    for (struct trp_claim **link = &s->line; *link && looked < WINDOW; looked++) {
        struct trp_claim *claim = *link;
        if (!(claim->kinds & barred) && fits(s, claim, &gpus)) {
            overtake(s, claim);
            unlink_claim(s, link);
            take(s, claim, gpus);
            return claim;
        }
        if (claim->overtaken >= TRP_OVERTAKEN_MAX)
            barred |= claim->kinds;
        link = &claim->next;
    }
    return NULL;
}

bool trp_stock_claim(struct trp_stock *s, struct trp_claim *claim)
{
    claim->next = NULL;
    claim->waits = true;
    *s->end = claim;
    s->end = &claim->next;
    s->waiting++;
    trp_stock_next(s); /* nothing has changed for those before it */
    return claim->held;
}

void trp_stock_leave(struct trp_stock *s, struct trp_claim *claim)
{
    if (claim->held)
        give_back(s, claim);
    if (!claim->waits)
        return;
    struct trp_claim **link = &s->line;
    while (*link != claim)
        link = &(*link)->next;
    unlink_claim(s, link);
}

/* ---- what is told of it ---------------------------------------------------------------------- */

int trp_claim_gpus(const struct trp_stock *s, const struct trp_claim *claim, int *ids, int most)
{
    int count = 0;
    for (int gpu = 0; claim->held && gpu < TRP_GPUS_MAX; gpu++)
        if (claim->gpus >> gpu & 1) {
            if (count < most)
                ids[count] = s->first_gpu + gpu;
            count++;
        }
    return count;
}

void trp_claim_reason(const struct trp_stock *s, const struct trp_claim *claim, char *text,
                      size_t size)
{
    char wants[TRP_AMOUNTS_SIZE], left[TRP_AMOUNTS_SIZE];
    struct trp_amounts there = {{0}};
    int before = 0;
    for (int kind = TRP_GPUS; kind < TRP_KINDS; kind++)
        there.of[kind] = claim->wants.of[kind] ? s->free.of[kind] : 0;
    for (const struct trp_claim *c = s->line; c && c != claim; c = c->next)
        before++;
    trp_amounts_text(s->resources, claim->wants.of, wants, sizeof wants);
    trp_amounts_text(s->resources, there.of, left, sizeof left);
    snprintf(text, size, "waits for %s (free: %s), behind %d", wants, left, before);
}
