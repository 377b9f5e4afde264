/*
 * What all ranks do together at the start and at the end. MPI's own waits burn a core, some for a
 * whole turn of the kernel's scheduler: with more ranks than cores these here are over much sooner.
 */
#ifndef TRP_TOGETHER_H
#define TRP_TOGETHER_H

#include <mpi.h>
#include <sched.h>

/* Waits for what MPI_Ibarrier and its like have begun, and lets others run meanwhile. */
static inline void trp_together(MPI_Request begun)
{
    for (int done = 0; !done;) {
        MPI_Test(&begun, &done, MPI_STATUS_IGNORE);
        if (!done)
            sched_yield();
    }
}

static inline void trp_together_meet(MPI_Comm comm)
{
    MPI_Request request;
    MPI_Ibarrier(comm, &request);
    trp_together(request);
}

/* `all` has room for `bytes` of every rank. */
static inline void trp_together_share(MPI_Comm comm, const void *mine, size_t bytes, void *all)
{
    MPI_Request request;
    MPI_Iallgather(mine, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, comm, &request);
    trp_together(request);
}

#endif
