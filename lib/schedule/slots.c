/*
 * The lines in which orders and calls wait for CPU slots: see workers.h. All with the workers' lock
 * held.
 */
#include <stddef.h>

#include "base/clock.h"
#include "schedule/groups.h"
#include "schedule/worker.h"

/* With the lock held; others may read it without. */
static void count(int *number, int more)
{
    __atomic_store_n(number, *number + more, __ATOMIC_RELAXED);
}

struct trp_slots *trp_slots_of(struct trp_workers *w, const struct trp_bundle *bundle)
{
    return bundle ? (struct trp_slots *)(uintptr_t)&bundle->slots : &w->slots;
}

void trp_slots_take(struct trp_workers *w, struct trp_slots *slots, int cpus)
{
    count(&slots->free, -cpus);
    count(&w->free, -cpus);
}

/* Whether the slots are for a woken one first. While its own thread runs another they are not: it
   could do nothing with them. */
static bool are_kept(struct trp_workers *w, const struct trp_slots *slots,
                     const struct trp_worker *asks)
{
    if (!w->resuming)
        return false;
    for (const struct trp_worker *worker = w->all; worker; worker = worker->next) {
        const struct trp_context *ready = worker->ready.head;
        if (ready && trp_slots_of(w, ready->bundle) == slots && (worker->idle || worker == asks))
            return true;
    }
    return false;
}

/* The first whose slots are free, unless one before it has been overtaken too often. */
static struct turn **next_turn(struct trp_workers *w, struct trp_slots *slots,
                               const struct trp_worker *asks)
{
    struct turn **link = &slots->head;
    if (slots->free <= 0 || !*link || are_kept(w, slots, asks))
        return NULL;
    for (int looked = 0; *link && looked < TRP_OVERTAKEN_MAX; looked++, link = &(*link)->next) {
        if ((*link)->cpus <= slots->free)
            return link;
        if ((*link)->overtaken >= TRP_OVERTAKEN_MAX)
            return NULL;
    }
    return NULL;
}

void trp_worker_unlink(struct trp_workers *w, struct trp_slots *slots, struct turn **link)
{
    struct turn *turn = *link;
    bool order = trp_turn_is_order(turn);
    *link = turn->next;
    if (slots->end == &turn->next)
        slots->end = link;
    count(&slots->queued, -order);
    count(&w->queued, -order);
    slots->movable -= turn->moves;
}

/* Its slots are taken. */
static void take(struct trp_workers *w, struct trp_slots *slots, struct turn **link)
{
    struct turn *turn = *link;
    for (struct turn *before = slots->head; before != turn; before = before->next)
        before->overtaken++;
    trp_worker_unlink(w, slots, link);
    trp_slots_take(w, slots, turn->cpus);
}

/* The same; places of groups have theirs at once. */
static struct turn **next_to_run(struct trp_workers *w, struct trp_slots *slots,
                                 const struct trp_worker *asks)
{
    struct turn **link;
    while ((link = next_turn(w, slots, asks)) && (*link)->reserves) {
        struct turn *turn = *link;
        take(w, slots, link);
        trp_bundle_ready(turn->bundle);
    }
    return link;
}

void trp_worker_call(struct trp_workers *w, struct trp_worker *worker)
{
    struct trp_worker *before = w->called;
    if (!worker->cpus) /* who is there as long as the rank's workers are */
        w->called = worker;
    else
        before = worker;
    if (before && before != w->called)
        pthread_cond_signal(&before->called);
}

static void call_idle(struct trp_workers *w)
{
    for (struct trp_worker *worker = w->all; worker; worker = worker->next)
        if (worker->idle)
            trp_worker_call(w, worker);
}

static void call_for(struct trp_workers *w, struct trp_slots *slots)
{
    struct turn **link = next_to_run(w, slots, NULL);
    struct trp_worker *worker = link ? (*link)->owner : NULL;
    if (!link || (!worker && w->looks))
        return; /* nobody, or he who looks sees it */
    for (struct trp_worker *idle = w->all; idle && !worker; idle = idle->next)
        worker = idle->idle && !idle->cpus ? idle : NULL;
    if (worker)
        trp_worker_call(w, worker);
}

/* Slots are free, or wanted: wakes who is to have them. He does the same when he has begun. */
void trp_worker_call_next(struct trp_workers *w)
{
    if (w->resuming)
        call_idle(w);
    call_for(w, &w->slots);
    for (struct trp_bundle *bundle = w->bundles; bundle; bundle = bundle->next)
        call_for(w, &bundle->slots);
}

/* It may have held up those behind it. */
void trp_worker_forgo(struct trp_workers *w, struct turn *turn)
{
    struct trp_slots *slots = trp_slots_of(w, turn->reserves ? NULL : turn->bundle);
    struct turn **link = &slots->head;
    while (*link != turn)
        link = &(*link)->next;
    trp_worker_unlink(w, slots, link);
    trp_worker_call_next(w);
}

/* The next turn if it is this worker's to take. */
static struct turn *take_turn_of(struct trp_workers *w, struct trp_slots *slots,
                                 struct trp_worker *worker)
{
    struct turn **link = next_to_run(w, slots, worker), *turn = link ? *link : NULL;
    if (!turn)
        return NULL;
    if (turn->owner ? turn->owner != worker : worker->cpus > 0) {
        call_for(w, slots);
        return NULL;
    }
    take(w, slots, link);
    return turn;
}

struct turn *trp_worker_take_turn(struct trp_workers *w, struct trp_worker *worker)
{
    struct turn *turn = take_turn_of(w, &w->slots, worker);
    for (struct trp_bundle *bundle = w->bundles; bundle && !turn; bundle = bundle->next)
        turn = take_turn_of(w, &bundle->slots, worker);
    return turn;
}

/* At the end, mostly: then nobody is looked at but the last. */
static struct turn **place_in_line(struct trp_slots *slots, int priority)
{
    _Static_assert(offsetof(struct turn, next) == 0, "the last link is in the last turn");
    struct turn **link = &slots->head;
    if (!slots->head || ((struct turn *)(void *)slots->end)->priority >= priority)
        return slots->end;
    while ((*link)->priority >= priority)
        link = &(*link)->next;
    return link;
}

void trp_worker_queue(struct trp_workers *w, struct turn *turn)
{
    struct trp_slots *slots = trp_slots_of(w, turn->reserves ? NULL : turn->bundle);
    struct turn **link = place_in_line(slots, turn->priority);
    bool order = trp_turn_is_order(turn);
    turn->overtaken = 0;
    turn->since = trp_now_roughly();
    turn->next = *link;
    *link = turn;
    if (slots->end == link)
        slots->end = &turn->next;
    count(&slots->queued, order);
    count(&w->queued, order);
    slots->movable += turn->moves;
    trp_worker_call_next(w);
}
