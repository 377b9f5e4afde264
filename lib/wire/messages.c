#include "wire/messages.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "wire/pieces.h"
#include "wire/tags.h"

#define FLYING 64  /* sends under way; more in flight is slower over shared memory */
#define EAGER 4000 /* bytes that leave at once; larger ones take steps of both sides */

struct head {
    uint64_t total; /* bytes of the parcel that this piece belongs to */
    uint64_t offset;
};

struct trp_message {
    struct head head;
    unsigned char bytes[TRP_PIECE];
};

struct trp_flight {
    MPI_Request request;
    int to;
    size_t size;
    struct trp_message message;
};

/* ---- sending --------------------------------------------------------------------------------- */

static void launch(struct trp_messages *m, struct trp_parcel *parcel)
{
    struct trp_flight *f = &m->out[(m->oldest_out + m->flying) % FLYING];
    size_t size = parcel->used - parcel->at;
    size = size < TRP_PIECE ? size : TRP_PIECE;
    f->message.head = (struct head){parcel->used, parcel->at};
    memcpy(f->message.bytes, parcel->bytes + parcel->at, size);
    f->to = parcel->peer;
    f->size = size;
    MPI_Isend(&f->message, (int)(sizeof(struct head) + size), MPI_BYTE, f->to, TRP_TAG_PARCEL,
              m->comm, &f->request);
    parcel->at += size;
    m->flying++;
    trp_doorbell_ring(m->bell, f->to);
}

static void launch_waiting(struct trp_messages *m)
{
    while (m->waiting.head && m->flying < FLYING) {
        struct trp_parcel *parcel = m->waiting.head;
        launch(m, parcel);
        if (parcel->at >= parcel->used)
            trp_parcel_drop(trp_parcel_pop(&m->waiting));
    }
}

static void land(struct trp_messages *m)
{
    while (m->flying) {
        struct trp_flight *f = &m->out[m->oldest_out];
        int done;
        MPI_Test(&f->request, &done, MPI_STATUS_IGNORE);
        if (!done)
            return;
        if (f->size > EAGER)
            trp_doorbell_ring(m->bell, f->to); /* its last step may be the receiver's */
        m->oldest_out = (m->oldest_out + 1) % FLYING;
        m->flying--;
    }
}

void trp_messages_send(struct trp_messages *m, int to, struct trp_parcel *parcel)
{
    parcel->peer = to;
    parcel->at = 0;
    trp_parcel_push(&m->waiting, parcel);
    launch_waiting(m);
    land(m);
}

bool trp_messages_sending(const struct trp_messages *m)
{
    return m->flying || m->waiting.head;
}

void trp_messages_ring(struct trp_messages *m)
{
    for (unsigned i = 0; i < m->flying; i++) {
        const struct trp_flight *f = &m->out[(m->oldest_out + i) % FLYING];
        if (f->size > EAGER)
            trp_doorbell_ring(m->bell, f->to);
    }
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void post(struct trp_messages *m, unsigned slot)
{
    MPI_Irecv(&m->in[slot], sizeof *m->in, MPI_BYTE, MPI_ANY_SOURCE, TRP_TAG_PARCEL, m->comm,
              &m->receives[slot]);
}

static struct trp_parcel *join(struct trp_messages *m, const struct trp_message *piece,
                               size_t size, int from)
{
    struct trp_parcel **half = &m->half[from];
    unsigned char *place = trp_pieces_place(half, from, piece->head.total, size);
    if (piece->head.offset != (*half)->at)
        trp_die("a piece of a message from rank %d is missing", from);
    if (place)
        memcpy(place, piece->bytes, size);
    return trp_pieces_placed(half, piece->head.total, size);
}

static struct trp_parcel *take(struct trp_messages *m, bool *came)
{
    MPI_Status status;
    int done, bytes;
    MPI_Test(&m->receives[m->oldest_in], &done, &status);
    *came = done;
    if (!done)
        return NULL;
    MPI_Get_count(&status, MPI_BYTE, &bytes);
    struct trp_parcel *parcel =
        join(m, &m->in[m->oldest_in], (size_t)bytes - sizeof(struct head), status.MPI_SOURCE);
    post(m, m->oldest_in);
    m->oldest_in = (m->oldest_in + 1) % TRP_MESSAGES_POSTED;
    return parcel;
}

struct trp_parcel *trp_messages_receive(struct trp_messages *m)
{
    bool came = true;
    struct trp_parcel *parcel = NULL;
    while (!parcel && came)
        parcel = take(m, &came);
    if (trp_messages_sending(m)) {
        land(m);
        launch_waiting(m);
    }
    return parcel;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

void trp_messages_open(struct trp_messages *m, MPI_Comm comm, struct trp_doorbell *bell)
{
    *m = (struct trp_messages){.comm = comm, .bell = bell};
    MPI_Comm_size(comm, &m->ranks);
    m->in = malloc(TRP_MESSAGES_POSTED * sizeof *m->in);
    m->out = malloc(FLYING * sizeof *m->out);
    m->half = calloc((size_t)m->ranks, sizeof *m->half);
    if (!m->in || !m->out || !m->half)
        trp_die("no memory for the buffers of messages");
    for (unsigned i = 0; i < TRP_MESSAGES_POSTED; i++)
        post(m, i);
}

void trp_messages_close(struct trp_messages *m)
{
    for (int i = 0; m->in && i < TRP_MESSAGES_POSTED; i++) {
        MPI_Cancel(&m->receives[i]);
        MPI_Wait(&m->receives[i], MPI_STATUS_IGNORE);
    }
    for (int i = 0; m->half && i < m->ranks; i++)
        free(m->half[i]);
    free(m->half);
    free(m->in);
    free(m->out);
}
