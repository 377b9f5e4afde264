#include "schedule/execute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "schedule/life.h"
#include "schedule/send.h"
#include "schedule/who.h"
#include "schedule/workers.h"
#include "troupe/life.h"
#include "wire/pack.h"

struct trp_context trp_elsewhere;

/* ---- answers --------------------------------------------------------------------------------- */

static void answer(struct trp_rank *rank, const struct trp_context *from, int to, uint64_t future,
                   int status, const struct troupe_type *type, const void *value)
{
    struct trp_record head = {.kind = TRP_RECORD_ANSWER, .serial = future};
    struct trp_record failed = {.kind = TRP_RECORD_FAILED, .number = status, .future = future};
    if (status != TROUPE_OK) {
        trp_send_bytes_from(rank, from, to, &failed, value, strlen(value) + 1);
        return;
    }
    if (type->kind == TROUPE_KIND_VOID) {
        trp_send_bytes_from(rank, from, to, &head, "", 0);
        return;
    }
    int sent = trp_send(rank, from, to, &head, type, value);
    if (sent != TROUPE_OK) {
        const char *story = "there is no memory for the result";
        failed.number = sent;
        trp_send_bytes_from(rank, from, to, &failed, story, strlen(story) + 1);
    }
}

/* A failure that nobody asked to hear of: the first of each method is logged, all are counted. */
static void lost_failure(const struct troupe_method *method, const char *story)
{
    static struct troupe_method nobody;
    struct troupe_method *counted = (struct troupe_method *)(uintptr_t)(method ? method : &nobody);
    if (__atomic_fetch_add(&counted->lost, 1, __ATOMIC_RELAXED) == 0)
        trp_log(TRP_LOG_WARNING, "nobody waits for this failure: %s", story);
}

void trp_refuse(struct trp_rank *rank, const struct trp_record *record, int caller, int status,
                const char *story)
{
    const struct trp_context scheduler = {.kind = TRP_CONTEXT_METHOD};
    if (record->kind == TRP_RECORD_ASK || record->kind == TRP_RECORD_TASK)
        answer(rank, &scheduler, caller, record->future, status, NULL, story);
    else if (record->kind == TRP_RECORD_TELL)
        lost_failure(NULL, story);
}

void trp_refuse_memory(struct trp_rank *rank, const struct trp_record *record, int caller)
{
    char story[96];
    snprintf(story, sizeof story, "no memory on rank %d for a message of that size", rank->rank);
    trp_refuse(rank, record, caller, TROUPE_NO_MEMORY, story);
}

/* ---- the end of a call ----------------------------------------------------------------------- */

/* Arguments are the method's until it returns; a debug build shows who keeps them for longer. */
static void poison(const struct trp_context *c)
{
#ifdef TROUPE_DEBUG
    memset(c->args, 0xdb, c->method->signature->args.size);
#else
    (void)c;
#endif
}

void trp_conclude_call(struct trp_context *c, int status, const void *value)
{
    if (c->answer)
        answer(c->rank, c, c->caller, c->answer, status, c->method->signature->result, value);
    else if (status != TROUPE_OK && status != TROUPE_CANCELLED)
        lost_failure(c->method, value);
    trp_context_release(c);
}

void trp_conclude_actor(struct trp_rank *rank, struct trp_actor *actor)
{
    actor->running = NULL;
    if (actor->life == TRP_LIFE_ENDING)
        trp_life_end_now(rank, actor);
    else
        trp_list_mail(rank, actor);
}

void trp_conclude(struct trp_context *c, int status, const void *value)
{
    struct trp_actor *actor = c->actor;
    if (actor && status != TROUPE_OK && c->method == actor->class_->init)
        trp_life_end_later(actor, TROUPE_END_FAILED, strdup(value));
    else if (c->exiting)
        trp_life_end_later(actor, TROUPE_END_EXITED,
                           trp_life_story(c->rank, actor, "ended", "by itself"));
    trp_conclude_call(c, status, value);
    if (c->parcel) {
        poison(c);
        trp_parcel_drop(c->parcel);
    }
    c->rank->wire->words->doing = 0;
    if (actor)
        trp_conclude_actor(c->rank, actor);
}

/* ---- running --------------------------------------------------------------------------------- */

/* Runs on the loop's stack; if the method waits, this frame waits with it. */
static void run(struct trp_context *c)
{
    const struct troupe_type *type = c->method->signature->result;
    uint64_t small[32];
    void *result = type->size <= sizeof small ? small : trp_arena_alloc(&c->arena, type->size);
    if (!result)
        trp_die("no memory for a result of %u bytes", type->size);
    memset(result, 0, type->size);
    trp_set_current(c);
    c->method->thunk(c->actor->state, c->args, result);
    trp_conclude(c, TROUPE_OK, result);
    trp_set_current(NULL);
}

