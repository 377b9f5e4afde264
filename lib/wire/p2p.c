/*
 * Transport p2p: parcels as tagged MPI messages.
 *
 * Receives are posted ahead, from any source, all of one size and tag, and only the oldest is
 * tested: MPI matches messages of a pair to receives in the order of both, so taking them in the
 * order of posting keeps the order of the pair, which completion alone does not. A parcel that is
 * larger than a receive goes in pieces, which the receiver puts together again, pair by pair.
 */
#include <mpi.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "wire/doorbell.h"
#include "wire/record.h"
#include "wire/wire.h"

#define TAG 7
#define POSTED 16  /* receives ahead */
#define FLYING 64  /* sends under way; more in flight is slower over shared memory */
#define EAGER 4000 /* bytes that leave at once; larger ones take steps of both sides */

/* Before the records of each message. */
struct head {
    uint64_t total; /* bytes of the parcel that this piece belongs to */
    uint64_t offset;
};
#define PIECE TRP_PARCEL_BYTES

struct message {
    struct head head;
    unsigned char bytes[PIECE];
};

struct flight {
    MPI_Request request;
    int to;
    size_t size;
    struct message message;
};

/* A parcel on its way out, and how much of it has been handed to MPI. */
struct p2p_wire {
    struct trp_wire wire;
    MPI_Comm comm;
    bool own_mpi;
    struct trp_doorbell bell;
    struct message *in; /* [POSTED] */
    MPI_Request receives[POSTED];
    unsigned oldest_in;
    struct flight *out; /* [FLYING], a ring */
    unsigned oldest_out, flying;
    struct trp_parcel_queue waiting; /* not yet (wholly) handed over */
    struct trp_parcel **half;        /* [ranks] large parcels half received, by source */
};

