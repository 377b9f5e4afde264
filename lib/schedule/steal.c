#include "schedule/steal.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "schedule/claims.h"
#include "schedule/figures.h"
#include "schedule/send.h"
#include "schedule/tasks.h"
#include "wire/record.h"

#define ALL_ASKED 32            /* other ranks: in a job of no more, all are neighbours */
#define GIFT_BYTES (256 * 1024) /* of tasks that go together */
#define LOOKED_MAX 8192         /* turns that are looked at for a gift */

/* What this rank knows of another one. */
struct peer {
    int rank;
    bool near;         /* on this node */
    uint64_t *free;    /* what it has free, as it said, less what it was sent since */
    bool named;        /* its name stands here: */
    struct peer *next; /* in the list of those */
    int left;          /* slots it believes to be free here; 0 or less: our name is not there */
    bool unasked;      /* among those that are to be asked */
};

struct names {
    struct peer *head, **end;
};

struct trp_peers {
    struct peer *all;            /* [ranks] */
    uint64_t *amounts;           /* all their `free` */
    struct names near, far;
    _Atomic int named;           /* how many are in both; read without the lock */
    int *unasked, unasked_count; /* ranks */
    uint64_t told[TRP_KINDS];    /* what was said to be free when it was said last */
    bool in_vain;                /* nobody named could have what waits; nothing has come since */
};

/* ---- opening --------------------------------------------------------------------------------- */

/* Asymmetric in rank 0, where the driver is, alone. */
static bool asks(const struct trp_rank *rank, int who, int whom)
{
    unsigned ranks = (unsigned)rank->ranks;
    unsigned there = ((unsigned)whom + ranks - (unsigned)who) % ranks, back = ranks - there;
    return who != whom && (ranks <= ALL_ASKED + 1 || whom == 0 || !(there & (there - 1)) ||
                           !(back & (back - 1)));
}

static void add_name(struct trp_peers *p, struct peer *peer)
{
    struct names *names = peer->near ? &p->near : &p->far;
    peer->named = true;
    peer->next = NULL;
    *names->end = peer;
    names->end = &peer->next;
    p->named++;
}

static void open_peer(const struct trp_rank *rank, struct trp_peers *p, int number)
{
    const struct trp_resources *r = rank->resources;
    size_t kinds = (size_t)r->kinds, at = (size_t)number * kinds;
    struct peer *peer = &p->all[number];
    *peer = (struct peer){.rank = number,
                          .near = trp_rank_node(r, number) == trp_rank_node(r, rank->rank),
                          .free = p->amounts + at};
    memcpy(peer->free, r->has + at, kinds * sizeof *peer->free);
    if (asks(rank, number, rank->rank))
        add_name(p, peer);
    if (asks(rank, rank->rank, number))
        peer->left = rank->workers->cpus;
}

void trp_steal_open(struct trp_rank *rank)
{
    size_t ranks = (size_t)rank->ranks, kinds = (size_t)rank->resources->kinds;
    struct trp_peers *p = calloc(1, sizeof *p);
    if (!p || !(p->all = calloc(ranks, sizeof *p->all)) ||
        !(p->amounts = calloc(ranks * kinds, sizeof *p->amounts)) ||
        !(p->unasked = calloc(ranks, sizeof *p->unasked)))
        trp_die("no memory for what rank %d knows of %zu ranks", rank->rank, ranks);
    p->near.end = &p->near.head;
    p->far.end = &p->far.head;
    for (int number = 0; number < rank->ranks; number++)
        open_peer(rank, p, number);
    memcpy(p->told, rank->workers->stock.has.of, sizeof p->told);
    rank->workers->peers = p;
}

void trp_steal_close(struct trp_workers *w)
{
    free(w->peers->all);
    free(w->peers->amounts);
    free(w->peers->unasked);
    free(w->peers);
}

/* ---- names: with the lock held --------------------------------------------------------------- */

static void strike(struct trp_peers *p, struct peer *peer)
{
    struct names *names = peer->near ? &p->near : &p->far;
    struct peer **link = &names->head;
    while (*link != peer)
        link = &(*link)->next;
    *link = peer->next;
    if (names->end == &peer->next)
        names->end = link;
    peer->named = false;
    p->named--;
}

/* The nearest come first, and of those who has waited longest. */
static struct peer *first_name(const struct trp_peers *p)
{
    return p->near.head ? p->near.head : p->far.head;
}

static struct peer *next_name(const struct trp_peers *p, const struct peer *peer)
{
    return peer->next || !peer->near ? peer->next : p->far.head;
}

static bool offers(const struct trp_rank *rank, const struct peer *peer,
                   const struct trp_amounts *request, int slots)
{
    for (int kind = TRP_GPUS; kind < rank->resources->kinds; kind++)
        if (request->of[kind] > peer->free[kind])
            return false;
    return peer->free[TRP_CPUS] >= (uint64_t)slots &&
           trp_rank_could(rank->resources, peer->rank, request);
}

