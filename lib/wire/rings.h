/*
 * Rings between the ranks of a node: one from each to each, in the receiver's part of a window of
 * shared memory. A parcel is copied into the ring and out of it again, so nobody but this holds the
 * ring; what finds no room waits in a queue at its sender, a queue for each receiver.
 */
#ifndef TRP_RINGS_H
#define TRP_RINGS_H

#include <mpi.h>
#include <stdbool.h>

#include "wire/doorbell.h"
#include "wire/parcel.h"

struct trp_rings {
    struct trp_doorbell *bell;
    MPI_Win window;
    size_t size, piece; /* of a ring; of what is put in at once */
    int mates;          /* the other ranks of the node */
    struct trp_mate *mate;
    struct trp_mate **of; /* by rank of the job; NULL: not here */
    struct trp_mate **stalled;
    int stalled_count; /* mates with parcels that wait for room */
    struct trp_mate **active;
    int active_count; /* mates whose rings are looked at, */
    int next;         /* and the one whose turn it is */
    uint64_t *came;   /* words with a bit for each place on the node; NULL: all are looked at */
};

/* With so many mates, or fewer, a rank looks at the rings of all of them. Tests change it. */
extern int trp_rings_few;

/* Whether the shared memory of this node has the room; if not, `why` says so. The same for all
   ranks of the node. */
bool trp_rings_fit(const struct trp_doorbell *bell, size_t size, char *why, size_t why_size);

/* Rings of `size` bytes, a power of two. Collective on the node. */
void trp_rings_open(struct trp_rings *r, struct trp_doorbell *bell, int ranks, size_t size);

/* After the last is sent and received, by everyone. Collective on the node. */
void trp_rings_close(struct trp_rings *r);

/* False: `to` is on another node. */
static inline bool trp_rings_reach(const struct trp_rings *r, int to)
{
    return r->of[to];
}

void trp_rings_send(struct trp_rings *r, int to, struct trp_parcel *parcel);
struct trp_parcel *trp_rings_receive(struct trp_rings *r, bool full);

/* Parcels to that rank wait for room. */
bool trp_rings_congested(const struct trp_rings *r, int to);

static inline bool trp_rings_sending(const struct trp_rings *r)
{
    return r->stalled_count;
}

#endif
