#include "schedule/tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "base/clock.h"
#include "base/log.h"
#include "schedule/claims.h"
#include "schedule/execute.h"
#include "schedule/figures.h"
#include "schedule/groups.h"
#include "schedule/mail.h"
#include "schedule/send.h"
#include "schedule/steal.h"
#include "troupe/status.h"

/* ---- tasks that come ------------------------------------------------------------------------- */

/* Workers of all tasks that have nothing to do; one that was called counts until it wakes. */
static int count_idle(const struct trp_workers *w)
{
    int n = 0;
    for (const struct trp_worker *worker = w->all; worker; worker = worker->next)
        n += worker->idle && !worker->cpus;
    return n;
}

/* It may be sent on: nothing of it is in this process's memory alone. */
static bool may_move(const struct trp_record *record, const struct trp_parcel *taken)
{
    return record->number & TRP_TASK_MOVES && trp_task_moves(record) < TRP_MOVES_MAX &&
           !(taken && taken->gifts);
}

/* A parcel that has nothing else in it is the task's; its worker drops it. */
static struct order *order_new(struct trp_rank *rank, const struct trp_record *record,
                               struct trp_parcel *parcel)
{
    struct trp_parcel *taken = trp_letter_taken(rank, record, parcel);
    size_t bytes = taken ? 0 : trp_record_bytes(record);
    struct trp_block *block = trp_block_raw(sizeof(struct order) + bytes);
    if (!block)
        return NULL;
    struct order *order = (struct order *)(void *)block->bytes;
    *order = (struct order){.block = block, .parcel = taken, .caller = (int)record->creator};
    order->retries = (uint8_t)(record->number >> TRP_RETRIES_SHIFT);
    order->turn.priority = (int16_t)(record->number >> TRP_PRIORITY_SHIFT);
    order->turn.moves = may_move(record, taken);
    if (taken && taken->gifts)
        order->retries = 0; /* they may be gone */
    order->turn.cpus = trp_workers_slots(rank->workers, (int)record->number);
    memcpy(order->words, record, bytes);
    if (taken)
        trp_parcel_settle(taken);
    return order;
}

void trp_order_free(struct order *order)
{
    if (order->parcel)
        trp_parcel_drop(order->parcel);
    trp_block_free(order->block);
}

void trp_workers_ready(struct trp_rank *rank, struct order *order)
{
    struct trp_workers *w = rank->workers;
    if (count_idle(w) <= w->queued && w->pool < w->cpus)
        trp_worker_begin(rank, 0);
    trp_worker_queue(w, &order->turn);
}

/* Which names that stand somewhere, or slots that were counted on, are used up with it. */
static void count_arrival(struct trp_rank *rank, const struct order *order, int from)
{
    const struct trp_record *record = trp_order_record(order);
    if (!(record->number & TRP_TASK_MOVES) || trp_task_moves(record))
        return;
    if (from == rank->rank)
        trp_steal_coming(rank->workers, -1);
    else
        trp_steal_used(rank, from, order->turn.cpus);
}

/* False when memory is short. */
static bool claims(struct trp_rank *rank, const struct trp_record *record,
                   const struct troupe_method *task, struct trp_claim **claim)
{
    bool any = record->number & TRP_ASKS_MORE;
    *claim = any ? trp_claim_of(rank, record, &task->signature->args, task->signature->name) : NULL;
    return *claim || !any;
}

/* With the workers' lock held. */
static void enter(struct trp_rank *rank, struct order *order, int from)
{
    struct trp_workers *w = rank->workers;
    count_arrival(rank, order, from);
    order->since = trp_figures_task_waits(rank, trp_order_record(order), 1);
    w->unfinished++;
    if (!order->claim || trp_stock_claim(trp_stock_of(w, order->claim->bundle), order->claim))
        trp_workers_ready(rank, order);
    else
        w->stuck++;
}

bool trp_task_come(struct trp_rank *rank, struct trp_record *record, struct trp_parcel *parcel,
                   bool last)
{
    struct trp_workers *w = rank->workers;
    const struct troupe_method *task = trp_task_by_number(record->slot);
    int from = parcel->peer;
    if (!task)
        trp_die("rank %d submits task %u, which is not known here", from, record->slot);
    struct trp_claim *claim;
    bool good = claims(rank, record, task, &claim);
    struct order *order = good ? order_new(rank, record, parcel) : NULL;
    if (!order) {
        if (claim)
            trp_claims_leave(rank, claim);
        trp_refuse_memory(rank, record, (int)record->creator);
        return false;
    }
    order->claim = claim;
    trp_figures_task_comes(rank, trp_order_record(order), order->caller, 1);
    if (claim) {
        claim->order = order;
        order->turn.bundle = claim->bundle;
    }
    pthread_mutex_lock(&w->lock);
    enter(rank, order, from);
    if (last)
        trp_steal_if_dry(rank);
    bool give = trp_steal_has_news(w);
    trp_workers_unlock(w);
    return give;
}

