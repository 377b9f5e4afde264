#include "schedule/life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "base/log.h"
#include "base/text.h"
#include "schedule/bulk.h"
#include "schedule/claims.h"
#include "schedule/execute.h"
#include "schedule/figures.h"
#include "schedule/limit.h"
#include "schedule/mail.h"
#include "schedule/measured.h"
#include "schedule/names.h"
#include "schedule/send.h"
#include "schedule/wait.h"
#include "schedule/who.h"
#include "schedule/workers.h"
#include "troupe/life.h"
#include "wire/pack.h"

static void depart(struct trp_rank *rank, struct trp_actor *actor);
static void depart_when_free(struct trp_rank *rank, struct trp_actor *actor);

/* ---- creation -------------------------------------------------------------------------------- */

static struct troupe_ref ref_of(const struct trp_rank *rank, const struct trp_record *record)
{
    return trp_record_ref(record, rank->rank);
}

static struct troupe_class *class_of(const struct trp_record *record)
{
    struct troupe_class *class_ = trp_class_by_id(record->slot);
    if (!class_)
        trp_die("an actor is to be made of class %u, which is not known here", record->slot);
    return class_;
}

/* The hold on the parcel is taken over: a constructor that fails does not come back here. */
static void create_now(struct trp_rank *rank, struct trp_record *record, struct trp_parcel *parcel)
{
    uint32_t tie = (uint32_t)(record->future >> TRP_CREATE_TIE_SHIFT);
    struct troupe_class *class_ = class_of(record);
    struct trp_actor *actor = trp_actors_create(&rank->actors, ref_of(rank, record), class_);
    if (trp_mailbox_has_any(actor))
        trp_figures_keep_all(rank, actor);
    actor->depth = (uint16_t)(record->future >> TRP_CREATE_DEPTH_SHIFT);
    if (tie)
        trp_actor_more(actor)->tie = tie;
    if ((int)record->number > 0)
        trp_workers_dedicate(rank, actor, (int)record->number,
                             (int)(record->number >> TRP_AT_ONCE_SHIFT));
    if (class_->init) {
        trp_execute_now(rank, actor, record, parcel);
        return;
    }
    trp_parcel_drop(parcel);
    trp_mail_list(rank, actor);
}

/* Whether it has all that it asks for. If not it is granted later. */
static bool has_its_claim(struct trp_rank *rank, const struct trp_record *record)
{
    struct troupe_ref ref = ref_of(rank, record);
    if (!(record->number & TRP_ASKS_MORE))
        return true;
    struct trp_actor_more *more = trp_actor_more(trp_actors_find(&rank->actors, ref));
    const struct troupe_class *class_ = class_of(record);
    const struct troupe_type *args = class_->init ? &class_->init->signature->args : NULL;
    more->claim = trp_claim_of(rank, record, args, class_->name);
    if (!more->claim)
        trp_die("no memory for what an actor asks for");
    more->claim->actor = ref;
    return trp_claims_begin(rank, more->claim);
}

static void free_name(struct trp_rank *rank, struct troupe_ref holder, const char *name)
{
    struct trp_record head = trp_record_for(holder, TRP_RECORD_RELEASE);
    head.number = rank->rank;
    trp_send_bytes(rank, trp_name_home(rank, name), &head, name, strlen(name) + 1);
}

/* With `reuse` its index may be used again; the tie, if there is one, is undone. */
static void tell_creator(struct trp_rank *rank, struct troupe_ref ref, uint64_t tie, bool reuse)
{
    struct trp_record head = trp_record_for(ref, TRP_RECORD_FREED);
    head.future = tie;
    head.number = reuse;
    trp_send_bytes(rank, (int)trp_ref_creator(ref), &head, "", 0);
}

static bool has_ended(struct trp_rank *rank, struct troupe_ref ref)
{
    const struct trp_actor *actor =
        trp_actors_peek(&rank->actors, trp_ref_creator(ref), ref.serial);
    return trp_actors_ended(&rank->actors, ref) || (actor && actor->life == TRP_LIFE_ENDING);
}

/* Its name was taken, or it was killed before it came. */
static void came_too_late(struct trp_rank *rank, const struct trp_record *record)
{
    uint64_t tie = record->future >> TRP_CREATE_TIE_SHIFT;
    if (tie)
        tell_creator(rank, ref_of(rank, record), tie, false);
}

