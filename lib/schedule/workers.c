#include "schedule/workers.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "schedule/claims.h"
#include "schedule/cpus.h"
#include "schedule/execute.h"
#include "schedule/figures.h"
#include "schedule/groups.h"
#include "schedule/mail.h"
#include "schedule/send.h"
#include "schedule/steal.h"
#include "schedule/tasks.h"
#include "schedule/who.h"
#include "schedule/worker.h"
#include "troupe/status.h"
#include "wire/pack.h"

#define LOOK 10e-6 /* seconds that an idle worker looks for an order before it sleeps */
#define LONGEST 4e9               /* a trp_now() time that nobody will see */
#define TASK_STACK (1024 * 1024)  /* bytes; only what is touched takes memory */

/* ---- opening --------------------------------------------------------------------------------- */

void trp_workers_open(struct trp_rank *rank)
{
    struct trp_workers *w = calloc(1, sizeof *w);
    int cpus = (int)trp_rank_has(rank->resources, rank->rank, TRP_CPUS);
    if (!w)
        trp_die("no memory for %d workers", cpus);
    pthread_mutex_init(&w->lock, NULL);
    w->cpus = cpus;
    w->free = cpus;
    w->slots = (struct trp_slots){.cpus = cpus, .free = cpus};
    w->slots.end = &w->slots.head;
    int limit = rank->resources->team_limit;
    w->team_limit = limit && limit < cpus ? limit : cpus;
    trp_stock_open(&w->stock, rank->resources, rank->rank,
                   trp_rank_first_gpu(rank->resources, rank->wire));
    rank->workers = w;
    trp_steal_open(rank);
}

int trp_workers_slots(const struct trp_workers *w, int wanted)
{
    return wanted < 1 ? 1 : wanted < w->team_limit ? wanted : w->team_limit;
}

/* ---- choosing what to do: with the lock held ------------------------------------------------- */

static void wait_called(struct trp_workers *w, struct trp_worker *worker, double until)
{
    worker->idle = true;
    if (w->called)
        pthread_cond_signal(&w->called->called);
    w->called = NULL;
    if (until < 0) {
        pthread_cond_wait(&worker->called, &w->lock);
    } else {
        until = until < LONGEST ? until : LONGEST;
        struct timespec t = {.tv_sec = (time_t)until};
        t.tv_nsec = (long)(1e9 * (until - (double)t.tv_sec));
        pthread_cond_timedwait(&worker->called, &w->lock, &t);
    }
    worker->idle = false;
}

void trp_worker_make_ready(struct trp_workers *w, struct trp_context *c)
{
    bool again = c->woken;
    c->woken = true;
    if (again || !c->waiting)
        return;
    trp_context_push(&c->worker->ready, c);
    w->resuming++;
    w->stuck -= c->timer.at < 0;
}

static void fire_timers(struct trp_workers *w, struct trp_worker *worker)
{
    struct trp_timer *due;
    while (worker->timers.count && (due = trp_timers_due(&worker->timers, trp_now())))
        trp_worker_make_ready(w, (struct trp_context *)(void *)((char *)due -
                                                     offsetof(struct trp_context, timer)));
}

/* A woken one of this worker, if its slots are free; at the job's end what unwinds needs none. */
static struct trp_context *take_ready(struct trp_workers *w, struct trp_worker *worker)
{
    fire_timers(w, worker);
    struct trp_context *c = worker->ready.head;
    if (!c || (c->cpus > trp_slots_of(w, c->bundle)->free && !w->stop))
        return NULL;
    trp_slots_take(w, trp_slots_of(w, c->bundle), c->cpus);
    w->resuming--;
    return trp_context_pop(&worker->ready);
}

static void give_back(struct trp_context *c)
{
    struct trp_workers *w = c->rank->workers;
    trp_slots_take(w, trp_slots_of(w, c->bundle), -c->cpus);
    trp_worker_call_next(w);
    trp_steal_if_dry(c->rank);
}

/* ---- the end of what ran --------------------------------------------------------------------- */

static void tell_done(struct trp_context *c, int status, const char *story)
{
    struct trp_record head = trp_record_for(trp_actor_ref(c->actor), TRP_RECORD_DONE);
    head.slot = c->exiting;
    head.future = (uint64_t)(uintptr_t)c->worker;
    head.number = c->method == c->actor->class_->init ? status : TROUPE_OK;
    story = status == TROUPE_OK ? "" : story;
    trp_send_bytes_from(c->rank, c, c->rank->rank, &head, story, strlen(story) + 1);
}

/* What is computed, for the mates. Not at the end of the job, where the wire goes first. */
static void show(const struct trp_workers *w, struct trp_rank *rank, uint64_t code)
{
    if (!w->stop)
        trp_who_computes(rank, code);
}

