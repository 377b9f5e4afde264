#include "schedule/quiet.h"

#include <string.h>

#include "base/clock.h"
#include "schedule/send.h"
#include "schedule/loop.h"
#include "schedule/wait.h"
#include "schedule/workers.h"

struct counts {
    uint64_t sent, received, busy;
};

/* The main routine itself is not counted: it is what asks. */
static bool busy(struct trp_rank *rank)
{
    return trp_loop_can_run(rank) || rank->dirty_count || rank->timers.count ||
           trp_workers_busy(rank) || __atomic_load_n(&rank->inbox.filled, __ATOMIC_ACQUIRE);
}

static void add(struct trp_census *census, const struct counts *counts)
{
    census->sent += counts->sent;
    census->received += counts->received;
    census->busy |= counts->busy != 0;
}

static struct counts count(struct trp_rank *rank)
{
    return (struct counts){rank->sent, rank->received, busy(rank)};
}

static void tell_all(struct trp_rank *rank, const struct trp_record *head)
{
    for (int to = 0; to < rank->ranks; to++)
        if (to != rank->rank)
            trp_send_bytes(rank, to, head, "", 0);
}

static struct trp_census ask_everyone(struct trp_rank *rank)
{
    const struct trp_record probe = {.kind = TRP_RECORD_PROBE};
    struct counts mine = count(rank);
    rank->census = (struct trp_census){.awaited = rank->ranks - 1};
    add(&rank->census, &mine);
    tell_all(rank, &probe);
    while (rank->census.awaited) {
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
    trp_wait(rank->main, trp_now() + seconds);
}

void trp_quiet_wait(struct trp_rank *rank)
{
    struct trp_census last = {.busy = true};
    for (double pause = 50e-6;; pause = pause < 5e-3 ? 2 * pause : pause) {
        struct trp_census now = ask_everyone(rank);
        if (agree(&last, &now))
            return;
        if (now.busy || last.busy == now.busy)
            pause_for(rank, pause);
        last = now;
    }
}

void trp_quiet_end(struct trp_rank *rank, int status)
{
    const struct trp_record end = {.kind = TRP_RECORD_END, .number = status};
    tell_all(rank, &end);
    trp_flush(rank);
    rank->over = true;
    rank->status = status;
}

static void answer_probe(struct trp_rank *rank, int to)
{
    const struct trp_record head = {.kind = TRP_RECORD_COUNTS};
    struct counts mine = count(rank);
    trp_send_bytes(rank, to, &head, &mine, sizeof mine);
}

void trp_quiet_deliver(struct trp_rank *rank, const struct trp_record *record, int from)
{
    if (record->kind == TRP_RECORD_PROBE) {
        answer_probe(rank, from);
    } else if (record->kind == TRP_RECORD_COUNTS) {
        struct counts counts;
        memcpy(&counts, trp_record_body(record), sizeof counts);
        add(&rank->census, &counts);
        rank->census.awaited--;
        trp_wake(rank->main);
    } else {
        rank->over = true;
        rank->status = record->number;
        trp_wake(rank->main);
    }
}
