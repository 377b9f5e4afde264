#include "schedule/loop.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "schedule/deliver.h"
#include "schedule/ending.h"
#include "schedule/execute.h"
#include "schedule/lines.h"
#include "schedule/many.h"
#include "schedule/news.h"
#include "schedule/role.h"
#include "schedule/send.h"
#include "schedule/wait.h"
#include "schedule/workers.h"

#define SPIN 30e-6       /* seconds of polling before sleep: about what waking up costs */
#define TURN 20e-6       /* seconds that those who were woken wait while records are read */
#define NAP 4e-3         /* longest sleep while tasks fill the CPUs: tells of theirs wait for it */
#define LOOKS_A_REFILL 8 /* while spinning: at the wire alone, before all else is looked at */
#define REFILLS_A_CLOCK 2
#define POLLS_A_REPORT 8 /* of credit */
#define STEPS_A_POLL 64  /* things done before the wire is looked at again */
#define INPUT_BYTES (64 * 1024) /* received ahead; what is read and must wait goes to mailboxes */

/* ---- the input ------------------------------------------------------------------------------- */

/* A record that has come and has not been taken. */
struct next {
    struct trp_record *record; /* NULL: none */
    struct trp_parcel *parcel; /* that it is in */
};

static struct trp_record *at(struct trp_parcel *parcel)
{
    return parcel->many ? parcel->many : (struct trp_record *)(void *)(parcel->bytes + parcel->at);
}

/* What was in it and is not kept is done with. */
static void drop_spent(struct trp_rank *rank)
{
    struct trp_parcel *parcel = rank->spent;
    if (!parcel)
        return;
    rank->spent = NULL;
    trp_parcel_settle(parcel);
    trp_parcel_drop(parcel);
}

static struct trp_parcel *first_received(const struct trp_rank *rank)
{
    return rank->urgent.head ? rank->urgent.head : rank->input.head;
}

/* The first of the input has been read to its end. */
static void spend(struct trp_rank *rank, struct trp_parcel *parcel)
{
    trp_parcel_pop(trp_input_of(rank, parcel));
    rank->own_queued -= parcel->peer == rank->rank && !parcel->urgent;
    rank->input_bytes -= parcel->used;
    drop_spent(rank);
    rank->spent = parcel;
}

/* Parcels read to their end are dropped. */
static struct next next_received(struct trp_rank *rank)
{
    struct trp_parcel *parcel;
    drop_spent(rank);
    while ((parcel = first_received(rank))) {
        if (parcel->at >= parcel->ahead && !parcel->many)
            trp_deliver_soon(rank, parcel);
        if (parcel->at < parcel->used)
            return (struct next){at(parcel), parcel};
        spend(rank, parcel);
        drop_spent(rank);
    }
    return (struct next){NULL, NULL};
}

/* What this rank has sent to itself is read out of the parcel that is being filled. One that was
   full went to the input, and comes first. */
static struct next next_own(struct trp_rank *rank)
{
    struct trp_outlet *own = &rank->outlets[rank->rank];
    struct trp_parcel *parcel = own->parcel;
    if (!parcel || rank->own_queued)
        return (struct next){NULL, NULL};
    parcel->used = (size_t)(own->lane.at - (char *)parcel->bytes);
    if (parcel->at < parcel->used)
        return (struct next){at(parcel), parcel};
    if (parcel->used && parcel->holds == 1) { /* nobody needs what was in it */
        parcel->at = parcel->used = 0;
        trp_outlet_use(own, parcel);
    }
    return (struct next){NULL, NULL};
}

static inline bool nothing_received(const struct trp_rank *rank)
{
    return !rank->input.head && !rank->urgent.head && !rank->spent;
}

/* Turn by turn from this rank's own and from what was received; urgent is received. Not inline: gcc
   12 makes a local call 8 ns slower then. */
__attribute__((noinline)) static struct next peek(struct trp_rank *rank)
{
    if (rank->urgent_out.head)
        trp_flush_urgent(rank);
    if (nothing_received(rank))
        return next_own(rank);
    struct next next = {NULL, NULL};
    if (rank->own_turn && !rank->urgent.head)
        next = next_own(rank);
    if (!next.record)
        next = next_received(rank);
    return next.record ? next : next_own(rank); /* its turn may have come just now */
}

/* Takes it: a parcel that does not hold the whole of it is damaged. */
static void take(struct trp_rank *rank, struct next next)
{
    struct trp_parcel *parcel = next.parcel;
    const struct trp_record *record = next.record;
    if (rank->outlets[rank->rank].last == record)
        trp_outlet_close(&rank->outlets[rank->rank]);
    size_t left = parcel->used - parcel->at, bytes = left < 16 ? 0 : trp_record_bytes(record);
    if (left < 16 || bytes > left || bytes < trp_record_head(record->kind))
        trp_die("a message from rank %d is damaged: %zu bytes are left for a record of %zu",
                parcel->peer, left, bytes);
    if (!trp_record_is_many(record))
        parcel->at += bytes;
    else if (!trp_many_begin(parcel, next.record))
        trp_die("a message from rank %d is damaged: a record of %zu bytes is of many, of %" PRIu64
                " each", parcel->peer, bytes, record->serial);
    rank->own_turn = !rank->own_turn;
    if (parcel->peer != rank->rank)
        rank->received += trp_record_counts(record);
    if ((parcel->room > TRP_PARCEL_BYTES || parcel->gifts) && parcel->at == parcel->used &&
        parcel == trp_input_of(rank, parcel)->head)
        spend(rank, parcel); /* now, for its record may be kept with it */
}

