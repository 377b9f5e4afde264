#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "base/clock.h"
#include "base/log.h"
#include "gateway/look.h"
#include "schedule/claims.h"
#include "schedule/counts.h"
#include "schedule/execute.h"
#include "schedule/failures.h"
#include "schedule/mail.h"
#include "schedule/worker.h"

struct rows {
    struct trp_rank *rank;
    struct trp_arena *arena;
    trp_row *rows;
    size_t count, room;
};

const char *trp_look_text(struct trp_arena *arena, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = bytes > 1 ? trp_arena_alloc(arena, bytes) : NULL;
    return copy ? memcpy(copy, text, bytes) : "";
}

/* ---- one actor ------------------------------------------------------------------------------- */

/* Its creation has come and waits. */
static const struct troupe_class *class_to_be(const struct trp_actor *actor)
{
    struct trp_parcel *create = actor->more ? actor->more->create : NULL;
    return create ? trp_class_by_id(trp_letter_record(create)->slot) : NULL;
}

static const struct troupe_class *class_of(const struct trp_actor *actor)
{
    return actor->class_ ? actor->class_ : class_to_be(actor);
}

/* Its repr is code of the user's, which reads a state that must not be changing. */
static bool may_show(const struct trp_actor *actor)
{
    const struct trp_context *running = actor->running;
    if (!actor->class_ || !actor->class_->repr || trp_actor_is_shared(actor) ||
        running == &trp_elsewhere || actor->life == TRP_LIFE_ENDING)
        return false;
    return !running || (!running->away && running->method && !running->tells &&
                        running->method != actor->class_->init);
}

static const char *repr_of(struct rows *rows, struct trp_actor *actor)
{
    char text[128] = "";
    struct troupe_text out = {text, sizeof text};
    if (!may_show(actor))
        return "";
    actor->class_->repr->thunk(actor->state, NULL, &out);
    text[sizeof text - 1] = 0;
    return trp_look_text(rows->arena, text);
}

static const char *running_of(const struct rows *rows, const struct trp_actor *actor)
{
    const struct trp_context *c = actor->running;
    const char *name = c && c != &trp_elsewhere && c->method ? c->method->signature->name : "";
    if (c != &trp_elsewhere)
        return name;
    struct trp_workers *w = rows->rank->workers;
    pthread_mutex_lock(&w->lock);
    for (const struct trp_worker *own = actor->more->worker; own && !*name; own = own->mate)
        name = own->method ? own->method->method->signature->name : "";
    trp_workers_unlock(w);
    return name;
}

static const char *reason_of(struct rows *rows, const struct trp_actor *actor)
{
    char text[sizeof((struct troupe_waiting *)0)->reason];
    const struct trp_actor_more *more = actor->more;
    struct trp_workers *w = rows->rank->workers;
    if (actor->life == TRP_LIFE_ENDING)
        return trp_look_text(rows->arena, more->end_story ? more->end_story : "");
    if (actor->life == TRP_LIFE_ALIVE)
        return "";
    if (!more->claim)
        return "waits for its name";
    pthread_mutex_lock(&w->lock);
    trp_claim_reason(trp_stock_of(w, more->claim->bundle), more->claim, text, sizeof text);
    trp_workers_unlock(w);
    return trp_look_text(rows->arena, text);
}

/* "fpga:1,license:2". */
static const char *resources_of(struct rows *rows, const struct trp_amounts *amounts)
{
    const struct trp_resources *r = rows->rank->resources;
    char text[TRP_AMOUNTS_SIZE] = "";
    size_t used = 0;
    for (int kind = TRP_CUSTOM; kind < r->kinds && used < sizeof text; kind++)
        if (amounts->of[kind])
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s:%llu", used ? "," : "",
                                     r->names[kind], (unsigned long long)amounts->of[kind]);
    return trp_look_text(rows->arena, text);
}

static void describe_needs(struct rows *rows, const struct trp_actor *actor, trp_row *row)
{
    const struct trp_actor_more *more = actor->more;
    const struct trp_claim *claim = more->claim;
    row->restarts = more->restarts;
    row->name = trp_look_text(rows->arena, more->name ? more->name : "");
    row->cpus = more->worker ? more->worker->cpus : 0;
    row->at_once = more->at_once;
    if (!claim)
        return;
    row->gpus = (double)claim->wants.of[TRP_GPUS] / TRP_WHOLE;
    row->memory = claim->wants.of[TRP_MEMORY];
    row->resources = resources_of(rows, &claim->wants);
}

static int state_of(const struct trp_actor *actor)
{
    return actor->life == TRP_LIFE_ALIVE    ? TRP_STATE_ALIVE
           : actor->life == TRP_LIFE_ENDING ? TRP_STATE_ENDING
                                            : TRP_STATE_WAITING;
}

