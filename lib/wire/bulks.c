#include "wire/bulks.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "wire/tags.h"

#define CHUNK ((size_t)256 << 20) /* a count of MPI is an int */
#define NOWHERE 4096              /* bytes for what is thrown away */
#define LOOKED_AT 8               /* of those under way, at each progress */

/* The slowest that bytes are expected to flow at, and what it takes to begin. */
#define SECONDS_A_BYTE 1e-9
#define SECONDS_TO_BEGIN 300e-6
#define NAP_MIN 50e-6
#define NAP_MAX 1e-3

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
    for (const struct trp_haul *h = b->first; h; h = h->next)
        trp_doorbell_ring(b->bell, h->bulk->peer);
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

static void append(struct trp_bulks *b, struct trp_haul *h)
{
    h->next = NULL;
    if (b->first)
        b->last->next = h;
    else
        b->first = h;
    b->last = h;
}

/* So many bytes all into the same few. */
static void receive_nowhere(struct trp_bulks *b, int peer, int size, MPI_Request *request)
{
    static unsigned char nowhere[NOWHERE];
    MPI_Datatype again;
    MPI_Type_create_hvector((size + NOWHERE - 1) / NOWHERE, NOWHERE, 0, MPI_BYTE, &again);
    MPI_Type_commit(&again);
    MPI_Irecv(nowhere, 1, again, peer, TRP_TAG_BULK, b->comm, request);
    MPI_Type_free(&again);
}

static void begin(struct trp_bulks *b, struct trp_bulk *bulk, bool receives)
{
    size_t count = (bulk->size + CHUNK - 1) / CHUNK;
    struct trp_haul *h = malloc(sizeof *h + count * sizeof h->requests[0]);
    if (!h)
        trp_die("no memory to carry %zu bytes", bulk->size);
    *h = (struct trp_haul){.bulk = bulk, .receives = receives, .count = (int)count};
    bulk->lost = false;
    for (size_t i = 0; i < count; i++) {
        unsigned char *bytes = bulk->bytes ? bulk->bytes + i * CHUNK : NULL;
        int size = (int)(i + 1 < count ? CHUNK : bulk->size - i * CHUNK);
        if (receives && !bulk->bytes)
            receive_nowhere(b, bulk->peer, size, &h->requests[i]);
        else if (receives)
            MPI_Irecv(bytes, size, MPI_BYTE, bulk->peer, TRP_TAG_BULK, b->comm, &h->requests[i]);
        else
            MPI_Isend(bytes, size, MPI_BYTE, bulk->peer, TRP_TAG_BULK, b->comm, &h->requests[i]);
    }
    append(b, h);
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

/* The oldest: it is done, or goes to the end of the queue, as its peer may be long in coming. */
static void look_at_first(struct trp_bulks *b)
{
    struct trp_haul *h = b->first;
    int done;
    MPI_Testall(h->count, h->requests, &done, MPI_STATUSES_IGNORE);
    b->first = h->next;
    if (done)
        finish(b, h, false);
    else
        append(b, h);
}

void trp_bulks_progress(struct trp_bulks *b)
{
    const struct trp_haul *last = b->last;
    for (int i = 0; i < LOOKED_AT && b->first; i++) {
        bool round = b->first == last;
        look_at_first(b);
        if (round)
            break;
    }
    if (!b->first)
        b->largest = 0;
}

/* ---- beginning and end of the job ------------------------------------------------------------ */

void trp_bulks_open(struct trp_bulks *b, MPI_Comm comm, struct trp_doorbell *bell)
{
    *b = (struct trp_bulks){.comm = comm, .bell = bell};
}

void trp_bulks_throw_away(struct trp_bulks *b)
{
    int came, size;
    MPI_Message message;
    MPI_Status status;
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

void trp_bulks_close(struct trp_bulks *b)
{
    while (b->first) {
        struct trp_haul *h = b->first;
        b->first = h->next;
        for (int i = 0; i < h->count; i++) {
            if (h->requests[i] == MPI_REQUEST_NULL)
                continue;
            MPI_Cancel(&h->requests[i]);
            MPI_Wait(&h->requests[i], MPI_STATUS_IGNORE);
        }
        finish(b, h, true);
    }
}
