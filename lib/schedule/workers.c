#include "schedule/workers.h"

#include <errno.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "base/clock.h"
#include "base/log.h"
#include "schedule/deliver.h"
#include "schedule/send.h"
#include "troupe/status.h"
#include "wire/pack.h"

#define TASK_STACK (1024 * 1024) /* bytes; only what is touched takes memory */

/* A task that has not begun. */
struct order {
    struct order *next;
    int caller;
    uint64_t words[]; /* a record */
};

struct trp_worker {
    struct trp_rank *rank;
    pthread_t thread;
    pthread_cond_t called;
    struct trp_carrier carrier;
    struct trp_context_queue ready; /* its own parked tasks that go on */
    struct trp_timers timers;
    bool idle;
};

struct trp_workers {
    pthread_mutex_t lock;
    struct trp_worker **list; /* [cpus] */
    int count, cpus, free;    /* slots */
    int team_limit;           /* OMP_NUM_THREADS, or the slots */
    struct order *head, *tail;
    int unfinished; /* tasks queued, running or waiting */
    int resuming;   /* woken tasks that still need their slots */
    bool stop;
};

static const struct trp_record *record_of(const struct order *order)
{
    return (const struct trp_record *)(const void *)order->words;
}

/* ---- opening --------------------------------------------------------------------------------- */

void trp_workers_open(struct trp_rank *rank)
{
    struct trp_workers *w = calloc(1, sizeof *w);
    int cpus = rank->cpus[rank->rank];
    if (!w || !(w->list = calloc((size_t)cpus, sizeof *w->list)))
        trp_die("no memory for %d workers", cpus);
    pthread_mutex_init(&w->lock, NULL);
    w->cpus = w->free = cpus;
    const char *limit = getenv("OMP_NUM_THREADS");
    w->team_limit = limit && atoi(limit) > 0 && atoi(limit) < cpus ? atoi(limit) : cpus;
    rank->workers = w;
}

static int slots_of(const struct trp_workers *w, int wanted)
{
    return wanted < 1 ? 1 : wanted < w->team_limit ? wanted : w->team_limit;
}

static void wait_called(struct trp_workers *w, struct trp_worker *worker, double until)
{
    worker->idle = true;
    if (until < 0) {
        pthread_cond_wait(&worker->called, &w->lock);
    } else {
        struct timespec t = {.tv_sec = (time_t)until};
        t.tv_nsec = (long)(1e9 * (until - (double)t.tv_sec));
        pthread_cond_timedwait(&worker->called, &w->lock, &t);
    }
    worker->idle = false;
}

/* ---- choosing what to do: with the lock held ------------------------------------------------- */

static void fire_timers(struct trp_worker *worker)
{
    struct trp_context *due;
    while ((due = trp_timers_due(&worker->timers, trp_now())))
        if (!due->woken) {
            due->woken = true;
            trp_context_push(&worker->ready, due);
            worker->rank->workers->resuming++;
        }
}

/* A woken task of this worker, if its slots are free. */
static struct trp_context *take_ready(struct trp_workers *w, struct trp_worker *worker)
{
    fire_timers(worker);
    struct trp_context *c = worker->ready.head;
    if (!c || c->cpus > w->free)
        return NULL;
    w->free -= c->cpus;
    w->resuming--;
    return trp_context_pop(&worker->ready);
}

/* The oldest order, if its slots are free and no woken task needs them. */
static struct order *take_order(struct trp_workers *w)
{
    struct order *order = w->head;
    if (!order || w->resuming || slots_of(w, record_of(order)->number) > w->free)
        return NULL;
    w->free -= slots_of(w, record_of(order)->number);
    w->head = order->next;
    return order;
}

static void call_idle(struct trp_workers *w)
{
    for (int i = 0; i < w->count; i++)
        if (w->list[i]->idle)
            pthread_cond_signal(&w->list[i]->called);
}

