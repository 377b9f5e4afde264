#include "schedule/loop.h"

#include "base/clock.h"
#include "base/log.h"
#include "schedule/deliver.h"
#include "schedule/execute.h"
#include "schedule/send.h"
#include "schedule/wait.h"
#include "schedule/workers.h"

#define SPIN 30e-6       /* seconds of polling before sleep: about what waking up costs */
#define NAP 4e-3         /* longest sleep while tasks fill the CPUs: tells of theirs wait for it */
#define STEPS_A_POLL 64  /* things done before the wire is looked at again */
#define PARCELS_A_POLL 64

/* ---- the input ------------------------------------------------------------------------------- */

/* The next record, not yet taken; parcels read to their end are dropped. */
static struct trp_record *peek(struct trp_rank *rank)
{
    struct trp_parcel *parcel;
    while ((parcel = rank->input.head)) {
        if (parcel->at < parcel->used)
            return (struct trp_record *)(void *)(parcel->bytes + parcel->at);
        trp_parcel_drop(trp_parcel_pop(&rank->input));
    }
    return NULL;
}

/* Takes it: a parcel that does not hold the whole of it is damaged. */
static void take(struct trp_rank *rank, const struct trp_record *record)
{
    struct trp_parcel *parcel = rank->input.head;
    size_t left = parcel->used - parcel->at;
    if (left < 16 || left < trp_record_head(record->kind) ||
        trp_record_bytes(record) < trp_record_head(record->kind) ||
        trp_record_bytes(record) > left)
        trp_die("a message from rank %d is damaged: %zu bytes are left for a record of %llu",
                parcel->peer, left, (unsigned long long)trp_record_bytes(record));
    parcel->at += trp_record_bytes(record);
    rank->received += parcel->peer != rank->rank && trp_record_counts(record);
}

static void deliver_next(struct trp_rank *rank, struct trp_record *record)
{
    struct trp_parcel *parcel = rank->input.head;
    take(rank, record);
    trp_deliver(rank, record, parcel);
}

/* ---- one step -------------------------------------------------------------------------------- */

bool trp_loop_takes_answer(struct trp_rank *rank)
{
    struct trp_record *record = peek(rank);
    if (!record || (record->kind != TRP_RECORD_ANSWER && record->kind != TRP_RECORD_FAILED))
        return false;
    deliver_next(rank, record);
    return true;
}

/* Letters wait while too many methods do. */
static bool has_mail(const struct trp_rank *rank)
{
    return rank->mail && rank->parked_count < TRP_PARKED_MAX;
}

bool trp_loop_can_run(struct trp_rank *rank)
{
    return rank->ready.head || has_mail(rank) || peek(rank);
}

static bool step(struct trp_rank *rank)
{
    struct trp_context *woken = trp_context_pop(&rank->ready);
    if (woken) {
        trp_carrier_resume(&rank->carrier, woken->stack);
        return true;
    }
    if (has_mail(rank)) {
        trp_execute_mail(rank);
        return true;
    }
    struct trp_record *record = peek(rank);
    if (record)
        deliver_next(rank, record);
    return record;
}

/* ---- polling and sleeping -------------------------------------------------------------------- */

/* The transport may let other ranks of this process run meanwhile. */
static struct trp_parcel *receive(struct trp_rank *rank)
{
    struct trp_context *current = trp_current();
    struct trp_parcel *parcel = rank->wire->ops->receive(rank->wire);
    trp_set_current(current);
    return parcel;
}

static void fire_timers(struct trp_rank *rank)
{
    if (!rank->timers.count)
        return;
    double now = trp_now();
    struct trp_timer *due;
    while ((due = trp_timers_due(&rank->timers, now)))
        due->fire(due);
}

/* Whether a wait in place has been woken is its own to see: something happened, look. */
static bool refill(struct trp_rank *rank)
{
    bool moved = trp_inbox_empty_out(rank) || rank->dirty_count;
    trp_flush(rank);
    if (trp_guests_wait(&rank->guests))
        trp_guests_serve(&rank->guests);
    struct trp_parcel *parcel;
    for (int i = 0; i < PARCELS_A_POLL && (parcel = receive(rank)); i++) {
        trp_parcel_push(&rank->input, parcel);
        moved = true;
    }
    size_t timers = rank->timers.count;
    fire_timers(rank);
    return moved || rank->timers.count != timers;
}

static bool spin(struct trp_rank *rank)
{
    if (rank->wire->ops->one_process || trp_workers_fill_cpus(rank))
        return false;
    for (double end = trp_now() + SPIN; trp_now() < end;)
        if (refill(rank))
            return true;
    return false;
}

/* Seconds until a timer or the end of a nap; negative: no limit. */
static double time_to_sleep(struct trp_rank *rank, bool nap)
{
    double next = trp_timers_next(&rank->timers), left = next < 0 ? -1 : next - trp_now();
    if (nap && (next < 0 || left > NAP))
        return NAP;
    return next >= 0 && left < 0 ? 0 : left;
}

static void sleep_until_called(struct trp_rank *rank)
{
    const struct trp_wire_ops *wire = rank->wire->ops;
    bool nap = trp_workers_fill_cpus(rank);
    rank->naps = nap;
    uint32_t announced = wire->announce(rank->wire);
    if (!refill(rank)) {
        double left = time_to_sleep(rank, nap);
        struct trp_context *current = trp_current();
        if (left != 0)
            wire->sleep(rank->wire, announced, left);
        trp_set_current(current);
    }
    wire->awake(rank->wire);
    rank->naps = false; /* and then the inbox is read: draft_post does the converse */
}

void trp_loop_refill_or_sleep(struct trp_rank *rank)
{
    if (!refill(rank) && !spin(rank))
        sleep_until_called(rank);
}

void trp_loop(void *arg)
{
    struct trp_rank *rank = arg;
    trp_carrier_arrive(&rank->carrier);
    for (unsigned steps = 0;; steps++) {
        if (!step(rank))
            trp_loop_refill_or_sleep(rank);
        else if (steps % STEPS_A_POLL == 0)
            refill(rank);
    }
}
