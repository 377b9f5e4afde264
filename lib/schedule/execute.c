#include "schedule/execute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "schedule/bulk.h"
#include "schedule/failures.h"
#include "schedule/figures.h"
#include "schedule/life.h"
#include "schedule/limit.h"
#include "schedule/loop.h"
#include "schedule/mail.h"
#include "schedule/role.h"
#include "schedule/send.h"
#include "schedule/who.h"
#include "schedule/workers.h"
#include "troupe/life.h"
#include "wire/pack.h"

struct trp_context trp_elsewhere;

/* ---- answers --------------------------------------------------------------------------------- */

static void answer_failed(struct trp_rank *rank, const struct trp_context *from, int to,
                          uint64_t future, int status, const char *story)
{
    struct trp_record head = {.kind = TRP_RECORD_FAILED, .number = status, .future = future};
    trp_send_bytes_from(rank, from, to, &head, story, strlen(story) + 1);
}

static void answer(struct trp_rank *rank, const struct trp_context *from, int to, uint64_t future,
                   bool urgent, const struct troupe_type *type, const void *value)
{
    struct trp_record head = {
        .kind = TRP_RECORD_ANSWER, .flags = urgent ? TRP_RECORD_URGENT : 0, .serial = future};
    bool empty = type->kind == TROUPE_KIND_VOID;
    if (to == rank->rank && type->flat && trp_on_scheduler(from)) {
        trp_future_resolve(trp_futures_of(rank, future), future, TROUPE_OK, value,
                           empty ? 0 : type->size);
        return;
    }
    if (empty) {
        trp_send_bytes_from(rank, from, to, &head, "", 0);
        return;
    }
    int sent = trp_send(rank, from, to, &head, type, value);
    if (sent == TRP_SEND_LARGE) /* waits, for the memory goes with the call */
        sent = trp_send_large(rank, from, true, to, &head, type, value);
    if (sent != TROUPE_OK)
        answer_failed(rank, from, to, future, sent,
                      sent == TROUPE_NO_MEMORY
                          ? "there is no memory for the result"
                          : "the result is larger than a message can be, or a span without data");
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
        answer_failed(rank, &scheduler, caller, record->future, status, story);
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

/* Bytes of one tell's arguments in a record of several. */
static size_t stride_of(const struct troupe_method *method)
{
    return trp_tell_bytes(method->signature->args.size);
}

void trp_conclude_call(struct trp_context *c, int status, const void *value)
{
    const struct troupe_type *result = c->method->signature->result;
    c->answered = c->answer && status == TROUPE_OK && !result->flat ? trp_packed_size(result, value)
                                                                    : 0;
    if (c->answer && status == TROUPE_OK)
        answer(c->rank, c, c->caller, c->answer, c->method->urgent, c->method->signature->result,
               value);
    else if (c->answer)
        answer_failed(c->rank, c, c->caller, c->answer, status, value);
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
        trp_mail_list(rank, actor);
}

/* The tells of the same record that have not been run become the first letter. */
static void put_back(struct trp_context *c)
{
    char *rest = (c->tells ? (char *)(uintptr_t)c->tells->at : c->args) + stride_of(c->method);
    if (!c->args_end || rest >= c->args_end)
        return;
    size_t bytes = (size_t)(c->args_end - rest), head = trp_record_head(TRP_RECORD_TELL);
    struct trp_parcel *letter = trp_parcel_new(head + bytes);
    struct trp_record *record = trp_letter_record(letter);
    struct trp_record tell = trp_record_for(trp_actor_ref(c->actor), TRP_RECORD_TELL);
    tell.slot = c->method->slot;
    tell.from = c->from;
    trp_record_begin(record, &tell, head + bytes);
    memcpy(trp_record_body(record), rest, bytes);
    letter->used = head + bytes;
    trp_letter_owes(letter, c->parcel);
    trp_mailbox_push_back(c->actor, letter);
    trp_figures_put_back(c, bytes / stride_of(c->method));
    trp_figures_keep(c->rank, c->actor, letter);
}

void trp_conclude(struct trp_context *c, int status, const void *value)
{
    struct trp_actor *actor = c->actor;
    if (c->cancelled && status == TROUPE_OK) { /* killed while it computed */
        status = c->cancelled;
        value = c->cancelled_by;
    }
    if (actor && status != TROUPE_OK)
        trp_failures_add(c->rank, actor, c->method, status, value);
    if (actor && status != TROUPE_OK && c->method == actor->class_->init)
        trp_life_end_later(actor, TROUPE_END_FAILED, strdup(value));
    trp_conclude_call(c, status, value);
    if (c->exiting) /* maybe since now: what was deferred has run */
        trp_life_end_later(actor, TROUPE_END_EXITED,
                           trp_life_story(c->rank, actor, "ended", "by itself"));
    if (c->parcel) {
        put_back(c);
        trp_figures_ended(c, status);
        trp_execute_poison(c);
        trp_parcel_drop(c->parcel);
    }
    if (actor)
        trp_conclude_actor(c->rank, actor);
}

/* ---- running: on the loop's stack; if the method waits, these frames wait with it ------------ */

static void conclude_plain(struct trp_context *c)
{
    trp_figures_done(c);
    trp_execute_end_plain(c);
    trp_parcel_drop(c->parcel);
}

/* Zeroed, of the size of the method's result. */
static void *result_in(struct trp_context *c, uint64_t *small, size_t size)
{
    size_t bytes = c->method->signature->result->size;
    void *result = small;
    if (bytes > size && !(result = trp_arena_alloc(&c->arena, bytes)))
        trp_die("no memory for a result of %zu bytes", bytes);
    memset(result, 0, bytes);
    return result;
}

static void run_one(struct trp_context *c)
{
    uint64_t small[32];
    void *result = result_in(c, small, sizeof small);
    c->args_end = NULL;
    trp_role_run(c);
    c->method->thunk(c->actor->state, c->args, result);
    trp_role_enter();
    if (!c->answer && trp_execute_is_plain(c))
        conclude_plain(c);
    else
        trp_conclude(c, TROUPE_OK, result);
}

/* The frequent ask, of a small value: as run_one, without what it seldom needs. */
static void run_small(struct trp_context *c)
{
    uint64_t result[2] = {0, 0};
    c->args_end = NULL;
    trp_role_run(c);
    c->method->thunk(c->actor->state, c->args, result);
    trp_role_enter();
    if (trp_execute_is_plain(c) &&
        trp_answer(c->rank, c->caller, c->answer, c->method->signature->result, result))
        conclude_plain(c);
    else
        trp_conclude(c, TROUPE_OK, result);
}

#define TELLS_A_POLL 64 /* of one record, before it is seen whether others wait */

/* Up to the next look at what others do. */
static void run_some(struct trp_context *c, struct troupe_row *calls, size_t stride)
{
    const size_t left = (size_t)(c->args_end - calls->at), most = TELLS_A_POLL * stride;
    calls->end = calls->at + (left < most ? left : most);
    do {
        const char *first = calls->at;
        trp_role_run_row(calls, c);
        c->method->row(calls);
        trp_role_enter();
        trp_execute_poison_row(c, first, calls->at, stride);
    } while (trp_context_is_bare(c) && calls->at < calls->end);
}

/* The tells of one record, one after the other. */
static void run_tells(struct trp_context *c, size_t stride)
{
    struct troupe_row calls = {.at = c->args, .self = c->actor->state};
    c->tells = &calls;
    do {
        run_some(c, &calls, stride);
    } while (trp_context_is_bare(c) && calls.at < c->args_end && !trp_loop_others_wait(c->rank));
    c->tells = NULL;
    c->args = (char *)(uintptr_t)calls.at - stride;
    if (calls.at == c->args_end && trp_execute_is_plain(c))
        conclude_plain(c);
    else
        trp_conclude(c, TROUPE_OK, NULL);
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
    struct trp_context *c = rank->idle;
    const struct troupe_class *class_ = actor->class_;
    const bool create = record->kind == TRP_RECORD_CREATE;
    c->actor = actor;
    c->method = method;
    c->args = trp_record_body(record);
    c->args_end = c->args + trp_record_body_size(record);
    c->parcel = parcel;
    c->caller = parcel->peer;
    c->answer = record->kind == TRP_RECORD_ASK ? record->future : 0;
    actor->running = c;
    rank->wire->words->doing = trp_who_code(actor, method);
    const bool many = record->kind == TRP_RECORD_TELL && method->row &&
                      c->args + stride_of(method) < c->args_end;
    trp_figures_begin(c, trp_figures_of(rank, class_, create ? class_->slots : record->slot),
                      record->from,
                      many ? (size_t)(c->args_end - c->args) / stride_of(method) : 1);
    if (many)
        run_tells(c, stride_of(method));
    else if (record->kind == TRP_RECORD_ASK && method->quick &&
             trp_answers_small(method->signature))
        run_small(c);
    else
        run_one(c);
    trp_set_current(NULL);
    if (!trp_context_is_bare(c))
        trp_context_reuse(c);
}

/* Of one tell, or of some: mostly no division. */
static bool are_tells(const struct troupe_method *method, size_t bytes)
{
    size_t stride = stride_of(method);
    return bytes == stride || (bytes && method->row && bytes % stride == 0);
}

/* Turns the arguments into values, in place. */
static bool unpack(const struct trp_rank *rank, const struct troupe_class *class_,
                   const struct troupe_method *method, struct trp_record *record,
                   const struct trp_parcel *parcel)
{
    struct trp_asking asking;
    const struct troupe_type *type = &method->signature->args;
    size_t size = trp_record_body_size(record);
    if (record->kind == TRP_RECORD_CREATE && record->number & TRP_ASKS_MORE)
        type = trp_asking_type(&asking, type);
    if (type->flat)
        return record->kind == TRP_RECORD_TELL ? are_tells(method, size)
                                               : size >= type->size;
    trp_figures_for(rank, class_, record)->bytes_in += size;
    return trp_unpack_gifts(type, trp_record_body(record), size, parcel->gifts);
}

static bool stop(struct trp_rank *rank, struct trp_actor *actor, const struct trp_record *record)
{
    if (record->kind != TRP_RECORD_STOP)
        return false;
    trp_life_end_later(actor, TROUPE_END_STOPPED,
                       trp_life_story(rank, actor, "was stopped by", trp_record_body(record)));
    return true;
}

/* A call of its own that it has taken back. */
static bool taken_back(struct trp_rank *rank, struct trp_actor *actor,
                       const struct trp_record *record, int from)
{
    return actor->more && record->kind == TRP_RECORD_ASK && from == rank->rank &&
           trp_actor_is_unasked(actor, record->future);
}

void trp_execute_now(struct trp_rank *rank, struct trp_actor *actor, struct trp_record *record,
                     struct trp_parcel *parcel)
{
    const struct troupe_method *method = method_of(actor, record);
    if (stop(rank, actor, record)) {
        trp_parcel_drop(parcel);
        if (!actor->running)
            trp_conclude_actor(rank, actor);
    } else if (taken_back(rank, actor, record, parcel->peer)) {
        trp_figures_refuse(rank, actor->class_, actor, record, parcel->peer);
        trp_refuse(rank, record, parcel->peer, TROUPE_CANCELLED, "it was taken back");
        trp_parcel_drop(parcel);
        trp_mail_list(rank, actor);
    } else if (!method || !unpack(rank, actor->class_, method, record, parcel)) {
        trp_figures_refuse(rank, actor->class_, actor, record, parcel->peer);
        trp_refuse(rank, record, parcel->peer, TROUPE_BAD_MESSAGE, "a call could not be read");
        trp_parcel_drop(parcel);
        trp_mail_list(rank, actor);
    } else if (actor->more && actor->more->worker) {
        actor->running = &trp_elsewhere;
        trp_figures_handed(rank, actor, record, parcel->peer);
        trp_workers_call(actor, method, record, parcel);
        trp_mail_list(rank, actor);
    } else {
        run_call(rank, actor, record, parcel, method);
    }
}

/* ---- calls that must wait -------------------------------------------------------------------- */

static void keep_letter(struct trp_rank *rank, struct trp_actor *actor,
                        const struct trp_record *record, struct trp_parcel *parcel)
{
    struct trp_parcel *letter = trp_letter(rank, record, parcel);
    if (!letter) {
        trp_figures_refuse(rank, actor->class_, actor, record, parcel->peer);
        trp_refuse_memory(rank, record, parcel->peer);
        return;
    }
    trp_mailbox_push(actor, letter);
    trp_figures_keep(rank, actor, letter);
}

/* A worker takes one call at a time: tells that share a record go through the mailbox. */
static bool to_be_split(const struct trp_actor *actor, const struct trp_record *record)
{
    return actor->more && actor->more->worker && record->kind == TRP_RECORD_TELL;
}

/* Also behind letters that wait: none may overtake another. */
static bool must_wait(const struct trp_rank *rank, const struct trp_actor *actor,
                      const struct trp_record *record)
{
    bool behind = trp_record_is_urgent(record) ? trp_mailbox_has_urgent(actor)
                                               : trp_mailbox_has_any(actor);
    return trp_actor_is_full(actor) || behind || actor->life != TRP_LIFE_ALIVE ||
           rank->parked_count >= TRP_PARKED_MAX || to_be_split(actor, record);
}

__attribute__((noinline)) static void let_wait(struct trp_rank *rank, struct trp_actor *actor,
                                           const struct trp_record *record,
                                           struct trp_parcel *parcel)
{
    if (trp_limit_refuses(rank, actor, record, parcel->peer))
        return;
    keep_letter(rank, actor, record, parcel);
    trp_mail_list(rank, actor);
}

void trp_execute(struct trp_rank *rank, struct trp_actor *actor, struct trp_record *record,
                 struct trp_parcel *parcel)
{
    if (!must_wait(rank, actor, record))
        trp_execute_now(rank, actor, record, trp_parcel_hold(parcel));
    else
        let_wait(rank, actor, record, parcel);
}

/* The first letter, or the first of the tells in it. */
static struct trp_parcel *next_letter(struct trp_actor *actor)
{
    struct trp_parcel *letter = trp_mailbox_pop(actor);
    const struct trp_record *record = trp_letter_record(letter);
    const struct troupe_method *method = method_of(actor, record);
    if (!to_be_split(actor, record) || !method || !method->signature->args.flat)
        return letter;
    struct trp_parcel *first = trp_letter_split(letter, stride_of(method));
    if (!first)
        return letter;
    first->since = letter->since;
    trp_mailbox_push_back(actor, letter);
    return first;
}

bool trp_execute_mail(struct trp_rank *rank)
{
    struct trp_actor *actor = trp_mail_next(rank);
    if (!actor)
        return false;
    struct trp_parcel *letter = next_letter(actor);
    trp_parcel_settle(letter);
    trp_limit_taken(rank, actor, trp_letter_record(letter));
    trp_figures_take(rank, actor, letter);
    trp_execute_now(rank, actor, trp_letter_record(letter), letter);
    return true;
}
