#include "schedule/figures.h"

#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "base/hash.h"
#include "base/log.h"
#include "schedule/failures.h"
#include "schedule/mail.h"
#include "schedule/measured.h"
#include "schedule/workers.h"
#include "troupe/status.h"

#define BRIEF 20000 /* ns: what takes less is measured once in TRP_CALLS_A_SAMPLE */
#define LETTERS_A_SAMPLE 16

static struct trp_figures *figures_new(uint32_t class_id, uint32_t count)
{
    struct trp_figures *figures = calloc(count, sizeof *figures);
    if (!figures)
        trp_die("no memory for the counts of %u methods", count);
    for (uint32_t i = 0; i < count; i++) {
        figures[i].class_id = class_id;
        figures[i].slot = i;
    }
    return figures;
}

void trp_counts_open(struct trp_rank *rank)
{
    struct trp_counts *counts = calloc(1, sizeof *counts);
    uint32_t classes = trp_class_count();
    if (!counts || !(counts->of = calloc(classes + 1, sizeof *counts->of)))
        trp_die("no memory for the counts of %u classes", classes);
    for (uint32_t i = 0; i < classes; i++) {
        uint32_t slots = trp_class_by_id(i)->slots;
        counts->of[i] = figures_new(i, slots + 1);
        counts->of[i][slots].slot = TRP_COUNTS_INIT;
    }
    counts->tasks = figures_new(TRP_COUNTS_TASK, trp_task_count() + 1);
    counts->unknown.class_id = TRP_COUNTS_UNKNOWN;
    rank->counts = counts;
}

static void figures_free(struct trp_figures *figures, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(figures[i].times);
    free(figures);
}

void trp_counts_close(struct trp_rank *rank)
{
    struct trp_counts *counts = rank->counts;
    for (uint32_t i = 0; i < trp_class_count(); i++)
        figures_free(counts->of[i], trp_class_by_id(i)->slots + 1);
    figures_free(counts->tasks, trp_task_count() + 1);
    free(counts->unknown.times);
    free(counts->of);
    free(counts->edges);
    free(counts->failures);
    trp_measured_close(counts);
    free(counts);
}

/* ---- who calls ------------------------------------------------------------------------------- */

unsigned trp_from_task(const struct troupe_method *task)
{
    return trp_from_number(TRP_FROM_CLASSES + trp_class_count() + task->slot);
}

static bool same_edge(const struct trp_edge *a, const struct trp_edge *b)
{
    return a->from == b->from && a->from_rank == b->from_rank && a->class_id == b->class_id &&
           a->slot == b->slot;
}

static size_t hash_of(const struct trp_edge *edge)
{
    uint64_t a = (uint64_t)edge->from << 32 | (uint32_t)edge->from_rank;
    uint64_t b = (uint64_t)edge->class_id << 32 | edge->slot;
    return (size_t)((a * UINT64_C(0x9e3779b97f4a7c15) + b) * UINT64_C(0xd6e8feb86659fd93) >> 40);
}

/* There are twice as many places as edges. */
static struct trp_edge *place_of(struct trp_counts *counts, const struct trp_edge *edge)
{
    size_t at = hash_of(edge) % TRP_EDGE_PLACES;
    while (counts->edges[at].taken && !same_edge(&counts->edges[at].edge, edge))
        at = (at + 1) % TRP_EDGE_PLACES;
    struct trp_edge_place *place = &counts->edges[at];
    if (!place->taken && counts->edge_count >= TRP_EDGES_MOST)
        return NULL;
    counts->edge_count += !place->taken;
    if (!place->taken)
        *place = (struct trp_edge_place){*edge, true};
    return &place->edge;
}

static bool add_edge(struct trp_counts *counts, const struct trp_edge *edge, uint64_t calls)
{
    if (!counts->edges && !(counts->edges = calloc(TRP_EDGE_PLACES, sizeof *counts->edges)))
        return false;
    struct trp_edge *place = place_of(counts, edge);
    if (place)
        place->calls += calls;
    return place;
}

void trp_figures_turn(struct trp_rank *rank, struct trp_figures *f, uint64_t key)
{
    const struct trp_edge edge = {.from = (uint32_t)(f->from >> 32),
                                  .from_rank = (int32_t)(uint32_t)f->from,
                                  .class_id = f->class_id,
                                  .slot = f->slot};
    if (f->from_calls && !add_edge(rank->counts, &edge, f->from_calls))
        f->others += f->from_calls;
    f->from = key;
    f->from_calls = 0;
}

/* ---- calls ----------------------------------------------------------------------------------- */

