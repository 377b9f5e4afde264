/*
 * A tool that wraps functions of MPI, as profilers do, loaded before libmpi by tests/pmpi.sh. When
 * MPI ends each rank says how often each was called.
 */
#include <mpi.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_int starts, sends;

int MPI_Init_thread(int *argc, char ***argv, int required, int *provided)
{
    atomic_fetch_add(&starts, 1);
    return PMPI_Init_thread(argc, argv, required, provided);
}

int MPI_Send(const void *data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm)
{
    atomic_fetch_add(&sends, 1);
    return PMPI_Send(data, count, type, to, tag, comm);
}

int MPI_Isend(const void *data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
              MPI_Request *request)
{
    atomic_fetch_add(&sends, 1);
    return PMPI_Isend(data, count, type, to, tag, comm, request);
}

int MPI_Finalize(void)
{
    int rank;
    PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
    fprintf(stderr, "wrapped on %d: starts %d, sends %d\n", rank, starts, sends);
    return PMPI_Finalize();
}