void trp_workers_submit(struct trp_rank *rank, struct trp_record *record,
                        struct trp_parcel *parcel)
{
    if (trp_task_come(rank, record, parcel, true))
        trp_steal_give(rank);
}

/* ---- those that run: with the workers' lock held --------------------------------------------- */

void trp_task_begin(struct trp_rank *rank, struct trp_task *task, struct order *order)
{
    struct trp_workers *w = rank->workers;
    *task = (struct trp_task){.order = order,
                              .began = trp_figures_task_begins(rank, trp_order_record(order),
                                                               order->since),
                              .since = rank->watched ? trp_now_ns() : 0,
                              .caller = order->caller,
                              .future = trp_order_record(order)->future,
                              .next = w->running,
                              .link = &w->running};
    if (w->running)
        w->running->link = &task->next;
    w->running = task;
}

void trp_task_unlink(struct trp_task *task)
{
    *task->link = task->next;
    if (task->next)
        task->next->link = task->link;
}

/* ---- failing --------------------------------------------------------------------------------- */

bool trp_task_retries(const struct trp_context *c, int status)
{
    const struct trp_task *task = c->task;
    return status != TROUPE_OK && !c->cancelled && task->order->retries && !task->cancelled;
}

char *trp_task_story(const struct order *order, const char *story)
{
    size_t size = strlen(story) + 64;
    char *text = malloc(size);
    if (text)
        snprintf(text, size, "%s (it was run %d times)", story, order->failures + 1);
    return text;
}

/* ---- cancelling ------------------------------------------------------------------------------ */

void trp_task_call_off(struct trp_rank *rank, int host, uint64_t future)
{
    const struct trp_record head = {.kind = TRP_RECORD_CALL_OFF, .future = future};
    trp_send_bytes_from(rank, NULL, host, &head, "", 0);
}

static bool is_of(const struct order *order, int caller, uint64_t future)
{
    return order->caller == caller && trp_order_record(order)->future == future;
}

static struct order *in_line(const struct trp_slots *slots, int caller, uint64_t future)
{
    for (struct turn *turn = slots->head; turn; turn = turn->next)
        if (trp_turn_is_order(turn) && is_of((struct order *)(void *)turn, caller, future))
            return (struct order *)(void *)turn;
    return NULL;
}

static struct order *in_stock(const struct trp_stock *stock, int caller, uint64_t future)
{
    for (struct trp_claim *claim = stock->line; claim; claim = claim->next)
        if (claim->order && is_of(claim->order, caller, future))
            return claim->order;
    return NULL;
}

/* One that waits, for slots or for what it claims; it waits no more. The search begins with the
   oldest: whoever cancels many begins with these, too. With the workers' lock held. */
static struct order *take_waiting(struct trp_rank *rank, int caller, uint64_t future)
{
    struct trp_workers *w = rank->workers;
    struct order *order = in_line(&w->slots, caller, future);
    for (struct trp_bundle *b = w->bundles; b && !order; b = b->next)
        order = in_line(&b->slots, caller, future);
    if (order) {
        trp_worker_forgo(w, &order->turn);
    } else {
        order = in_stock(&w->stock, caller, future);
        for (struct trp_bundle *b = w->bundles; b && !order; b = b->next)
            order = in_stock(&b->stock, caller, future);
        w->stuck -= order != NULL;
    }
    if (order && order->claim)
        trp_claims_end(rank, order->claim);
    if (order)
        trp_figures_task_refused(rank, trp_order_record(order));
    w->unfinished -= order != NULL;
    return order;
}

static void call_off_child(void *rank, int host, uint64_t future)
{
    trp_task_call_off(rank, host, future);
}

/* With both locks held. */
static void flag_running(struct trp_rank *rank, int caller, uint64_t future)
{
    for (struct trp_task *task = rank->workers->running; task; task = task->next) {
        if (task->caller != caller || task->future != future || task->cancelled)
            continue;
        task->cancelled = true;
        trp_futures_children(&trp_shared_futures, &task->children, call_off_child, rank);
        return;
    }
}

static void refuse_cancelled(struct trp_rank *rank, struct order *order)
{
    const struct trp_record *record = trp_order_record(order);
    char story[160];
    snprintf(story, sizeof story, "task %s was cancelled on rank %d before it began",
             trp_task_by_number(record->slot)->signature->name, rank->rank);
    trp_refuse(rank, record, order->caller, TROUPE_CANCELLED, story);
    trp_order_free(order);
}

void trp_task_called_off(struct trp_rank *rank, const struct trp_record *record, int caller)
{
    struct trp_workers *w = rank->workers;
    pthread_mutex_lock(&trp_shared_futures.lock);
    pthread_mutex_lock(&w->lock);
    struct order *order = take_waiting(rank, caller, record->future);
    if (order)
        trp_steal_if_dry(rank);
    else
        flag_running(rank, caller, record->future);
    trp_workers_unlock(w);
    pthread_mutex_unlock(&trp_shared_futures.lock);
    if (order)
        refuse_cancelled(rank, order);
}
