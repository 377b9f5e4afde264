/*
 * Transport self: one process plays all ranks, one after the other on one thread.
 *
 * Each rank stands on a stack of its own; a rank that sleeps, or asks for a parcel, hands the
 * thread to another one. With a seed the choice of the rank that goes on, and of the pair whose
 * parcel is delivered, is drawn from it (splitmix64, Steele, Lea, Flood 2014): the same seed is the
 * same order again, as long as no worker threads take part.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/futex.h"
#include "base/log.h"
#include "base/stack.h"
#include "wire/wire.h"

/* All ranks of the process and what is between them. */
struct hub {
    int ranks;
    uint64_t seed, drawn;
    uint32_t bell;
    struct self_wire *wires;
    struct trp_parcel_queue *queues; /* [to * ranks + from] */
    struct bulk_queue *bulks;        /* [to * ranks + from] that wait for their other side */
};

struct bulk_queue {
    struct trp_bulk *head, *tail;
    bool receives; /* these do; or else all of them send */
};

struct self_wire {
    struct trp_wire wire;
    struct trp_wire_words words;
    struct hub *hub;
    struct bulk_queue moved; /* bulks of which it is not yet told that they are done */
    size_t bulks;            /* its own under way, those included */
    bool reported;           /* that one is done, since announce */
    bool asleep, closed;
    double until;       /* asleep: when to go on by itself; 0: never */
    uint32_t announced; /* asleep: the bell when it last looked for what others left for it */
};