static void give_back(struct trp_workers *w, int slots)
{
    w->free += slots;
    if (w->head || w->resuming)
        call_idle(w);
}

/* ---- running a task -------------------------------------------------------------------------- */

static void finish(struct trp_context *c)
{
    struct trp_workers *w = c->rank->workers;
    struct trp_rank *rank = c->rank;
    trp_set_current(NULL);
    pthread_mutex_lock(&w->lock);
    give_back(w, c->cpus);
    w->unfinished--;
    bool last = w->unfinished == 0;
    pthread_mutex_unlock(&w->lock);
    if (last)
        rank->wire->ops->wake(rank->wire);
}

static void run(struct trp_context *c, const void *args)
{
    const struct troupe_type *type = c->method->signature->result;
    void *result = trp_arena_alloc(&c->arena, type->size);
    if (!result)
        trp_die("no memory for a result of %u bytes", type->size);
    omp_set_num_threads(c->cpus);
    trp_set_current(c);
    c->method->thunk(NULL, args, result);
    trp_conclude(c, TROUPE_OK, result);
}

static void execute(struct trp_worker *worker, struct order *order)
{
    struct trp_rank *rank = worker->rank;
    const struct trp_record *record = record_of(order);
    struct trp_context context = {.kind = TRP_CONTEXT_TASK,
                                  .rank = rank,
                                  .worker = worker,
                                  .method = trp_task_by_number(record->slot),
                                  .caller = order->caller,
                                  .answer = record->future,
                                  .cpus = slots_of(rank->workers, record->number)};
    /* The arguments go with the context, so that a failure frees them too. */
    size_t size = trp_record_body_size(record);
    void *args = trp_arena_alloc(&context.arena, size);
    if (!args)
        trp_die("no memory for the arguments of task %s", context.method->signature->name);
    memcpy(args, trp_record_body(record), size);
    free(order);
    if (trp_unpack(&context.method->signature->args, args, size))
        run(&context, args);
    else
        trp_conclude(&context, TROUPE_BAD_MESSAGE, "the arguments of a task could not be read");
    finish(&context);
}

void trp_worker_abandon(struct trp_context *context)
{
    struct trp_carrier *carrier = &context->worker->carrier;
    finish(context);
    trp_carrier_abandon(carrier);
}

/* ---- the loop of a worker -------------------------------------------------------------------- */

/* One thing to do; false when the worker is to end. */
static bool work(struct trp_worker *worker)
{
    struct trp_workers *w = worker->rank->workers;
    struct trp_context *woken = NULL;
    struct order *order = NULL;
    pthread_mutex_lock(&w->lock);
    while (!(woken = take_ready(w, worker)) && !(order = take_order(w)) && !w->stop)
        wait_called(w, worker, trp_timers_next(&worker->timers));
    pthread_mutex_unlock(&w->lock);
    if (woken)
        trp_carrier_resume(&worker->carrier, woken->stack);
    else if (order)
        execute(worker, order);
    return woken || order;
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

static void *thread_main(void *arg)
{
    struct trp_worker *worker = arg;
    struct trp_stack *native = trp_stack_native();
    if (!native)
        trp_die("no memory for a worker");
    trp_carrier_open(&worker->carrier, native, loop, worker, TASK_STACK);
    trp_carrier_park(&worker->carrier, &native);
    trp_carrier_close(&worker->carrier);
    trp_stack_free(native);
    return NULL;
}

static void begin_worker(struct trp_rank *rank)
{
    struct trp_workers *w = rank->workers;
    struct trp_worker *worker = calloc(1, sizeof *worker);
    pthread_condattr_t monotonic;
    if (!worker)
        trp_die("no memory for a worker");
    worker->rank = rank;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&worker->called, &monotonic);
    pthread_condattr_destroy(&monotonic);
    w->list[w->count++] = worker;
    int error = pthread_create(&worker->thread, NULL, thread_main, worker);
    if (error)
        trp_die("a worker thread could not begin: %s", strerror(error));
}

