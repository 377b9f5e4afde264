/*
 * Actors with a worker of their own: their methods are handed to it one at a time, and a record
 * DONE comes back. See workers.h.
 */
#include <stdlib.h>
#include <string.h>

#include "schedule/execute.h"
#include "schedule/life.h"
#include "schedule/worker.h"
#include "troupe/life.h"
#include "troupe/status.h"

struct trp_worker *trp_workers_dedicate(struct trp_rank *rank, int cpus,
                                        const struct trp_claim *claim)
{
    struct trp_workers *w = rank->workers;
    pthread_mutex_lock(&w->lock);
    struct trp_worker *worker = trp_worker_begin(rank, trp_workers_slots(w, cpus));
    worker->bundle = claim ? claim->bundle : NULL;
    pthread_mutex_unlock(&w->lock);
    return worker;
}

void trp_workers_release(struct trp_worker *worker)
{
    struct trp_workers *w = worker->rank->workers;
    pthread_mutex_lock(&w->lock);
    struct trp_worker **link = &w->all;
    while (*link != worker)
        link = &(*link)->next;
    *link = worker->next;
    worker->stop = true;
    pthread_cond_signal(&worker->called);
    pthread_mutex_unlock(&w->lock);
    trp_worker_end(worker);
}

void trp_workers_call(struct trp_actor *actor, const struct troupe_method *method,
                      const struct trp_record *record, struct trp_parcel *parcel)
{
    struct trp_worker *worker = actor->more->worker;
    struct trp_workers *w = worker->rank->workers;
    actor->more->lent = parcel;
    pthread_mutex_lock(&w->lock);
    worker->call = (struct call){.actor = actor,
                                 .method = method,
                                 .args = trp_record_body(record),
                                 .caller = parcel->peer,
                                 .answer = record->kind == TRP_RECORD_ASK ? record->future : 0};
    w->unfinished++;
    worker->calls++;
    worker->turn = (struct turn){
        .owner = worker, .bundle = worker->bundle, .cpus = worker->cpus};
    trp_worker_queue(w, &worker->turn);
    pthread_mutex_unlock(&w->lock);
}

bool trp_worker_is_free(struct trp_worker *worker)
{
    struct trp_workers *w = worker->rank->workers;
    pthread_mutex_lock(&w->lock);
    bool is_free = worker->calls == 0;
    pthread_mutex_unlock(&w->lock);
    return is_free;
}

void trp_workers_done(struct trp_rank *rank, struct trp_actor *actor,
                      const struct trp_record *record)
{
    trp_parcel_drop(actor->more->lent);
    actor->more->lent = NULL;
    if (record->number != TROUPE_OK)
        trp_life_end_later(actor, TROUPE_END_FAILED, strdup(trp_record_body(record)));
    else if (record->slot)
        trp_life_end_later(actor, TROUPE_END_EXITED,
                           trp_life_story(rank, actor, "ended", "by itself"));
    trp_conclude_actor(rank, actor);
}

/* A call that waits for its slots does so no more. */
static bool take_back(struct trp_worker *worker, struct call *call)
{
    struct trp_workers *w = worker->rank->workers;
    pthread_mutex_lock(&w->lock);
    *call = worker->call;
    worker->call.actor = NULL;
    if (call->actor)
        trp_worker_forgo(w, &worker->turn);
    w->unfinished -= call->actor != NULL;
    worker->calls -= call->actor != NULL;
    pthread_mutex_unlock(&w->lock);
    return call->actor;
}

static void cancel_method(struct trp_worker *worker, int status, char *story)
{
    struct trp_workers *w = worker->rank->workers;
    pthread_mutex_lock(&w->lock);
    struct trp_context *c = worker->method;
    if (c && !c->cancelled) {
        c->cancelled = status;
        c->cancelled_by = story;
        trp_worker_make_ready(w, c);
        pthread_cond_signal(&worker->called);
    } else if (!c && !worker->killed) {
        worker->killed = status;
        worker->killed_story = story;
    } else {
        free(story);
    }
    pthread_mutex_unlock(&w->lock);
}

void trp_workers_kill(struct trp_rank *rank, struct trp_actor *actor, int status, char *story)
{
    struct call call;
    if (!take_back(actor->more->worker, &call)) {
        cancel_method(actor->more->worker, status, story);
        return;
    }
    const struct trp_record record = {.kind = call.answer ? TRP_RECORD_ASK : TRP_RECORD_TELL,
                                      .future = call.answer};
    trp_refuse(rank, &record, call.caller, status, story);
    free(story);
    trp_parcel_drop(actor->more->lent);
    actor->more->lent = NULL;
    trp_conclude_actor(rank, actor);
}