void trp_life_stillborn(struct trp_rank *rank, const struct trp_record *record)
{
    struct troupe_ref ref = ref_of(rank, record);
    if (has_ended(rank, ref)) {
        came_too_late(rank, record);
        return;
    }
    struct trp_actor *actor = trp_actors_find(&rank->actors, ref);
    struct trp_actor_more *more = trp_actor_more(actor);
    more->tie = (uint32_t)(record->future >> TRP_CREATE_TIE_SHIFT);
    more->claiming = record->future & TRP_CREATE_NAMED && !more->name_granted;
    char who[TRP_WHO_SIZE], story[TRP_WHO_SIZE + 96];
    trp_ref_name(rank, ref, trp_class_by_id(record->slot), who, sizeof who);
    snprintf(story, sizeof story, "%s was not made: no memory on rank %d for its arguments", who,
             rank->rank);
    trp_life_end_later(actor, TROUPE_END_FAILED, strdup(story));
    trp_life_end_now(rank, actor);
}

/* Its creation waits, and it can end meanwhile. */
static void keep_creation(struct trp_rank *rank, const struct trp_record *record,
                          struct trp_parcel *parcel)
{
    struct trp_actor_more *more =
        trp_actor_more(trp_actors_find(&rank->actors, ref_of(rank, record)));
    more->tie = (uint32_t)(record->future >> TRP_CREATE_TIE_SHIFT);
    more->create = trp_letter(rank, record, parcel);
    if (!more->create)
        trp_life_stillborn(rank, record);
}

void trp_life_create(struct trp_rank *rank, struct trp_record *record, struct trp_parcel *parcel)
{
    struct troupe_ref ref = ref_of(rank, record);
    if (has_ended(rank, ref)) {
        came_too_late(rank, record);
        return;
    }
    bool waits = false;
    if (record->future & TRP_CREATE_NAMED) {
        struct trp_actor_more *more = trp_actor_more(trp_actors_find(&rank->actors, ref));
        waits = more->claiming = !more->name_granted;
    }
    if (waits || !has_its_claim(rank, record))
        keep_creation(rank, record, parcel);
    else
        create_now(rank, record, trp_parcel_hold(parcel));
}

static void go_on_creating(struct trp_rank *rank, struct trp_actor_more *more)
{
    struct trp_parcel *create = more->create;
    more->create = NULL;
    create_now(rank, trp_letter_record(create), create);
}

void trp_life_granted(struct trp_rank *rank, const struct trp_record *record)
{
    struct trp_actor *actor = trp_actors_peek(&rank->actors, record->creator, record->serial);
    if (actor && actor->more && actor->more->create && actor->life == TRP_LIFE_EXPECTED)
        go_on_creating(rank, actor->more);
}

/* The home of its name has decided, before or after the creation came. */
void trp_life_verdict(struct trp_rank *rank, const struct trp_record *record)
{
    struct trp_actor *actor = trp_actors_find(&rank->actors, ref_of(rank, record));
    bool granted = record->number == TROUPE_OK;
    if (!actor) { /* it was killed before it could have its name */
        if (granted)
            free_name(rank, ref_of(rank, record), trp_record_body(record));
        return;
    }
    struct trp_actor_more *more = trp_actor_more(actor);
    more->claiming = false;
    more->name_granted = granted;
    more->restarts = (uint32_t)record->future;
    more->name = granted ? strdup(trp_record_body(record)) : NULL;
    if (more->departing) {
        depart_when_free(rank, actor);
    } else if (!granted) {
        trp_life_end_later(actor, TROUPE_END_FAILED, strdup(trp_record_body(record)));
        trp_life_end_now(rank, actor);
    } else if (more->create && has_its_claim(rank, trp_letter_record(more->create))) {
        go_on_creating(rank, more);
    }
}

/* The home of its name has it no more. */
void trp_life_released(struct trp_rank *rank, const struct trp_record *record)
{
    struct trp_actor *actor = trp_actors_peek(&rank->actors, record->creator, record->serial);
    if (actor && actor->more && actor->more->departing)
        depart(rank, actor);
}

/* ---- stories --------------------------------------------------------------------------------- */

char *trp_life_story(struct trp_rank *rank, struct trp_actor *actor, const char *did,
                     const char *by)
{
    char story[2 * TRP_WHO_SIZE + 64];
    /* Its repr is code of the user's, which reads a state that its method may be changing. */
    if (actor->running == &trp_elsewhere || (actor->running && actor->running->away))
        trp_ref_name(rank, trp_actor_ref(actor), actor->class_, story, TRP_WHO_SIZE);
    else
        trp_actor_name(rank, actor, story, TRP_WHO_SIZE);
    struct trp_text text = {story + strlen(story), story + sizeof story - 1};
    trp_text_put(&text, " ");
    trp_text_put(&text, did);
    trp_text_put(&text, " ");
    trp_text_put(&text, by);
    return strdup(story);
}

