#include "wire/rings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/log.h"
#include "wire/pieces.h"
#include "wire/ring.h"
#include "wire/together.h"

#define LINE 64

/* A rank with few mates looks at the rings of all, which costs 0.6 ns each while they are idle and
   in its cache. One with more (20 ns at 32, 100 at 128) looks at words that say whose ring it is to
   look at; a message that comes alone then takes 45 ns more, between cores that are near. */
int trp_rings_few = 32;

struct trp_mate {
    int rank;
    bool active;
    struct trp_ring_writer out;
    struct trp_ring_reader in;
    uint64_t *came; /* its word that has this rank's bit; NULL: it looks at all */
    uint64_t bit;
    struct trp_parcel_queue waiting;
    struct trp_parcel *half; /* a large parcel half received */
    uint32_t urgent_out, urgent_in; /* parcels given to be sent, and received, ever */
};

static int words_for(int node_ranks)
{
    return (node_ranks + 63) / 64;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* The message is in the ring, then the word is read: partner is the exchange in take_over, after
   which the ring is read. A bit that is still set is going to be taken over. */
static void announce(const struct trp_mate *mate)
{
    if (!mate->came)
        return;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!(__atomic_load_n(mate->came, __ATOMIC_RELAXED) & mate->bit))
        __atomic_fetch_or(mate->came, mate->bit, __ATOMIC_SEQ_CST);
}

/* What goes along with each message: the bytes of the parcel that it is a part of, and whether that
   is urgent. */
static uint64_t note_of(const struct trp_parcel *parcel)
{
    return (uint64_t)parcel->used << 1 | parcel->urgent;
}

/* As much of it as there is room for; true: all of it. */
static bool put(struct trp_rings *r, struct trp_mate *mate, struct trp_parcel *parcel)
{
    bool whole = false, room = true, any = false;
    while (!whole && room) {
        size_t size = parcel->used - parcel->at;
        size = size < r->piece ? size : r->piece;
        room = trp_ring_write(&mate->out, parcel->bytes + parcel->at, size, note_of(parcel));
        parcel->at += room ? size : 0;
        any |= room;
        whole = room && parcel->at == parcel->used;
    }
    if (any) {
        announce(mate);
        trp_doorbell_ring(r->bell, mate->rank);
    }
    return whole;
}

static bool put_waiting(struct trp_rings *r, struct trp_mate *mate)
{
    while (mate->waiting.head && put(r, mate, mate->waiting.head))
        trp_parcel_drop(trp_parcel_pop(&mate->waiting));
    return !mate->waiting.head;
}

static void put_all_waiting(struct trp_rings *r)
{
    for (int i = 0; i < r->stalled_count;) {
        if (put_waiting(r, r->stalled[i]))
            r->stalled[i] = r->stalled[--r->stalled_count];
        else
            i++;
    }
}

bool trp_rings_congested(const struct trp_rings *r, int to)
{
    return r->of[to]->waiting.head;
}