static void deliver_next(struct trp_rank *rank, struct next next)
{
    if (!next.parcel->many)
        take(rank, next);
    if (next.parcel->many)
        rank->steps += trp_many_deliver(rank, next.parcel);
    else
        trp_deliver(rank, next.record, next.parcel);
}

/* ---- one step -------------------------------------------------------------------------------- */

static bool is_answer(const struct trp_record *record)
{
    return record && (record->kind == TRP_RECORD_ANSWER || record->kind == TRP_RECORD_ANSWERS ||
                      record->kind == TRP_RECORD_FAILED);
}

enum trp_loop_seen trp_loop_takes_answers(struct trp_rank *rank)
{
    enum trp_loop_seen seen = TRP_LOOP_NOTHING;
    for (;; seen = TRP_LOOP_ANSWERS) {
        struct next received = {NULL, NULL}, next;
        if (!nothing_received(rank))
            received = next_received(rank);
        next = received;
        if (!is_answer(next.record))
            next = next_own(rank);
        if (!is_answer(next.record))
            return !seen && (next.record || received.record) ? TRP_LOOP_OTHERS : seen;
        deliver_next(rank, next);
    }
}

/* Letters wait while too many methods do. */
static bool has_mail(const struct trp_rank *rank)
{
    return rank->mail.count && rank->parked_count < TRP_PARKED_MAX;
}

/* But for one more at a time while nothing else goes on. */
static bool can_let_in(const struct trp_rank *rank)
{
    return rank->mail.count && rank->parked_count < rank->parked_most;
}

/* What is let in may wait, too: not without a stack for who comes then. */
static bool let_in(struct trp_rank *rank)
{
    if (!can_let_in(rank))
        return false;
    if (trp_carrier_has_spare(&rank->carrier))
        return trp_execute_mail(rank);
    rank->parked_most = rank->parked_count;
    return false;
}

bool trp_loop_can_run(struct trp_rank *rank)
{
    return trp_role_wanted || rank->ready.head || has_mail(rank) || can_let_in(rank) ||
           peek(rank).record;
}

/* The first who was woken and may go on on this thread. */
static struct trp_context *next_woken(struct trp_rank *rank)
{
    struct trp_context *woken = trp_context_pop(&rank->ready);
    if (!woken || trp_role_suits(woken))
        return woken;
    struct trp_context *next = trp_context_pop(&rank->ready); /* there is one driver */
    trp_context_push(&rank->ready, woken);
    return next;
}

/* By the clock, for a method may take 2 ns or 2 ms. Ranks of one process take turns by counting, so
   that a run can be repeated. */
static bool turn_is_over(struct trp_rank *rank)
{
    double now = rank->wire->ops->one_process ? 0 : trp_now();
    if (!rank->turn)
        rank->turn = now;
    return now - rank->turn >= TURN || rank->wire->ops->one_process;
}

__attribute__((always_inline)) static inline bool resume(struct trp_rank *rank)
{
    struct trp_context *woken = next_woken(rank);
    rank->due = rank->due && rank->ready.head;
    if (woken)
        trp_carrier_resume(&rank->carrier, woken->stack);
    return woken;
}

/* Who was woken goes on when what has come is read, so that he finds all of it: but not for ever.
   Then all who were woken do, one after the other. */
__attribute__((always_inline)) static inline bool step(struct trp_rank *rank)
{
    if (rank->due && resume(rank))
        return true;
    bool mail = !rank->urgent.head && has_mail(rank);
    struct next next = mail ? (struct next){NULL, NULL} : peek(rank);
    if (!mail && !next.record)
        return resume(rank);
    rank->due = rank->ready.head && turn_is_over(rank);
    if (!rank->ready.head)
        rank->turn = 0;
    if (mail)
        trp_execute_mail(rank);
    else
        deliver_next(rank, next);
    return true;
}

/* ---- polling and sleeping -------------------------------------------------------------------- */

static struct trp_parcel *receive(struct trp_rank *rank)
{
    bool full = rank->input_bytes >= INPUT_BYTES;
    if (!rank->wire->ops->one_process)
        return rank->wire->ops->receive(rank->wire, full);
    /* Other ranks of this process may run meanwhile. */
    struct trp_context *current = trp_current();
    struct trp_parcel *parcel = rank->wire->ops->receive(rank->wire, full);
    trp_set_current(current);
    return parcel;
}

static bool fire_timers(struct trp_rank *rank)
{
    if (!rank->timers.count)
        return false;
    double now = trp_now();
    struct trp_timer *due;
    bool fired = false;
    for (; (due = trp_timers_due(&rank->timers, now)); fired = true)
        due->fire(due);
    return fired;
}