static void use(const struct trp_rank *rank, struct peer *peer, const struct trp_amounts *request,
                int slots)
{
    for (int kind = TRP_GPUS; kind < rank->resources->kinds; kind++)
        peer->free[kind] -= request->of[kind];
    peer->free[TRP_CPUS] -= (uint64_t)slots;
}

/* ---- where a new task goes ------------------------------------------------------------------- */

static bool has_slots(struct trp_workers *w, int slots)
{
    int queued = __atomic_load_n(&w->slots.queued, __ATOMIC_RELAXED);
    int free = __atomic_load_n(&w->slots.free, __ATOMIC_RELAXED);
    return free - queued - __atomic_load_n(&w->coming, __ATOMIC_RELAXED) >= slots;
}

static bool has_stock(const struct trp_stock *stock, const struct trp_amounts *request)
{
    for (int kind = TRP_GPUS; kind < TRP_KINDS; kind++)
        if (request->of[kind] > stock->free.of[kind])
            return false;
    return !stock->line;
}

/* -1: nobody is known to be free. */
static int choose(struct trp_rank *rank, const struct trp_amounts *request, int slots, bool could)
{
    struct trp_workers *w = rank->workers;
    if (could && has_slots(w, slots) && has_stock(&w->stock, request))
        return rank->rank;
    struct peer *peer = first_name(w->peers);
    while (peer && !offers(rank, peer, request, slots))
        peer = next_name(w->peers, peer);
    if (!peer)
        return -1;
    use(rank, peer, request, slots);
    if (!peer->free[TRP_CPUS])
        strike(w->peers, peer);
    return peer->rank;
}

int trp_steal_choose(struct trp_rank *rank, const struct trp_amounts *request, bool claims)
{
    struct trp_workers *w = rank->workers;
    int slots = trp_workers_slots(w, (int)request->of[TRP_CPUS]), host = -1;
    bool could = trp_rank_could(rank->resources, rank->rank, request);
    if (could && !claims && has_slots(w, slots)) {
        host = rank->rank;
    } else if (w->peers->named) {
        pthread_mutex_lock(&w->lock);
        host = choose(rank, request, slots, could);
        trp_workers_unlock(w);
    }
    return host < 0 && could ? rank->rank : host;
}