static void show_no_more(const struct trp_workers *w, const struct trp_context *c)
{
    if (!w->stop)
        trp_who_computed(c->rank, trp_who_context_code(c));
}

static void finish(struct trp_context *c, int status)
{
    struct trp_workers *w = c->rank->workers;
    struct trp_rank *rank = c->rank;
    struct trp_worker *worker = c->worker;
    trp_set_current(NULL);
    pthread_mutex_lock(&w->lock);
    if (c->claim)
        trp_claims_end(rank, c->claim);
    give_back(c);
    if (c->bundle)
        trp_bundle_look(c->bundle);
    w->unwinding -= c->unwinding;
    worker->calls -= c->kind == TRP_CONTEXT_METHOD;
    if (c->task) {
        show_no_more(w, c);
        trp_figures_task_ends(c, status);
        trp_task_unlink(c->task);
    }
    bool wakes = --w->unfinished == 0 || worker->owes_wake;
    worker->owes_wake = false;
    trp_workers_unlock(w);
    if (wakes)
        trp_inbox_wake(rank);
}

/* All of it anew, but for the order, and for what it claims. False: it has been cancelled. */
static bool run_again(struct trp_context *c)
{
    struct trp_workers *w = c->rank->workers;
    struct order *order = c->task->order;
    trp_context_release(c);
    trp_futures_orphan(&trp_shared_futures, &c->task->children);
    trp_set_current(NULL);
    pthread_mutex_lock(&w->lock);
    if (c->task->cancelled) { /* by what it has deferred, maybe */
        trp_workers_unlock(w);
        return false;
    }
    order->retries--;
    order->failures++;
    order->since = 0;
    order->turn.moves = false; /* its arguments have been unpacked */
    trp_figures_task_again(c);
    trp_task_unlink(c->task);
    w->unwinding -= c->unwinding;
    give_back(c);
    show_no_more(w, c);
    if (w->stop)
        trp_order_cancel(w, order);
    else
        trp_worker_queue(w, &order->turn);
    trp_workers_unlock(w);
    return true;
}

static void conclude_task(struct trp_context *c, int status, const void *value)
{
    struct order *order = c->task->order;
    char *story = status != TROUPE_OK && order->failures ? trp_task_story(order, value) : NULL;
    trp_conclude_call(c, status, story ? story : value);
    free(story);
    trp_futures_orphan(&trp_shared_futures, &c->task->children);
    trp_order_free(order);
}

static void conclude(struct trp_context *c, int status, const void *value)
{
    struct trp_workers *w = c->rank->workers;
    trp_trace(c, TRP_TRACE_ENDS);
    if (c->guest)
        trp_guests_leave(c->rank);
    c->concluding = true;
    if (c->kind == TRP_CONTEXT_METHOD) {
        pthread_mutex_lock(&w->lock);
        c->worker->method = NULL; /* from here nobody can kill it */
        show_no_more(w, c);
        trp_workers_unlock(w);
        if (c->cancelled && status == TROUPE_OK) {
            status = c->cancelled;
            value = c->cancelled_by;
        }
        char *story = status == TROUPE_OK ? NULL : strdup(value);
        trp_conclude_call(c, status, value);
        const int64_t took = trp_now_ns() - c->began;
        c->worker->worked = (struct trp_worked){took, took - c->waited, status, c->answered};
        tell_done(c, status, story);
        free(story);
    } else {
        if (trp_task_retries(c, status) && run_again(c))
            return;
        conclude_task(c, status, value);
    }
    finish(c, status);
}

void trp_worker_fail(struct trp_context *context, int status, const char *story)
{
    struct trp_carrier *carrier = &context->worker->carrier;
    conclude(context, status, story);
    trp_carrier_abandon(carrier);
}

/* ---- running --------------------------------------------------------------------------------- */

static void run(struct trp_context *c)
{
    const struct troupe_type *type = c->method->signature->result;
    void *result = trp_arena_alloc(&c->arena, type->size);
    if (!result)
        trp_die("no memory for a result of %u bytes", type->size);
    omp_set_num_threads(c->cpus);
    trp_set_current(c);
    trp_trace(c, TRP_TRACE_BEGINS);
    c->method->thunk(c->actor ? c->actor->state : NULL, c->args, result);
    conclude(c, TROUPE_OK, result);
}

