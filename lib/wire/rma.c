/*
 * Transport rma: parcels go through rings in shared memory to the ranks of this node, and as
 * messages of MPI to those of other nodes. When all ranks are on one node MPI is not called at all
 * but for bulk.
 */
#include <stdlib.h>

#include "base/log.h"
#include "wire/mpi_wire.h"
#include "wire/ring.h"
#include "wire/rings.h"
#include "wire/together.h"

#define RING_BYTES (64 * 1024) /* measured best: smaller ones stall, larger ones leave the cache */
#define NEAR_A_FAR 16          /* parcels from this node at most before others are looked for */

struct rma_wire {
    struct trp_mpi_wire mpi;
    struct trp_rings rings;
    unsigned turn;
};

static struct rma_wire *of(const struct trp_mpi_wire *w)
{
    return (struct rma_wire *)(uintptr_t)w;
}

static void rma_send(struct trp_wire *wire, int to, struct trp_parcel *parcel)
{
    struct rma_wire *w = of(trp_mpi_wire(wire));
    if (trp_rings_reach(&w->rings, to))
        trp_rings_send(&w->rings, to, parcel);
    else
        trp_messages_send(&w->mpi.messages, to, parcel);
}

static struct trp_parcel *receive_far_too(struct rma_wire *w, bool full)
{
    struct trp_parcel *parcel = NULL;
    if (++w->turn % NEAR_A_FAR != 0)
        parcel = trp_rings_receive(&w->rings, full);
    return parcel ? parcel : trp_mpi_came(&w->mpi, trp_messages_receive(&w->mpi.messages, full));
}

static struct trp_parcel *rma_receive(struct trp_wire *wire, bool full)
{
    struct rma_wire *w = of(trp_mpi_wire(wire));
    if (trp_bulks_under_way(&w->mpi.bulks))
        trp_bulks_progress(&w->mpi.bulks);
    return w->mpi.bell.covers_all ? trp_rings_receive(&w->rings, full) : receive_far_too(w, full);
}

static bool sends_parcels(const struct trp_mpi_wire *w)
{
    return trp_rings_sending(&of(w)->rings) || trp_messages_sending(&w->messages);
}

static bool rma_sending(const struct trp_wire *wire)
{
    const struct trp_mpi_wire *w = trp_mpi_wire(wire);
    return sends_parcels(w) || trp_bulks_under_way(&w->bulks);
}

static bool rma_congested(const struct trp_wire *wire, int to)
{
    const struct trp_mpi_wire *w = trp_mpi_wire(wire);
    return trp_rings_reach(&of(w)->rings, to) ? trp_rings_congested(&of(w)->rings, to)
                                              : w->messages.waiting.head != NULL;
}

static void rma_close(struct trp_wire *wire)
{
    struct trp_mpi_wire *w = trp_mpi_wire(wire);
    trp_mpi_drain(w, sends_parcels);
    trp_rings_close(&of(w)->rings);
    trp_mpi_end(w);
}

static const struct trp_wire_ops rma_ops = {
    .name = "rma",
    .send = rma_send,
    .receive = rma_receive,
    .send_bulk = trp_mpi_send_bulk,
    .receive_bulk = trp_mpi_receive_bulk,
    .sending = rma_sending,
    .congested = rma_congested,
    .announce = trp_mpi_announce,
    .sleep = trp_mpi_sleep,
    .awake = trp_mpi_awake,
    .wake = trp_mpi_wake,
    .share = trp_mpi_share,
    .share_all = trp_mpi_share_all,
    .watch = trp_mpi_watch,
    .leave = trp_mpi_leave,
    .close = rma_close,
};

/* ---- opening --------------------------------------------------------------------------------- */

/* 0 after saying why not, once on a node. */
static uint64_t ring_bytes(const struct trp_mpi_wire *w)
{
    const char *text = getenv("TROUPE_RING");
    if (!text || !*text)
        return RING_BYTES;
    char *end;
    uint64_t bytes = strtoull(text, &end, 0);
    if (!*end && bytes >= TRP_RING_MIN && bytes <= TRP_RING_MAX && !(bytes & (bytes - 1)))
        return bytes;
    if (w->bell.node_rank == 0)
        trp_log(TRP_LOG_ERROR, "TROUPE_RING=%s is not a power of two from %d to %d bytes",
                text, TRP_RING_MIN, TRP_RING_MAX);
    return 0;
}

/* Of all ranks, so that all say the same. */
static uint64_t least(const struct trp_mpi_wire *w, uint64_t mine)
{
    uint64_t all;
    MPI_Request request;
    MPI_Iallreduce(&mine, &all, 1, MPI_UINT64_T, MPI_MIN, w->comm, &request);
    trp_together(request);
    return all;
}

static struct trp_wire *start_rma(struct trp_mpi_wire *w, size_t size)
{
    w->wire.ops = &rma_ops;
    trp_rings_open(&of(w)->rings, &w->bell, w->wire.ranks, size);
    if (!w->bell.covers_all)
        trp_messages_open(&w->messages, w->comm, &w->bell);
    return &w->wire;
}

/* Everywhere or nowhere: a job is of one transport. */
static struct trp_wire *start_if_it_fits(struct trp_mpi_wire *w, size_t size, bool must)
{
    char why[200];
    bool fits = trp_rings_fit(&w->bell, size, why, sizeof why);
    bool all_fit = least(w, fits);
    if (!fits && w->bell.node_rank == 0)
        trp_log(must ? TRP_LOG_ERROR : TRP_LOG_WARNING, "%s%s", why, must ? "" : ": taking p2p");
    if (all_fit)
        return start_rma(w, size);
    if (!must)
        return trp_p2p_start(w);
    trp_mpi_end(w);
    return NULL;
}

struct trp_wire *trp_wire_open_rma(int *argc, char ***argv, const void *comm, bool must)
{
    struct trp_mpi_wire *w = trp_mpi_begin(sizeof(struct rma_wire), argc, argv, comm);
    if (!w)
        return NULL;
    uint64_t size = least(w, ring_bytes(w));
    if (size)
        return start_if_it_fits(w, size, must);
    trp_mpi_end(w);
    return NULL;
}
