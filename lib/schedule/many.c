#include "schedule/many.h"

#include <string.h>

#include "schedule/deliver.h"
#include "schedule/execute.h"
#include "schedule/mail.h"
#include "schedule/send.h"
#include "schedule/who.h"
#include "troupe/status.h"

#define AT_ONCE 64 /* calls, before others have a turn */
#define AHEAD 24   /* calls, whose actors are fetched; their addresses are before, at twice that */

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

/* Nothing is between it and a call. */
static inline bool is_free(const struct trp_actor *actor)
{
    const struct trp_actor_more *more = actor ? actor->more : NULL;
    return actor && actor->life == TRP_LIFE_ALIVE && !actor->running && !actor->mailbox &&
           (!more || (!more->worker && !more->unasked_count));
}

/* NULL: not a call that can be run here. */
static const struct troupe_method *fitting(const struct trp_actor *actor,
                                           const struct trp_record *many)
{
    const struct troupe_class *class_ = actor->class_;
    const struct troupe_method *method = many->slot < class_->slots ? class_->table[many->slot]
                                                                    : NULL;
    bool asks = many->kind == TRP_RECORD_ASKS;
    if (!method || !method->signature->args.flat ||
        (asks && !trp_answers_small(method->signature)))
        return NULL;
    size_t each = (asks ? 16 : 8) + trp_tell_bytes(method->signature->args.size);
    return each == many->serial ? method : NULL;
}

static inline const trp_actor_place *place_of(const struct trp_rank *rank,
                                              const struct trp_record *many, const char *at)
{
    uint64_t serial;
    memcpy(&serial, at, 8);
    return trp_actors_place(&rank->actors, many->creator, serial);
}

/* Their cache misses overlap. Nothing here is believed. It must be inline: calls of a function
   that only prefetches gcc takes for nothing. */
__attribute__((always_inline)) static inline void
fetch(const struct trp_rank *rank, const struct trp_record *many, const char *at, const char *end)
{
    const size_t ahead = AHEAD * many->serial;
    if (at + 2 * ahead < end)
        __builtin_prefetch(place_of(rank, many, at + 2 * ahead));
    const trp_actor_place *place = at + ahead < end ? place_of(rank, many, at + ahead) : NULL;
    if (place)
        __builtin_prefetch((const void *)(uintptr_t)*place, 1);
}

/* Until one is not simple, or others should have a turn; returns how many. A method that waits
   leaves the rest to whoever goes on meanwhile. */
static unsigned run(struct trp_rank *rank, struct trp_parcel *parcel)
{
    const struct trp_record *many = parcel->many;
    const bool asks = many->kind == TRP_RECORD_ASKS;
    const size_t each = many->serial;
    char *at = (char *)parcel->bytes + parcel->at, *end = end_of(many);
    struct trp_context *c = rank->idle;
    const struct troupe_class *class_ = NULL;
    const struct troupe_method *method = NULL;
    uint64_t doing = 0, result[2];
    unsigned calls = 0;
    bool simple = true;
    c->parcel = trp_parcel_hold(parcel);
    c->caller = parcel->peer;
    c->args_end = NULL;
    c->answer = 0;
    trp_set_current(c);
    for (; simple && at < end && calls < AT_ONCE; at += each, calls++) {
        uint64_t serial;
        memcpy(&serial, at, 8);
        fetch(rank, many, at, end);
        struct trp_actor *actor = trp_actors_peek(&rank->actors, many->creator, serial);
        if (!is_free(actor))
            break;
        if (actor->class_ != class_) {
            if (!(method = fitting(actor, many)))
                break;
            class_ = actor->class_;
            doing = trp_who_code(actor, method) >> 32 << 32;
        }
        advance(parcel, at + each, end);
        if (asks)
            memcpy(&c->answer, at + 8, 8);
        c->actor = actor;
        c->method = method;
        c->args = at + (asks ? 16 : 8);
        actor->running = c;
        rank->wire->words->doing = doing | trp_who_index(rank, many->creator, serial);
        result[0] = result[1] = 0;
        method->thunk(actor->state, c->args, result);
        simple = rank->idle == c && trp_execute_is_plain(c) &&
                 (!asks ||
                  trp_answer(rank, c->caller, c->answer, method->signature->result, result));
        if (simple)
            trp_execute_end_plain(c);
    }
    if (simple)
        trp_parcel_drop(parcel);
    else
        trp_conclude(c, TROUPE_OK, result);
    trp_set_current(NULL);
    if (!trp_context_is_bare(c))
        trp_context_reuse(c);
    return calls;
}

unsigned trp_many_deliver(struct trp_rank *rank, struct trp_parcel *parcel)
{
    unsigned calls = 0;
    if (parcel->many->kind == TRP_RECORD_ANSWERS)
        resolve_all(rank, parcel);
    else if (!rank->line_count && rank->parked_count < TRP_PARKED_MAX)
        calls = run(rank, parcel);
    if (!calls && parcel->many)
        deliver_alone(rank, parcel);
    return calls + 1;
}
