/* Plain MPI, begun and ended; with the word "memory", each rank prints its memory in KiB. */
#include <mpi.h>
#include <string.h>

#include "pss.h"

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    if (argc == 2 && !strcmp(argv[1], "memory")) {
        MPI_Barrier(MPI_COMM_WORLD);
        uint64_t kib = pss_kib();
        MPI_Barrier(MPI_COMM_WORLD); /* what is shared is shared until all have read */
        printf("%" PRIu64 "\n", kib);
    }
    MPI_Finalize();
    return 0;
}
