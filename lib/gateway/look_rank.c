#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "actor/classes.h"
#include "base/clock.h"
#include "gateway/look.h"
#include "schedule/claims.h"
#include "schedule/counts.h"
#include "schedule/execute.h"
#include "schedule/groups.h"
#include "schedule/tasks.h"
#include "schedule/who.h"

#define LISTED 256 /* who runs, or waits, of a rank */

/* ---- who runs, and who waits for what -------------------------------------------------------- */

struct seen {
    struct trp_rank *rank;
    struct trp_arena *arena;
    trp_doing *running, *waiting;
    const struct trp_context **who; /* of the waiting ones */
    size_t runs, waits;
};

/* Without the repr, which reads a state that may be changing. */
static const char *name_of(struct seen *s, const struct trp_context *c, const char **what)
{
    char text[TRP_WHO_SIZE] = "driver";
    *what = c->method ? c->method->signature->name : "";
    if (c->kind == TRP_CONTEXT_TASK)
        snprintf(text, sizeof text, "task %s", c->method->signature->name);
    else if (c->kind == TRP_CONTEXT_METHOD)
        trp_ref_name(s->rank, trp_actor_ref(c->actor), c->actor->class_, text, sizeof text);
    if (c->kind != TRP_CONTEXT_METHOD)
        *what = "";
    return trp_look_text(s->arena, text);
}

/* Seconds since a moment; 0: it is not known. */
static double seconds_since(int64_t moment)
{
    return moment ? 1e-9 * (double)(trp_now_ns() - moment) : -1;
}

/* A light one, or the driver, since it has computed for too long; another since it began. */
static void add_running(struct seen *s, const struct trp_context *c)
{
    trp_doing doing = {.what = "",
                       .waits_for = "",
                       .since = seconds_since(c->worker ? c->began : c->since)};
    if (s->runs == LISTED)
        return;
    doing.who = name_of(s, c, &doing.what);
    s->running[s->runs++] = doing;
}

static void add_waiting(struct seen *s, const struct trp_context *c)
{
    trp_doing doing = {.what = "", .waits_for = "", .since = seconds_since(c->since)};
    if (s->waits == LISTED)
        return;
    doing.who = name_of(s, c, &doing.what);
    if (c->timer.place)
        doing.waits_for = "its time";
    s->who[s->waits] = c;
    s->waiting[s->waits++] = doing;
}

static void add_light(struct trp_actor *actor, void *arg)
{
    struct seen *s = arg;
    const struct trp_context *c = actor->running;
    if (!c || c == &trp_elsewhere || !actor->class_ || trp_class_is_own(actor->class_))
        return;
    if (c->away)
        add_running(s, c);
    else if (c->stack)
        add_waiting(s, c);
}

/* With the workers' lock held. */
static bool is_parked(const struct trp_workers *w, const struct trp_task *task)
{
    for (const struct trp_worker *worker = w->all; worker; worker = worker->next)
        for (const struct trp_context *c = worker->parked; c; c = c->parked_next)
            if (c->task == task)
                return true;
    return false;
}

static void add_workers(struct seen *s)
{
    struct trp_workers *w = s->rank->workers;
    pthread_mutex_lock(&w->lock);
    for (const struct trp_worker *worker = w->all; worker; worker = worker->next) {
        for (const struct trp_context *c = worker->parked; c; c = c->parked_next)
            add_waiting(s, c);
        if (worker->method && !worker->method->waiting)
            add_running(s, worker->method);
    }
    for (const struct trp_task *task = w->running; task && s->runs < LISTED; task = task->next) {
        const struct troupe_method *method =
            trp_task_by_number(trp_order_record(task->order)->slot);
        if (is_parked(w, task))
            continue;
        char text[TRP_WHO_SIZE];
        snprintf(text, sizeof text, "task %s", method->signature->name);
        s->running[s->runs++] =
            (trp_doing){trp_look_text(s->arena, text), "", "", seconds_since(task->since)};
    }
    trp_workers_unlock(w);
}

static void add_driver(struct seen *s)
{
    const struct trp_context *driver = s->rank->main;
    if (s->rank->rank != 0 || !driver)
        return;
    if (driver->away)
        add_running(s, driver);
    else
        add_waiting(s, driver);
}

static void name_target(struct seen *s, trp_doing *doing, const struct trp_future_slot *slot)
{
    char text[TRP_WHO_SIZE], who[TRP_WHO_SIZE];
    int host = trp_ref_host(slot->target);
    bool task = !slot->target.serial;
    trp_ref_name(s->rank, slot->target, NULL, who, sizeof who);
    if (host == s->rank->rank && !task) {
        const struct trp_actor *actor = trp_actors_peek(
            &s->rank->actors, trp_ref_creator(slot->target), slot->target.serial);
        if (actor)
            trp_ref_name(s->rank, slot->target, actor->class_, who, sizeof who);
    }
    if (task)
        snprintf(text, sizeof text, "a task on rank %d", host);
    else
        snprintf(text, sizeof text, "%s of %.200s", slot->end ? "the end" : "an answer", who);
    doing->waits_for = trp_look_text(s->arena, text);
}

static void look_into(struct seen *s, const struct trp_futures *futures)
{
    for (uint32_t i = 0; i < futures->made; i++) {
        const struct trp_future_slot *slot = trp_slot_at(futures, i);
        if (slot->state != TRP_SLOT_PENDING || !slot->waiter)
            continue;
        for (size_t k = 0; k < s->waits; k++)
            if (s->who[k] == slot->waiter)
                name_target(s, &s->waiting[k], slot);
    }
}

