#include "schedule/deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "base/log.h"
#include "schedule/quiet.h"
#include "schedule/send.h"
#include "schedule/wait.h"
#include "schedule/workers.h"
#include "troupe/status.h"
#include "wire/pack.h"

/* ---- names ----------------------------------------------------------------------------------- */

static void default_name(const struct trp_rank *rank, const struct trp_actor *actor, char *text,
                         size_t size)
{
    snprintf(text, size, "%s(%d:%llu)", actor->class_ ? actor->class_->name : "actor",
             trp_ref_host(actor->ref),
             (unsigned long long)trp_ref_number(actor->ref, rank->ranks));
}

void trp_actor_name(struct trp_rank *rank, struct trp_actor *actor, char *text, size_t size)
{
    if (!actor->class_ || !actor->class_->repr || actor->life != TRP_LIFE_ALIVE) {
        default_name(rank, actor, text, size);
        return;
    }
    struct troupe_text out = {text, size};
    text[0] = 0;
    actor->class_->repr->thunk(actor->state, NULL, &out);
    text[size - 1] = 0;
}

void trp_context_name(struct trp_context *c, char *text, size_t size)
{
    if (c->kind == TRP_CONTEXT_DRIVER) {
        snprintf(text, size, "driver");
    } else if (c->kind == TRP_CONTEXT_TASK) {
        snprintf(text, size, "task %s on rank %d", c->method->signature->name, c->rank->rank);
    } else {
        trp_actor_name(c->rank, c->actor, text, size);
        size_t at = strlen(text);
        snprintf(text + at, size - at, ".%s", c->method ? c->method->signature->name : "destroy");
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

static void answer(struct trp_rank *rank, const struct trp_context *from, int to, uint64_t future,
                   int status, const struct troupe_type *type, const void *value)
{
    struct trp_record head = {
        .kind = TRP_RECORD_ANSWER, .number = status, .future = future};
    if (status != TROUPE_OK) {
        trp_send_bytes_from(rank, from, to, &head, value, strlen(value) + 1);
    } else if (type->kind == TROUPE_KIND_VOID) {
        trp_send_bytes_from(rank, from, to, &head, "", 0);
    } else if (!trp_send(rank, from, to, &head, type, value)) {
        head.number = TROUPE_INVALID;
        const char *story = "the result is larger than memory can be";
        trp_send_bytes_from(rank, from, to, &head, story, strlen(story) + 1);
    }
}

/* A failure that nobody asked to hear of. */
static void log_lost_failure(const char *story)
{
    trp_log(TRP_LOG_WARNING, "nobody waits for this failure: %s", story);
}

/* ---- methods --------------------------------------------------------------------------------- */

/* Arguments are the method's until it returns; a debug build shows who keeps them for longer. */
static void poison(const struct trp_context *c)
{
#ifdef TROUPE_DEBUG
    memset(c->args, 0xdb, c->method->signature->args.size);
#else
    (void)c;
#endif
}

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

static void list_mail(struct trp_rank *rank, struct trp_actor *actor)
{
    if (actor->listed || !actor->mailbox.head || actor->running ||
        actor->life == TRP_LIFE_EXPECTED)
        return;
    actor->listed = true;
    actor->next_mail = NULL;
    if (rank->mail)
        rank->mail_last->next_mail = actor;
    else
        rank->mail = actor;
    rank->mail_last = actor;
}

/* A constructor that fails leaves an actor that can only tell why. */
static void fail_actor(struct trp_actor *actor, const char *story)
{
    actor->story = strdup(story);
    if (!actor->story)
        trp_die("no memory for the story of a failure: %s", story);
    actor->life = TRP_LIFE_FAILED;
}

void trp_conclude(struct trp_context *c, int status, const void *value)
{
    struct trp_actor *actor = c->actor;
    if (c->answer)
        answer(c->rank, c, c->caller, c->answer, status, c->method->signature->result, value);
    else if (status != TROUPE_OK && c->kind != TRP_CONTEXT_DRIVER)
        log_lost_failure(value);
    if (actor && c->method && status != TROUPE_OK && c->method == actor->class_->init)
        fail_actor(actor, value);
    trp_context_release(c);
    if (c->parcel) {
        poison(c);
        trp_parcel_drop(c->parcel);
    }
    if (actor) {
        actor->running = NULL;
        list_mail(c->rank, actor);
    }
}

static void refuse(struct trp_rank *rank, const struct trp_record *record, int caller, int status,
                   const char *story)
{
    const struct trp_context scheduler = {.kind = TRP_CONTEXT_METHOD};
    if (record->future)
        answer(rank, &scheduler, caller, record->future, status, NULL, story);
    else
        log_lost_failure(story);
}

static const struct troupe_method *method_of(const struct trp_actor *actor,
                                             const struct trp_record *record)
{
    if (record->kind == TRP_RECORD_CREATE)
        return actor->class_->init;
    return record->slot < actor->class_->slots ? actor->class_->table[record->slot] : NULL;
}

static bool readable(const struct troupe_method *method, struct trp_record *record)
{
    return method && trp_unpack(&method->signature->args, trp_record_body(record),
                                trp_record_body_size(record));
}

/* One method at a time: the caller has seen that none is running. The parcel is held for the call:
   a method that fails does not come back here. */
static void execute(struct trp_rank *rank, struct trp_actor *actor, struct trp_record *record,
                    struct trp_parcel *parcel)
{
    const struct troupe_method *method = method_of(actor, record);
    bool failed = actor->life == TRP_LIFE_FAILED;
    if (failed || !readable(method, record)) {
        refuse(rank, record, parcel->peer, failed ? TROUPE_ENDED : TROUPE_BAD_MESSAGE,
               failed ? actor->story : "a call could not be read");
        trp_parcel_drop(parcel);
        list_mail(rank, actor);
        return;
    }
    struct trp_context context = {.kind = TRP_CONTEXT_METHOD,
                                  .rank = rank,
                                  .actor = actor,
                                  .method = method,
                                  .args = trp_record_body(record),
                                  .parcel = parcel,
                                  .caller = parcel->peer,
                                  .answer = record->future,
                                  .cpus = 1};
    actor->running = &context;
    run(&context);
}

/* ---- letters: calls that must wait ----------------------------------------------------------- */

static void keep_letter(struct trp_actor *actor, const struct trp_record *record, int from)
{
    size_t bytes = trp_record_bytes(record);
    struct trp_parcel *letter = trp_parcel_new(bytes);
    memcpy(letter->bytes, record, bytes);
    letter->used = bytes;
    letter->peer = from;
    trp_parcel_push(&actor->mailbox, letter);
}

void trp_deliver_mail(struct trp_rank *rank)
{
    struct trp_actor *actor = rank->mail;
    rank->mail = actor->next_mail;
    actor->listed = false;
    struct trp_parcel *letter = trp_parcel_pop(&actor->mailbox);
    execute(rank, actor, (struct trp_record *)(void *)letter->bytes, letter);
}

/* ---- records --------------------------------------------------------------------------------- */

static struct troupe_ref ref_of(const struct trp_rank *rank, const struct trp_record *record)
{
    return trp_ref(rank->rank, record->creator, record->index, record->generation);
}

static void deliver_call(struct trp_rank *rank, struct trp_record *record,
                         struct trp_parcel *parcel)
{
    struct trp_actor *actor = trp_actors_find(&rank->actors, ref_of(rank, record));
    /* Also behind letters that wait: none may overtake another. */
    if (actor->running || actor->mailbox.head || actor->life == TRP_LIFE_EXPECTED)
        keep_letter(actor, record, parcel->peer);
    else
        execute(rank, actor, record, trp_parcel_hold(parcel));
}

static void deliver_create(struct trp_rank *rank, struct trp_record *record,
                           struct trp_parcel *parcel)
{
    struct troupe_class *class_ = trp_class_by_id(record->slot);
    if (!class_)
        trp_die("rank %d creates an actor of class %u, which is not known here", parcel->peer,
                record->slot);
    struct trp_actor *actor = trp_actors_create(&rank->actors, ref_of(rank, record), class_);
    if (class_->init)
        execute(rank, actor, record, trp_parcel_hold(parcel));
    else
        list_mail(rank, actor);
}

static void deliver_answer(struct trp_rank *rank, const struct trp_record *record)
{
    trp_future_resolve(trp_futures_of(rank, record->future), record->future, record->number,
                       trp_record_body(record), trp_record_body_size(record));
}

void trp_deliver(struct trp_rank *rank, struct trp_record *record, struct trp_parcel *parcel)
{
    if (record->creator >= (uint32_t)rank->ranks)
        trp_die("a message from rank %d names rank %u", parcel->peer, record->creator);
    switch (record->kind) {
    case TRP_RECORD_CALL:
        deliver_call(rank, record, parcel);
        break;
    case TRP_RECORD_CREATE:
        deliver_create(rank, record, parcel);
        break;
    case TRP_RECORD_TASK:
        trp_workers_submit(rank, record, parcel->peer);
        break;
    case TRP_RECORD_ANSWER:
        deliver_answer(rank, record);
        break;
    case TRP_RECORD_PROBE:
    case TRP_RECORD_COUNTS:
    case TRP_RECORD_END:
        trp_quiet_deliver(rank, record, parcel->peer);
        break;
    default:
        trp_die("a message from rank %d is of unknown kind %u", parcel->peer, record->kind);
    }
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void destroy_class(struct trp_actor *actor, const struct troupe_class *class_)
{
    for (; class_; class_ = class_->base)
        if (class_->destroy)
            class_->destroy->thunk(actor->state, NULL, NULL);
}

void trp_destroy(struct trp_rank *rank, struct trp_actor *actor)
{
    if (!actor->class_)
        return;
    struct trp_context context = {
        .kind = TRP_CONTEXT_METHOD, .rank = rank, .actor = actor, .cpus = 1};
    struct trp_context *before = trp_current();
    trp_set_current(&context);
    destroy_class(actor, actor->class_);
    trp_set_current(before);
    trp_context_release(&context);
}
