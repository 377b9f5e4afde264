/*
 * Bulk over MPI: large bytes go from where they are to where they will stay, in messages of their
 * own. See struct trp_bulk in wire.h for what is promised.
 */
#ifndef TRP_BULKS_H
#define TRP_BULKS_H

#include <mpi.h>
#include <stdbool.h>

#include "wire/doorbell.h"
#include "wire/wire.h"

struct trp_bulks {
    MPI_Comm comm;
    struct trp_doorbell *bell;
    struct trp_hauls {
        struct trp_haul *first, *last;
    } under_way, held; /* the first held is thrown away, the others wait for that */
    size_t largest;    /* of all these */
    size_t sends;      /* of those under way */
    bool reported;     /* done was called since it was last cleared */
    double hurry;      /* until then their bytes are likely to flow */
    double nap;        /* and then one looks after them in naps of this length */
    size_t thrown;     /* bytes of the first held that came, with the chunk that is coming */
    MPI_Request chunk;
    void *scratch; /* for that chunk */
};

/* Bytes go in messages of so many at most, an int, on both sides. Tests change it. */
extern size_t trp_bulks_chunk;

void trp_bulks_open(struct trp_bulks *b, MPI_Comm comm, struct trp_doorbell *bell);

void trp_bulks_send(struct trp_bulks *b, struct trp_bulk *bulk);
void trp_bulks_receive(struct trp_bulks *b, struct trp_bulk *bulk);

/* Moves them on, and calls done of some that are. */
void trp_bulks_progress(struct trp_bulks *b);

/* How long this rank may sleep while they are under way. */
double trp_bulks_pause(struct trp_bulks *b);

/* It slept, and somebody woke it or nobody did. */
void trp_bulks_slept(struct trp_bulks *b, bool woken);

/* At the end, from when on nothing new is received: receives and drops one that nobody here asks
   for. */
void trp_bulks_throw_away(struct trp_bulks *b);

/* Everyone's sends have left: takes back what nobody sends. */
void trp_bulks_close(struct trp_bulks *b);

static inline bool trp_bulks_under_way(const struct trp_bulks *b)
{
    return b->under_way.first || b->held.first;
}

#endif
