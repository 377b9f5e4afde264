#include "wire/messages.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "wire/pieces.h"
#include "wire/tags.h"

#define FLYING 64  /* sends under way; more in flight is slower over shared memory */
#define KEPT 4     /* of them, for urgent ones */
#define LOOKS_AN_URGENT 8
#define URGENT_COUNTED (((uint64_t)1 << 24) - 1)
#define EAGER 4000 /* bytes that leave at once; larger ones take steps of both sides */

struct head {
    uint64_t total; /* bytes of the parcel that this piece belongs to */
    uint64_t offset : 40;
    uint64_t urgent : 24; /* messages to the same rank before this one */
};

struct trp_message {
    struct head head;
    unsigned char bytes[TRP_PIECE];
};

struct trp_flight {
    MPI_Request request;
    int to;
    bool slow; /* it may leave later than its receiver was rung for: that one is rung again */
    struct trp_message message;
};

/* ---- sending --------------------------------------------------------------------------------- */

static void launch(struct trp_messages *m, struct trp_parcel *parcel)
{
    struct trp_flight *f = &m->out[(m->oldest_out + m->flying) % FLYING];
    size_t size = parcel->used - parcel->at;
    size = size < TRP_PIECE ? size : TRP_PIECE;
    f->message.head = (struct head){
        parcel->used, parcel->at, m->urgent_out[parcel->peer] & URGENT_COUNTED};
    m->urgent_out[parcel->peer] += parcel->urgent;
    memcpy(f->message.bytes, parcel->bytes + parcel->at, size);
    f->to = parcel->peer;
    f->slow = size > EAGER || m->flying;
    MPI_Isend(&f->message, (int)(sizeof(struct head) + size), MPI_BYTE, f->to,
              parcel->urgent ? TRP_TAG_URGENT : TRP_TAG_PARCEL, m->comm, &f->request);
    parcel->at += size;
    m->flying++;
    trp_doorbell_ring(m->bell, f->to);
}

static bool can_fly(const struct trp_messages *m, const struct trp_parcel *parcel)
{
    return m->flying < (parcel->urgent ? FLYING : FLYING - KEPT);
}

static void launch_waiting(struct trp_messages *m)
{
    while (m->waiting.head && can_fly(m, m->waiting.head)) {
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
        if (!done) {
            f->slow = true; /* even a small one, such as the first to a rank in MPICH */
            return;
        }
        if (f->slow)
            trp_doorbell_ring(m->bell, f->to); /* its last step may be the receiver's */
        m->oldest_out = (m->oldest_out + 1) % FLYING;
        m->flying--;
    }
}

void trp_messages_send(struct trp_messages *m, int to, struct trp_parcel *parcel)
{
    parcel->peer = to;
    parcel->at = 0;
    if (parcel->urgent)
        trp_parcel_push_ahead(&m->waiting, parcel);
    else
        trp_parcel_push(&m->waiting, parcel);
    launch_waiting(m);
    land(m);
}

bool trp_messages_sending(const struct trp_messages *m)
{
    return m->flying || m->waiting.head || m->lanes[TRP_LANE_USUAL].done;
}

void trp_messages_ring(struct trp_messages *m)
{
    for (unsigned i = 0; i < m->flying; i++) {
        const struct trp_flight *f = &m->out[(m->oldest_out + i) % FLYING];
        trp_doorbell_ring(m->bell, f->to);
    }
}

