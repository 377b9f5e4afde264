#include "schedule/send.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "schedule/bulk.h"
#include "schedule/futures.h"
#include "schedule/role.h"
#include "schedule/workers.h"
#include "troupe/status.h"
#include "wire/pack.h"

/* ---- the parcels being filled ---------------------------------------------------------------- */

/* What a lane's key says is an answer, nobody's. */
static void turn(struct trp_outlet *out)
{
    if ((out->lane.key & 3) != 2)
        out->lane.key = TRP_NO_KEY;
}

void trp_lanes_turn(struct trp_rank *rank, unsigned from)
{
    rank->lanes_from = from;
    turn(&rank->outlets[rank->rank]);
    for (int i = 0; i < rank->dirty_count; i++)
        turn(&rank->outlets[rank->dirty[i]]);
}

/* To this rank itself. */
static void hand_own(struct trp_rank *rank, struct trp_parcel *parcel)
{
    trp_credit_received(rank, parcel);
    trp_parcel_push(trp_input_of(rank, parcel), parcel);
    rank->input_bytes += parcel->used;
    rank->own_queued += !parcel->urgent;
}

static void hand_over(struct trp_rank *rank, int to, struct trp_parcel *parcel)
{
    struct trp_account *account = &rank->outlets[to].account;
    __atomic_store_n(&account->sent, account->sent + parcel->used, __ATOMIC_RELAXED);
    if (to == rank->rank)
        hand_own(rank, parcel);
    else
        rank->wire->ops->send(rank->wire, to, parcel);
}

static void flush_one(struct trp_rank *rank, int to)
{
    struct trp_outlet *out = &rank->outlets[to];
    struct trp_parcel *parcel = trp_outlet_parcel(out);
    trp_outlet_use(out, NULL);
    hand_over(rank, to, parcel);
}

void trp_flush_urgent(struct trp_rank *rank)
{
    struct trp_parcel *parcel;
    rank->urgent_out_count = 0;
    while ((parcel = trp_parcel_pop(&rank->urgent_out)))
        hand_over(rank, parcel->peer, parcel);
}

/* What would only wait in the wire waits here, where it can still grow. */
static bool congested(const struct trp_rank *rank, int to)
{
    const struct trp_wire_ops *ops = rank->wire->ops;
    return ops->congested && ops->congested(rank->wire, to);
}

bool trp_flush(struct trp_rank *rank)
{
    bool any = rank->urgent_out.head;
    if (any)
        trp_flush_urgent(rank);
    int kept = 0, before = rank->dirty_count;
    for (int i = 0; i < before; i++) {
        int to = rank->dirty[i];
        if (congested(rank, to))
            rank->dirty[kept++] = to;
        else
            flush_one(rank, to);
    }
    rank->dirty_count = kept;
    return any || kept < before;
}

void trp_flush_all(struct trp_rank *rank)
{
    trp_flush_urgent(rank);
    for (int i = 0; i < rank->dirty_count; i++)
        flush_one(rank, rank->dirty[i]);
    rank->dirty_count = 0;
}

static bool begin_parcel(struct trp_rank *rank, int to, size_t bytes)
{
    struct trp_outlet *out = &rank->outlets[to];
    struct trp_parcel *parcel =
        trp_parcel_try(bytes > TRP_PARCEL_BYTES ? bytes : TRP_PARCEL_BYTES);
    if (!parcel)
        return false;
    if (out->parcel)
        flush_one(rank, to);
    else if (to != rank->rank)
        rank->dirty[rank->dirty_count++] = to;
    parcel->peer = to;
    trp_outlet_use(out, parcel);
    return true;
}

struct trp_parcel *trp_outlet_begin(struct trp_rank *rank, int to, bool new_work)
{
    if (new_work && trp_credit_short(rank, to))
        return NULL;
    return begin_parcel(rank, to, 0) ? rank->outlets[to].parcel : NULL;
}

static struct trp_record *append(struct trp_parcel *parcel, size_t bytes)
{
    void *end = parcel->bytes + parcel->used;
    parcel->used += bytes;
    return end;
}

#define URGENT_PARCELS 64 /* gathered at most: they are searched */

/* Urgent parcels for different ranks are in one queue: there are few. */
static struct trp_record *reserve_urgent(struct trp_rank *rank, int to, size_t bytes)
{
    struct trp_parcel *last = NULL;
    for (struct trp_parcel *p = rank->urgent_out.head; p; p = p->next)
        last = p->peer == to ? p : last;
    if (last && last->room - last->used >= bytes)
        return append(last, bytes);
    struct trp_parcel *parcel =
        trp_parcel_try(bytes > TRP_PARCEL_SMALL ? bytes : TRP_PARCEL_SMALL);
    if (!parcel)
        return NULL;
    parcel->peer = to;
    parcel->urgent = 1;
    if (rank->urgent_out_count++ == URGENT_PARCELS)
        trp_flush_urgent(rank);
    trp_parcel_push(&rank->urgent_out, parcel);
    return append(parcel, bytes);
}

