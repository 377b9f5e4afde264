/*
 * Large messages into warm buffers, where every byte is summed: the faster of blocking sends and
 * receives and of some of each under way at once.
 */
#include "raw.h"

#include <math.h>
#include <stdlib.h>

#include "bytes.h"
#include "clock.h"
#include "raw_pair.h"
#include "raw_world.h"
#include "setting.h"

#define TAG 3
#define AHEAD 16             /* under way at once */
#define AHEAD_BYTES (1 << 16) /* of messages up to this size: larger ones gain nothing from it */

/* The other side's sum is the answer. */
static void receive_sum(uint64_t wanted)
{
    uint64_t sum;
    MPI_Recv(&sum, 1, MPI_UINT64_T, 1, TAG, raw_pair_comm(), MPI_STATUS_IGNORE);
    raw_world_expect("bulk", sum, wanted);
}

static void send_sum(uint64_t sum)
{
    MPI_Send(&sum, 1, MPI_UINT64_T, 0, TAG, raw_pair_comm());
}

/* ---- one after the other --------------------------------------------------------------------- */

static double blocking(uint64_t n, int bytes)
{
    const unsigned char *buffer = bench_warm_bytes((uint64_t)bytes);
    const uint64_t wanted = n * bench_sum_bytes(buffer, (size_t)bytes);
    raw_pair_meet();
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++)
        MPI_Send(buffer, bytes, MPI_BYTE, 1, TAG, raw_pair_comm());
    receive_sum(wanted);
    return bench_now() - begin;
}

static void blocking_mate(uint64_t n, int bytes)
{
    unsigned char *buffer = bench_warm_bytes((uint64_t)bytes);
    uint64_t sum = 0;
    raw_pair_meet();
    for (uint64_t i = 0; i < n; i++) {
        MPI_Recv(buffer, bytes, MPI_BYTE, 0, TAG, raw_pair_comm(), MPI_STATUS_IGNORE);
        sum += bench_sum_bytes(buffer, (size_t)bytes);
    }
    send_sum(sum);
}

/* ---- some at once ---------------------------------------------------------------------------- */

static double ahead(uint64_t n, int bytes)
{
    const unsigned char *buffer = bench_warm_bytes((uint64_t)bytes);
    const uint64_t wanted = n * bench_sum_bytes(buffer, (size_t)bytes);
    MPI_Status done[AHEAD]; /* gcc warns of MPICH's MPI_STATUSES_IGNORE */
    MPI_Request sends[AHEAD];
    for (int i = 0; i < AHEAD; i++)
        sends[i] = MPI_REQUEST_NULL;
    raw_pair_meet();
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++) {
        MPI_Wait(&sends[i % AHEAD], MPI_STATUS_IGNORE);
        MPI_Isend(buffer, bytes, MPI_BYTE, 1, TAG, raw_pair_comm(), &sends[i % AHEAD]);
    }
    MPI_Waitall(AHEAD, sends, done);
    receive_sum(wanted);
    return bench_now() - begin;
}

static void ahead_mate(uint64_t n, int bytes)
{
    unsigned char *buffer = bench_warm_bytes(AHEAD * (uint64_t)bytes);
    MPI_Request receives[AHEAD];
    uint64_t sum = 0;
    for (int i = 0; i < AHEAD; i++)
        MPI_Recv_init(buffer + i * bytes, bytes, MPI_BYTE, MPI_ANY_SOURCE, TAG, raw_pair_comm(),
                      &receives[i]);
    for (uint64_t i = 0; i < AHEAD && i < n; i++)
        MPI_Start(&receives[i]);
    raw_pair_meet();
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t slot = i % AHEAD;
        MPI_Wait(&receives[slot], MPI_STATUS_IGNORE);
        sum += bench_sum_bytes(buffer + slot * (uint64_t)bytes, (size_t)bytes);
        if (i + AHEAD < n)
            MPI_Start(&receives[slot]);
    }
    for (int i = 0; i < AHEAD; i++)
        MPI_Request_free(&receives[i]);
    send_sum(sum);
}

double raw_bulk(uint64_t n)
{
    if (!raw_pair_exists())
        return NAN;
    const int bytes = (int)bench_setting.bytes;
    double one = blocking(n, bytes);
    double other = bytes <= AHEAD_BYTES ? ahead(n, bytes) : one;
    return one < other ? one : other;
}

void raw_bulk_mate(uint64_t n)
{
    const int bytes = (int)bench_setting.bytes;
    blocking_mate(n, bytes);
    if (bytes <= AHEAD_BYTES)
        ahead_mate(n, bytes);
}