static bool any_idle(const struct trp_workers *w)
{
    for (int i = 0; i < w->count; i++)
        if (w->list[i]->idle)
            return true;
    return false;
}

void trp_workers_submit(struct trp_rank *rank, const struct trp_record *record, int caller)
{
    struct trp_workers *w = rank->workers;
    size_t bytes = trp_record_bytes(record);
    if (!trp_task_by_number(record->slot))
        trp_die("rank %d submits task %u, which is not known here", caller, record->slot);
    struct order *order = malloc(sizeof *order + bytes);
    if (!order)
        trp_die("no memory to queue a task with %zu bytes of arguments", bytes);
    order->next = NULL;
    order->caller = caller;
    memcpy(order->words, record, bytes);
    pthread_mutex_lock(&w->lock);
    if (w->head)
        w->tail->next = order;
    else
        w->head = order;
    w->tail = order;
    w->unfinished++;
    if (any_idle(w))
        call_idle(w);
    else if (w->count < w->cpus)
        begin_worker(rank);
    pthread_mutex_unlock(&w->lock);
}

/* ---- waiting tasks --------------------------------------------------------------------------- */

void trp_worker_prepare(struct trp_context *context)
{
    struct trp_workers *w = context->rank->workers;
    pthread_mutex_lock(&w->lock);
    context->woken = false;
    pthread_mutex_unlock(&w->lock);
}

void trp_worker_wait(struct trp_context *c, double deadline)
{
    struct trp_workers *w = c->rank->workers;
    struct trp_worker *worker = c->worker;
    pthread_mutex_lock(&w->lock);
    give_back(w, c->cpus);
    c->deadline = deadline;
    if (deadline >= 0)
        trp_timers_add(&worker->timers, c);
    pthread_mutex_unlock(&w->lock);
    trp_set_current(NULL);
    trp_carrier_park(&worker->carrier, &c->stack);
    trp_set_current(c);
    omp_set_num_threads(c->cpus);
    pthread_mutex_lock(&w->lock);
    trp_timers_remove(&worker->timers, c);
    pthread_mutex_unlock(&w->lock);
}

void trp_worker_wake(struct trp_context *context)
{
    struct trp_worker *worker = context->worker;
    struct trp_workers *w = context->rank->workers;
    pthread_mutex_lock(&w->lock);
    if (!context->woken) {
        context->woken = true;
        trp_context_push(&worker->ready, context);
        w->resuming++;
        pthread_cond_signal(&worker->called);
    }
    pthread_mutex_unlock(&w->lock);
}

/* ---- asking and closing ---------------------------------------------------------------------- */

bool trp_workers_fill_cpus(struct trp_rank *rank)
{
    return __atomic_load_n(&rank->workers->free, __ATOMIC_RELAXED) <= 0;
}

bool trp_workers_busy(struct trp_rank *rank)
{
    return __atomic_load_n(&rank->workers->unfinished, __ATOMIC_ACQUIRE) > 0;
}

static void free_worker(struct trp_worker *worker)
{
    trp_timers_close(&worker->timers);
    pthread_cond_destroy(&worker->called);
    free(worker);
}

void trp_workers_close(struct trp_rank *rank, bool abandon)
{
    struct trp_workers *w = rank->workers;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    while (w->head) {
        struct order *order = w->head;
        w->head = order->next;
        w->unfinished--;
        free(order);
    }
    call_idle(w);
    bool running = w->unfinished > 0;
    pthread_mutex_unlock(&w->lock);
    if (running && abandon)
        return; /* threads that run a task still look at all this */
    for (int i = 0; i < w->count; i++) {
        pthread_join(w->list[i]->thread, NULL);
        free_worker(w->list[i]);
    }
    pthread_mutex_destroy(&w->lock);
    free(w->list);
    free(w);
    rank->workers = NULL;
}