/* A tell that came too late: logged once for each actor. */
static void lost_tell(const struct trp_record *record, const struct troupe_class *class_,
                      uint32_t *lost, const char *story)
{
    const char *method = class_ && record->slot < class_->slots
                             ? class_->table[record->slot]->signature->name
                             : "a method";
    if ((*lost)++ == 0)
        trp_log(TRP_LOG_WARNING, "%s was told, but the actor has ended: %s", method, story);
}

static void refuse(struct trp_rank *rank, const struct trp_record *record, int from,
                   const struct troupe_class *class_, uint32_t *lost, const char *story)
{
    trp_figures_refuse(rank, class_, NULL, record, from);
    if (record->kind == TRP_RECORD_TELL)
        lost_tell(record, class_, lost, story);
    else
        trp_refuse(rank, record, from, TROUPE_ENDED, story);
}

static void refuse_forgotten(struct trp_rank *rank, const struct trp_record *record, int from)
{
    static uint32_t lost;
    char name[TRP_WHO_SIZE], story[TRP_WHO_SIZE + 64];
    trp_ref_name(rank, ref_of(rank, record), NULL, name, sizeof name);
    snprintf(story, sizeof story, "%s has ended, too long ago to say how", name);
    refuse(rank, record, from, NULL, &lost, story);
}

void trp_life_refuse(struct trp_rank *rank, struct trp_actor *ending,
                     const struct trp_record *record, int from)
{
    struct trp_end *end =
        ending ? NULL : trp_actors_end_of(&rank->actors, ref_of(rank, record));
    if (ending)
        refuse(rank, record, from, ending->class_, &ending->more->lost, ending->more->end_story);
    else if (end)
        refuse(rank, record, from, end->class_, &end->lost, end->story);
    else
        refuse_forgotten(rank, record, from);
}

/* ---- watching -------------------------------------------------------------------------------- */

static void tell_end(struct trp_rank *rank, struct trp_watcher watcher, int reason,
                     const char *story)
{
    const struct trp_context scheduler = {.kind = TRP_CONTEXT_METHOD};
    struct trp_record head = {
        .kind = TRP_RECORD_ANSWER, .flags = TRP_RECORD_URGENT, .serial = watcher.future};
    troupe_end end = {reason, story};
    if (trp_send(rank, &scheduler, watcher.rank, &head, &troupe_type_troupe_end, &end) ==
        TRP_SEND_LARGE)
        trp_send_large(rank, &scheduler, false, watcher.rank, &head, &troupe_type_troupe_end,
                       &end);
}

void trp_life_watch(struct trp_rank *rank, struct trp_actor *actor,
                    const struct trp_record *record, int from)
{
    struct trp_watcher watcher = {from, record->future};
    if (!actor) {
        const struct trp_end *end = trp_actors_end_of(&rank->actors, ref_of(rank, record));
        tell_end(rank, watcher, end ? end->reason : TROUPE_END_FORGOTTEN,
                 end && end->story ? end->story : "ended too long ago to say how");
        return;
    }
    struct trp_actor_more *more = trp_actor_more(actor);
    struct trp_watcher *grown =
        realloc(more->watchers, (more->watcher_count + 1) * sizeof *grown);
    if (!grown)
        trp_die("no memory to watch an actor");
    more->watchers = grown;
    grown[more->watcher_count++] = watcher;
}

/* ---- ending ---------------------------------------------------------------------------------- */

void trp_life_end_later(struct trp_actor *actor, int reason, char *story)
{
    struct trp_actor_more *more = trp_actor_more(actor);
    if (actor->life == TRP_LIFE_ENDING) {
        free(story);
        return;
    }
    actor->life = TRP_LIFE_ENDING;
    more->end_reason = reason;
    more->end_story = story;
}

void trp_life_kill(struct trp_rank *rank, struct trp_actor *actor, const struct trp_record *record)
{
    if (actor->more && actor->more->departing)
        return;
    const char *did = record->number == TROUPE_END_TIED ? "ended with" : "was killed by";
    char *story = trp_life_story(rank, actor, did, trp_record_body(record));
    struct trp_context *running = actor->running;
    char *copy = strdup(story);
    trp_life_end_later(actor, (int)record->number, story);
    if (!running) {
        free(copy);
        trp_life_end_now(rank, actor);
    } else if (running == &trp_elsewhere) {
        trp_workers_kill(rank, actor, TROUPE_ENDED, copy);
    } else {
        trp_cancel(running, TROUPE_ENDED, copy);
    }
}