static void run_task(struct trp_worker *worker, struct order *order, struct trp_task *task)
{
    const struct trp_record *record = trp_order_record(order);
    struct trp_context context = {.kind = TRP_CONTEXT_TASK,
                                  .rank = worker->rank,
                                  .worker = worker,
                                  .method = trp_task_by_number(record->slot),
                                  .args = trp_record_body(record),
                                  .parcel = order->parcel,
                                  .caller = order->caller,
                                  .answer = record->future,
                                  .claim = order->claim,
                                  .task = task,
                                  .began = task->began,
                                  .bundle = order->turn.bundle,
                                  .cpus = order->turn.cpus};
    struct trp_asking asking;
    const struct troupe_type *type = &context.method->signature->args;
    context.calls_as = (uint8_t)trp_from_task(context.method);
    if (order->claim)
        type = trp_asking_type(&asking, type);
    if (order->failures || trp_unpack_gifts(type, context.args, trp_record_body_size(record),
                                            order->parcel ? order->parcel->gifts : NULL)) {
        run(&context);
        return;
    }
    order->retries = 0;
    conclude(&context, TROUPE_BAD_MESSAGE, "the arguments of a task could not be read");
}

static void run_method(struct trp_worker *worker)
{
    struct trp_context context = {.kind = TRP_CONTEXT_METHOD,
                                  .rank = worker->rank,
                                  .worker = worker,
                                  .actor = worker->begun.actor,
                                  .method = worker->begun.method,
                                  .args = worker->begun.args,
                                  .caller = worker->begun.caller,
                                  .answer = worker->begun.answer,
                                  .began = trp_now_ns(),
                                  .bundle = worker->bundle,
                                  .cpus = worker->cpus};
    struct trp_workers *w = worker->rank->workers;
    context.calls_as = (uint8_t)trp_from_class(context.actor->class_);
    pthread_mutex_lock(&w->lock);
    worker->method = &context;
    context.cancelled = worker->killed;
    context.cancelled_by = worker->killed_story;
    worker->killed = 0;
    worker->killed_story = NULL;
    show(w, worker->rank, trp_who_context_code(&context));
    trp_workers_unlock(w);
    run(&context);
}

/* ---- the loop of a worker -------------------------------------------------------------------- */

/* At the end of the job who waits until his bytes are sent goes on when the wire is closed. */
static bool is_to_end(const struct trp_workers *w, const struct trp_worker *worker)
{
    return worker->stop || (w->stop && !worker->parked);
}

static void begin_call(struct trp_worker *worker)
{
    worker->begun = worker->call;
    worker->call.actor = NULL;
}

static void begin_task(struct trp_worker *worker, struct trp_task *task, struct order *order)
{
    trp_task_begin(worker->rank, task, order);
    show(worker->rank->workers, worker->rank, trp_who_task_code(trp_order_record(order)->slot));
}

/* Of those that are idle one looks for a while, where the scheduler leaves a CPU to him: to call
   one who sleeps costs more than most orders. Meanwhile nobody else is called for one
   (slots.c). */
static bool may_look(const struct trp_workers *w, const struct trp_worker *worker)
{
    return w->cpus > 1 && !worker->cpus && !w->looks && w->slots.free > 0;
}

static void look(struct trp_workers *w)
{
    w->looks = true;
    trp_workers_unlock(w);
    double end = trp_now() + LOOK;
    while (!__atomic_load_n(&w->queued, __ATOMIC_RELAXED) && trp_now() < end) {
    }
    pthread_mutex_lock(&w->lock);
    w->looks = false;
}

/* With the lock held: something may have come. */
static void rest(struct trp_workers *w, struct trp_worker *worker, bool *looked)
{
    *looked = !*looked && may_look(w, worker);
    if (*looked)
        look(w);
    else
        wait_called(w, worker, trp_timers_next(&worker->timers));
}

/* One thing to do; false when the worker is to end. */
static bool work(struct trp_worker *worker)
{
    struct trp_workers *w = worker->rank->workers;
    struct trp_context *woken = NULL;
    struct turn *turn = NULL;
    struct trp_task task;
    bool looked = false;
    pthread_mutex_lock(&w->lock);
    while (!(woken = take_ready(w, worker)) && !(turn = trp_worker_take_turn(w, worker)) &&
           !is_to_end(w, worker))
        rest(w, worker, &looked);
    if (woken || turn) {
        trp_worker_call_next(w);
        trp_steal_if_dry(worker->rank);
    }
    if ((woken || (turn && turn->owner)) && trp_steal_could_give(w))
        trp_steal_give_soon(worker->rank); /* others have counted on the slots */
    if (turn && turn->owner)
        begin_call(worker);
    else if (turn)
        begin_task(worker, &task, (struct order *)(void *)turn);
    trp_workers_unlock(w);
    if (woken)
        trp_carrier_resume(&worker->carrier, woken->stack);
    else if (turn && turn->owner)
        run_method(worker);
    else if (turn)
        run_task(worker, (struct order *)(void *)turn, &task);
    return woken || turn;
}