static trp_brief brief(struct trp_brief_times times)
{
    return (trp_brief){times.count, times.p50, times.p99, times.max};
}

static void describe_times(const struct rows *rows, const struct trp_actor *actor, trp_row *row)
{
    struct trp_actor_times times = trp_counts_times(rows->rank, actor);
    row->age = trp_actors_age(&rows->rank->actors, actor);
    row->busy = times.unknown ? -1 : times.busy;
    row->run = brief(times.run);
    row->wait = brief(times.wait);
}

static trp_row describe(struct rows *rows, struct trp_actor *actor)
{
    struct troupe_ref ref = trp_actor_ref(actor);
    struct trp_actor_counts counts = trp_counts_actor(actor);
    trp_row row = {.place = ref.place,
                   .serial = ref.serial,
                   .class_id = class_of(actor)->id,
                   .state = state_of(actor),
                   .depth = actor->depth,
                   .name = "",
                   .resources = "",
                   .repr = repr_of(rows, actor),
                   .running = running_of(rows, actor),
                   .reason = reason_of(rows, actor),
                   .received = counts.received,
                   .done = counts.done,
                   .failed = counts.failed,
                   .mailbox = counts.waiting,
                   .mailbox_highest = counts.waiting_highest};
    describe_times(rows, actor, &row);
    if (actor->more)
        describe_needs(rows, actor, &row);
    return row;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* An actor that was called, but whose creation has not come, is nobody's yet. */
static bool is_shown(const struct trp_actor *actor)
{
    const struct troupe_class *class_ = class_of(actor);
    return class_ && !trp_class_is_own(class_);
}

static void count(struct trp_actor *actor, void *arg)
{
    struct rows *rows = arg;
    rows->room += is_shown(actor);
}

static void add(struct trp_actor *actor, void *arg)
{
    struct rows *rows = arg;
    if (is_shown(actor) && rows->count < rows->room)
        rows->rows[rows->count++] = describe(rows, actor);
}

TROUPE_SPAN(trp_row) trp_look_actors(struct trp_rank *rank, struct trp_arena *arena)
{
    struct rows rows = {.rank = rank, .arena = arena};
    trp_actors_each(&rank->actors, 0, count, &rows);
    rows.rows = trp_arena_alloc(arena, (rows.room + 1) * sizeof *rows.rows);
    if (rows.rows)
        trp_actors_each(&rank->actors, 0, add, &rows);
    return (TROUPE_SPAN(trp_row)){rows.rows, rows.count};
}

TROUPE_SPAN(trp_row) trp_look_actor(struct trp_rank *rank, struct trp_arena *arena,
                                    struct troupe_ref ref)
{
    struct rows rows = {.rank = rank, .arena = arena, .room = 1};
    struct trp_actor *actor = trp_actors_peek(&rank->actors, trp_ref_creator(ref), ref.serial);
    rows.rows = trp_arena_alloc(arena, sizeof *rows.rows);
    if (rows.rows && actor)
        add(actor, &rows);
    return (TROUPE_SPAN(trp_row)){rows.rows, rows.count};
}

TROUPE_SPAN(trp_failed) trp_look_failures(struct trp_rank *rank, struct trp_arena *arena,
                                          struct troupe_ref ref)
{
    trp_failed *rows = trp_arena_alloc(arena, TRP_FAILURES_KEPT * sizeof *rows);
    const struct trp_failure *one;
    const double now = trp_now_roughly();
    size_t count = 0;
    for (size_t i = 0; rows && (one = trp_failures_latest(rank, i)); i++)
        if (trp_ref_same(one->actor, ref))
            rows[count++] = (trp_failed){.number = one->number,
                                         .method = one->method->signature->name,
                                         .status = one->status,
                                         .story = trp_look_text(arena, one->story),
                                         .ago = now - one->at};
    return (TROUPE_SPAN(trp_failed)){rows, count};
}

static void count_class(struct trp_actor *actor, void *arg)
{
    trp_alive *of = arg;
    if (actor->class_ && !trp_class_is_own(actor->class_))
        of[actor->class_->id].count++;
}

TROUPE_SPAN(trp_alive) trp_look_alive(struct trp_rank *rank, struct trp_arena *arena)
{
    uint32_t classes = 0, used = 0;
    while (trp_class_by_id(classes))
        classes++;
    trp_alive *of = trp_arena_alloc(arena, (classes + 1) * sizeof *of);
    if (!of)
        return (TROUPE_SPAN(trp_alive)){NULL, 0};
    trp_actors_each(&rank->actors, 0, count_class, of);
    for (uint32_t id = 0; id < classes; id++)
        if (of[id].count)
            of[used++] = (trp_alive){id, of[id].count};
    return (TROUPE_SPAN(trp_alive)){of, used};
}