struct trp_figures *trp_figures_for(const struct trp_rank *rank, const struct troupe_class *class_,
                                    const struct trp_record *record)
{
    if (record->kind != TRP_RECORD_TELL && record->kind != TRP_RECORD_ASK &&
        record->kind != TRP_RECORD_CREATE)
        return NULL;
    if (!class_)
        return &rank->counts->unknown;
    if (record->kind == TRP_RECORD_CREATE)
        return class_->init ? trp_figures_of(rank, class_, class_->slots) : NULL;
    return record->slot < class_->slots ? trp_figures_of(rank, class_, record->slot) : NULL;
}

uint64_t trp_figures_calls(const struct troupe_class *class_, const struct trp_record *record)
{
    if (record->kind != TRP_RECORD_TELL || !class_ || record->slot >= class_->slots)
        return 1;
    const struct troupe_method *method = class_->table[record->slot];
    size_t each = trp_tell_bytes(method->signature->args.size), all = trp_record_body_size(record);
    return method->row && all > each ? all / each : 1;
}

static struct trp_times *times_of(struct trp_figures *f)
{
    if (!f->times)
        f->times = calloc(1, sizeof *f->times);
    return f->times;
}

struct trp_sample trp_figures_sample(struct trp_figures *f, int64_t began, uint64_t calls)
{
    int64_t took = trp_now_ns() - began;
    const struct trp_sample sample = {took / (int64_t)calls, f->begun - f->sampled};
    struct trp_times *times = times_of(f);
    f->sample_at = f->begun + (took < BRIEF ? TRP_CALLS_A_SAMPLE * calls : 1);
    if (!times)
        return (struct trp_sample){0, 0};
    trp_histogram_add(&times->run, 1e-9 * (double)took / (double)calls, sample.weight);
    f->sampled = f->begun;
    f->samples++;
    return sample;
}

void trp_figures_measured(struct trp_context *c)
{
    struct trp_sample sample = trp_figures_sample(c->figures, c->began, c->calls);
    const int64_t waited = c->waited / (int64_t)c->calls;
    c->waited = 0;
    if (c->method == c->actor->class_->init && sample.took < BRIEF)
        return; /* what was only made takes no room of the table */
    trp_measured_ran(c->rank, c->actor, sample.took, sample.took - waited, sample.weight);
}

void trp_figures_put_back(struct trp_context *c, uint64_t calls)
{
    c->figures->begun -= calls;
    trp_figures_from(c->rank, c->figures, c->from, c->caller, -(int64_t)calls);
    c->actor->calls -= calls;
    c->calls -= (uint32_t)calls;
    trp_trace_put_back(c, calls);
}

void trp_figures_ended(struct trp_context *c, int status)
{
    struct trp_figures *f = c->figures;
    f->bytes_out += c->answered;
    c->answered = 0;
    trp_figures_done(c);
    if (status == TROUPE_OK)
        return;
    f->done--;
    f->failed++;
    trp_actor_more(c->actor)->failed++;
}

/* ---- letters --------------------------------------------------------------------------------- */

static void wait_more(struct trp_figures *f, struct trp_actor *actor, uint64_t calls)
{
    struct trp_actor_more *more = trp_actor_more(actor);
    f->waiting += calls;
    f->waiting_highest = f->waiting > f->waiting_highest ? f->waiting : f->waiting_highest;
    more->waiting += (uint32_t)calls;
    if (more->waiting > more->waiting_highest)
        more->waiting_highest = more->waiting;
}

void trp_figures_keep(struct trp_rank *rank, struct trp_actor *actor, struct trp_parcel *letter)
{
    const struct trp_record *record = trp_letter_record(letter);
    struct trp_figures *f = trp_figures_for(rank, actor->class_, record);
    if (!f || !actor->class_)
        return;
    bool measured = (f->waiting + f->letters) % LETTERS_A_SAMPLE == 0;
    letter->since = measured ? trp_now_ns() : 0;
    wait_more(f, actor, trp_figures_calls(actor->class_, record));
}

void trp_figures_keep_all(struct trp_rank *rank, struct trp_actor *actor)
{
    struct trp_parcel *const last[2] = {actor->more->mailbox, actor->more->urgent};
    for (int i = 0; i < 2; i++) {
        struct trp_parcel *letter = last[i];
        for (bool more = letter; more; more = letter != last[i]) {
            letter = letter->next;
            trp_figures_keep(rank, actor, letter);
        }
    }
}

static uint64_t wait_less(struct trp_figures *f, struct trp_actor *actor,
                          const struct trp_record *record)
{
    uint64_t calls = trp_figures_calls(actor->class_, record);
    f->waiting -= calls;
    trp_actor_more(actor)->waiting -= (uint32_t)calls;
    return calls;
}

