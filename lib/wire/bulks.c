#include "wire/bulks.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "wire/tags.h"

#define LOOKED_AT 8 /* of those under way, at each progress */

/* The slowest that bytes are expected to flow at, and what it takes to begin. */
#define SECONDS_A_BYTE 1e-9
#define SECONDS_TO_BEGIN 300e-6
#define NAP_MIN 50e-6
#define NAP_MAX 1e-3

/* A count of MPI is an int, and what is thrown away needs memory for one chunk. */
size_t trp_bulks_chunk = (size_t)16 << 20;

struct trp_haul {
    struct trp_haul *next;
    struct trp_bulk *bulk;
    bool receives;
    int count;
    MPI_Request requests[];
};

/* ---- how much of the rank they need ---------------------------------------------------------- */

/* MPI moves bytes only while both sides call it: for as long as that is likely to help, nobody
   sleeps. When the other side is not there, it rings when it comes. */
static void hurry(struct trp_bulks *b)
{
    double until = trp_now() + SECONDS_TO_BEGIN + SECONDS_A_BYTE * (double)b->largest;
    b->hurry = until > b->hurry ? until : b->hurry;
    b->nap = NAP_MIN;
}

double trp_bulks_pause(struct trp_bulks *b)
{
    if (trp_now() < b->hurry)
        return 0;
    for (const struct trp_haul *h = b->under_way.first; h; h = h->next)
        trp_doorbell_ring(b->bell, h->bulk->peer);
    if (b->held.first)
        trp_doorbell_ring(b->bell, b->held.first->bulk->peer);
    return b->nap;
}

void trp_bulks_slept(struct trp_bulks *b, bool woken)
{
    if (woken)
        hurry(b);
    else
        b->nap = 2 * b->nap < NAP_MAX ? 2 * b->nap : NAP_MAX;
}

/* ---- beginning ------------------------------------------------------------------------------- */

static void append(struct trp_hauls *hauls, struct trp_haul *h)
{
    h->next = NULL;
    if (hauls->first)
        hauls->last->next = h;
    else
        hauls->first = h;
    hauls->last = h;
}

static struct trp_haul *pop(struct trp_hauls *hauls)
{
    struct trp_haul *h = hauls->first;
    hauls->first = h->next;
    return h;
}

static struct trp_haul *haul_new(struct trp_bulk *bulk, bool receives)
{
    size_t count = (bulk->size + trp_bulks_chunk - 1) / trp_bulks_chunk;
    struct trp_haul *h = malloc(sizeof *h + count * sizeof h->requests[0]);
    if (!h)
        trp_die("no memory to carry %zu bytes", bulk->size);
    *h = (struct trp_haul){.bulk = bulk, .receives = receives, .count = (int)count};
    bulk->lost = false;
    return h;
}

static void post(struct trp_bulks *b, struct trp_haul *h)
{
    const struct trp_bulk *bulk = h->bulk;
    for (int i = 0; i < h->count; i++) {
        size_t at = (size_t)i * trp_bulks_chunk;
        int size = (int)(i + 1 < h->count ? trp_bulks_chunk : bulk->size - at);
        if (h->receives)
            MPI_Irecv(bulk->bytes + at, size, MPI_BYTE, bulk->peer, TRP_TAG_BULK, b->comm,
                      &h->requests[i]);
        else
            MPI_Isend(bulk->bytes + at, size, MPI_BYTE, bulk->peer, TRP_TAG_BULK, b->comm,
                      &h->requests[i]);
    }
    append(&b->under_way, h);
}

static void begin(struct trp_bulks *b, struct trp_bulk *bulk, bool receives)
{
    struct trp_haul *h = haul_new(bulk, receives);
    if (receives && (b->held.first || !bulk->bytes))
        append(&b->held, h);
    else
        post(b, h);
    b->sends += !receives;
    b->largest = bulk->size > b->largest ? bulk->size : b->largest;
    hurry(b);
    trp_doorbell_ring(b->bell, bulk->peer);
}

void trp_bulks_send(struct trp_bulks *b, struct trp_bulk *bulk)
{
    begin(b, bulk, false);
}

void trp_bulks_receive(struct trp_bulks *b, struct trp_bulk *bulk)
{
    begin(b, bulk, true);
}

/* ---- going on -------------------------------------------------------------------------------- */