static void accept(struct trp_rank *rank, struct trp_parcel *parcel)
{
    trp_credit_received(rank, parcel);
    trp_parcel_push(trp_input_of(rank, parcel), parcel);
    rank->input_bytes += parcel->used;
    rank->spun = false;
}

/* Whether a wait in place has been woken is its own to see: something happened, look. */
static bool refill(struct trp_rank *rank)
{
    uint64_t hauled = rank->hauled;
    rank->steps = 0;
    bool moved = trp_inbox_empty_out(rank);
    if (++rank->polls % POLLS_A_REPORT == 0)
        trp_credit_report(rank);
    if (trp_ending_news)
        trp_ending_pass_on(rank);
    if (trp_lines_held && trp_now() >= trp_lines_due())
        trp_news_look(rank, false);
    moved |= trp_flush(rank);
    if (trp_guests_wait(&rank->guests))
        trp_guests_serve(&rank->guests);
    struct trp_parcel *parcel;
    while ((parcel = receive(rank))) {
        accept(rank, parcel);
        moved = true;
    }
    if (rank->dirty_count)
        moved |= trp_flush(rank); /* there may be room now, and nobody rings for that again */
    if (rank->credit.awaited)
        moved |= trp_credit_wake(rank);
    return fire_timers(rank) || moved || rank->hauled != hauled || trp_role_wanted ||
           (rank->ready.head && trp_role_suits(rank->ready.head)); /* on this thread, now */
}

/* Mostly it is the wire that something comes from. */
static bool look(struct trp_rank *rank)
{
    struct trp_parcel *parcel = NULL;
    uint64_t hauled = rank->hauled;
    for (int i = 0; i < LOOKS_A_REFILL && !parcel && !rank->inbox.filled; i++)
        parcel = receive(rank);
    if (parcel)
        accept(rank, parcel);
    return parcel || rank->hauled != hauled || refill(rank);
}

static bool spin(struct trp_rank *rank)
{
    if (rank->wire->ops->one_process || trp_workers_fill_cpus(rank) ||
        (uint64_t)rank->away >= trp_rank_has(rank->resources, rank->rank, TRP_CPUS))
        return false;
    double end = 0;
    do {
        for (int i = 0; i < REFILLS_A_CLOCK; i++)
            if (look(rank))
                return true;
        end = end ? end : trp_now() + SPIN;
    } while (trp_now() < end);
    rank->spun = true;
    return false;
}

bool trp_loop_refill_or_spin(struct trp_rank *rank)
{
    return refill(rank) || (!rank->spun && spin(rank));
}

/* When a timer fires, or something that was said again is told; negative: never. */
static double next_due(struct trp_rank *rank)
{
    double timer = trp_timers_next(&rank->timers);
    double lines = trp_lines_held && rank == trp_home ? trp_lines_due() : -1;
    return timer < 0 || (lines >= 0 && lines < timer) ? lines : timer;
}

/* Seconds until then or the end of a nap; negative: no limit. */
static double time_to_sleep(struct trp_rank *rank, bool nap)
{
    double next = next_due(rank), left = next < 0 ? -1 : next - trp_now();
    if (nap && (next < 0 || left > NAP))
        return NAP;
    return next >= 0 && left < 0 ? 0 : left;
}

static void sleep_until_called(struct trp_rank *rank)
{
    const struct trp_wire_ops *wire = rank->wire->ops;
    bool nap = trp_workers_fill_cpus(rank);
    rank->naps = nap;
    trp_credit_report(rank);
    uint32_t announced = wire->announce(rank->wire);
    if (!refill(rank)) {
        double left = time_to_sleep(rank, nap);
        struct trp_context *current = trp_current();
        if (left != 0)
            wire->sleep(rank->wire, announced, left);
        trp_role_stir();
        trp_set_current(current);
    }
    wire->awake(rank->wire);
    rank->spun = false;
    rank->naps = false; /* and then the inbox is read: draft_post does the converse */
}

bool trp_loop_others_wait(struct trp_rank *rank)
{
    refill(rank);
    return trp_role_wanted || rank->urgent.head ||
           ((rank->ready.head || has_mail(rank)) && turn_is_over(rank));
}

void trp_loop_refill_or_sleep(struct trp_rank *rank)
{
    rank->wire->words->doing = 0;
    if (!trp_loop_refill_or_spin(rank))
        sleep_until_called(rank);
}

static void go_on_or_sleep(struct trp_rank *rank)
{
    if (!can_let_in(rank))
        trp_loop_refill_or_sleep(rank);
    else if (!trp_loop_refill_or_spin(rank))
        let_in(rank);
}

void trp_loop(void *arg)
{
    struct trp_rank *rank = arg;
    struct trp_context idle = {.kind = TRP_CONTEXT_METHOD, .rank = rank, .cpus = 1};
    trp_carrier_arrive(&rank->carrier);
    for (;;) {
        if (trp_role_wanted)
            trp_role_yield(rank);
        rank->idle = &idle;
        if (!step(rank))
            go_on_or_sleep(rank);
        else if (++rank->steps >= STEPS_A_POLL)
            refill(rank);
    }
}