static void loop(void *arg)
{
    struct trp_worker *worker = arg;
    trp_carrier_arrive(&worker->carrier);
    while (work(worker)) {
    }
    trp_carrier_resume(&worker->carrier, worker->carrier.native);
    abort(); /* the thread has ended */
}

const struct trp_stack *trp_worker_stack(const struct trp_worker *worker)
{
    return worker->carrier.running;
}

static void *thread_main(void *arg)
{
    struct trp_worker *worker = arg;
    trp_crash_enter_thread();
    trp_cpus_loosen();
    struct trp_stack *native = trp_stack_native();
    if (!native)
        trp_die("no memory for a worker");
    size_t bytes = worker->rank->carrier.stack_bytes;
    trp_carrier_open(&worker->carrier, native, loop, worker,
                     bytes > TASK_STACK ? bytes : TASK_STACK);
    trp_carrier_park(&worker->carrier, &native);
    trp_carrier_close(&worker->carrier);
    trp_stack_free(native);
    trp_crash_leave_thread();
    return NULL;
}

struct trp_worker *trp_worker_begin(struct trp_rank *rank, int cpus)
{
    struct trp_workers *w = rank->workers;
    struct trp_worker *worker = calloc(1, sizeof *worker);
    pthread_condattr_t monotonic;
    if (!worker)
        trp_die("no memory for a worker");
    worker->rank = rank;
    worker->cpus = cpus;
    worker->next = w->all;
    w->all = worker;
    w->pool += cpus == 0;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&worker->called, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int error = pthread_create(&worker->thread, NULL, thread_main, worker);
    if (error)
        trp_die("a worker thread could not begin: %s", strerror(error));
    return worker;
}

void trp_worker_join(struct trp_worker *worker)
{
    pthread_join(worker->thread, NULL);
}

void trp_worker_free(struct trp_worker *worker)
{
    trp_timers_close(&worker->timers);
    pthread_cond_destroy(&worker->called);
    free(worker->killed_story);
    if (worker->lent)
        trp_parcel_drop(worker->lent);
    free(worker);
}

/* ---- waiting --------------------------------------------------------------------------------- */

void trp_worker_prepare(struct trp_context *context)
{
    struct trp_workers *w = context->rank->workers;
    pthread_mutex_lock(&w->lock);
    context->woken = false;
    trp_workers_unlock(w);
}

/* With the lock held, like the next one. */
static void begin_wait(struct trp_workers *w, struct trp_context *c, double deadline)
{
    struct trp_worker *worker = c->worker;
    c->waiting = true;
    c->since = trp_now_ns();
    trp_context_waits(c, c->since);
    c->parked_next = worker->parked;
    c->parked_link = &worker->parked;
    if (worker->parked)
        worker->parked->parked_link = &c->parked_next;
    worker->parked = c;
    c->timer.at = deadline;
    if (deadline >= 0)
        trp_timers_add(&worker->timers, &c->timer);
    else
        w->stuck++;
    w->shipping += c->shipping;
    if (w->stop) /* it is given up as soon as it can be */
        trp_worker_unwinds(w, c);
}

static void end_wait(struct trp_workers *w, struct trp_context *c)
{
    c->waiting = false;
    trp_context_goes_on(c, trp_now_ns());
    w->shipping -= c->shipping;
    *c->parked_link = c->parked_next;
    if (c->parked_next)
        c->parked_next->parked_link = c->parked_link;
    trp_timers_remove(&c->worker->timers, &c->timer);
}

void trp_worker_wait(struct trp_context *c, double deadline)
{
    struct trp_workers *w = c->rank->workers;
    struct trp_worker *worker = c->worker;
    pthread_mutex_lock(&w->lock);
    if (w->stop)
        trp_worker_give_up(c);
    if (c->woken || (c->cancelled && !c->shipping)) {
        trp_workers_unlock(w);
        return;
    }
    give_back(c);
    begin_wait(w, c, deadline);
    bool wakes = worker->owes_wake;
    worker->owes_wake = false;
    trp_workers_unlock(w);
    if (wakes)
        trp_inbox_wake(c->rank);
    trp_set_current(NULL);
    trp_trace(c, TRP_TRACE_WAITS);
    trp_carrier_park(&worker->carrier, &c->stack);
    trp_trace(c, TRP_TRACE_GOES_ON);
    trp_set_current(c);
    omp_set_num_threads(c->cpus);
    pthread_mutex_lock(&w->lock);
    end_wait(w, c);
    trp_workers_unlock(w);
}

void trp_worker_owes_wake(struct trp_worker *worker)
{
    worker->owes_wake = true;
}

void trp_worker_wake(struct trp_context *context)
{
    struct trp_workers *w = context->rank->workers;
    pthread_mutex_lock(&w->lock);
    trp_worker_make_ready(w, context);
    trp_worker_call(w, context->worker);
    trp_workers_unlock(w);
}