/* Room for that record of so many bytes, a multiple of 8; NULL when memory is short. */
static struct trp_record *try_reserve(struct trp_rank *rank, int to, const struct trp_record *head,
                                      size_t bytes)
{
    struct trp_outlet *out = &rank->outlets[to];
    if (trp_record_is_urgent(head))
        return reserve_urgent(rank, to, bytes);
    if (bytes > trp_outlet_room(out) && !begin_parcel(rank, to, bytes))
        return NULL;
    trp_outlet_close(out);
    char *at = out->lane.at;
    out->lane.at += bytes;
    return (struct trp_record *)(void *)at;
}

static struct trp_record *reserve(struct trp_rank *rank, int to, const struct trp_record *head,
                                  size_t bytes)
{
    struct trp_record *record = try_reserve(rank, to, head, bytes);
    if (!record)
        trp_die("no memory for a message of %zu bytes", bytes);
    return record;
}

static void count_sent(struct trp_rank *rank, int to, const struct trp_record *head)
{
    rank->outlets[to].messages++;
    rank->sent += to != rank->rank && trp_record_counts(head);
}

static void send_own(struct trp_rank *rank, struct trp_parcel *parcel)
{
    const struct trp_record *record = (const struct trp_record *)(const void *)parcel->bytes;
    parcel->urgent = trp_record_is_urgent(record);
    if (parcel->urgent)
        trp_flush_urgent(rank);
    else if (rank->outlets[rank->rank].parcel)
        flush_one(rank, rank->rank);
    hand_over(rank, rank->rank, parcel);
}

/* ---- from other threads ---------------------------------------------------------------------- */

struct trp_draft {
    struct trp_draft *next;
    int to;
    struct trp_shipment *shipment; /* that the record announces, or NULL */
    struct trp_parcel *parcel;     /* that it is in instead of here, or NULL */
    uint64_t words[];              /* a record */
};

static struct trp_record *record_of(struct trp_draft *draft)
{
    return (struct trp_record *)(draft->parcel ? (void *)draft->parcel->bytes
                                               : (void *)draft->words);
}

void trp_inbox_open(struct trp_inbox *inbox)
{
    pthread_mutex_init(&inbox->lock, NULL);
}

static void draft_free(struct trp_draft *draft)
{
    if (draft->shipment)
        trp_ship_lost(draft->shipment);
    if (draft->parcel)
        trp_parcel_drop(draft->parcel);
    free(draft);
}

void trp_inbox_close(struct trp_inbox *inbox)
{
    pthread_mutex_destroy(&inbox->lock);
}

static struct trp_draft *draft_new(int to, size_t bytes)
{
    struct trp_draft *draft = malloc(sizeof *draft + bytes);
    if (draft)
        *draft = (struct trp_draft){.to = to};
    return draft;
}

/* A tell; and while tasks wait in line here, what the driver or a light method gets: the slots have
   enough to do without whom it would wake. */
static bool is_patient(const struct trp_rank *rank, const struct trp_draft *draft,
                       const struct trp_record *record)
{
    if (record->flags || draft->shipment)
        return false;
    return record->kind == TRP_RECORD_TELL ||
           (record->kind == TRP_RECORD_ANSWER && !trp_future_is_shared(record->serial) &&
            trp_workers_line(rank) > 0);
}

/* With the lock, which is given back before the scheduler wakes: on the CPU of who wakes it, it
   would find it taken. */
static void wake_and_unlock(struct trp_rank *rank)
{
    struct trp_inbox *inbox = &rank->inbox;
    bool wakes = !inbox->closed;
    inbox->wakers += wakes;
    pthread_mutex_unlock(&inbox->lock);
    if (wakes)
        rank->wire->ops->wake(rank->wire);
    inbox->wakers -= wakes;
}

/* It has its result, small arguments, and no more memory to free. */
static bool frees_little(const struct trp_context *c)
{
    return (!c->arena.top || !c->arena.top->below) &&
           (!c->parcel || c->parcel->room <= TRP_PARCEL_BYTES);
}

/* What one on a worker sends while it concludes wakes the scheduler when it has ended, and its CPU
   is free: but for what would wait for functions that it has deferred, or for much memory. */
static bool wakes_later(const struct trp_context *from, const struct trp_draft *draft)
{
    return from && from->concluding && !from->deferred && !from->releasing && !draft->shipment &&
           frees_little(from);
}

/* While tasks fill the CPUs each wake-up costs them some: who is patient waits for the end of the
   nap. The draft is posted before naps is read; when a nap ends it is cleared before the inbox is
   read. */
static void draft_post(struct trp_rank *rank, const struct trp_context *from,
                       struct trp_draft *draft)
{
    struct trp_inbox *inbox = &rank->inbox;
    bool patient = is_patient(rank, draft, record_of(draft));
    pthread_mutex_lock(&inbox->lock);
    if (inbox->closed) {
        pthread_mutex_unlock(&inbox->lock);
        draft_free(draft);
        return;
    }
    if (inbox->head)
        inbox->tail->next = draft;
    else
        inbox->head = draft;
    inbox->tail = draft;
    inbox->filled = true;
    inbox->bytes += trp_record_bytes(record_of(draft));
    bool wakes = !patient || !rank->naps;
    if (wakes && wakes_later(from, draft)) {
        trp_worker_owes_wake(from->worker);
        wakes = false;
    }
    if (wakes)
        wake_and_unlock(rank);
    else
        pthread_mutex_unlock(&inbox->lock);
}

