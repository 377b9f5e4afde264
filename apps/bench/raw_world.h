/*
 * What all ranks share to measure raw MPI with: a communicator of their own. Opened by all of them
 * together, once MPI runs. Without MPI there is one rank, and nothing to send with.
 */
#ifndef RAW_WORLD_H
#define RAW_WORLD_H

#include <mpi.h>
#include <stdint.h>

void raw_world_open(void);

int raw_world_rank(void);
int raw_world_ranks(void);
MPI_Comm raw_world_comm(void);

/* All have come here. */
void raw_world_meet(void);

/* The sum over all ranks, on all of them. */
uint64_t raw_world_sum(uint64_t value);

/* Ends the job if `got` is not `wanted`: what computes wrongly is no yardstick. */
void raw_world_expect(const char *what, uint64_t got, uint64_t wanted);

#endif
