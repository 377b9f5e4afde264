#include "schedule/credit.h"

#include <omp.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "schedule/rank.h"
#include "schedule/send.h"
#include "schedule/wait.h"

#define CREDIT (2 << 20) /* bytes for each pair of ranks; TROUPE_CREDIT */
#define REPORTS 8           /* of a credit are made while it is used up */
#define METHOD_PATIENCE 5e-3 /* seconds without any progress, then one parcel more is allowed */
#define PATIENCE 0.2         /* of those that others seldom wait for: the driver, tasks */
#define NAP 1e-3             /* seconds between looks of those whom a report does not wake */

void trp_credit_open(struct trp_rank *rank)
{
    const char *text = getenv("TROUPE_CREDIT");
    rank->credit.bytes = text && atol(text) > 0 ? (uint64_t)atol(text) : CREDIT;
    rank->credit.creditors = calloc((size_t)rank->ranks, sizeof *rank->credit.creditors);
    if (!rank->credit.creditors)
        trp_die("no memory for the accounts of %d ranks", rank->ranks);
}

void trp_credit_close(struct trp_rank *rank)
{
    free(rank->credit.creditors);
}

static struct trp_account *account_of(const struct trp_rank *rank, int with)
{
    return &rank->outlets[with].account;
}

/* ---- the receiver ---------------------------------------------------------------------------- */

void trp_credit_received(struct trp_rank *rank, struct trp_parcel *parcel)
{
    struct trp_account *account = account_of(rank, parcel->peer);
    if (!parcel->owes)
        parcel->owes = parcel->used;
    if (parcel->peer == rank->rank) { /* no need to be told */
        parcel->owed = &account->done;
        return;
    }
    parcel->owed = &account->owed;
    if (!account->listed)
        rank->credit.creditors[rank->credit.creditor_count++] = parcel->peer;
    account->listed = true;
}

static void report(struct trp_rank *rank, int to, struct trp_account *account)
{
    const struct trp_record head = {.kind = TRP_RECORD_CREDIT, .serial = account->owed};
    account->owed = 0;
    trp_send_bytes(rank, to, &head, "", 0);
}

void trp_credit_report(struct trp_rank *rank)
{
    struct trp_credit *credit = &rank->credit;
    for (int i = 0; i < credit->creditor_count;) {
        int to = credit->creditors[i];
        struct trp_account *account = account_of(rank, to);
        if (account->owed >= credit->bytes / REPORTS)
            report(rank, to, account);
        account->listed = account->owed;
        if (account->listed)
            i++;
        else
            credit->creditors[i] = credit->creditors[--credit->creditor_count];
    }
}

/* ---- the sender ------------------------------------------------------------------------------ */

void trp_credit_done(struct trp_rank *rank, int from, uint64_t bytes)
{
    struct trp_account *account = account_of(rank, from);
    __atomic_store_n(&account->done, account->done + bytes, __ATOMIC_RELAXED);
}

/* Any thread: what it tells may be a moment old. */
static bool used_up(const struct trp_rank *rank, const struct trp_account *account)
{
    uint64_t done = __atomic_load_n(&account->done, __ATOMIC_RELAXED);
    uint64_t sent = __atomic_load_n(&account->sent, __ATOMIC_RELAXED);
    uint64_t allowed = __atomic_load_n(&account->allowed, __ATOMIC_RELAXED);
    return sent > done + rank->credit.bytes && sent >= allowed;
}

/* One parcel may wait for room while another is filled. */
static bool congested(const struct trp_rank *rank, int to)
{
    const struct trp_wire_ops *ops = rank->wire->ops;
    const struct trp_account *account = account_of(rank, to);
    return to != rank->rank && ops->congested && ops->congested(rank->wire, to) &&
           account->sent >= account->allowed;
}

bool trp_credit_short(const struct trp_rank *rank, int to)
{
    return used_up(rank, account_of(rank, to)) || congested(rank, to);
}

static void wake_all(struct trp_account *account)
{
    while (account->waiting) {
        struct trp_context *c = account->waiting;
        account->waiting = c->short_next;
        trp_wake(c);
    }
}

bool trp_credit_wake(struct trp_rank *rank)
{
    struct trp_account **link = &rank->credit.awaited;
    bool woken = false;
    while (*link) {
        struct trp_account *account = *link;
        int to = (int)((struct trp_outlet *)(void *)((char *)account -
                                                     offsetof(struct trp_outlet, account)) -
                       rank->outlets);
        if (account->waiting && !trp_credit_short(rank, to)) {
            wake_all(account);
            woken = true;
        }
        account->awaited = account->waiting;
        if (account->awaited)
            link = &account->next;
        else
            *link = account->next;
    }
    return woken;
}

static void stop_waiting(struct trp_account *account, struct trp_context *context)
{
    struct trp_context **link = &account->waiting;
    while (*link && *link != context)
        link = &(*link)->short_next;
    if (*link)
        *link = context->short_next;
}

/* On the scheduler's thread: a report wakes it. */
static void wait_for_report(struct trp_context *context, struct trp_account *account, double until)
{
    trp_wait_prepare(context);
    if (!account->awaited) {
        account->awaited = true;
        account->next = context->rank->credit.awaited;
        context->rank->credit.awaited = account;
    }
    context->short_next = account->waiting;
    account->waiting = context;
    trp_wait(context, until);
    stop_waiting(account, context);
}

/* In a task, or a thread of its team. */
static void nap(struct trp_context *context)
{
    if (!context || omp_in_parallel()) {
        usleep((useconds_t)(1e6 * NAP));
        return;
    }
    trp_wait_prepare(context);
    trp_wait(context, trp_now() + NAP);
}

static bool on_worker(const struct trp_context *context)
{
    return !context || context->worker;
}

/* Too much of what other threads have sent has not even been looked at. */
static bool inbox_is_full(const struct trp_rank *rank)
{
    return rank->inbox.bytes > rank->credit.bytes;
}

static void allow_another(struct trp_account *account)
{
    uint64_t sent = __atomic_load_n(&account->sent, __ATOMIC_RELAXED);
    __atomic_store_n(&account->allowed, sent + TRP_PARCEL_BYTES, __ATOMIC_RELAXED);
}

/* For what was sent when the wait began, and for nothing that others send meanwhile: any report
   of progress brings the end of the wait nearer, whoever the progress is of. */
void trp_credit_wait(struct trp_rank *rank, struct trp_context *context, int to)
{
    struct trp_account *account = account_of(rank, to);
    bool method = context && context->kind == TRP_CONTEXT_METHOD && !context->worker;
    if (context && (context->releasing || (context->actor && !context->method)))
        return; /* a deferred function, a destructor */
    double patience = method ? METHOD_PATIENCE : PATIENCE, until = trp_now() + patience;
    uint64_t seen = __atomic_load_n(&account->done, __ATOMIC_RELAXED);
    const uint64_t begun = __atomic_load_n(&account->sent, __ATOMIC_RELAXED);
    while (on_worker(context) ? used_up(rank, account) || inbox_is_full(rank)
                              : trp_credit_short(rank, to)) {
        if (on_worker(context))
            nap(context);
        else
            wait_for_report(context, account, until);
        uint64_t done = __atomic_load_n(&account->done, __ATOMIC_RELAXED);
        if (context && context->cancelled)
            return;
        if (done != seen)
            until = trp_now() + patience;
        if (done + rank->credit.bytes >= begun || trp_now() >= until)
            allow_another(account);
        seen = done;
    }
}