void trp_inbox_wake(struct trp_rank *rank)
{
    pthread_mutex_lock(&rank->inbox.lock);
    wake_and_unlock(rank);
}

void trp_inbox_shut(struct trp_rank *rank)
{
    pthread_mutex_lock(&rank->inbox.lock);
    rank->inbox.closed = true;
    pthread_mutex_unlock(&rank->inbox.lock);
    while (rank->inbox.wakers) /* the wire may go next */
        sched_yield();
    while (rank->inbox.head) {
        struct trp_draft *draft = rank->inbox.head;
        rank->inbox.head = draft->next;
        draft_free(draft);
    }
}

static void draft_send(struct trp_rank *rank, struct trp_draft *draft)
{
    if (draft->parcel) {
        send_own(rank, draft->parcel);
        return;
    }
    size_t bytes = trp_record_bytes(record_of(draft));
    memcpy(reserve(rank, draft->to, record_of(draft), bytes), draft->words, bytes);
    count_sent(rank, draft->to, record_of(draft));
    if (draft->shipment)
        trp_ship(draft->shipment);
}

bool trp_inbox_empty_out(struct trp_rank *rank)
{
    struct trp_inbox *inbox = &rank->inbox;
    if (!inbox->filled)
        return false;
    pthread_mutex_lock(&inbox->lock);
    struct trp_draft *draft = inbox->head;
    inbox->head = NULL;
    inbox->filled = false;
    inbox->bytes = 0;
    pthread_mutex_unlock(&inbox->lock);
    while (draft) {
        struct trp_draft *next = draft->next;
        draft_send(rank, draft);
        free(draft);
        draft = next;
    }
    return true;
}

/* ---- sending --------------------------------------------------------------------------------- */

int trp_send(struct trp_rank *rank, const struct trp_context *from, int to,
             const struct trp_record *head, const struct troupe_type *type, const void *value)
{
    size_t size = trp_packed_size(type, value), bytes = trp_record_whole(head->kind, size);
    if (bytes == SIZE_MAX) {
        trp_ungive(type, value);
        return TROUPE_INVALID;
    }
    if (trp_bulk_wanted(rank, to, size))
        return TRP_SEND_LARGE;
    if (trp_on_scheduler(from)) {
        struct trp_record *record = try_reserve(rank, to, head, bytes);
        if (!record)
            return TROUPE_NO_MEMORY;
        trp_record_begin(record, head, bytes);
        trp_pack(type, value, trp_record_body(record));
        count_sent(rank, to, head);
    } else {
        struct trp_draft *draft = draft_new(to, bytes);
        if (!draft)
            return TROUPE_NO_MEMORY;
        trp_record_begin(record_of(draft), head, bytes);
        trp_pack(type, value, trp_record_body(record_of(draft)));
        draft_post(rank, from, draft);
    }
    return TROUPE_OK;
}

static void fill(struct trp_record *record, const struct trp_record *head, const void *bytes,
                 size_t size)
{
    size_t whole = trp_record_whole(head->kind, size);
    trp_record_begin(record, head, whole);
    memset((char *)record + whole - 8, 0, size ? 8 : 0);
    memcpy(trp_record_body(record), bytes, size);
}

void trp_send_bytes(struct trp_rank *rank, int to, const struct trp_record *head,
                    const void *bytes, size_t size)
{
    fill(reserve(rank, to, head, trp_record_whole(head->kind, size)), head, bytes, size);
    count_sent(rank, to, head);
}

void trp_send_shipment(struct trp_rank *rank, const struct trp_context *from, int to,
                       const struct trp_record *head, const void *bytes, size_t size,
                       struct trp_shipment *shipment)
{
    if (trp_on_scheduler(from)) {
        trp_send_bytes(rank, to, head, bytes, size);
        if (shipment)
            trp_ship(shipment);
        return;
    }
    struct trp_draft *draft = draft_new(to, trp_record_whole(head->kind, size));
    if (!draft)
        trp_die("no memory for a message of %zu bytes", size);
    fill(record_of(draft), head, bytes, size);
    draft->shipment = shipment;
    draft_post(rank, from, draft);
}

void trp_send_bytes_from(struct trp_rank *rank, const struct trp_context *from, int to,
                         const struct trp_record *head, const void *bytes, size_t size)
{
    trp_send_shipment(rank, from, to, head, bytes, size, NULL);
}

void trp_send_apart(struct trp_rank *rank, const struct trp_context *from,
                    struct trp_parcel *parcel)
{
    parcel->peer = rank->rank;
    if (trp_on_scheduler(from)) {
        send_own(rank, parcel);
        return;
    }
    struct trp_draft *draft = draft_new(rank->rank, 0);
    if (!draft)
        trp_die("no memory for a message of %zu bytes", parcel->used);
    draft->parcel = parcel;
    draft_post(rank, from, draft);
}