void trp_rings_send(struct trp_rings *r, int to, struct trp_parcel *parcel)
{
    struct trp_mate *mate = r->of[to];
    parcel->at = 0;
    if (parcel->urgent) /* partner: trp_rings_receive; what is before it must be taken out, too */
        __atomic_store_n(&mate->out.ring->urgent, ++mate->urgent_out, __ATOMIC_RELEASE);
    if (!mate->waiting.head) {
        if (put(r, mate, parcel)) {
            trp_parcel_drop(parcel);
            return;
        }
        r->stalled[r->stalled_count++] = mate;
    }
    if (parcel->urgent)
        trp_parcel_push_ahead(&mate->waiting, parcel);
    else
        trp_parcel_push(&mate->waiting, parcel);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* The next message of a mate, which has come: the parcel, if that makes one whole. */
static struct trp_parcel *take(struct trp_rings *r, struct trp_mate *mate, uint64_t word)
{
    size_t size = trp_ring_size(word), total = trp_ring_note(word) >> 1;
    void *place = trp_pieces_place(&mate->half, mate->rank, total, size);
    if (trp_ring_take(&mate->in, word, place))
        trp_doorbell_ring(r->bell, mate->rank);
    struct trp_parcel *parcel = trp_pieces_placed(&mate->half, total, size);
    if (parcel && trp_ring_note(word) & 1) {
        parcel->urgent = 1;
        mate->urgent_in++;
    }
    return parcel;
}

static void look_at(struct trp_rings *r, struct trp_mate *mate)
{
    if (!mate->active)
        r->active[r->active_count++] = mate;
    mate->active = true;
}

static void look_away(struct trp_rings *r, int i)
{
    r->active[i]->active = false;
    r->active[i] = r->active[--r->active_count];
}

static struct trp_mate *at_place(const struct trp_rings *r, int place)
{
    return &r->mate[place - (place > r->bell->node_rank)];
}

static void take_over(struct trp_rings *r)
{
    for (int i = 0; i < words_for(r->mates + 1); i++) {
        if (!__atomic_load_n(&r->came[i], __ATOMIC_RELAXED))
            continue;
        /* Partner: announce. The bits are taken away, then the rings are read. */
        uint64_t bits = __atomic_exchange_n(&r->came[i], 0, __ATOMIC_SEQ_CST);
        for (; bits; bits &= bits - 1)
            look_at(r, at_place(r, 64 * i + __builtin_ctzll(bits)));
    }
}

/* Round and round, a message from each, until one completes a parcel or all are empty. */
static bool wants(const struct trp_mate *mate, bool full)
{
    return !full ||
           __atomic_load_n(&mate->in.ring->urgent, __ATOMIC_ACQUIRE) != mate->urgent_in;
}

static struct trp_parcel *receive_from_active(struct trp_rings *r, bool full)
{
    for (int empty = 0; empty < r->active_count;) {
        r->next = r->next < r->active_count ? r->next : 0;
        struct trp_mate *mate = r->active[r->next];
        uint64_t word = wants(mate, full) ? trp_ring_next(&mate->in) : 0;
        struct trp_parcel *parcel = word ? take(r, mate, word) : NULL;
        empty = word ? 0 : empty + (!r->came || full);
        if (!word && r->came && !full)
            look_away(r, r->next);
        else
            r->next++;
        if (parcel)
            return parcel;
    }
    return NULL;
}

struct trp_parcel *trp_rings_receive(struct trp_rings *r, bool full)
{
    if (r->stalled_count)
        put_all_waiting(r);
    if (r->came)
        take_over(r);
    return receive_from_active(r, full);
}

/* ---- beginning and end ----------------------------------------------------------------------- */

/* A rank's part of the window: its words, then the rings into it by place on the node. */
static size_t words_bytes(int node_ranks)
{
    return ((size_t)words_for(node_ranks) * sizeof(uint64_t) + LINE - 1) & ~(size_t)(LINE - 1);
}

static size_t part_bytes(int node_ranks, size_t size)
{
    size_t rings = (size_t)node_ranks * (sizeof(struct trp_ring) + size);
    return LINE + words_bytes(node_ranks) + rings;
}

/* MPI does not promise that a part is aligned; all processes see it at the same place of a page. */
static unsigned char *part_of(const struct trp_rings *r, int place)
{
    MPI_Aint bytes;
    int unit;
    unsigned char *part;
    MPI_Win_shared_query(r->window, place, &bytes, &unit, &part);
    return part + (-(uintptr_t)part & (LINE - 1));
}

static struct trp_ring *ring_of(const struct trp_rings *r, unsigned char *part, int from)
{
    size_t ring = sizeof(struct trp_ring) + r->size;
    return (void *)(part + words_bytes(r->mates + 1) + (size_t)from * ring);
}

bool trp_rings_fit(const struct trp_doorbell *bell, size_t size, char *why, size_t why_size)
{
    struct statvfs shm;
    double need = (double)bell->node_ranks * (double)part_bytes(bell->node_ranks, size);
    double have = need;
    if (statvfs("/dev/shm", &shm) == 0)
        have = (double)shm.f_bavail * (double)shm.f_frsize;
    MPI_Request request;
    MPI_Ibcast(&have, 1, MPI_DOUBLE, 0, bell->node, &request);
    trp_together(request);
    snprintf(why, why_size,
             "the rings between the %d ranks of a node need %.1f MiB in /dev/shm, which has %.1f "
             "(TROUPE_RING=bytes makes them smaller)",
             bell->node_ranks, need / 1048576, have / 1048576);
    return need <= have;
}

/* Rings are reserved for all and touched on first use: here, their first page only. */
static void init_mine(struct trp_rings *r)
{
    unsigned char *mine = part_of(r, r->bell->node_rank);
    memset(mine, 0, words_bytes(r->mates + 1));
    for (int from = 0; from <= r->mates; from++)
        trp_ring_init(ring_of(r, mine, from));
    r->came = r->mates > trp_rings_few ? (void *)mine : NULL;
}

static void meet(struct trp_rings *r, int place)
{
    const struct trp_doorbell *bell = r->bell;
    struct trp_mate *mate = at_place(r, place);
    unsigned char *part = part_of(r, place), *mine = part_of(r, bell->node_rank);
    *mate = (struct trp_mate){.rank = bell->here[place]};
    trp_ring_open(ring_of(r, part, bell->node_rank), r->size, &mate->out, NULL);
    trp_ring_open(ring_of(r, mine, place), r->size, NULL, &mate->in);
    mate->bit = (uint64_t)1 << (bell->node_rank % 64);
    mate->came = r->came ? (uint64_t *)(void *)part + bell->node_rank / 64 : NULL;
    r->of[mate->rank] = mate;
    if (!r->came)
        look_at(r, mate);
}

void trp_rings_open(struct trp_rings *r, struct trp_doorbell *bell, int ranks, size_t size)
{
    *r = (struct trp_rings){.bell = bell, .size = size, .mates = bell->node_ranks - 1};
    r->piece = trp_ring_longest(size) < TRP_PIECE ? trp_ring_longest(size) : TRP_PIECE;
    size_t mates = (size_t)r->mates + 1;
    r->mate = calloc(mates, sizeof *r->mate);
    r->of = calloc((size_t)ranks, sizeof *r->of);
    r->stalled = calloc(mates, sizeof(struct trp_mate *));
    r->active = calloc(mates, sizeof(struct trp_mate *));
    if (!r->mate || !r->of || !r->stalled || !r->active)
        trp_die("no memory for the table of %d ranks", ranks);
    unsigned char *mine;
    MPI_Win_allocate_shared((MPI_Aint)part_bytes(bell->node_ranks, size), 1, MPI_INFO_NULL,
                            bell->node, &mine, &r->window);
    init_mine(r);
    trp_together_meet(bell->node);
    for (int place = 0; place < bell->node_ranks; place++)
        if (place != bell->node_rank)
            meet(r, place);
}

void trp_rings_close(struct trp_rings *r)
{
    for (int i = 0; i < r->mates; i++)
        free(r->mate[i].half);
    free(r->mate);
    free(r->of);
    free(r->stalled);
    free(r->active);
    MPI_Win_free(&r->window);
}
