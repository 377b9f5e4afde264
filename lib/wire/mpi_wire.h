/*
 * What the transports over MPI share: the job's beginning and end, who is on the node, sleep.
 */
#ifndef TRP_MPI_WIRE_H
#define TRP_MPI_WIRE_H

#include <mpi.h>
#include <stdbool.h>

#include "wire/bulks.h"
#include "wire/doorbell.h"
#include "wire/messages.h"
#include "wire/watch.h"
#include "wire/wire.h"

struct trp_mpi_wire {
    struct trp_wire wire;
    MPI_Comm comm;
    bool own_mpi;
    struct trp_doorbell bell;
    struct trp_watch watch;
    struct trp_messages messages; /* opened by the transport, if it needs them */
    struct trp_bulks bulks;
    double far_pause; /* seconds to sleep while other nodes may send */
};

static inline struct trp_mpi_wire *trp_mpi_wire(const struct trp_wire *wire)
{
    return (struct trp_mpi_wire *)(uintptr_t)wire;
}

/* Of `size` bytes, zero behind the struct, without a table of functions yet. NULL after saying why
   not. Collective. */
struct trp_mpi_wire *trp_mpi_begin(size_t size, int *argc, char ***argv, const void *comm);

/* A parcel came by MPI, or NULL: the next pauses are short. Returns it. */
struct trp_parcel *trp_mpi_came(struct trp_mpi_wire *w, struct trp_parcel *parcel);

/* Everyone receives until everyone's sends have left: `sending` speaks of the parcels. */
typedef bool trp_mpi_sending(const struct trp_mpi_wire *w);
void trp_mpi_drain(struct trp_mpi_wire *w, trp_mpi_sending *sending);
void trp_mpi_end(struct trp_mpi_wire *w);

/* Parts of a table of functions. */
void trp_mpi_send_bulk(struct trp_wire *wire, struct trp_bulk *bulk);
void trp_mpi_receive_bulk(struct trp_wire *wire, struct trp_bulk *bulk);
uint32_t trp_mpi_announce(struct trp_wire *wire);
void trp_mpi_sleep(struct trp_wire *wire, uint32_t announced, double seconds);
void trp_mpi_awake(struct trp_wire *wire);
void trp_mpi_wake(struct trp_wire *wire);
void trp_mpi_share(struct trp_wire *wire, const void *mine, size_t bytes, void *all);
void trp_mpi_share_all(struct trp_wire *wire, const void *mine, size_t bytes, void *all);
void trp_mpi_watch(struct trp_wire *wire);
bool trp_mpi_leave(struct trp_wire *wire, int signal);

/* Makes it a wire of transport p2p. */
struct trp_wire *trp_p2p_start(struct trp_mpi_wire *w);

#endif