static void destroy(struct trp_rank *rank, struct trp_actor *actor)
{
    struct trp_context context = {.kind = TRP_CONTEXT_METHOD,
                                  .rank = rank,
                                  .actor = actor,
                                  .calls_as = (uint8_t)trp_from_class(actor->class_),
                                  .cpus = 1};
    struct trp_context *before = trp_current();
    trp_set_current(&context);
    for (const struct troupe_class *c = actor->class_; c; c = c->base)
        if (c->destroy)
            c->destroy->thunk(actor->state, NULL, NULL);
    trp_set_current(before);
    trp_context_release(&context);
}

static void refuse_letters(struct trp_rank *rank, struct trp_actor *actor, const char *story)
{
    struct trp_parcel *letter;
    while ((letter = trp_mailbox_pop(actor))) {
        trp_figures_take(rank, actor, letter);
        refuse(rank, trp_letter_record(letter), letter->peer, actor->class_, &actor->more->lost,
               story);
        trp_parcel_drop(letter);
    }
}

static void end_child(struct trp_rank *rank, struct troupe_ref child, const char *story)
{
    struct trp_record head = trp_record_for(child, TRP_RECORD_KILL);
    head.number = TROUPE_END_TIED;
    char by[2 * TRP_WHO_SIZE];
    snprintf(by, sizeof by, "its creator: %s", story);
    trp_send_bytes(rank, trp_ref_host(child), &head, by, strlen(by) + 1);
}

/* Who watches learns of it, and nothing is left of it but its story. */
static void depart(struct trp_rank *rank, struct trp_actor *actor)
{
    struct trp_actor_more *more = actor->more;
    char *story = more->end_story;
    more->end_story = NULL;
    for (size_t i = 0; i < more->watcher_count; i++)
        tell_end(rank, more->watchers[i], more->end_reason, story);
    tell_creator(rank, trp_actor_ref(actor), more->tie, true);
    trp_measured_forget(rank, actor);
    trp_actors_remove(&rank->actors, actor, more->end_reason, story);
}

/* A name is free when the end is told; with the job nobody waits for that. */
static void depart_when_free(struct trp_rank *rank, struct trp_actor *actor)
{
    struct trp_actor_more *more = actor->more;
    bool job = more->end_reason == TROUPE_END_JOB;
    more->departing = true;
    if (more->name)
        free_name(rank, trp_actor_ref(actor), more->name);
    if (job || (!more->name && !more->claiming))
        depart(rank, actor);
}

static void end_children(struct trp_rank *rank, struct trp_actor *actor)
{
    struct troupe_ref child;
    while (trp_ties_pop(&rank->ties, actor->more, &child))
        end_child(rank, child, actor->more->end_story);
}

void trp_life_end_now(struct trp_rank *rank, struct trp_actor *actor)
{
    struct trp_actor_more *more = actor->more;
    if (actor->class_)
        destroy(rank, actor);
    trp_mail_unlist(rank, actor);
    refuse_letters(rank, actor, more->end_story);
    trp_limit_end(rank, actor);
    end_children(rank, actor);
    if (more->worker)
        trp_workers_release(actor);
    if (more->claim)
        trp_claims_leave(rank, more->claim);
    more->claim = NULL;
    depart_when_free(rank, actor);
}

/* ---- the end of the job ---------------------------------------------------------------------- */

static void end_with_job(struct trp_actor *actor, void *arg)
{
    struct trp_rank *rank = arg;
    if (rank->over && actor->running == &trp_elsewhere)
        trp_workers_forget(actor);
    if (!actor->class_ || actor->running || (actor->more && actor->more->departing))
        return; /* never created, in a call that is abandoned with its worker, or over already */
    trp_life_end_later(actor, TROUPE_END_JOB, trp_life_story(rank, actor, "ended with", "the job"));
    trp_life_end_now(rank, actor);
}

static void deeper(struct trp_actor *actor, void *deepest)
{
    if (actor->depth > *(int *)deepest)
        *(int *)deepest = actor->depth;
}

int trp_life_deepest(struct trp_rank *rank)
{
    int deepest = 0;
    trp_actors_each(&rank->actors, 0, deeper, &deepest);
    return deepest;
}

void trp_life_end_level(struct trp_rank *rank, int depth)
{
    int from = depth ? depth : trp_life_deepest(rank);
    for (int d = from; d >= (depth ? depth : 1); d--)
        trp_actors_each(&rank->actors, d, end_with_job, rank);
}
