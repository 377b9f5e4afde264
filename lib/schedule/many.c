#include "schedule/many.h"

#include <string.h>

#include "schedule/deliver.h"
#include "schedule/execute.h"
#include "schedule/figures.h"
#include "schedule/mail.h"
#include "schedule/measured.h"
#include "schedule/role.h"
#include "schedule/send.h"
#include "schedule/who.h"
#include "troupe/status.h"

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

#define FUTURES_AHEAD 4

static void resolve_all(struct trp_rank *rank, struct trp_parcel *parcel)
{
    const struct trp_record *many = parcel->many;
    const size_t size = many->serial - 8;
    const char *at = (const char *)parcel->bytes + parcel->at, *end = end_of(many);
    advance(parcel, end, end);
    const size_t ahead = FUTURES_AHEAD * (8 + size);
    for (; at < end; at += 8 + size) {
        uint64_t future;
        if ((size_t)(end - at) > ahead) {
            memcpy(&future, at + ahead, 8);
            trp_future_fetch(&rank->futures, future);
        }
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

static bool asks(const struct trp_record *many)
{
    return many->kind == TRP_RECORD_ASKS;
}

/* Bytes before the arguments of each. */
static size_t head_of(const struct trp_record *many)
{
    return asks(many) ? 16 : 8;
}

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
    const size_t row = TRP_ROW_MOST * many->serial;
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
    if (!method || !method->row)
        return NULL;
    size_t each = head_of(many) + trp_tell_bytes(method->signature->args.size);
    return each == many->serial ? method : NULL;
}

static void gather(const struct trp_rank *rank, struct trp_row *row, const char *end)
{
    const struct trp_record *many = row->many;
    const struct troupe_class *class_ = NULL;
    const char *at = row->at;
    for (; row->count < TRP_ROW_MOST && at < end; row->count++, at += many->serial) {
        struct trp_actor *actor = trp_actors_peek(&rank->actors, many->creator, serial_at(at));
        if (!actor || !is_free(actor) || (class_ && actor->class_ != class_))
            return;
        class_ = actor->class_;
        if (!row->method && !(row->method = fitting(actor, many)))
            return;
        row->states[row->count] = actor->state;
        actor->calls++; /* it is in the cache now; see count_begun */
    }
}

static char *nth(const struct trp_row *row, unsigned n)
{
    return row->at + n * row->many->serial;
}

static struct trp_actor *actor_of(const struct trp_row *row, unsigned n)
{
    return (struct trp_actor *)(void *)((char *)row->states[n] - offsetof(struct trp_actor, state));
}

/* Of the call whose arguments are there. */
static unsigned number_of(const struct trp_row *row, const char *args)
{
    return (unsigned)((size_t)(args - row->at) / row->many->serial);
}

/* The asks among those that are done, up to that one. */
static void answer_until(struct trp_rank *rank, struct trp_row *row, unsigned until)
{
    struct trp_context *c = row->context;
    for (;;) {
        row->done += trp_answer_row(rank, c->caller, nth(row, row->done) + 8, row->many->serial,
                                    row->method->signature->result, &row->results[row->done],
                                    until - row->done);
        if (row->done == until)
            return;
        memcpy(&c->answer, nth(row, row->done) + 8, 8);
        trp_conclude_call(c, TROUPE_OK, row->results[row->done++]);
    }
}

static void count(const struct trp_row *row, int64_t calls)
{
    struct trp_context *c = row->context;
    c->figures->begun += (uint64_t)calls;
    trp_figures_from(c->rank, c->figures, c->from, c->caller, calls);
}

/* All those up to that one have begun, or those behind it have not after all. */
static void count_begun(struct trp_row *row, unsigned until)
{
    if (until == row->begun)
        return;
    for (unsigned i = row->begun; i < until; i++)
        actor_of(row, i)->calls++;
    for (unsigned i = until; i < row->begun; i++)
        actor_of(row, i)->calls--;
    count(row, (int64_t)until - row->begun);
    row->begun = until;
}

/* What they took goes to one of them, in turn: to look for all would take longer than they did. */
static void sample(struct trp_row *row, unsigned until)
{
    struct trp_figures *f = row->context->figures;
    unsigned calls = until - row->done;
    struct trp_actor *actor = actor_of(row, row->done + (unsigned)(f->samples % calls));
    struct trp_sample each = trp_figures_sample(f, row->began, calls);
    trp_measured_ran(row->context->rank, actor, each.took, each.took, each.weight);
}

static void count_done(struct trp_row *row, unsigned until)
{
    struct trp_figures *f = row->context->figures;
    f->done += until - row->done;
    if (row->began && until > row->done)
        sample(row, until);
    row->began = 0;
}

/* They have been run, up to that one, and all is well; those behind them are left to whoever goes
   on. */
static void settle(struct trp_rank *rank, struct trp_row *row, unsigned until)
{
    count_done(row, until);
    advance(row->parcel, nth(row, until), end_of(row->many));
    if (asks(row->many))
        answer_until(rank, row, until);
    row->done = until;
}

void trp_row_show(struct trp_here *here)
{
    struct trp_row *row = here->row;
    struct trp_context *c = row->context;
    unsigned n = number_of(row, __atomic_load_n(&row->calls.at, __ATOMIC_RELAXED));
    n = n < row->count ? n : row->count - 1; /* it has just ended */
    settle(c->rank, row, n);
    count_begun(row, n + 1);
    advance(row->parcel, nth(row, n + 1), end_of(row->many));
    row->shown = c->actor = actor_of(row, n);
    c->actor->running = c;
    c->args = nth(row, n) + head_of(row->many);
    if (asks(row->many))
        memcpy(&c->answer, nth(row, n) + 8, 8);
    c->rank->wire->words->doing = trp_who_code(c->actor, c->method);
    here->current = c;
    __atomic_store_n(&here->row, NULL, __ATOMIC_RELEASE); /* partner: trp_current */
}

/* Until one of them is shown, or all are done. */
static void run_hidden(struct trp_rank *rank, struct trp_row *row)
{
    const size_t head = head_of(row->many);
    do {
        row->calls = (struct troupe_row){.at = nth(row, row->done) + head,
                                         .end = nth(row, row->count) + head,
                                         .selves = row->states + row->done,
                                         .result = row->results + row->done};
        count_begun(row, row->count);
        row->began = trp_figures_due(row->context->figures) ? trp_now_ns() : 0;
        trp_role_run_hidden(row);
        row->method->row(&row->calls);
        if (trp_role_still_hidden(row))
            settle(rank, row, number_of(row, row->calls.at));
    } while (!row->shown && row->done < row->count);
}

/* Nothing was left behind, no other loop runs since, and an answer is off. */
static bool is_over(struct trp_rank *rank, struct trp_row *row)
{
    struct trp_context *c = row->context;
    return rank->idle == c && trp_execute_is_plain(c) &&
           (!asks(row->many) || trp_answer(rank, c->caller, c->answer, c->method->signature->result,
                                           row->results[row->done]));
}

/* The one that was shown, if the row had ended before it, and then its end. False: whoever goes on
   is to do those behind it; so it is after one that has waited, or after which there is more to be
   done than to free its actor. */
static bool run_shown(struct trp_rank *rank, struct trp_row *row)
{
    struct trp_context *c = row->context;
    if (row->calls.at == c->args) {
        trp_role_run(c);
        row->method->thunk(c->actor->state, c->args, row->results[row->done]);
        trp_role_enter();
    }
    row->shown = NULL;
    if (!is_over(rank, row)) {
        trp_conclude(c, TROUPE_OK, row->results[row->done]);
        return false;
    }
    trp_figures_done(c);
    trp_execute_end_plain(c);
    row->done++;
    return true;
}

static void run(struct trp_rank *rank, struct trp_row *row)
{
    struct trp_context *c = row->context = rank->idle;
    c->method = row->method;
    c->parcel = trp_parcel_hold(row->parcel);
    c->caller = row->parcel->peer;
    c->args_end = NULL;
    c->answer = 0;
    c->figures = trp_figures_of(rank, actor_of(row, 0)->class_, row->many->slot);
    c->calls = 1;
    c->from = (uint8_t)row->many->from;
    c->calls_as = (uint8_t)trp_from_class(actor_of(row, 0)->class_);
    c->began = 0;
    row->begun = row->count;
    count(row, row->count);
    rank->wire->words->doing = trp_who_code(actor_of(row, 0), row->method);
    if (asks(row->many))
        memset(row->results, 0, row->count * sizeof row->results[0]);
    bool all = true;
    while (all && row->done < row->count) {
        run_hidden(rank, row);
        all = !row->shown || run_shown(rank, row);
    }
    if (all)
        trp_parcel_drop(row->parcel);
    trp_set_current(NULL);
    if (!trp_context_is_bare(c))
        trp_context_reuse(c);
}

unsigned trp_many_deliver(struct trp_rank *rank, struct trp_parcel *parcel)
{
    struct trp_row row;
    row.parcel = parcel;
    row.many = parcel->many;
    row.method = NULL;
    row.shown = NULL;
    row.at = (char *)parcel->bytes + parcel->at;
    row.count = row.done = row.begun = 0;
    row.began = 0;
    const char *end = end_of(row.many);
    if (row.many->kind == TRP_RECORD_ANSWERS) {
        resolve_all(rank, parcel);
        return 1;
    }
    fetch(rank, row.many, row.at + TRP_ROW_MOST * row.many->serial, end);
    if (!rank->line_count && rank->parked_count < TRP_PARKED_MAX && !trp_trace_on)
        gather(rank, &row, end);
    if (row.count)
        run(rank, &row);
    else
        deliver_alone(rank, parcel);
    return row.count + 1;
}
