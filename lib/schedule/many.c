#include "schedule/many.h"

#include <string.h>

#include "schedule/deliver.h"
#include "schedule/execute.h"
#include "schedule/mail.h"
#include "schedule/send.h"
#include "schedule/who.h"
#include "troupe/status.h"

#define AT_ONCE 16 /* calls, whose actors are looked up together */

static size_t offset_in(const struct trp_parcel *parcel, const char *place)
{
    return (size_t)(place - (const char *)parcel->bytes);
}

static char *end_of(const struct trp_record *many)
{
    return (char *)(uintptr_t)many + 8 * (size_t)many->words;
}

bool trp_many_begin(struct trp_parcel *parcel, struct trp_record *record)
{
    size_t each = record->serial, all = 8 * (size_t)record->words;
    if (each % 8 || !each || each > all || all < 16 + each || (all - 16) % each)
        return false;
    parcel->many = record;
    parcel->at = offset_in(parcel, (char *)record) + 16;
    return true;
}

/* Before any of it is done: whoever goes on while a method waits goes on with the next one. */
static void advance(struct trp_parcel *parcel, const char *next, const char *end)
{
    parcel->at = offset_in(parcel, next);
    if (next == end) {
        parcel->many = NULL;
        parcel->ahead = parcel->at;
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

static void resolve_all(struct trp_rank *rank, struct trp_parcel *parcel)
{
    const struct trp_record *many = parcel->many;
    const size_t size = many->serial - 8;
    const char *at = (const char *)parcel->bytes + parcel->at, *end = end_of(many);
    advance(parcel, end, end);
    for (; at < end; at += 8 + size) {
        uint64_t future;
        memcpy(&future, at, 8);
        if (!trp_future_resolve_small(&rank->futures, future, at + 8, size))
            trp_future_resolve(trp_futures_of(rank, future), future, TROUPE_OK, at + 8, size);
    }
}

/* ---- calls one by one, by the way that all others take --------------------------------------- */

static void deliver_alone(struct trp_rank *rank, struct trp_parcel *parcel)
{
    const struct trp_record *many = parcel->many;
    const size_t each = many->serial;
    char *at = (char *)parcel->bytes + parcel->at;
    struct trp_record head = *many;
    head.kind = many->kind == TRP_RECORD_ASKS ? TRP_RECORD_ASK : TRP_RECORD_TELL;
    head.words = each / 8 + 1;
    advance(parcel, at + each, end_of(many));
    struct trp_parcel *alone = trp_parcel_try(8 + each);
    if (!alone) {
        memcpy(&head.serial, at, 16);
        trp_refuse_memory(rank, &head, parcel->peer);
        return;
    }
    memcpy(alone->bytes, &head, 8);
    memcpy(alone->bytes + 8, at, each);
    alone->used = 8 + each;
    trp_letter_owes(alone, parcel);
    trp_deliver(rank, trp_letter_record(alone), alone);
    trp_parcel_settle(alone);
    trp_parcel_drop(alone);
}

/* ---- calls in a row -------------------------------------------------------------------------- */

/* Some of them, of actors of one class that nothing keeps from running the method. */
struct row {
    const struct trp_record *many;
    char *at;
    const struct troupe_method *method;
    unsigned count;
    struct trp_actor *actors[AT_ONCE];
};

static uint64_t serial_at(const char *at)
{
    uint64_t serial;
    memcpy(&serial, at, 8);
    return serial;
}

/* Of the rows to come: where their actors are, and the actors. Nothing here is believed. Inline,
   for gcc leaves out calls of a function that does nothing but prefetch. */
__attribute__((always_inline)) static inline void
fetch(const struct trp_rank *rank, const struct trp_record *many, const char *at, const char *end)
{
    const size_t row = AT_ONCE * many->serial;
    const char *last = at + row < end ? at + row : end;
    for (; at < last; at += many->serial) {
        const trp_actor_place *place =
            trp_actors_place(&rank->actors, many->creator, serial_at(at));
        if (place)
            __builtin_prefetch((const void *)(uintptr_t)*place, 1);
        if (at + row < end)
            __builtin_prefetch(
                trp_actors_place(&rank->actors, many->creator, serial_at(at + row)));
    }
}

/* Nothing is between it and a call. */
static inline bool is_free(const struct trp_actor *actor)
{
    const struct trp_actor_more *more = actor->more;
    return actor->life == TRP_LIFE_ALIVE && !actor->running && !trp_mailbox_has_any(actor) &&
           (!more || (!more->worker && !more->unasked_count));
}

/* NULL: not a call that can be run here. */
static const struct troupe_method *fitting(const struct trp_actor *actor,
                                           const struct trp_record *many)
{
    const struct troupe_class *class_ = actor->class_;
    const struct troupe_method *method =
        many->slot < class_->slots ? class_->table[many->slot] : NULL;
    bool asks = many->kind == TRP_RECORD_ASKS;
    if (!method || !method->signature->args.flat ||
        (asks && !trp_answers_small(method->signature)))
        return NULL;
    size_t each = (asks ? 16 : 8) + trp_tell_bytes(method->signature->args.size);
    return each == many->serial ? method : NULL;
}

static void gather(const struct trp_rank *rank, struct row *row, const char *end)
{
    const struct trp_record *many = row->many;
    const struct troupe_class *class_ = NULL;
    const char *at = row->at;
    row->method = NULL;
    for (row->count = 0; row->count < AT_ONCE && at < end; row->count++, at += many->serial) {
        struct trp_actor *actor = trp_actors_peek(&rank->actors, many->creator, serial_at(at));
        if (!actor || !is_free(actor) || (class_ && actor->class_ != class_))
            return;
        class_ = actor->class_;
        if (!row->method && !(row->method = fitting(actor, many)))
            return;
        row->actors[row->count] = actor;
    }
}

/* Nothing was left behind, no other loop runs since, and an answer is off. */
static inline bool is_over(struct trp_rank *rank, struct trp_context *c, bool asks,
                           const uint64_t result[2])
{
    return rank->idle == c && trp_execute_is_plain(c) &&
           (!asks || trp_answer(rank, c->caller, c->answer, c->method->signature->result, result));
}

/* A method that waits leaves those behind it to whoever goes on meanwhile; so does one after which
   there is more to be done than to free its actor. */
__attribute__((always_inline)) static inline void run(struct trp_rank *rank,
                                                      struct trp_parcel *parcel,
                                                      const struct row *row, bool asks)
{
    struct trp_context *c = rank->idle;
    troupe_thunk *thunk = row->method->thunk;
    const size_t each = row->many->serial;
    const char *end = end_of(row->many);
    const uint64_t doing = trp_who_code(row->actors[0], row->method) >> 32 << 32;
    uint64_t result[2];
    char *at = row->at;
    c->method = row->method;
    c->parcel = trp_parcel_hold(parcel);
    c->caller = parcel->peer;
    c->args_end = NULL;
    c->answer = 0;
    trp_set_current(c);
    for (unsigned i = 0;; i++, at += each) {
        struct trp_actor *actor = row->actors[i];
        advance(parcel, at + each, end);
        if (asks)
            memcpy(&c->answer, at + 8, 8);
        c->actor = actor;
        c->args = at + (asks ? 16 : 8);
        actor->running = c;
        rank->wire->words->doing =
            doing | trp_who_index(rank, row->many->creator, serial_at(at));
        result[0] = result[1] = 0;
        thunk(actor->state, c->args, result);
        if (!is_over(rank, c, asks, result)) {
            trp_conclude(c, TROUPE_OK, result);
            break;
        }
        trp_execute_end_plain(c);
        if (i + 1 == row->count) {
            trp_parcel_drop(parcel);
            break;
        }
    }
    trp_set_current(NULL);
    if (!trp_context_is_bare(c))
        trp_context_reuse(c);
}

unsigned trp_many_deliver(struct trp_rank *rank, struct trp_parcel *parcel)
{
    struct row row;
    row.many = parcel->many;
    row.at = (char *)parcel->bytes + parcel->at;
    row.count = 0;
    const char *end = end_of(row.many);
    if (row.many->kind == TRP_RECORD_ANSWERS) {
        resolve_all(rank, parcel);
        return 1;
    }
    fetch(rank, row.many, row.at + AT_ONCE * row.many->serial, end);
    if (!rank->line_count && rank->parked_count < TRP_PARKED_MAX)
        gather(rank, &row, end);
    if (!row.count)
        deliver_alone(rank, parcel);
    else if (row.many->kind == TRP_RECORD_ASKS)
        run(rank, parcel, &row, true);
    else
        run(rank, parcel, &row, false);
    return row.count + 1;
}
