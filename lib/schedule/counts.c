#include "schedule/counts.h"

#include <stdio.h>
#include <string.h>

#include "actor/classes.h"
#include "schedule/execute.h"
#include "schedule/figures.h"
#include "schedule/measured.h"
#include "schedule/worker.h"

/* ---- names ----------------------------------------------------------------------------------- */

void trp_from_name(unsigned from, char *text, size_t size)
{
    static const char *const few[] = {"other", "driver", "gateway"};
    uint32_t number = from - TRP_FROM_CLASSES, classes = trp_class_count();
    if (from < TRP_FROM_CLASSES)
        snprintf(text, size, "%s", few[from]);
    else if (number < classes)
        snprintf(text, size, "%s", trp_class_by_id(number)->name);
    else if (trp_task_by_number(number - classes))
        snprintf(text, size, "task %s", trp_task_by_number(number - classes)->signature->name);
    else
        snprintf(text, size, "%s", few[TRP_FROM_OTHER]);
}

void trp_counts_as_gateway(struct trp_context *context)
{
    context->calls_as = TRP_FROM_GATEWAY;
}

/* NULL: it is of no method that is known. */
static const struct troupe_method *method_of(uint32_t class_id, uint32_t slot)
{
    const struct troupe_class *class_ = trp_class_by_id(class_id);
    if (class_id == TRP_COUNTS_TASK)
        return trp_task_by_number(slot);
    if (class_ && slot == TRP_COUNTS_INIT)
        return class_->init;
    return class_ && slot < class_->slots ? class_->table[slot] : NULL;
}

void trp_counts_name(uint32_t class_id, uint32_t slot, const char **class_name,
                     const char **method_name)
{
    const struct troupe_method *method = method_of(class_id, slot);
    *method_name = method ? method->signature->name : "other";
    *class_name = class_id == TRP_COUNTS_TASK || !method ? *method_name
                                                         : trp_class_by_id(class_id)->name;
}

/* ---- methods and tasks ----------------------------------------------------------------------- */

/* Values without pointers are all of one size. */
static void add_bytes(struct trp_method_counts *m, const struct trp_figures *f)
{
    const struct troupe_method *method = method_of(f->class_id, f->slot);
    m->bytes_in = f->bytes_in;
    m->bytes_out = f->bytes_out;
    if (!method)
        return;
    const struct troupe_signature *s = method->signature;
    if (s->args.flat && s->args.count)
        m->bytes_in += f->begun * s->args.size;
    if (s->result->flat && s->result->kind != TROUPE_KIND_VOID)
        m->bytes_out += f->done * s->result->size;
}

/* Those that began at once have waited for nothing. */
static void add_times(struct trp_method_counts *m, const struct trp_figures *f)
{
    m->sampled = (uint32_t)(f->samples ? (f->begun + f->samples - 1) / f->samples : 1);
    if (f->times) {
        m->run = f->times->run;
        m->wait = f->times->wait;
    }
    if (f->begun > f->letters)
        trp_histogram_add(&m->wait, 0, f->begun - f->letters);
}

static struct trp_method_counts counts_of(const struct trp_figures *f)
{
    struct trp_method_counts m = {.class_id = f->class_id,
                                  .slot = f->slot,
                                  .received = f->begun + f->refused + f->waiting,
                                  .done = f->done,
                                  .failed = f->failed + f->refused,
                                  .waiting = f->waiting,
                                  .waiting_highest = f->waiting_highest,
                                  .running = f->begun - f->done - f->failed};
    add_bytes(&m, f);
    add_times(&m, f);
    return m;
}

typedef void visit(struct trp_figures *f, void *arg);

static void visit_some(struct trp_figures *figures, uint32_t count, visit *fn, void *arg)
{
    for (uint32_t i = 0; i < count; i++)
        if (figures[i].begun || figures[i].refused || figures[i].waiting)
            fn(&figures[i], arg);
}

/* All that were called ever; those of tasks change meanwhile, and so there is a lock. */
static void visit_all(struct trp_rank *rank, visit *fn, void *arg)
{
    struct trp_counts *counts = rank->counts;
    for (uint32_t i = 0; i < trp_class_count(); i++)
        visit_some(counts->of[i], trp_class_by_id(i)->slots + 1, fn, arg);
    visit_some(&counts->unknown, 1, fn, arg);
    pthread_mutex_lock(&rank->workers->lock);
    visit_some(counts->tasks, trp_task_count(), fn, arg);
    trp_workers_unlock(rank->workers);
}

struct list {
    void *all;
    size_t count, room;
};

static void list_method(struct trp_figures *f, void *arg)
{
    struct list *list = arg;
    if (list->count < list->room)
        ((struct trp_method_counts *)list->all)[list->count] = counts_of(f);
    list->count++;
}

