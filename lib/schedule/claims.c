#include "schedule/claims.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "base/clock.h"
#include "base/log.h"
#include "schedule/groups.h"
#include "schedule/send.h"
#include "schedule/who.h"
#include "schedule/worker.h"

struct trp_claim *trp_claim_of(struct trp_rank *rank, const struct trp_record *record,
                               const struct troupe_type *args, const char *name)
{
    static const struct troupe_type none = {.size = 1};
    struct trp_wants wants;
    size_t at = trp_asking_offset(args ? args : &none);
    if (trp_record_body_size(record) < at + sizeof wants)
        trp_die("a message is damaged: what %s asks for is not in it", name);
    memcpy(&wants, (const char *)trp_record_body(record) + at, sizeof wants);
    struct trp_claim *claim = trp_claim_new(&wants.amounts, name);
    if (claim)
        trp_bundle_join(rank, claim, wants.group, wants.place);
    return claim;
}

/* ---- with the workers' lock held ------------------------------------------------------------- */

struct trp_stock *trp_stock_of(struct trp_workers *w, const struct trp_bundle *bundle)
{
    return bundle ? (struct trp_stock *)(uintptr_t)&bundle->stock : &w->stock;
}

static void tell_granted(struct trp_rank *rank, const struct trp_claim *claim)
{
    struct trp_record head = trp_record_for(claim->actor, TRP_RECORD_GRANTED);
    trp_send_bytes_from(rank, NULL, rank->rank, &head, "", 0);
}

/* Something has come free. With the job's end nothing begins any more. */
static void advance(struct trp_rank *rank, struct trp_stock *stock)
{
    struct trp_workers *w = rank->workers;
    struct trp_claim *claim;
    while (!w->stop && (claim = trp_stock_next(stock))) {
        if (claim->reserves) {
            trp_bundle_claimed(claim->reserves);
        } else if (!claim->order) {
            tell_granted(rank, claim);
        } else {
            w->stuck--;
            trp_workers_ready(rank, claim->order);
        }
    }
}

void trp_claims_end(struct trp_rank *rank, struct trp_claim *claim)
{
    struct trp_bundle *bundle = claim->bundle;
    struct trp_stock *stock = trp_stock_of(rank->workers, bundle);
    trp_stock_leave(stock, claim);
    free(claim);
    rank->workers->restocked = true;
    advance(rank, stock);
    if (bundle)
        trp_bundle_leave(bundle);
}

/* ---- actors' --------------------------------------------------------------------------------- */

bool trp_claims_begin(struct trp_rank *rank, struct trp_claim *claim)
{
    struct trp_workers *w = rank->workers;
    pthread_mutex_lock(&w->lock);
    bool held = trp_stock_claim(trp_stock_of(w, claim->bundle), claim);
    trp_workers_unlock(w);
    return held;
}

void trp_claims_leave(struct trp_rank *rank, struct trp_claim *claim)
{
    pthread_mutex_lock(&rank->workers->lock);
    trp_claims_end(rank, claim);
    trp_workers_unlock(rank->workers);
}

/* ---- what waits ------------------------------------------------------------------------------ */

static void describe_claim(struct trp_rank *rank, const struct trp_claim *claim,
                           struct troupe_waiting *waiting)
{
    char actor[TRP_WHO_SIZE];
    trp_ref_name(rank, claim->actor, NULL, actor, sizeof actor);
    snprintf(waiting->who, sizeof waiting->who, "%s%s%s%s", claim->order ? "task " : "",
             claim->name, claim->order ? "" : ", ", claim->order ? "" : actor);
    trp_claim_reason(trp_stock_of(rank->workers, claim->bundle), claim, waiting->reason,
                     sizeof waiting->reason);
    waiting->seconds = trp_now_roughly() - claim->since;
}

/* A task, the method that an actor's own worker is to run, or a place of a group. */
static void name_turn(struct trp_rank *rank, const struct turn *turn, char *who, size_t size)
{
    char actor[TRP_WHO_SIZE];
    if (turn->owner) {
        const struct call *call = &turn->owner->call;
        trp_ref_name(rank, trp_actor_ref(call->actor), call->actor->class_, actor, sizeof actor);
        snprintf(who, size, "%s.%s", actor, call->method->signature->name);
    } else if (turn->reserves) {
        snprintf(who, size, "a place of a group");
    } else {
        const struct trp_record *record =
            trp_order_record((const struct order *)(const void *)turn);
        snprintf(who, size, "task %s", trp_task_by_number(record->slot)->signature->name);
    }
}

static void describe_turn(struct trp_rank *rank, const struct trp_slots *slots,
                          const struct turn *turn, size_t before, struct troupe_waiting *waiting)
{
    name_turn(rank, turn, waiting->who, sizeof waiting->who);
    snprintf(waiting->reason, sizeof waiting->reason,
             "waits for %d CPU%s (free: %d of %d), behind %zu", turn->cpus,
             turn->cpus == 1 ? "" : "s", slots->free, slots->cpus, before);
    waiting->seconds = trp_now_roughly() - turn->since;
}

/* Those that wait for these, and for what is claimed of that; `count` have been seen before. */
static size_t describe_all(struct trp_rank *rank, const struct trp_stock *stock,
                           const struct trp_slots *slots, struct troupe_waiting *list, size_t count,
                           size_t most)
{
    size_t before = 0;
    for (const struct trp_claim *c = stock->line; c; c = c->next, count++)
        if (count < most)
            describe_claim(rank, c, &list[count]);
    for (const struct turn *t = slots->head; t; t = t->next, count++, before++)
        if (count < most)
            describe_turn(rank, slots, t, before, &list[count]);
    return count;
}

size_t trp_claims_waiting(struct trp_rank *rank, struct troupe_waiting *list, size_t most)
{
    struct trp_workers *w = rank->workers;
    pthread_mutex_lock(&w->lock);
    size_t count = describe_all(rank, &w->stock, &w->slots, list, 0, most);
    for (const struct trp_bundle *b = w->bundles; b; b = b->next)
        count = describe_all(rank, &b->stock, &b->slots, list, count, most);
    trp_workers_unlock(w);
    return count;
}