void trp_steal_coming(struct trp_workers *w, int tasks)
{
    __atomic_fetch_add(&w->coming, tasks, __ATOMIC_RELAXED);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void no_more_named(struct trp_peers *p, struct peer *peer)
{
    if (peer->left <= 0 && !peer->unasked) {
        peer->unasked = true;
        p->unasked[p->unasked_count++] = peer->rank;
    }
}

void trp_steal_used(struct trp_rank *rank, int from, int slots)
{
    struct trp_peers *p = rank->workers->peers;
    p->all[from].left -= slots;
    no_more_named(p, &p->all[from]);
}

/* More of something that is claimed than was said: those who were told hear of it, too. */
static void tell_of_more(struct trp_rank *rank)
{
    struct trp_workers *w = rank->workers;
    bool more = false;
    for (int kind = TRP_GPUS; kind < rank->resources->kinds; kind++)
        more |= w->stock.free.of[kind] > w->peers->told[kind];
    for (int i = 0; more && i < rank->ranks; i++)
        if (w->peers->all[i].left > 0) {
            w->peers->all[i].left = 0;
            no_more_named(w->peers, &w->peers->all[i]);
        }
}

static void ask_all(struct trp_rank *rank, int slots)
{
    const struct trp_record head = {.kind = TRP_RECORD_HUNGRY};
    struct trp_workers *w = rank->workers;
    struct trp_peers *p = w->peers;
    memcpy(p->told, w->stock.free.of, sizeof p->told);
    p->told[TRP_CPUS] = (uint64_t)slots;
    size_t bytes = (size_t)rank->resources->kinds * sizeof *p->told;
    while (p->unasked_count) {
        struct peer *peer = &p->all[p->unasked[--p->unasked_count]];
        peer->unasked = false;
        peer->left = slots;
        trp_send_bytes_from(rank, NULL, peer->rank, &head, p->told, bytes);
    }
}

void trp_steal_if_dry(struct trp_rank *rank)
{
    struct trp_workers *w = rank->workers;
    int slots = w->slots.free - __atomic_load_n(&w->coming, __ATOMIC_RELAXED);
    if (w->slots.queued || slots <= 0 || w->stop)
        return;
    if (w->restocked)
        tell_of_more(rank);
    w->restocked = false;
    if (w->peers->unasked_count)
        ask_all(rank, slots);
}

/* ---- giving ---------------------------------------------------------------------------------- */

static int more_than_slots(const struct trp_workers *w)
{
    int slots = w->slots.free > 0 ? w->slots.free : 0;
    return w->slots.movable > slots ? w->slots.movable - slots : 0;
}

bool trp_steal_could_give(const struct trp_workers *w)
{
    return w->peers->named && !w->peers->in_vain && (w->stock.line || more_than_slots(w));
}

bool trp_steal_has_news(struct trp_workers *w)
{
    w->peers->in_vain = false;
    return trp_steal_could_give(w);
}

/* Tasks on their way to another rank. */
struct gift {
    struct order *first, **end;
    size_t bytes;
};

/* It fits in, and the other rank could run it: at once where it claims something. */
static bool suits(const struct trp_rank *rank, const struct peer *peer, const struct gift *gift,
                  const struct order *order)
{
    const struct trp_record *record = trp_order_record(order);
    uint64_t cpus = (uint32_t)record->number;
    return gift->bytes + trp_record_bytes(record) <= GIFT_BYTES &&
           cpus <= trp_rank_has(rank->resources, peer->rank, TRP_CPUS) &&
           (!order->claim || offers(rank, peer, &order->claim->wants, 1));
}

/* It waits here no more, and holds nothing here. */
static void wrap(struct trp_rank *rank, struct peer *peer, struct gift *gift, struct order *order)
{
    if (order->claim) {
        use(rank, peer, &order->claim->wants, 0);
        trp_claims_end(rank, order->claim);
        order->claim = NULL;
    }
    rank->workers->unfinished--;
    trp_figures_task_waits(rank, trp_order_record(order), -1);
    gift->bytes += trp_record_bytes(trp_order_record(order));
    order->turn.next = NULL;
    *gift->end = order;
    gift->end = (struct order **)(void *)&order->turn.next;
}

/* Every other one of those for which there are no slots here, from the first on: so both ranks run
   them in order. */
static void take_half(struct trp_rank *rank, struct peer *peer, struct gift *gift)
{
    struct trp_workers *w = rank->workers;
    int half = (more_than_slots(w) + 1) / 2, looked = 0;
    int here = w->slots.free > 0 ? w->slots.free : 0;
    struct turn **link = &w->slots.head;
    for (bool mine = false; *link && half > 0 && looked < LOOKED_MAX; looked++) {
        struct order *order = (struct order *)(void *)*link;
        if ((*link)->moves && here-- <= 0 && (mine = !mine) && suits(rank, peer, gift, order)) {
            trp_worker_unlink(w, &w->slots, link);
            wrap(rank, peer, gift, order);
            half--;
        } else {
            link = &(*link)->next;
        }
    }
}

/* Of those that wait for claims, as many as the other rank can satisfy. */
static void take_claims(struct trp_rank *rank, struct peer *peer, struct gift *gift)
{
    struct trp_claim *claim = rank->workers->stock.line;
    while (claim && peer->free[TRP_CPUS]) {
        struct order *order = claim->order;
        if (order && order->turn.moves && suits(rank, peer, gift, order)) {
            rank->workers->stuck--;
            wrap(rank, peer, gift, order);
            peer->free[TRP_CPUS]--;
            claim = rank->workers->stock.line; /* it may have changed altogether */
        } else {
            claim = claim->next;
        }
    }
}

static void send(struct trp_rank *rank, int to, struct gift *gift)
{
    const struct trp_record head = {.kind = TRP_RECORD_GIFT};
    char *bytes = malloc(gift->bytes), *at = bytes;
    if (!bytes)
        trp_die("no memory for %zu bytes of tasks", gift->bytes);
    for (struct order *order = gift->first, *next; order; order = next) {
        next = (struct order *)(void *)order->turn.next;
        size_t size = trp_record_bytes(trp_order_record(order));
        trp_figures_task_comes(rank, trp_order_record(order), order->caller, -1);
        memcpy(at, trp_order_record(order), size);
        ((struct trp_record *)(void *)at)->number += TRP_MOVE;
        at += size;
        trp_order_free(order);
    }
    trp_send_bytes(rank, to, &head, bytes, gift->bytes);
    free(bytes);
}

/* The first whose name stands here, and who could have some of what waits; or NULL. */
static struct peer *wrap_up(struct trp_rank *rank, struct gift *gift)
{
    struct trp_workers *w = rank->workers;
    *gift = (struct gift){.end = &gift->first};
    if (!trp_steal_could_give(w))
        return NULL;
    for (struct peer *peer = first_name(w->peers); peer; peer = next_name(w->peers, peer)) {
        take_half(rank, peer, gift);
        take_claims(rank, peer, gift);
        if (!gift->first)
            continue;
        strike(w->peers, peer);
        trp_worker_call_next(w);
        return peer;
    }
    w->peers->in_vain = true;
    return NULL;
}

void trp_steal_give(struct trp_rank *rank)
{
    struct trp_workers *w = rank->workers;
    struct gift gift;
    struct peer *peer;
    do {
        pthread_mutex_lock(&w->lock);
        peer = wrap_up(rank, &gift);
        trp_workers_unlock(w);
        if (peer)
            send(rank, peer->rank, &gift);
    } while (peer);
}

void trp_steal_give_soon(struct trp_rank *rank)
{
    const struct trp_record head = {.kind = TRP_RECORD_HUNGRY};
    trp_send_bytes_from(rank, NULL, rank->rank, &head, "", 0);
}

/* ---- what comes ------------------------------------------------------------------------------ */

static void write_name(struct trp_rank *rank, struct peer *peer, const struct trp_record *record)
{
    struct trp_peers *p = rank->workers->peers;
    size_t bytes = (size_t)rank->resources->kinds * sizeof *peer->free;
    if (trp_record_body_size(record) < bytes)
        trp_die("a message from rank %d is damaged: it is too short to say what is free there",
                peer->rank);
    memcpy(peer->free, trp_record_body(record), bytes);
    if (!peer->named)
        add_name(p, peer);
}

static void take_name(struct trp_rank *rank, const struct trp_record *record, int from)
{
    struct trp_workers *w = rank->workers;
    pthread_mutex_lock(&w->lock);
    if (from != rank->rank)
        write_name(rank, &w->peers->all[from], record);
    w->peers->in_vain = false;
    bool give = trp_steal_could_give(w);
    trp_workers_unlock(w);
    if (give)
        trp_steal_give(rank);
}

/* To who has submitted a task: how often it was given on until it came here. */
struct moved {
    uint64_t future, times;
};

static void tell_moved(struct trp_rank *rank, int caller, const struct moved *moved, size_t count)
{
    const struct trp_record head = {.kind = TRP_RECORD_MOVED};
    if (count)
        trp_send_bytes(rank, caller, &head, moved, count * sizeof *moved);
}

static const struct trp_record *next_of(const struct trp_record *record, size_t at)
{
    const char *body = trp_record_body(record);
    size_t left = trp_record_body_size(record) - at;
    const struct trp_record *task = (const void *)(body + at);
    if (left < trp_record_head(TRP_RECORD_TASK) || task->kind != TRP_RECORD_TASK ||
        trp_record_bytes(task) > left)
        trp_die("a message is damaged: what is in it is no task");
    return task;
}

/* Those of one caller are told of together. Whether some are to be given on. */
static bool take_in(struct trp_rank *rank, struct trp_record *record, struct trp_parcel *parcel)
{
    size_t size = trp_record_body_size(record), count = 0;
    struct moved *moved = malloc(size);
    bool give = false;
    int caller = -1;
    if (!moved)
        trp_die("no memory for %zu bytes of tasks", size);
    _Static_assert(sizeof(struct moved) <= 32, "a task is longer than what is said of it");
    for (size_t at = 0; at < size; count++) {
        const struct trp_record *task = next_of(record, at);
        if ((int)task->creator != caller) {
            tell_moved(rank, caller, moved, count);
            count = 0;
        }
        caller = (int)task->creator;
        moved[count] = (struct moved){task->future, trp_task_moves(task)};
        at += trp_record_bytes(task);
        give = trp_task_come(rank, (struct trp_record *)(uintptr_t)task, parcel, at == size);
    }
    tell_moved(rank, caller, moved, count);
    free(moved);
    return give;
}

static void take_gift(struct trp_rank *rank, struct trp_record *record,
                      struct trp_parcel *parcel)
{
    struct trp_workers *w = rank->workers;
    struct peer *from = &w->peers->all[parcel->peer];
    pthread_mutex_lock(&w->lock);
    from->left = 0;
    no_more_named(w->peers, from);
    trp_workers_unlock(w);
    if (take_in(rank, record, parcel))
        trp_steal_give(rank);
}

static void take_news(struct trp_rank *rank, const struct trp_record *record, int host)
{
    const struct moved *moved = trp_record_body(record);
    size_t count = trp_record_body_size(record) / sizeof *moved;
    for (size_t i = 0; i < count; i++)
        if (trp_future_moved(trp_futures_of(rank, moved[i].future), moved[i].future, host,
                             (unsigned)moved[i].times))
            trp_task_call_off(rank, host, moved[i].future);
}

void trp_steal_deliver(struct trp_rank *rank, struct trp_record *record,
                       struct trp_parcel *parcel)
{
    if (record->kind == TRP_RECORD_HUNGRY)
        take_name(rank, record, parcel->peer);
    else if (record->kind == TRP_RECORD_GIFT)
        take_gift(rank, record, parcel);
    else
        take_news(rank, record, parcel->peer);
}
