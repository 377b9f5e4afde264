#include "schedule/quiet.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "schedule/deadlines.h"
#include "schedule/life.h"
#include "schedule/loop.h"
#include "schedule/news.h"
#include "schedule/send.h"
#include "schedule/wait.h"
#include "schedule/workers.h"
#include "troupe/status.h"

struct counts {
    uint64_t sent, received;
    int64_t tasks, parked, deepest;
    bool busy;
};

/* ---- what a rank says ------------------------------------------------------------------------ */

/* The main routine itself is not counted, it is what asks; nor are tells for later, time-outs that
   nobody waits for, and what other programs wait for. */
static bool busy(struct trp_rank *rank)
{
    size_t nobodys = rank->alarm_count + trp_deadlines_idle(rank) +
                     __atomic_load_n(&rank->visitors, __ATOMIC_RELAXED);
    return trp_loop_can_run(rank) || rank->dirty_count || rank->timers.count > nobodys ||
           trp_workers_busy(rank) || rank->inbox.filled || rank->away;
}

static struct counts count(struct trp_rank *rank)
{
    return (struct counts){.sent = rank->sent,
                           .received = rank->received,
                           .tasks = trp_workers_unfinished(rank),
                           .parked = (int64_t)rank->parked_count -
                                     (rank->main->stack != NULL),
                           .deepest = trp_life_deepest(rank),
                           .busy = busy(rank)};
}

static void add(struct trp_census *census, const struct counts *counts)
{
    census->sent += counts->sent;
    census->received += counts->received;
    census->tasks += counts->tasks;
    census->parked += counts->parked;
    census->busy |= counts->busy;
    if (counts->deepest > census->deepest)
        census->deepest = (int)counts->deepest;
}

static void send_counts(struct trp_rank *rank, int to)
{
    const struct trp_record head = {.kind = TRP_RECORD_COUNTS};
    trp_news_look(rank, true);
    trp_inbox_empty_out(rank); /* what has been said comes there first */
    struct counts mine = count(rank);
    trp_send_bytes(rank, to, &head, &mine, sizeof mine);
}

/* ---- rank 0 ---------------------------------------------------------------------------------- */

static void tell_all(struct trp_rank *rank, const struct trp_record *head)
{
    for (int to = 0; to < rank->ranks; to++)
        if (to != rank->rank)
            trp_send_bytes(rank, to, head, "", 0);
}

/* Tells all others, and returns when each has sent its counts. */
static struct trp_census ask_everyone(struct trp_rank *rank, const struct trp_record *head)
{
    struct counts mine = count(rank);
    rank->census = (struct trp_census){.awaited = rank->ranks - 1};
    add(&rank->census, &mine);
    tell_all(rank, head);
    while (rank->census.awaited && !rank->main->cancelled) {
        trp_wait_prepare(rank->main);
        trp_wait(rank->main, -1);
    }
    return rank->census;
}

static bool agree(const struct trp_census *a, const struct trp_census *b)
{
    return !a->busy && !b->busy && a->sent == a->received && a->sent == b->sent &&
           a->received == b->received;
}

static void pause_for(struct trp_rank *rank, double seconds)
{
    trp_wait_prepare(rank->main);
    trp_wait(rank->main, trp_now() + (rank->wire->ops->one_process ? 0 : seconds));
}

void trp_quiet_wait(struct trp_rank *rank)
{
    const struct trp_record probe = {.kind = TRP_RECORD_PROBE};
    struct trp_census last = {.busy = true};
    double end = trp_now() + rank->linger;
    for (double pause = 50e-6;; pause = pause < 5e-3 ? 2 * pause : pause) {
        struct trp_census now = ask_everyone(rank, &probe);
        if (agree(&last, &now) || rank->main->cancelled)
            return;
        if (trp_now() > end) {
            trp_log(TRP_LOG_WARNING,
                    "what is not done %g s after the driver has returned is given up: %lld tasks "
                    "or methods of actors with CPUs, %lld light methods that wait",
                    rank->linger, (long long)now.tasks, (long long)now.parked);
            return;
        }
        if (now.busy || last.busy == now.busy)
            pause_for(rank, pause);
        last = now;
    }
}

void trp_quiet_end_actors(struct trp_rank *rank)
{
    const struct trp_record probe = {.kind = TRP_RECORD_PROBE};
    struct trp_census census = ask_everyone(rank, &probe);
    for (int depth = census.deepest; depth > 0 && !rank->main->cancelled; depth--) {
        const struct trp_record level = {.kind = TRP_RECORD_LEVEL, .number = depth};
        trp_life_end_level(rank, depth);
        ask_everyone(rank, &level);
    }
}

void trp_quiet_leave(struct trp_rank *rank)
{
    rank->leaving = true;
    free(rank->main->cancelled_by);
    rank->main->cancelled_by = NULL;
    rank->main->cancelled = 0;
}

void trp_quiet_end(struct trp_rank *rank, int status)
{
    const struct trp_record end = {.kind = TRP_RECORD_END, .number = status};
    tell_all(rank, &end);
    trp_flush_all(rank); /* nobody will try again */
    rank->over = true;
    rank->status = status;
}

/* ---- what comes ------------------------------------------------------------------------------ */

static void take_counts(struct trp_rank *rank, const struct trp_record *record)
{
    struct counts counts;
    memcpy(&counts, trp_record_body(record), sizeof counts);
    add(&rank->census, &counts);
    rank->census.awaited--;
    trp_wake(rank->main);
}

/* Somebody has called troupe_exit: the driver goes no further than its next wait. */
static void exit_job(struct trp_rank *rank, int status)
{
    if (rank->main->cancelled || rank->leaving)
        return;
    rank->status = status;
    trp_cancel(rank->main, TROUPE_CANCELLED, NULL);
}

void trp_quiet_deliver(struct trp_rank *rank, const struct trp_record *record, int from)
{
    switch (record->kind) {
    case TRP_RECORD_LEVEL:
        trp_life_end_level(rank, (int)record->number);
        send_counts(rank, from);
        break;
    case TRP_RECORD_PROBE:
        send_counts(rank, from);
        break;
    case TRP_RECORD_COUNTS:
        take_counts(rank, record);
        break;
    case TRP_RECORD_EXIT:
        exit_job(rank, (int)record->number);
        break;
    default:
        rank->over = true;
        rank->status = (int)record->number;
        trp_wake(rank->main);
    }
}