size_t trp_counts_methods(struct trp_rank *rank, struct trp_method_counts *all, size_t room)
{
    struct list list = {.all = all, .room = room};
    visit_all(rank, list_method, &list);
    return list.count;
}

void trp_counts_merge(struct trp_method_counts *into, const struct trp_method_counts *other)
{
    into->received += other->received;
    into->done += other->done;
    into->failed += other->failed;
    into->waiting += other->waiting;
    into->waiting_highest += other->waiting_highest;
    into->running += other->running;
    into->bytes_in += other->bytes_in;
    into->bytes_out += other->bytes_out;
    into->sampled = other->sampled > into->sampled ? other->sampled : into->sampled;
    trp_histogram_merge(&into->wait, &other->wait);
    trp_histogram_merge(&into->run, &other->run);
}

struct trp_task_counts trp_counts_tasks(struct trp_rank *rank)
{
    const struct trp_counts *counts = rank->counts;
    struct trp_task_counts sum = {0};
    pthread_mutex_lock(&rank->workers->lock);
    for (uint32_t i = 0; i < trp_task_count(); i++) {
        const struct trp_figures *f = &counts->tasks[i];
        sum.waiting += f->waiting;
        sum.running += f->begun - f->done - f->failed;
        sum.done += f->done;
        sum.failed += f->failed + f->refused;
    }
    sum.cancelled = counts->cancelled;
    sum.failed -= counts->cancelled;
    trp_workers_unlock(rank->workers);
    return sum;
}

/* ---- actors ---------------------------------------------------------------------------------- */

static uint64_t running_of(const struct trp_actor *actor)
{
    return actor->more && actor->more->worker ? actor->more->calls : actor->running != NULL;
}

struct trp_actor_counts trp_counts_actor(const struct trp_actor *actor)
{
    const struct trp_actor_more *more = actor->more;
    struct trp_actor_counts counts = {.received = actor->calls, .running = running_of(actor)};
    uint64_t over = counts.running + (more ? more->failed : 0);
    counts.done = actor->calls > over ? actor->calls - over : 0;
    if (!more)
        return counts;
    counts.received += more->refused + more->waiting;
    counts.failed = more->failed + more->refused;
    counts.waiting = more->waiting;
    counts.waiting_highest = more->waiting_highest;
    return counts;
}

/* ns, of the methods that it is in. */
static int64_t ran_of(const struct trp_rank *rank, const struct trp_actor *actor)
{
    const struct trp_context *c = actor->running;
    const int64_t now = trp_now_ns();
    int64_t ran = 0;
    if (c != &trp_elsewhere)
        return c && c->began ? trp_context_ran(c, now) : 0;
    pthread_mutex_lock(&rank->workers->lock);
    for (const struct trp_worker *own = actor->more->worker; own; own = own->mate)
        ran += own->method ? trp_context_ran(own->method, now) : 0;
    trp_workers_unlock(rank->workers);
    return ran;
}

struct trp_actor_times trp_counts_times(const struct trp_rank *rank, const struct trp_actor *actor)
{
    struct trp_actor_times times = trp_measured_of(rank, actor);
    if (actor->running)
        times.busy += 1e-9 * (double)ran_of(rank, actor);
    return times;
}

/* ---- who called what ------------------------------------------------------------------------- */

static void list_edge(struct list *list, const struct trp_edge *edge)
{
    if (list->count < list->room)
        ((struct trp_edge *)list->all)[list->count] = *edge;
    list->count++;
}

static void list_others(struct trp_figures *f, void *arg)
{
    const struct trp_edge edge = {TRP_FROM_OTHER, -1, f->class_id, f->slot, f->others};
    if (f->others)
        list_edge(arg, &edge);
}

/* All that is not in the table yet comes there. */
static void turn(struct trp_figures *f, void *arg)
{
    trp_figures_turn(arg, f, f->from);
}

size_t trp_counts_edges(struct trp_rank *rank, struct trp_edge *all, size_t room)
{
    struct list list = {.all = all, .room = room};
    visit_all(rank, turn, rank);
    for (size_t i = 0; rank->counts->edges && i < TRP_EDGE_PLACES; i++)
        if (rank->counts->edges[i].taken && rank->counts->edges[i].edge.calls)
            list_edge(&list, &rank->counts->edges[i].edge);
    visit_all(rank, list_others, &list);
    return list.count;
}

size_t trp_counts_traffic(struct trp_rank *rank, struct trp_traffic *all, size_t room)
{
    size_t count = 0;
    for (int to = 0; to < rank->ranks; to++) {
        const struct trp_outlet *out = &rank->outlets[to];
        struct trp_traffic traffic = {to, out->messages, out->account.sent};
        if (out->parcel)
            traffic.bytes += (uint64_t)(out->lane.at - (const char *)out->parcel->bytes);
        if (!traffic.messages)
            continue;
        if (count < room)
            all[count] = traffic;
        count++;
    }
    return count;
}
