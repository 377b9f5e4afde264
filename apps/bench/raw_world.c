#include "raw_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static MPI_Comm world = MPI_COMM_NULL;
static int rank = 0, ranks = 1;

void raw_world_open(void)
{
    int running;
    MPI_Initialized(&running);
    if (!running)
        return;
    MPI_Comm_dup(MPI_COMM_WORLD, &world);
    MPI_Comm_rank(world, &rank);
    MPI_Comm_size(world, &ranks);
}

int raw_world_rank(void)
{
    return rank;
}

int raw_world_ranks(void)
{
    return ranks;
}

MPI_Comm raw_world_comm(void)
{
    return world;
}

void raw_world_meet(void)
{
    if (ranks > 1)
        MPI_Barrier(world);
}

uint64_t raw_world_sum(uint64_t value)
{
    if (ranks > 1)
        MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_UINT64_T, MPI_SUM, world);
    return value;
}

void raw_world_expect(const char *what, uint64_t got, uint64_t wanted)
{
    if (got == wanted)
        return;
    fprintf(stderr, "bench: %s without troupe came to %" PRIu64 " instead of %" PRIu64 "\n", what,
            got, wanted);
    if (world != MPI_COMM_NULL)
        MPI_Abort(world, 1);
    abort();
}
