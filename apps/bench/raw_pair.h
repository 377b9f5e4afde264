/*
 * What ranks 0 and 1 share to measure raw MPI with: a communicator of their own, and a little
 * memory if they are on one node. Opened by all ranks together, once MPI runs; the end of MPI
 * takes it away.
 */
#ifndef RAW_PAIR_H
#define RAW_PAIR_H

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

/* Words a page apart, so that none shares a cache line or a prefetched pair of them. */
struct raw_shared {
    uint32_t word;
    uint32_t apart[1023];
};
#define RAW_SHARED 2

void raw_pair_open(void);

/* False where there is no MPI or only one rank, and on ranks other than 0 and 1. */
bool raw_pair_exists(void);

MPI_Comm raw_pair_comm(void);

/* RAW_SHARED of them, or NULL. */
struct raw_shared *raw_pair_memory(void);

/* Both have come here. */
void raw_pair_meet(void);

#endif