static const struct troupe_method *method_of(const struct trp_actor *actor,
                                             const struct trp_record *record)
{
    if (record->kind == TRP_RECORD_CREATE)
        return actor->class_->init;
    return record->slot < actor->class_->slots ? actor->class_->table[record->slot] : NULL;
}

/* A failing method does not come back here. */
static void run_call(struct trp_rank *rank, struct trp_actor *actor, struct trp_record *record,
                     struct trp_parcel *parcel, const struct troupe_method *method)
{
    struct trp_context context;
    trp_context_begin(&context, rank, actor, method);
    context.args = trp_record_body(record);
    context.parcel = parcel;
    context.caller = parcel->peer;
    context.answer = record->kind == TRP_RECORD_ASK ? record->future : 0;
    actor->running = &context;
    rank->wire->words->doing = trp_who_code(actor, method);
    run(&context);
}

void trp_execute_now(struct trp_rank *rank, struct trp_actor *actor, struct trp_record *record,
                     struct trp_parcel *parcel)
{
    if (record->kind == TRP_RECORD_STOP) {
        trp_life_end_later(actor, TROUPE_END_STOPPED,
                           trp_life_story(rank, actor, "was stopped by", trp_record_body(record)));
        trp_parcel_drop(parcel);
        trp_conclude_actor(rank, actor);
        return;
    }
    const struct troupe_method *method = method_of(actor, record);
    if (record->kind == TRP_RECORD_ASK && actor->more && parcel->peer == rank->rank &&
        trp_actor_is_unasked(actor, record->future)) {
        trp_refuse(rank, record, parcel->peer, TROUPE_CANCELLED, "it was taken back");
        trp_parcel_drop(parcel);
        trp_list_mail(rank, actor);
    } else if (!method || !trp_unpack(&method->signature->args, trp_record_body(record),
                               trp_record_body_size(record))) {
        trp_refuse(rank, record, parcel->peer, TROUPE_BAD_MESSAGE, "a call could not be read");
        trp_parcel_drop(parcel);
        trp_list_mail(rank, actor);
    } else if (actor->more && actor->more->worker) {
        actor->running = &trp_elsewhere;
        trp_workers_call(actor, method, record, parcel);
    } else {
        run_call(rank, actor, record, parcel, method);
    }
}

/* ---- letters: calls that must wait ----------------------------------------------------------- */

void trp_list_mail(struct trp_rank *rank, struct trp_actor *actor)
{
    if (actor->listed || !actor->mailbox.head || actor->running || actor->life != TRP_LIFE_ALIVE)
        return;
    actor->listed = true;
    actor->next_mail = NULL;
    if (rank->mail)
        rank->mail_last->next_mail = actor;
    else
        rank->mail = actor;
    rank->mail_last = actor;
}

void trp_unlist_mail(struct trp_rank *rank, struct trp_actor *actor)
{
    if (!actor->listed)
        return;
    struct trp_actor **link = &rank->mail, *before = NULL;
    while (*link != actor) {
        before = *link;
        link = &before->next_mail;
    }
    *link = actor->next_mail;
    if (rank->mail_last == actor)
        rank->mail_last = before;
    actor->listed = false;
}

struct trp_parcel *trp_letter(const struct trp_record *record, int from)
{
    size_t bytes = trp_record_bytes(record);
    struct trp_parcel *letter = trp_parcel_try(bytes);
    if (!letter)
        return NULL;
    memcpy(letter->bytes, record, bytes);
    letter->used = bytes;
    letter->peer = from;
    return letter;
}

static void keep_letter(struct trp_rank *rank, struct trp_actor *actor,
                        const struct trp_record *record, int from)
{
    struct trp_parcel *letter = trp_letter(record, from);
    if (letter)
        trp_parcel_push(&actor->mailbox, letter);
    else
        trp_refuse_memory(rank, record, from);
}

void trp_execute(struct trp_rank *rank, struct trp_actor *actor, struct trp_record *record,
                 struct trp_parcel *parcel)
{
    /* Also behind letters that wait: none may overtake another. */
    bool wait = actor->running || actor->mailbox.head || actor->life != TRP_LIFE_ALIVE ||
                rank->parked_count >= TRP_PARKED_MAX;
    if (!wait) {
        trp_execute_now(rank, actor, record, trp_parcel_hold(parcel));
        return;
    }
    keep_letter(rank, actor, record, parcel->peer);
    trp_list_mail(rank, actor);
}

void trp_execute_mail(struct trp_rank *rank)
{
    struct trp_actor *actor = rank->mail;
    rank->mail = actor->next_mail;
    actor->listed = false;
    struct trp_parcel *letter = trp_parcel_pop(&actor->mailbox);
    trp_execute_now(rank, actor, (struct trp_record *)(void *)letter->bytes, letter);
}