void trp_messages_look_well(struct trp_messages *m)
{
    m->looks = 0;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void post(struct trp_messages *m, struct trp_lane *lane, unsigned slot)
{
    MPI_Irecv(&lane->in[slot], sizeof *lane->in, MPI_BYTE, MPI_ANY_SOURCE, lane->tag, m->comm,
              &lane->receives[slot]);
}

static struct trp_parcel *join(struct trp_lane *lane, const struct trp_message *piece, size_t size,
                               int from)
{
    struct trp_parcel **half = &lane->half[from];
    unsigned char *place = trp_pieces_place(half, from, piece->head.total, size);
    if (piece->head.offset != (*half)->at)
        trp_die("a piece of a message from rank %d is missing", from);
    if (place)
        memcpy(place, piece->bytes, size);
    return trp_pieces_placed(half, piece->head.total, size);
}

static bool has_come(struct trp_lane *lane)
{
    if (!lane->done)
        MPI_Test(&lane->receives[lane->oldest], &lane->done, &lane->status);
    return lane->done;
}

/* Urgent messages that were sent before it have not come yet. */
static bool is_early(const struct trp_messages *m, const struct trp_lane *lane)
{
    uint64_t sent = lane->in[lane->oldest].head.urgent;
    uint64_t ahead = (sent - m->urgent_in[lane->status.MPI_SOURCE]) & URGENT_COUNTED;
    return ahead && ahead <= URGENT_COUNTED / 2;
}

/* The lane that is to be taken from; NULL: none. A test costs more than anything else here, so the
   urgent lane is looked at when something is known to be there, else now and then, and before
   sleep. (MPI_Testany would look at both, but in Open MPI 4.1 not again after its progress.) */
static struct trp_lane *look(struct trp_messages *m, bool full)
{
    struct trp_lane *urgent = &m->lanes[TRP_LANE_URGENT], *usual = &m->lanes[TRP_LANE_USUAL];
    bool came = !full && has_come(usual), early = came && is_early(m, usual);
    if ((early || full || m->looks++ % LOOKS_AN_URGENT == 0) && has_come(urgent))
        return urgent;
    return came && !early ? usual : NULL;
}

static struct trp_parcel *take(struct trp_messages *m, bool full, bool *came)
{
    int bytes;
    struct trp_lane *lane = look(m, full);
    *came = lane;
    if (!lane)
        return NULL;
    int from = lane->status.MPI_SOURCE;
    MPI_Get_count(&lane->status, MPI_BYTE, &bytes);
    struct trp_parcel *parcel =
        join(lane, &lane->in[lane->oldest], (size_t)bytes - sizeof(struct head), from);
    bool urgent = lane == &m->lanes[TRP_LANE_URGENT];
    m->urgent_in[from] += urgent;
    if (parcel)
        parcel->urgent = urgent;
    lane->done = 0;
    post(m, lane, lane->oldest);
    lane->oldest = (lane->oldest + 1) % lane->posted;
    return parcel;
}

struct trp_parcel *trp_messages_receive(struct trp_messages *m, bool full)
{
    bool came = true;
    struct trp_parcel *parcel = NULL;
    while (!parcel && came)
        parcel = take(m, full, &came);
    if (trp_messages_sending(m)) {
        land(m);
        launch_waiting(m);
    }
    return parcel;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static void open_lane(struct trp_messages *m, struct trp_lane *lane, int tag, unsigned posted)
{
    *lane = (struct trp_lane){.tag = tag, .posted = posted};
    lane->in = malloc(posted * sizeof *lane->in);
    lane->half = calloc((size_t)m->ranks, sizeof *lane->half);
    if (!lane->in || !lane->half)
        trp_die("no memory for the buffers of messages");
    for (unsigned i = 0; i < posted; i++)
        post(m, lane, i);
}

void trp_messages_open(struct trp_messages *m, MPI_Comm comm, struct trp_doorbell *bell)
{
    *m = (struct trp_messages){.comm = comm, .bell = bell};
    MPI_Comm_size(comm, &m->ranks);
    m->out = malloc(FLYING * sizeof *m->out);
    m->urgent_out = calloc((size_t)m->ranks, sizeof *m->urgent_out);
    m->urgent_in = calloc((size_t)m->ranks, sizeof *m->urgent_in);
    if (!m->out || !m->urgent_out || !m->urgent_in)
        trp_die("no memory for the buffers of messages");
    open_lane(m, &m->lanes[TRP_LANE_URGENT], TRP_TAG_URGENT, TRP_MESSAGES_POSTED_URGENT);
    open_lane(m, &m->lanes[TRP_LANE_USUAL], TRP_TAG_PARCEL, TRP_MESSAGES_POSTED);
}

static void close_lane(struct trp_messages *m, struct trp_lane *lane)
{
    for (unsigned i = 0; i < lane->posted; i++) {
        if (i == lane->oldest && lane->done)
            continue;
        MPI_Cancel(&lane->receives[i]);
        MPI_Wait(&lane->receives[i], MPI_STATUS_IGNORE);
    }
    for (int i = 0; i < m->ranks; i++)
        free(lane->half[i]);
    free(lane->half);
    free(lane->in);
}

void trp_messages_close(struct trp_messages *m)
{
    close_lane(m, &m->lanes[TRP_LANE_URGENT]);
    close_lane(m, &m->lanes[TRP_LANE_USUAL]);
    free(m->urgent_out);
    free(m->urgent_in);
    free(m->out);
}