static void finish(struct trp_bulks *b, struct trp_haul *h, bool lost)
{
    struct trp_bulk *bulk = h->bulk;
    bulk->lost = lost;
    b->sends -= !h->receives;
    trp_doorbell_ring(b->bell, bulk->peer); /* the last step may be its */
    free(h);
    b->reported = true;
    bulk->done(bulk);
}

/* One by one: gcc takes the MPI_STATUSES_IGNORE of MPICH for an array that is too small. */
static bool is_done(struct trp_haul *h)
{
    int done = 1;
    for (int i = 0; i < h->count && done; i++)
        MPI_Test(&h->requests[i], &done, MPI_STATUS_IGNORE);
    return done;
}

/* The oldest: it is done, or goes to the end of the queue, as its peer may be long in coming. */
static void look_at_first(struct trp_bulks *b)
{
    struct trp_haul *h = pop(&b->under_way);
    if (is_done(h))
        finish(b, h, false);
    else
        append(&b->under_way, h);
}

/* The first held is thrown away: true when its last chunk has come. */
static bool throw_on(struct trp_bulks *b)
{
    size_t size = b->held.first->bulk->size;
    int done = 1;
    if (b->thrown)
        MPI_Test(&b->chunk, &done, MPI_STATUS_IGNORE);
    if (!done || b->thrown >= size)
        return done;
    if (!b->scratch && !(b->scratch = malloc(trp_bulks_chunk)))
        trp_die("no memory to throw away %zu bytes", size);
    MPI_Irecv(b->scratch, (int)trp_bulks_chunk, MPI_BYTE, b->held.first->bulk->peer, TRP_TAG_BULK,
              b->comm, &b->chunk);
    b->thrown += trp_bulks_chunk;
    return false;
}

/* Memory is short, or nothing would be thrown away: one chunk comes after the other, to the same
   place. As those of a peer come in order, what is to be received later waits. */
static void throw_held(struct trp_bulks *b)
{
    if (!throw_on(b))
        return;
    b->thrown = 0;
    finish(b, pop(&b->held), false);
    while (b->held.first && b->held.first->bulk->bytes)
        post(b, pop(&b->held));
    if (b->held.first)
        return;
    free(b->scratch);
    b->scratch = NULL;
}

void trp_bulks_progress(struct trp_bulks *b)
{
    const struct trp_haul *last = b->under_way.last;
    for (int i = 0; i < LOOKED_AT && b->under_way.first; i++) {
        bool round = b->under_way.first == last;
        look_at_first(b);
        if (round)
            break;
    }
    if (b->held.first)
        throw_held(b);
    if (!trp_bulks_under_way(b))
        b->largest = 0;
}

/* ---- beginning and end of the job ------------------------------------------------------------ */

void trp_bulks_open(struct trp_bulks *b, MPI_Comm comm, struct trp_doorbell *bell)
{
    *b = (struct trp_bulks){.comm = comm, .bell = bell, .chunk = MPI_REQUEST_NULL};
}

void trp_bulks_throw_away(struct trp_bulks *b)
{
    int came, size;
    MPI_Message message;
    MPI_Status status;
    while (b->held.first)
        finish(b, pop(&b->held), true);
    MPI_Improbe(MPI_ANY_SOURCE, TRP_TAG_BULK, b->comm, &came, &message, &status);
    if (!came)
        return;
    MPI_Get_count(&status, MPI_BYTE, &size);
    void *bytes = malloc(size ? (size_t)size : 1);
    if (!bytes)
        trp_die("no memory to throw away %d bytes from rank %d", size, status.MPI_SOURCE);
    MPI_Mrecv(bytes, size, MPI_BYTE, &message, MPI_STATUS_IGNORE);
    free(bytes);
}

static void take_back(MPI_Request *request)
{
    if (*request == MPI_REQUEST_NULL)
        return;
    MPI_Cancel(request);
    MPI_Wait(request, MPI_STATUS_IGNORE);
}

void trp_bulks_close(struct trp_bulks *b)
{
    while (b->under_way.first) {
        struct trp_haul *h = pop(&b->under_way);
        for (int i = 0; i < h->count; i++)
            take_back(&h->requests[i]);
        finish(b, h, true);
    }
    take_back(&b->chunk);
    free(b->scratch);
}
