/*
 * π in plain MPI and OpenMP, with the same sampling and nothing else: `raw_pi SAMPLES`. Each rank
 * counts its share. Prints the estimate and the samples per second of the time from the first
 * sample to the sum.
 */
#include <inttypes.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include "sample.h"

static uint64_t count_range(uint64_t first, uint64_t end)
{
    const uint64_t first_block = first / PI_BLOCK_SAMPLES;
    const uint64_t last_block = (end + PI_BLOCK_SAMPLES - 1) / PI_BLOCK_SAMPLES;
    uint64_t inside = 0;
    /* Runs of whole blocks, far more of them than threads. */
    const uint64_t run = 1024;
#pragma omp parallel for reduction(+ : inside) schedule(static)
    for (uint64_t block = first_block; block < last_block; block += run) {
        uint64_t from = block * PI_BLOCK_SAMPLES, to = (block + run) * PI_BLOCK_SAMPLES;
        from = from > first ? from : first;
        to = to < end ? to : end;
        inside += pi_count_inside(1, from, to - from);
    }
    return inside;
}

int main(int argc, char **argv)
{
    int level, rank, ranks;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    uint64_t samples = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
    if (!samples) {
        if (rank == 0)
            fprintf(stderr, "usage: raw_pi SAMPLES\n");
        MPI_Finalize();
        return 2;
    }
    uint64_t share = samples / (uint64_t)ranks, first = share * (uint64_t)rank, inside = 0;
    uint64_t end = rank == ranks - 1 ? samples : first + share;
    MPI_Barrier(MPI_COMM_WORLD);
    double began = MPI_Wtime();
    uint64_t mine = count_range(first, end);
    MPI_Reduce(&mine, &inside, 1, MPI_UINT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
    double seconds = MPI_Wtime() - began;
    if (rank == 0)
        printf("{\"pi\": %.15f, \"inside\": %" PRIu64 ", \"samples_per_second\": %.6g}\n",
               4 * (double)inside / (double)samples, inside, (double)samples / seconds);
    MPI_Finalize();
    return 0;
}
