/*
 * How many CPUs a rank has for its tasks.
 */
#ifndef TRP_CPUS_H
#define TRP_CPUS_H

#include "wire/wire.h"

/* This rank's share of the CPUs that it is bound to: divided among the ranks of the node that are
   bound to the same ones, at most SLURM_CPUS_PER_TASK; 1 at least. All ranks together. */
int trp_cpus_of_rank(struct trp_wire *wire);

#endif
