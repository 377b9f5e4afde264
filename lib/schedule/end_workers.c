/*
 * What is asked of the workers, and their end with the job: see workers.h.
 *
 * Who waits is woken to fail where he stands, as by a kill, so that what he deferred is run. Who
 * computes is not waited for; he fails when he waits next.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "schedule/groups.h"
#include "schedule/steal.h"
#include "troupe/status.h"

#define BRIEF 0.05  /* seconds that what computes may take to end by itself, */
#define UNWIND 2.0  /* and what was given up to run what it has deferred */

int trp_workers_line(const struct trp_rank *rank)
{
    return __atomic_load_n(&rank->workers->queued, __ATOMIC_RELAXED);
}

bool trp_workers_fill_cpus(struct trp_rank *rank)
{
    /* Who was called counts, too. */
    return __atomic_load_n(&rank->workers->free, __ATOMIC_RELAXED) <= trp_workers_line(rank);
}

int trp_workers_unfinished(struct trp_rank *rank)
{
    return rank->workers->unfinished;
}

bool trp_workers_busy(struct trp_rank *rank)
{
    struct trp_workers *w = rank->workers;
    pthread_mutex_lock(&w->lock);
    bool busy = w->unfinished > w->stuck;
    trp_workers_unlock(w);
    return busy;
}

/* ---- giving up: with the lock held ----------------------------------------------------------- */

void trp_order_cancel(struct trp_workers *w, struct order *order)
{
    w->unfinished--;
    free(order->claim);
    trp_order_free(order);
}

/* Actors that wait with them are left to the actors' end. */
static void cancel_claims(struct trp_workers *w, struct trp_stock *stock)
{
    for (struct trp_claim *claim = stock->line, *next; claim; claim = next) {
        next = claim->next;
        if (!claim->order)
            continue;
        trp_stock_leave(stock, claim);
        w->stuck--;
        trp_order_cancel(w, claim->order);
    }
}

static void cancel_turns(struct trp_workers *w, struct trp_slots *slots)
{
    while (slots->head) {
        struct turn *turn = slots->head;
        trp_worker_forgo(w, turn);
        if (trp_turn_is_order(turn))
            trp_order_cancel(w, (struct order *)(void *)turn);
    }
}

static void cancel_orders(struct trp_workers *w)
{
    cancel_claims(w, &w->stock);
    cancel_turns(w, &w->slots);
    for (struct trp_bundle *bundle = w->bundles; bundle; bundle = bundle->next) {
        cancel_claims(w, &bundle->stock);
        cancel_turns(w, &bundle->slots);
    }
}

static void cancel_call(struct trp_workers *w, struct trp_worker *worker)
{
    if (!worker->call.actor)
        return;
    worker->call.actor = NULL;
    trp_worker_forgo(w, &worker->turn);
    worker->calls--;
    w->unfinished--;
}

void trp_worker_give_up(struct trp_context *c)
{
    if (c->cancelled)
        return;
    c->cancelled = TROUPE_CANCELLED;
    c->cancelled_by = strdup("the job has ended");
}

/* Beneath one that computes nothing can go on: it is not waited for. */
static void cancel_parked(struct trp_workers *w, struct trp_worker *worker)
{
    for (struct trp_context *c = worker->parked; c; c = c->parked_next) {
        trp_worker_give_up(c);
        if (worker->idle)
            trp_worker_unwinds(w, c);
        trp_worker_make_ready(w, c);
    }
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool to_be_waited_for(struct trp_workers *w, double since)
{
    pthread_mutex_lock(&w->lock);
    double limit = w->unwinding > w->shipping ? UNWIND : BRIEF;
    bool wait = w->unfinished && trp_now() - since < limit;
    trp_workers_unlock(w);
    return wait;
}

static void wait_for_them(struct trp_workers *w)
{
    for (double since = trp_now(); to_be_waited_for(w, since);)
        usleep(100);
}

void trp_workers_give_up(struct trp_rank *rank)
{
    struct trp_workers *w = rank->workers;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    for (struct trp_worker *worker = w->all; worker; worker = worker->next)
        cancel_call(w, worker);
    cancel_orders(w);
    for (struct trp_worker *worker = w->all; worker; worker = worker->next) {
        cancel_parked(w, worker);
        pthread_cond_signal(&worker->called);
    }
    trp_workers_unlock(w);
    wait_for_them(w);
}

void trp_workers_unwind(struct trp_rank *rank)
{
    struct trp_workers *w = rank->workers;
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    bool unwinding = w->unwinding;
    trp_workers_unlock(w);
    if (unwinding)
        wait_for_them(w);
    trp_workers_close(rank);
}

void trp_workers_close(struct trp_rank *rank)
{
    struct trp_workers *w = rank->workers;
    if (w->unfinished)
        return;
    for (struct trp_worker *worker = w->all; worker; worker = worker->next)
        trp_worker_join(worker); /* one may be about to wake another */
    while (w->all) {
        struct trp_worker *worker = w->all;
        w->all = worker->next;
        trp_worker_free(worker);
    }
    trp_steal_close(w);
    trp_groups_close(w);
    pthread_mutex_destroy(&w->lock);
    free(w);
    rank->workers = NULL;
}