void trp_figures_take(struct trp_rank *rank, struct trp_actor *actor, struct trp_parcel *letter)
{
    struct trp_figures *f = trp_figures_for(rank, actor->class_, trp_letter_record(letter));
    if (!f || !actor->class_)
        return;
    uint64_t calls = wait_less(f, actor, trp_letter_record(letter));
    f->letters += calls;
    if (!letter->since || !times_of(f))
        return;
    int64_t waited = trp_now_ns() - letter->since;
    trp_histogram_add(&f->times->wait, 1e-9 * (double)waited, calls * LETTERS_A_SAMPLE);
    trp_measured_waited(rank, actor, waited, calls * LETTERS_A_SAMPLE);
}

void trp_figures_refuse(struct trp_rank *rank, const struct troupe_class *class_,
                        struct trp_actor *actor, const struct trp_record *record, int caller)
{
    struct trp_figures *f = trp_figures_for(rank, class_, record);
    if (!f)
        return;
    uint64_t calls = trp_figures_calls(class_, record);
    f->refused += calls;
    trp_figures_from(rank, f, record->from, caller, (int64_t)calls);
    if (actor && actor->class_)
        trp_actor_more(actor)->refused += calls;
}

/* ---- actors with workers of their own -------------------------------------------------------- */

void trp_figures_handed(struct trp_rank *rank, struct trp_actor *actor,
                        const struct trp_record *record, int caller)
{
    struct trp_figures *f = trp_figures_for(rank, actor->class_, record);
    f->begun++;
    trp_figures_from(rank, f, record->from, caller, 1);
    actor->calls++;
}

void trp_figures_worked(struct trp_rank *rank, struct trp_actor *actor,
                        const struct troupe_method *method, const struct trp_worked *worked)
{
    bool init = method == actor->class_->init, failed = worked->status != TROUPE_OK;
    struct trp_figures *f =
        trp_figures_of(rank, actor->class_, init ? actor->class_->slots : method->slot);
    f->done += !failed;
    f->failed += failed;
    f->bytes_out += worked->answered;
    if (failed)
        trp_actor_more(actor)->failed++;
    if (worked->took < 0 || !times_of(f))
        return;
    trp_histogram_add(&f->times->run, 1e-9 * (double)worked->took, 1);
    trp_measured_ran(rank, actor, worked->took, worked->ran, 1);
    f->sampled++;
    f->samples++;
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static struct trp_figures *of_task(const struct trp_rank *rank, const struct trp_record *record)
{
    return &rank->counts->tasks[record->slot];
}

void trp_figures_task_comes(struct trp_rank *rank, const struct trp_record *record, int caller,
                            int change)
{
    trp_figures_from(rank, of_task(rank, record), record->from, caller, change);
}

int64_t trp_figures_task_waits(struct trp_rank *rank, const struct trp_record *record, int change)
{
    struct trp_figures *f = of_task(rank, record);
    bool measured = change > 0 && (f->waiting + f->letters) % LETTERS_A_SAMPLE == 0;
    f->waiting += (uint64_t)(int64_t)change;
    f->waiting_highest = f->waiting > f->waiting_highest ? f->waiting : f->waiting_highest;
    return measured ? trp_now_ns() : 0;
}

int64_t trp_figures_task_begins(struct trp_rank *rank, const struct trp_record *record,
                                int64_t since)
{
    struct trp_figures *f = of_task(rank, record);
    f->begun++;
    f->waiting--;
    f->letters++;
    if (!trp_task_by_number(record->slot)->signature->args.flat)
        f->bytes_in += trp_record_body_size(record);
    bool due = trp_figures_due(f);
    int64_t now = due || since ? trp_now_ns() : 0;
    if (since && times_of(f))
        trp_histogram_add(&f->times->wait, 1e-9 * (double)(now - since), LETTERS_A_SAMPLE);
    return due ? now : 0;
}

void trp_figures_task_again(const struct trp_context *c)
{
    struct trp_figures *f = &c->rank->counts->tasks[c->method->slot];
    f->begun--;
    f->letters--;
    f->waiting++;
}

void trp_figures_task_ends(const struct trp_context *c, int status)
{
    struct trp_figures *f = &c->rank->counts->tasks[c->method->slot];
    f->done += status == TROUPE_OK;
    f->failed += status != TROUPE_OK;
    f->bytes_out += c->answered;
    c->rank->counts->cancelled += status == TROUPE_CANCELLED;
    if (c->began)
        trp_figures_sample(f, c->began, 1);
}

void trp_figures_task_refused(struct trp_rank *rank, const struct trp_record *record)
{
    struct trp_figures *f = of_task(rank, record);
    f->waiting--;
    f->refused++;
    rank->counts->cancelled++;
}
