/*
 * Which CPUs the ranks of a node are bound to.
 */
#ifndef TRP_CPUS_H
#define TRP_CPUS_H

#include "wire/wire.h"

struct trp_cpus {
    int bound;   /* CPUs that this rank is bound to, */
    int sharing; /* ranks of the node that are bound to the same ones, it among them, */
    int before;  /* and how many of those come before it: 0 under self, which plays all of them */
    int on_node; /* CPUs that any rank of the node is bound to, */
    int allowed; /* and those that the node has for them */
};

/* All ranks together; under self the first alone. */
struct trp_cpus trp_cpus_read(struct trp_wire *wire);

/* The calling thread may run on all CPUs that the process is bound to. A thread begins with those
   of the one that began it, and OpenMP, told to bind threads, has left that one a single one. */
void trp_cpus_loosen(void);

#endif
