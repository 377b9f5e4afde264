/* A message of some size there, and 8 bytes back. */
#include "raw.h"

#include <math.h>
#include <stdlib.h>

#include "bytes.h"
#include "clock.h"
#include "raw_pair.h"
#include "raw_world.h"
#include "setting.h"

#define TAG 4

static uint64_t ends(const unsigned char *buffer, int bytes)
{
    return (uint64_t)buffer[0] + buffer[bytes - 1];
}

double raw_latency(uint64_t n)
{
    if (!raw_pair_exists())
        return NAN;
    const int bytes = (int)bench_setting.bytes;
    unsigned char *buffer = bench_warm_bytes(bench_setting.bytes);
    uint64_t sum = 0, answer;
    raw_pair_meet();
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++) {
        MPI_Send(buffer, bytes, MPI_BYTE, 1, TAG, raw_pair_comm());
        MPI_Recv(&answer, 1, MPI_UINT64_T, 1, TAG, raw_pair_comm(), MPI_STATUS_IGNORE);
        sum += answer;
    }
    double seconds = bench_now() - begin;
    raw_world_expect("latency", sum, n * ends(buffer, bytes));
    return seconds;
}

void raw_latency_mate(uint64_t n)
{
    const int bytes = (int)bench_setting.bytes;
    unsigned char *buffer = bench_warm_bytes(bench_setting.bytes);
    raw_pair_meet();
    for (uint64_t i = 0; i < n; i++) {
        MPI_Recv(buffer, bytes, MPI_BYTE, 0, TAG, raw_pair_comm(), MPI_STATUS_IGNORE);
        uint64_t answer = ends(buffer, bytes);
        MPI_Send(&answer, 1, MPI_UINT64_T, 0, TAG, raw_pair_comm());
    }
}