static uint64_t draw(struct hub *hub)
{
    uint64_t z = hub->seed + 0x9e3779b97f4a7c15u * ++hub->drawn;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static struct self_wire *of(const struct trp_wire *wire)
{
    return (struct self_wire *)(uintptr_t)wire;
}

/* ---- who runs -------------------------------------------------------------------------------- */

static bool has_parcel(const struct hub *hub, int to)
{
    for (int from = 0; from < hub->ranks; from++)
        if (hub->queues[to * hub->ranks + from].head)
            return true;
    return false;
}

static bool runnable(const struct self_wire *self, double now)
{
    return !self->asleep || self->moved.head || has_parcel(self->hub, self->wire.rank) ||
           self->announced != __atomic_load_n(&self->hub->bell, __ATOMIC_SEQ_CST) ||
           (self->until != 0 && self->until <= now);
}

/* Another rank that has something to do, or NULL. */
static struct self_wire *another(struct self_wire *self)
{
    struct hub *hub = self->hub;
    double now = trp_now();
    int offset = hub->seed ? (int)(draw(hub) % (uint64_t)hub->ranks) : 0;
    for (int i = 1; i <= hub->ranks; i++) {
        struct self_wire *other = &hub->wires[(self->wire.rank + offset + i) % hub->ranks];
        if (other != self && !other->closed && runnable(other, now))
            return other;
    }
    return NULL;
}

static void hand_over(struct self_wire *self, struct self_wire *to)
{
    trp_stack_switch(*self->wire.running, *to->wire.running);
}

/* ---- parcels --------------------------------------------------------------------------------- */

static void self_send(struct trp_wire *wire, int to, struct trp_parcel *parcel)
{
    struct hub *hub = of(wire)->hub;
    struct trp_parcel_queue *queue = &hub->queues[to * hub->ranks + wire->rank];
    parcel->peer = wire->rank;
    if (parcel->urgent)
        trp_parcel_push_ahead(queue, parcel);
    else
        trp_parcel_push(queue, parcel);
}

static struct trp_parcel *next_parcel(struct self_wire *self, bool full)
{
    struct hub *hub = self->hub;
    int first = hub->seed ? (int)(draw(hub) % (uint64_t)hub->ranks) : 0;
    for (int i = 0; i < hub->ranks; i++) {
        int from = (first + i) % hub->ranks;
        struct trp_parcel_queue *queue = &hub->queues[self->wire.rank * hub->ranks + from];
        if (queue->head && (!full || queue->head->urgent))
            return trp_parcel_pop(queue);
    }
    return NULL;
}

/* ---- bulk ------------------------------------------------------------------------------------ */

static void push_bulk(struct bulk_queue *queue, struct trp_bulk *bulk)
{
    bulk->next = NULL;
    if (queue->head)
        queue->tail->next = bulk;
    else
        queue->head = bulk;
    queue->tail = bulk;
}

static struct trp_bulk *pop_bulk(struct bulk_queue *queue)
{
    struct trp_bulk *bulk = queue->head;
    queue->head = bulk->next;
    return bulk;
}

static void move_bulk(struct hub *hub, struct trp_bulk *sent, struct trp_bulk *received)
{
    if (sent->size != received->size)
        trp_die("rank %d sent %zu bytes to rank %d, which expects %zu", received->peer, sent->size,
                sent->peer, received->size);
    if (received->bytes)
        memcpy(received->bytes, sent->bytes, sent->size);
    push_bulk(&hub->wires[received->peer].moved, sent);
    push_bulk(&hub->wires[sent->peer].moved, received);
}

static void post_bulk(struct self_wire *self, struct trp_bulk *bulk, bool receives)
{
    int rank = self->wire.rank, ranks = self->hub->ranks;
    struct bulk_queue *queue =
        &self->hub->bulks[receives ? rank * ranks + bulk->peer : bulk->peer * ranks + rank];
    bulk->lost = false;
    self->bulks++;
    if (!queue->head || queue->receives == receives) {
        queue->receives = receives;
        push_bulk(queue, bulk);
    } else {
        struct trp_bulk *other = pop_bulk(queue);
        move_bulk(self->hub, receives ? other : bulk, receives ? bulk : other);
    }
}

static void self_send_bulk(struct trp_wire *wire, struct trp_bulk *bulk)
{
    post_bulk(of(wire), bulk, false);
}

static void self_receive_bulk(struct trp_wire *wire, struct trp_bulk *bulk)
{
    post_bulk(of(wire), bulk, true);
}

static void report_bulk(struct self_wire *self, struct bulk_queue *queue)
{
    struct trp_bulk *bulk = pop_bulk(queue);
    self->bulks--;
    self->reported = true;
    bulk->done(bulk);
}

/* With a seed, some now and some at another time. */
static void report_bulks(struct self_wire *self)
{
    while (self->moved.head && !(self->hub->seed && draw(self->hub) % 2))
        report_bulk(self, &self->moved);
}

/* ---- the table ------------------------------------------------------------------------------- */

/* A rank that looks and finds nothing lets another go on: it may look for ever. */
static struct trp_parcel *self_receive(struct trp_wire *wire, bool full)
{
    struct self_wire *self = of(wire);
    if (full)
        return next_parcel(self, full);
    report_bulks(self);
    bool yielded = self->hub->seed && draw(self->hub) % 4 == 0;
    struct self_wire *other = yielded ? another(self) : NULL;
    if (other)
        hand_over(self, other);
    struct trp_parcel *parcel = next_parcel(self, false);
    if (!parcel && !yielded && (other = another(self))) {
        hand_over(self, other);
        report_bulks(self);
        parcel = next_parcel(self, false);
    }
    return parcel;
}

static bool self_sending(const struct trp_wire *wire)
{
    return of(wire)->bulks;
}

static uint32_t self_announce(struct trp_wire *wire)
{
    of(wire)->reported = false;
    return __atomic_load_n(&of(wire)->hub->bell, __ATOMIC_SEQ_CST);
}

/* The earliest moment at which a sleeping rank wants to go on; 0: none does. */
static double next_alarm(const struct hub *hub)
{
    double next = 0;
    for (int i = 0; i < hub->ranks; i++) {
        double until = hub->wires[i].until;
        if (until != 0 && (next == 0 || until < next))
            next = until;
    }
    return next;
}

/* When no rank can go on by itself the process sleeps, until an alarm or a worker's wake: then each
   rank that has not looked since goes on, for it is not known which was meant. */
static void self_sleep(struct trp_wire *wire, uint32_t announced, double seconds)
{
    struct self_wire *self = of(wire);
    if (self->moved.head || self->reported)
        return;
    self->asleep = true;
    self->announced = announced;
    self->until = seconds < 0 ? 0 : trp_now() + seconds;
    struct self_wire *other = another(self);
    if (other) {
        hand_over(self, other);
    } else {
        double alarm = next_alarm(self->hub);
        double left = alarm == 0 ? -1 : alarm - trp_now();
        if (alarm == 0 || left > 0)
            trp_futex_wait(&self->hub->bell, announced, left);
    }
    self->asleep = false;
    self->until = 0;
}

static void self_awake(struct trp_wire *wire)
{
    (void)wire;
}

static void self_wake(struct trp_wire *wire)
{
    struct hub *hub = of(wire)->hub;
    __atomic_fetch_add(&hub->bell, 1, __ATOMIC_SEQ_CST);
    trp_futex_wake(&hub->bell);
}

/* What every rank gives is the same here: one process. */
static void self_share(struct trp_wire *wire, const void *mine, size_t bytes, void *all)
{
    for (int i = 0; i < wire->ranks; i++)
        memcpy((char *)all + (size_t)i * bytes, mine, bytes);
}

static void self_watch(struct trp_wire *wire)
{
    (void)wire; /* one process: all or nobody dies */
}

/* At the end: what was moved, and what nobody came for. */
static void report_all_bulks(struct hub *hub)
{
    for (int i = 0; i < hub->ranks; i++)
        while (hub->wires[i].moved.head)
            report_bulk(&hub->wires[i], &hub->wires[i].moved);
    for (int i = 0; i < hub->ranks * hub->ranks; i++) {
        struct bulk_queue *queue = &hub->bulks[i];
        int owner = queue->receives ? i / hub->ranks : i % hub->ranks;
        while (queue->head) {
            queue->head->lost = true;
            report_bulk(&hub->wires[owner], queue);
        }
    }
}

static void free_hub(struct hub *hub)
{
    for (int i = 0; i < hub->ranks * hub->ranks; i++) {
        struct trp_parcel *parcel;
        while ((parcel = trp_parcel_pop(&hub->queues[i])))
            trp_parcel_drop(parcel);
    }
    free(hub->queues);
    free(hub->bulks);
    free(hub->wires);
    free(hub);
}

/* Rank 0 comes last and lets the others get there; they do not return. */
static void self_close(struct trp_wire *wire)
{
    struct self_wire *self = of(wire);
    struct hub *hub = self->hub;
    self->closed = true;
    while (wire->rank != 0)
        hand_over(self, &hub->wires[0]);
    for (int i = 1; i < hub->ranks; i++)
        while (!hub->wires[i].closed)
            hand_over(self, &hub->wires[i]);
    report_all_bulks(hub);
    free_hub(hub);
}

static const struct trp_wire_ops self_ops = {
    .name = "self",
    .one_process = true,
    .send = self_send,
    .receive = self_receive,
    .send_bulk = self_send_bulk,
    .receive_bulk = self_receive_bulk,
    .sending = self_sending,
    .announce = self_announce,
    .sleep = self_sleep,
    .awake = self_awake,
    .wake = self_wake,
    .share = self_share,
    .share_all = self_share,
    .watch = self_watch,
    .close = self_close,
};

bool trp_wire_open_self(int ranks, uint64_t seed, struct trp_wire **wires)
{
    struct hub *hub = calloc(1, sizeof *hub);
    if (!hub)
        return false;
    *hub = (struct hub){.ranks = ranks, .seed = seed};
    hub->wires = calloc((size_t)ranks, sizeof *hub->wires);
    hub->queues = calloc((size_t)ranks * (size_t)ranks, sizeof *hub->queues);
    hub->bulks = calloc((size_t)ranks * (size_t)ranks, sizeof *hub->bulks);
    if (!hub->wires || !hub->queues || !hub->bulks) {
        free(hub->wires);
        free(hub->queues);
        free(hub->bulks);
        free(hub);
        return false;
    }
    for (int i = 0; i < ranks; i++) {
        struct self_wire *self = &hub->wires[i];
        self->hub = hub;
        self->wire = (struct trp_wire){.ops = &self_ops,
                                       .words = &self->words,
                                       .rank = i,
                                       .ranks = ranks,
                                       .node_rank = i,
                                       .node_ranks = ranks};
        wires[i] = &self->wire;
    }
    return true;
}
