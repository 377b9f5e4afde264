/*
 * MPI calls of the program's own in methods: on all ranks at once, on a communicator of its own.
 * And what is given back however a caller ends.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include "troupe.h"

static MPI_Comm own; /* of this process */

TROUPE_CLASS(part, (int, share));
TROUPE_ASK(part, total, int);

struct part_state {
    int share;
};

static void on_init(struct part_state *self, int share)
{
    self->share = share;
}

static int on_total(struct part_state *self)
{
    int *total = malloc(sizeof *total);
    if (!total)
        troupe_fail(TROUPE_NO_MEMORY, "no memory for a number");
    troupe_defer(free, total); /* when this call ends, well or not */
    troupe_mpi_begin();
    MPI_Allreduce(&self->share, total, 1, MPI_INT, MPI_SUM, own);
    troupe_mpi_end();
    return *total;
}

TROUPE_IMPLEMENT(part, (init, on_init), (total, on_total));

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    const int ranks = troupe_ranks();
    TROUPE_FUTURE(int) *totals = troupe_alloc((size_t)ranks * sizeof *totals);
    for (int i = 0; i < ranks; i++)
        totals[i] = part_total(troupe_new(part, .share = i + 1, .with = {.place = troupe_on(i)}));
    int same = 0;
    for (int i = 0; i < ranks; i++)
        same += troupe_await(totals[i]) == ranks * (ranks + 1) / 2;
    printf("all have the total: %s\n", same == ranks ? "yes" : "no");
    return 0;
}

int main(int argc, char **argv)
{
    int given;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &given);
    MPI_Comm_dup(MPI_COMM_WORLD, &own);
    int status = troupe_run(argc, argv, driver, NULL);
    MPI_Comm_free(&own);
    MPI_Finalize();
    return status;
}
