/*
 * Actors with workers of their own: one, or as many as they may run methods at a time. Methods are
 * handed to one that is idle, in the order of their calls, and a record DONE comes back. See
 * workers.h.
 */
#include <stdlib.h>
#include <string.h>

#include "schedule/execute.h"
#include "schedule/failures.h"
#include "schedule/figures.h"
#include "schedule/life.h"
#include "schedule/mail.h"
#include "schedule/worker.h"
#include "troupe/life.h"
#include "troupe/status.h"

void trp_workers_dedicate(struct trp_rank *rank, struct trp_actor *actor, int cpus, int at_once)
{
    struct trp_workers *w = rank->workers;
    struct trp_actor_more *more = trp_actor_more(actor);
    pthread_mutex_lock(&w->lock);
    more->worker = trp_worker_begin(rank, trp_workers_slots(w, cpus));
    more->worker->bundle = more->claim ? more->claim->bundle : NULL;
    trp_workers_unlock(w);
    more->at_once = (uint16_t)(at_once > 1 ? at_once : 1);
}

static void release(struct trp_worker *worker)
{
    struct trp_workers *w = worker->rank->workers;
    pthread_mutex_lock(&w->lock);
    struct trp_worker **link = &w->all;
    while (*link != worker)
        link = &(*link)->next;
    *link = worker->next;
    worker->stop = true;
    pthread_cond_signal(&worker->called);
    trp_workers_unlock(w);
    trp_worker_join(worker);
    trp_worker_free(worker);
}

void trp_workers_release(struct trp_actor *actor)
{
    for (struct trp_worker *worker = actor->more->worker, *mate; worker; worker = mate) {
        mate = worker->mate;
        release(worker);
    }
    actor->more->worker = NULL;
}

/* One more begins when all are in a call. */
static struct trp_worker *idle_one(struct trp_workers *w, struct trp_worker *first)
{
    struct trp_worker *last = first;
    for (struct trp_worker *worker = first; worker; worker = worker->mate) {
        if (!worker->lent)
            return worker;
        last = worker;
    }
    pthread_mutex_lock(&w->lock);
    last->mate = trp_worker_begin(first->rank, first->cpus);
    last->mate->bundle = first->bundle;
    trp_workers_unlock(w);
    return last->mate;
}

/* A constructor is alone. */
static uint16_t weight(const struct trp_actor *actor, const struct troupe_method *method)
{
    return method == actor->class_->init ? actor->more->at_once : 1;
}

void trp_workers_call(struct trp_actor *actor, const struct troupe_method *method,
                      const struct trp_record *record, struct trp_parcel *parcel)
{
    struct trp_workers *w = actor->more->worker->rank->workers;
    struct trp_worker *worker = idle_one(w, actor->more->worker);
    worker->lent = parcel;
    actor->more->calls += weight(actor, method);
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
    trp_workers_unlock(w);
}

static bool is_free(struct trp_worker *worker)
{
    struct trp_workers *w = worker->rank->workers;
    pthread_mutex_lock(&w->lock);
    bool is_free = worker->calls == 0;
    trp_workers_unlock(w);
    return is_free;
}

static void take_loan(struct trp_worker *worker)
{
    if (worker->lent)
        trp_parcel_drop(worker->lent);
    worker->lent = NULL;
}

void trp_workers_forget(struct trp_actor *actor)
{
    for (struct trp_worker *worker = actor->more->worker; worker; worker = worker->mate)
        if (!is_free(worker))
            return;
    for (struct trp_worker *worker = actor->more->worker; worker; worker = worker->mate)
        take_loan(worker);
    actor->more->calls = 0;
    actor->running = NULL;
}

/* The actor goes on without them; it is free, and may end, when that was all. */
static void end_calls(struct trp_rank *rank, struct trp_actor *actor, uint16_t calls)
{
    actor->more->calls -= calls;
    if (!actor->more->calls)
        trp_conclude_actor(rank, actor);
    else
        trp_mail_list(rank, actor);
}

void trp_workers_done(struct trp_rank *rank, struct trp_actor *actor,
                      const struct trp_record *record)
{
    struct trp_worker *worker = (struct trp_worker *)(uintptr_t)record->future;
    take_loan(worker);
    trp_figures_worked(rank, actor, worker->begun.method, &worker->worked);
    if (worker->worked.status != TROUPE_OK)
        trp_failures_add(rank, actor, worker->begun.method, worker->worked.status,
                         trp_record_body(record));
    if (record->number != TROUPE_OK)
        trp_life_end_later(actor, TROUPE_END_FAILED, strdup(trp_record_body(record)));
    else if (record->slot)
        trp_life_end_later(actor, TROUPE_END_EXITED,
                           trp_life_story(rank, actor, "ended", "by itself"));
    end_calls(rank, actor, weight(actor, worker->begun.method));
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
    trp_workers_unlock(w);
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
    trp_workers_unlock(w);
}

/* How many calls it has no more. */
static uint16_t kill_call(struct trp_rank *rank, struct trp_actor *actor,
                          struct trp_worker *worker, int status, const char *story)
{
    struct call call;
    if (!take_back(worker, &call)) {
        cancel_method(worker, status, strdup(story));
        return 0;
    }
    const struct trp_record record = {.kind = call.answer ? TRP_RECORD_ASK : TRP_RECORD_TELL,
                                      .future = call.answer};
    trp_figures_worked(rank, actor, call.method, &(struct trp_worked){-1, -1, status, 0});
    trp_refuse(rank, &record, call.caller, status, story);
    take_loan(worker);
    return weight(actor, call.method);
}

void trp_workers_kill(struct trp_rank *rank, struct trp_actor *actor, int status, char *story)
{
    uint16_t calls = 0;
    for (struct trp_worker *worker = actor->more->worker; worker; worker = worker->mate)
        if (worker->lent)
            calls += kill_call(rank, actor, worker, status, story);
    free(story);
    if (calls)
        end_calls(rank, actor, calls);
}
