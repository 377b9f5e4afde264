#include "raw_pair.h"

#include <stddef.h>

static MPI_Comm pair = MPI_COMM_NULL;
static struct raw_shared *shared;

static void open_memory(void)
{
    MPI_Comm node;
    MPI_Comm_split_type(pair, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    int rank, ranks;
    MPI_Comm_rank(node, &rank);
    MPI_Comm_size(node, &ranks);
    if (ranks < 2)
        return;
    MPI_Win window;
    MPI_Aint size = rank == 0 ? RAW_SHARED * sizeof *shared : 0;
    int unit;
    MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, node, &shared, &window);
    MPI_Win_shared_query(window, 0, &size, &unit, &shared);
    MPI_Win_lock_all(MPI_MODE_NOCHECK, window);
    for (int i = 0; i < RAW_SHARED && rank == 0; i++)
        shared[i].word = 0;
    MPI_Barrier(node);
}

void raw_pair_open(void)
{
    int running, rank, ranks;
    MPI_Initialized(&running);
    if (!running)
        return;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (ranks < 2)
        return;
    MPI_Comm_split(MPI_COMM_WORLD, rank < 2 ? 0 : MPI_UNDEFINED, rank, &pair);
    if (pair != MPI_COMM_NULL)
        open_memory();
}

bool raw_pair_exists(void)
{
    return pair != MPI_COMM_NULL;
}

MPI_Comm raw_pair_comm(void)
{
    return pair;
}

struct raw_shared *raw_pair_memory(void)
{
    return shared;
}

void raw_pair_meet(void)
{
    MPI_Barrier(pair);
}