static struct p2p_wire *of(const struct trp_wire *wire)
{
    return (struct p2p_wire *)(uintptr_t)wire;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void launch(struct p2p_wire *w, struct trp_parcel *parcel)
{
    struct flight *f = &w->out[(w->oldest_out + w->flying) % FLYING];
    size_t size = parcel->used - parcel->at;
    size = size < PIECE ? size : PIECE;
    f->message.head = (struct head){parcel->used, parcel->at};
    memcpy(f->message.bytes, parcel->bytes + parcel->at, size);
    f->to = parcel->peer;
    f->size = size;
    MPI_Isend(&f->message, (int)(sizeof(struct head) + size), MPI_BYTE, f->to, TAG, w->comm,
              &f->request);
    parcel->at += size;
    w->flying++;
    trp_doorbell_ring(&w->bell, f->to);
}

static void launch_waiting(struct p2p_wire *w)
{
    while (w->waiting.head && w->flying < FLYING) {
        struct trp_parcel *parcel = w->waiting.head;
        launch(w, parcel);
        if (parcel->at >= parcel->used)
            trp_parcel_drop(trp_parcel_pop(&w->waiting));
    }
}

static void land(struct p2p_wire *w)
{
    while (w->flying) {
        struct flight *f = &w->out[w->oldest_out];
        int done;
        MPI_Test(&f->request, &done, MPI_STATUS_IGNORE);
        if (!done)
            return;
        if (f->size > EAGER)
            trp_doorbell_ring(&w->bell, f->to); /* its last step may be the receiver's */
        w->oldest_out = (w->oldest_out + 1) % FLYING;
        w->flying--;
    }
}

static void p2p_send(struct trp_wire *wire, int to, struct trp_parcel *parcel)
{
    struct p2p_wire *w = of(wire);
    parcel->peer = to;
    parcel->at = 0;
    trp_parcel_push(&w->waiting, parcel);
    launch_waiting(w);
    land(w);
}

static bool p2p_sending(const struct trp_wire *wire)
{
    return of(wire)->flying || of(wire)->waiting.head;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void post(struct p2p_wire *w, unsigned slot)
{
    MPI_Irecv(&w->in[slot], sizeof *w->in, MPI_BYTE, MPI_ANY_SOURCE, TAG, w->comm,
              &w->receives[slot]);
}

/* What is kept of a message that there is no memory for: who it was for. */
static struct trp_parcel *cut(const unsigned char *bytes)
{
    struct trp_parcel *parcel = trp_parcel_new(TRP_PARCEL_BYTES);
    parcel->used = trp_record_cut(parcel->bytes, bytes);
    return parcel;
}

/* Adds a piece to what its source has sent before; the parcel, when it is whole. */
static struct trp_parcel *join(struct p2p_wire *w, const struct message *m, size_t size, int from)
{
    struct trp_parcel *parcel = w->half[from];
    if (!parcel) {
        size_t room = m->head.total > TRP_PARCEL_BYTES ? m->head.total : TRP_PARCEL_BYTES;
        parcel = trp_parcel_try(room);
        parcel = parcel ? parcel : cut(m->bytes);
        parcel->peer = from;
    }
    if (m->head.offset != parcel->at || parcel->at + size > m->head.total)
        trp_die("transport p2p: a piece of a message from rank %d is out of order", from);
    if (parcel->at + size <= parcel->room && parcel->used == parcel->at) {
        memcpy(parcel->bytes + parcel->used, m->bytes, size);
        parcel->used += size;
    }
    parcel->at += size;
    w->half[from] = parcel->at < m->head.total ? parcel : NULL;
    if (w->half[from])
        return NULL;
    parcel->at = 0;
    return parcel;
}

static struct trp_parcel *take(struct p2p_wire *w, bool *came)
{
    MPI_Status status;
    int done, bytes;
    MPI_Test(&w->receives[w->oldest_in], &done, &status);
    *came = done;
    if (!done)
        return NULL;
    MPI_Get_count(&status, MPI_BYTE, &bytes);
    struct trp_parcel *parcel =
        join(w, &w->in[w->oldest_in], (size_t)bytes - sizeof(struct head), status.MPI_SOURCE);
    post(w, w->oldest_in);
    w->oldest_in = (w->oldest_in + 1) % POSTED;
    return parcel;
}

static struct trp_parcel *p2p_receive(struct trp_wire *wire)
{
    struct p2p_wire *w = of(wire);
    bool came = true;
    struct trp_parcel *parcel = NULL;
    while (!parcel && came)
        parcel = take(w, &came);
    if (w->flying) {
        land(w);
        launch_waiting(w);
    }
    return parcel;
}

/* ---- sleeping -------------------------------------------------------------------------------- */

#define PENDING_PAUSE 50e-6 /* while something sent has not left: nobody rings for its handshake */
#define FAR_PAUSE 1e-3      /* ranks of other nodes cannot ring */

static uint32_t p2p_announce(struct trp_wire *wire)
{
    return trp_doorbell_announce(&of(wire)->bell);
}

/* The handshake of a large message goes on only while both sides poll, and MPI rings nobody: its
   receiver may be asleep in the middle of it. */
static void ring_for_large(struct p2p_wire *w)
{
    for (unsigned i = 0; i < w->flying; i++) {
        const struct flight *f = &w->out[(w->oldest_out + i) % FLYING];
        if (f->size > EAGER)
            trp_doorbell_ring(&w->bell, f->to);
    }
}

static void p2p_sleep(struct trp_wire *wire, uint32_t announced, double seconds)
{
    struct p2p_wire *w = of(wire);
    ring_for_large(w);
    double limit = p2p_sending(wire) ? PENDING_PAUSE : w->bell.covers_all ? -1 : FAR_PAUSE;
    if (limit >= 0 && (seconds < 0 || seconds > limit))
        seconds = limit;
    trp_doorbell_sleep(&w->bell, announced, seconds);
}

static void p2p_awake(struct trp_wire *wire)
{
    trp_doorbell_awake(&of(wire)->bell);
}

static void p2p_wake(struct trp_wire *wire)
{
    trp_doorbell_ring_self(&of(wire)->bell);
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static void p2p_share(struct trp_wire *wire, const void *mine, size_t bytes, void *all)
{
    MPI_Allgather(mine, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, of(wire)->bell.node);
}

static void p2p_share_all(struct trp_wire *wire, const void *mine, size_t bytes, void *all)
{
    MPI_Allgather(mine, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, of(wire)->comm);
}

static void receive_away(struct p2p_wire *w)
{
    struct trp_parcel *parcel;
    while ((parcel = p2p_receive(&w->wire)))
        trp_parcel_drop(parcel);
}

/* Everyone receives until everyone's sends have left: only then are receives taken back. */
static void drain(struct p2p_wire *w)
{
    while (p2p_sending(&w->wire))
        receive_away(w);
    MPI_Request barrier;
    MPI_Ibarrier(w->comm, &barrier);
    for (int done = 0; !done; MPI_Test(&barrier, &done, MPI_STATUS_IGNORE))
        receive_away(w);
    for (int i = 0; i < POSTED; i++) {
        MPI_Cancel(&w->receives[i]);
        MPI_Wait(&w->receives[i], MPI_STATUS_IGNORE);
    }
}

static void p2p_free(struct p2p_wire *w)
{
    for (int i = 0; w->half && i < w->wire.ranks; i++)
        free(w->half[i]);
    free(w->half);
    free(w->in);
    free(w->out);
    free(w);
    trp_parcel_pool_clear();
}

static void p2p_watch(struct trp_wire *wire)
{
    trp_doorbell_watch(&of(wire)->bell, wire->died);
}

static void p2p_close(struct trp_wire *wire)
{
    struct p2p_wire *w = of(wire);
    trp_doorbell_unwatch(&w->bell);
    drain(w);
    trp_doorbell_close(&w->bell);
    MPI_Comm_free(&w->comm);
    trp_die_hook = NULL;
    if (w->own_mpi)
        MPI_Finalize();
    p2p_free(w);
}

static const struct trp_wire_ops p2p_ops = {
    .name = "p2p",
    .send = p2p_send,
    .receive = p2p_receive,
    .sending = p2p_sending,
    .announce = p2p_announce,
    .sleep = p2p_sleep,
    .awake = p2p_awake,
    .wake = p2p_wake,
    .share = p2p_share,
    .share_all = p2p_share_all,
    .watch = p2p_watch,
    .close = p2p_close,
};

static void abort_job(void)
{
    MPI_Abort(MPI_COMM_WORLD, 1);
}

/* Processes that each think they are alone: started by the launcher of another MPI. */
static bool other_launcher(const struct p2p_wire *w)
{
    static const char *const counts[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
                                         "SLURM_STEP_NUM_TASKS"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts && w->wire.ranks == 1; i++) {
        const char *count = getenv(counts[i]);
        if (!count || atoi(count) <= 1)
            continue;
        trp_log(TRP_LOG_ERROR,
                "the launcher started %s processes (%s), but this program's MPI sees only itself: "
                "use the launcher of the MPI that it was built with (srun: the right --mpi=)",
                count, counts[i]);
        return true;
    }
    return false;
}

static bool begin_mpi(struct p2p_wire *w, int *argc, char ***argv)
{
    int running, level;
    MPI_Initialized(&running);
    if (running) {
        MPI_Query_thread(&level);
    } else {
        MPI_Init_thread(argc, argv, MPI_THREAD_SERIALIZED, &level);
        w->own_mpi = true;
    }
    if (level >= MPI_THREAD_SERIALIZED)
        return true;
    trp_log(TRP_LOG_ERROR, "MPI was started without threads: call MPI_Init_thread with "
                           "MPI_THREAD_SERIALIZED or more instead of MPI_Init");
    return false;
}

struct trp_wire *trp_wire_open_p2p(int *argc, char ***argv, const void *comm)
{
    struct p2p_wire *w = calloc(1, sizeof *w);
    if (!w || !begin_mpi(w, argc, argv)) {
        free(w);
        return NULL;
    }
    w->wire.ops = &p2p_ops;
    MPI_Comm_dup(comm ? *(const MPI_Comm *)comm : MPI_COMM_WORLD, &w->comm);
    MPI_Comm_rank(w->comm, &w->wire.rank);
    MPI_Comm_size(w->comm, &w->wire.ranks);
    if (!comm && other_launcher(w)) {
        MPI_Comm_free(&w->comm);
        if (w->own_mpi)
            MPI_Finalize();
        free(w);
        return NULL;
    }
    w->in = malloc(POSTED * sizeof *w->in);
    w->out = malloc(FLYING * sizeof *w->out);
    w->half = calloc((size_t)w->wire.ranks, sizeof *w->half);
    if (!w->in || !w->out || !w->half)
        trp_die("no memory for the buffers of transport p2p");
    trp_die_hook = abort_job;
    trp_doorbell_open(&w->bell, w->comm);
    w->wire.words = trp_doorbell_words(&w->bell);
    w->wire.node_rank = w->bell.node_rank;
    w->wire.node_ranks = w->bell.node_ranks;
    for (unsigned i = 0; i < POSTED; i++)
        post(w, i);
    return &w->wire;
}
