/*
 * Transport p2p: every parcel is a message of MPI.
 */
#include "wire/mpi_wire.h"

static bool sends_parcels(const struct trp_mpi_wire *w)
{
    return trp_messages_sending(&w->messages);
}

static void p2p_send(struct trp_wire *wire, int to, struct trp_parcel *parcel)
{
    trp_messages_send(&trp_mpi_wire(wire)->messages, to, parcel);
}

static struct trp_parcel *p2p_receive(struct trp_wire *wire, bool full)
{
    struct trp_mpi_wire *w = trp_mpi_wire(wire);
    if (trp_bulks_under_way(&w->bulks))
        trp_bulks_progress(&w->bulks);
    return trp_mpi_came(w, trp_messages_receive(&w->messages, full));
}

static bool p2p_sending(const struct trp_wire *wire)
{
    const struct trp_mpi_wire *w = trp_mpi_wire(wire);
    return sends_parcels(w) || trp_bulks_under_way(&w->bulks);
}

static bool p2p_congested(const struct trp_wire *wire, int to)
{
    (void)to; /* all wait in one queue */
    return trp_mpi_wire(wire)->messages.waiting.head;
}

static void p2p_close(struct trp_wire *wire)
{
    struct trp_mpi_wire *w = trp_mpi_wire(wire);
    trp_mpi_drain(w, sends_parcels);
    trp_mpi_end(w);
}

static const struct trp_wire_ops p2p_ops = {
    .name = "p2p",
    .send = p2p_send,
    .receive = p2p_receive,
    .send_bulk = trp_mpi_send_bulk,
    .receive_bulk = trp_mpi_receive_bulk,
    .sending = p2p_sending,
    .congested = p2p_congested,
    .announce = trp_mpi_announce,
    .sleep = trp_mpi_sleep,
    .awake = trp_mpi_awake,
    .wake = trp_mpi_wake,
    .share = trp_mpi_share,
    .share_all = trp_mpi_share_all,
    .watch = trp_mpi_watch,
    .leave = trp_mpi_leave,
    .close = p2p_close,
};

struct trp_wire *trp_p2p_start(struct trp_mpi_wire *w)
{
    w->wire.ops = &p2p_ops;
    trp_messages_open(&w->messages, w->comm, &w->bell);
    return &w->wire;
}

struct trp_wire *trp_wire_open_p2p(int *argc, char ***argv, const void *comm)
{
    struct trp_mpi_wire *w = trp_mpi_begin(sizeof *w, argc, argv, comm);
    return w ? trp_p2p_start(w) : NULL;
}
