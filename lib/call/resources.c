#include "call/resources.h"

#include <stdio.h>

#include "call/caller.h"
#include "call/place.h"
#include "base/log.h"
#include "schedule/claims.h"
#include "schedule/worker.h"
#include "troupe/method.h"
#include "troupe/resources.h"

/* ---- asking ---------------------------------------------------------------------------------- */

static bool is_asked(const struct troupe_needs *needs)
{
    return needs->cpus || needs->memory || needs->resources || needs->gpus < 0 ||
           !(needs->gpus <= 0);
}

const struct troupe_needs *trp_class_needs(const struct troupe_class *class_)
{
    while (class_ && !(class_->needs && is_asked(class_->needs)))
        class_ = class_->base;
    return class_ ? class_->needs : NULL;
}

static struct troupe_needs needs_of(const struct troupe_options *with,
                                    const struct troupe_needs *declared)
{
    static const struct troupe_needs none;
    const struct troupe_needs *d = declared ? declared : &none;
    bool gpus = with->gpus < 0 || !(with->gpus <= 0);
    return (struct troupe_needs){.cpus = with->cpus ? with->cpus : d->cpus,
                                 .gpus = gpus ? with->gpus : d->gpus,
                                 .memory = with->memory ? with->memory : d->memory,
                                 .resources = with->resources ? with->resources : d->resources};
}

/* Few CPUs at most, which every rank has. */
static bool is_little(const struct trp_rank *rank, const struct troupe_needs *needs)
{
    struct troupe_needs beside = *needs;
    beside.cpus = 0;
    return needs->cpus >= 0 && (uint64_t)needs->cpus <= rank->resources->least_cpus &&
           !is_asked(&beside);
}

int trp_asked_place(struct trp_rank *rank, const struct troupe_options *with,
                    const struct troupe_needs *declared, const char *whose, bool task,
                    struct trp_asked *asked, char story[TRP_REFUSAL_SIZE])
{
    char why[TRP_AMOUNTS_SIZE];
    struct troupe_needs needs = needs_of(with, declared);
    int host = task || is_asked(&needs) ? -1 : trp_place_for_light(rank, with->place);
    asked->number = needs.cpus;
    if (host >= 0)
        return host;
    asked->wants = (struct trp_wants){.amounts = {{(uint64_t)needs.cpus}}};
    if (!is_little(rank, &needs) &&
        !trp_request_read(rank->resources, &needs, &asked->wants.amounts, why, sizeof why)) {
        snprintf(story, TRP_REFUSAL_SIZE, "what %s asks for: %s", whose, why);
        return -1;
    }
    if (trp_request_holds(&asked->wants.amounts))
        asked->number |= TRP_ASKS_MORE;
    return trp_place_for(rank, with->place, whose, task, asked, story);
}

/* ---- what there is, and was given ------------------------------------------------------------ */

int troupe_rank_cpus(int rank)
{
    const struct trp_rank *here = trp_caller().rank;
    return rank >= 0 && rank < here->ranks ? (int)trp_rank_has(here->resources, rank, TRP_CPUS)
                                           : 0;
}

size_t troupe_resources(int rank, struct troupe_resource *list, size_t most)
{
    const struct trp_rank *here = trp_caller().rank;
    const struct trp_resources *r = here->resources;
    if (rank < 0 || rank >= here->ranks)
        return 0;
    for (int kind = 0; kind < r->kinds && (size_t)kind < most; kind++) {
        double amount = (double)trp_rank_has(r, rank, kind);
        list[kind] = (struct troupe_resource){
            r->names[kind], kind == TRP_GPUS ? amount / TRP_WHOLE : amount};
    }
    return (size_t)r->kinds;
}

size_t troupe_waiting(struct troupe_waiting *list, size_t most)
{
    bool outside = trp_call_enter();
    size_t count = trp_claims_waiting(trp_caller().rank, list, most);
    trp_role_leave(outside);
    return count;
}

int troupe_gpu_ids(int *ids, int most)
{
    bool outside = trp_call_enter();
    const struct trp_context *c = trp_caller().context;
    if (!c)
        trp_die("troupe_gpu_ids in a thread that is not troupe's, such as one of an OpenMP team");
    const struct trp_claim *claim = c->claim;
    if (c->actor && c->actor->more)
        claim = c->actor->more->claim;
    int count = 0;
    if (claim)
        count = trp_claim_gpus(trp_stock_of(c->rank->workers, claim->bundle), claim, ids, most);
    trp_role_leave(outside);
    return count;
}
