/*
 * The doorbell: how ranks of one node wake each other without anyone polling while idle.
 *
 * Each rank has two words in memory that the ranks of its node share: a bell that others ring and a
 * flag that says it sleeps. The sender of a message rings only if the receiver sleeps.
 */
#ifndef TRP_DOORBELL_H
#define TRP_DOORBELL_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/wire.h"

struct trp_bell; /* one rank's two words */

struct trp_doorbell {
    MPI_Comm node;
    MPI_Win window;
    struct trp_bell *mine;
    struct trp_bell **of; /* by rank of the job; NULL: on another node, or a plain miss */
    bool covers_all;      /* every rank is on this node */
    int node_rank, node_ranks;
    int *here; /* [node_ranks]: their ranks of the job */
};

void trp_doorbell_open(struct trp_doorbell *bell, MPI_Comm comm);
void trp_doorbell_close(struct trp_doorbell *bell);

/* What this rank lets its mates see, and what they do. */
struct trp_wire_words *trp_doorbell_words(struct trp_doorbell *bell);
const struct trp_wire_words *trp_doorbell_words_of(const struct trp_doorbell *bell, int rank);

/* The next rank of the node, in a ring. */
int trp_doorbell_mate(const struct trp_doorbell *bell);

/* After a message to `rank` is on its way: rings if it sleeps. Nothing on another node. */
void trp_doorbell_ring(struct trp_doorbell *bell, int rank);

/* From any thread of this rank. */
void trp_doorbell_ring_self(struct trp_doorbell *bell);

/* The receiver's side: announce, look once more, sleep, awake. */
uint32_t trp_doorbell_announce(struct trp_doorbell *bell);
void trp_doorbell_sleep(struct trp_doorbell *bell, uint32_t announced, double seconds);
bool trp_doorbell_rung(const struct trp_doorbell *bell, uint32_t announced); /* since then */
void trp_doorbell_awake(struct trp_doorbell *bell);

#endif