trp_stack_of trp_look_stack(struct trp_rank *rank, struct trp_arena *arena)
{
    struct seen s = {.rank = rank, .arena = arena};
    s.running = trp_arena_alloc(arena, LISTED * sizeof *s.running);
    s.waiting = trp_arena_alloc(arena, LISTED * sizeof *s.waiting);
    s.who = trp_arena_alloc(arena, LISTED * sizeof *s.who);
    if (!s.running || !s.waiting || !s.who)
        return (trp_stack_of){{NULL, 0}, {NULL, 0}};
    add_driver(&s);
    trp_actors_each(&rank->actors, 0, add_light, &s);
    add_workers(&s);
    look_into(&s, &rank->futures);
    pthread_mutex_lock(&trp_shared_futures.lock);
    look_into(&s, &trp_shared_futures);
    pthread_mutex_unlock(&trp_shared_futures.lock);
    return (trp_stack_of){{s.running, s.runs}, {s.waiting, s.waits}};
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static TROUPE_SPAN(troupe_str) names_running(struct trp_workers *w, struct trp_arena *arena,
                                             uint32_t most)
{
    TROUPE_SPAN(troupe_str) span = {NULL, 0};
    troupe_str *names = trp_arena_alloc(arena, (most + 1) * sizeof *names);
    pthread_mutex_lock(&w->lock);
    for (const struct trp_task *t = w->running; names && t && span.count < most; t = t->next)
        names[span.count++] =
            trp_task_by_number(trp_order_record(t->order)->slot)->signature->name;
    trp_workers_unlock(w);
    span.data = names;
    return span;
}

trp_tasks_of trp_look_tasks(struct trp_rank *rank, struct trp_arena *arena, uint32_t most)
{
    trp_tasks_of tasks = {0};
    struct troupe_waiting *list = trp_arena_alloc(arena, (most + 1) * sizeof *list);
    trp_queued *queue = trp_arena_alloc(arena, (most + 1) * sizeof *queue);
    size_t waits = list && queue ? trp_claims_waiting(rank, list, most) : 0;
    struct trp_task_counts counts = trp_counts_tasks(rank);
    tasks.waiting = counts.waiting;
    tasks.running = counts.running;
    tasks.done = counts.done;
    tasks.failed = counts.failed;
    tasks.cancelled = counts.cancelled;
    tasks.queue.data = queue;
    tasks.queue.count = waits < most ? waits : most;
    for (size_t i = 0; i < tasks.queue.count; i++)
        queue[i] = (trp_queued){list[i].who, list[i].reason, list[i].seconds};
    tasks.names = names_running(rank->workers, arena, most);
    return tasks;
}

/* ---- the rank -------------------------------------------------------------------------------- */

static uint64_t memory_rss(void)
{
    unsigned long long size, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%llu %llu", &size, &resident) != 2)
        resident = 0;
    if (file)
        fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double in_units(int kind, uint64_t amount)
{
    return kind == TRP_GPUS ? (double)amount / TRP_WHOLE : (double)amount;
}

static TROUPE_SPAN(trp_resource_of) resources_of(struct trp_rank *rank, struct trp_arena *arena)
{
    const struct trp_resources *r = rank->resources;
    struct trp_workers *w = rank->workers;
    trp_resource_of *of = trp_arena_alloc(arena, (size_t)r->kinds * sizeof *of);
    pthread_mutex_lock(&w->lock);
    for (int kind = 0; of && kind < r->kinds; kind++) {
        uint64_t has = trp_rank_has(r, rank->rank, kind);
        double used = in_units(kind, kind == TRP_CPUS ? 0 : has - w->stock.free.of[kind]);
        of[kind] = (trp_resource_of){r->names[kind], in_units(kind, has),
                                     kind == TRP_CPUS ? w->cpus - w->free : used};
    }
    trp_workers_unlock(w);
    return (TROUPE_SPAN(trp_resource_of)){of, of ? (size_t)r->kinds : 0};
}

static const char *doing(struct trp_rank *rank, struct trp_arena *arena)
{
    char text[2 * TRP_WHO_SIZE];
    trp_stack_of stack = trp_look_stack(rank, arena);
    if (!stack.running.count)
        return "asleep";
    const trp_doing *first = stack.running.data;
    snprintf(text, sizeof text, "%s%s%s", first->who, *first->what ? "." : "", first->what);
    return trp_look_text(arena, text);
}

static void count_actor(struct trp_actor *actor, void *arg)
{
    *(uint64_t *)arg += actor->class_ && !trp_class_is_own(actor->class_);
}

trp_rank_of trp_look_rank(struct trp_rank *rank, struct trp_arena *arena)
{
    char host[256] = "";
    struct trp_workers *w = rank->workers;
    gethostname(host, sizeof host - 1);
    trp_rank_of of = {.pid = getpid(),
                      .host = trp_look_text(arena, host),
                      .node = trp_rank_node(rank->resources, rank->rank),
                      .cpus = w->cpus,
                      .slots_used = w->cpus - __atomic_load_n(&w->free, __ATOMIC_RELAXED),
                      .memory_rss = memory_rss(),
                      .cpu_seconds = cpu_seconds(),
                      .doing = doing(rank, arena),
                      .resources = resources_of(rank, arena)};
    trp_actors_each(&rank->actors, 0, count_actor, &of.actors);
    struct trp_task_counts tasks = trp_counts_tasks(rank);
    of.tasks_waiting = tasks.waiting;
    of.tasks_running = tasks.running;
    of.calls = trp_look_calls(rank, arena);
    trp_look_sent(rank, arena, &of.messages_out, &of.bytes_out);
    return of;
}
