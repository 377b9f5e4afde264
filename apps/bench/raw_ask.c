/* Requests and replies between two ranks: one at a time, and many packed into messages. */
#include "raw.h"

#include <math.h>

#include "clock.h"
#include "raw_pair.h"

#define TAG 1

/* ---- one at a time --------------------------------------------------------------------------- */

static double blocking(uint64_t n)
{
    uint64_t value;
    raw_pair_meet();
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++) {
        MPI_Send(&i, 1, MPI_UINT64_T, 1, TAG, raw_pair_comm());
        MPI_Recv(&value, 1, MPI_UINT64_T, 1, TAG, raw_pair_comm(), MPI_STATUS_IGNORE);
    }
    return bench_now() - begin;
}

static void blocking_mate(uint64_t n)
{
    uint64_t value;
    raw_pair_meet();
    for (uint64_t i = 0; i < n; i++) {
        MPI_Recv(&value, 1, MPI_UINT64_T, 0, TAG, raw_pair_comm(), MPI_STATUS_IGNORE);
        MPI_Send(&value, 1, MPI_UINT64_T, 0, TAG, raw_pair_comm());
    }
}

/* The receive stands ready, for whoever sends: as a server would. */
static double persistent(uint64_t n)
{
    uint64_t value;
    MPI_Request receive;
    MPI_Recv_init(&value, 1, MPI_UINT64_T, MPI_ANY_SOURCE, TAG, raw_pair_comm(), &receive);
    raw_pair_meet();
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++) {
        MPI_Start(&receive);
        MPI_Send(&i, 1, MPI_UINT64_T, 1, TAG, raw_pair_comm());
        MPI_Wait(&receive, MPI_STATUS_IGNORE);
    }
    double seconds = bench_now() - begin;
    MPI_Request_free(&receive);
    return seconds;
}

static void persistent_mate(uint64_t n)
{
    uint64_t value;
    MPI_Request receive;
    MPI_Recv_init(&value, 1, MPI_UINT64_T, MPI_ANY_SOURCE, TAG, raw_pair_comm(), &receive);
    MPI_Start(&receive);
    raw_pair_meet();
    for (uint64_t i = 0; i < n; i++) {
        MPI_Wait(&receive, MPI_STATUS_IGNORE);
        uint64_t came = value;
        if (i + 1 < n)
            MPI_Start(&receive);
        MPI_Send(&came, 1, MPI_UINT64_T, 0, TAG, raw_pair_comm());
    }
    MPI_Request_free(&receive);
}

double raw_ask_rtt(uint64_t n)
{
    if (!raw_pair_exists())
        return NAN;
    double one = blocking(n), other = persistent(n);
    return one < other ? one : other;
}

void raw_ask_rtt_mate(uint64_t n)
{
    blocking_mate(n);
    persistent_mate(n);
}

/* A token handed to and fro: two hops there and back. */
double raw_thread_ring(uint64_t n)
{
    return raw_ask_rtt((n + 1) / 2);
}

void raw_thread_ring_mate(uint64_t n)
{
    raw_ask_rtt_mate((n + 1) / 2);
}

/* ---- many in flight -------------------------------------------------------------------------- */

#define BATCHES 4 /* messages that RAW_WINDOW requests travel in: small enough to leave at once */
#define BATCH (RAW_WINDOW / BATCHES)

struct request {
    uint64_t number, value;
};

typedef uint64_t handler(uint64_t value);

static uint64_t echo(uint64_t value)
{
    return value;
}

/* Volatile: the compiler shall not see through it, as it cannot in a program of many handlers. */
static handler *volatile handlers[] = {echo};

struct lane {
    struct request out[BATCH], in[BATCH];
    MPI_Request sent, received;
};

static struct lane lanes[BATCHES];
static uint64_t answers[RAW_WINDOW]; /* by number */

static int batch_from(uint64_t first, uint64_t n)
{
    return (int)(first >= n ? 0 : n - first < BATCH ? n - first : BATCH);
}

static void exchange(struct lane *lane, int count, int with)
{
    MPI_Irecv(lane->in, sizeof lane->in, MPI_BYTE, with, TAG, raw_pair_comm(), &lane->received);
    MPI_Isend(lane->out, count * (int)sizeof *lane->out, MPI_BYTE, with, TAG, raw_pair_comm(),
              &lane->sent);
}

static void ask(struct lane *lane, uint64_t first, uint64_t n)
{
    int count = batch_from(first, n);
    for (int i = 0; i < count; i++)
        lane->out[i] = (struct request){(first + (uint64_t)i) % RAW_WINDOW, first + (uint64_t)i};
    if (count)
        exchange(lane, count, 1);
}

static uint64_t collect(struct lane *lane, int count)
{
    uint64_t sum = 0;
    MPI_Wait(&lane->received, MPI_STATUS_IGNORE);
    for (int i = 0; i < count; i++)
        sum += answers[lane->in[i].number] = lane->in[i].value;
    MPI_Wait(&lane->sent, MPI_STATUS_IGNORE);
    return sum;
}

double raw_ask_rate(uint64_t n)
{
    if (!raw_pair_exists())
        return NAN;
    uint64_t sum = 0, at = 0;
    raw_pair_meet();
    double begin = bench_now();
    for (int i = 0; i < BATCHES; i++)
        ask(&lanes[i], (uint64_t)i * BATCH, n);
    for (; at < n; at += BATCH) {
        struct lane *lane = &lanes[at / BATCH % BATCHES];
        sum += collect(lane, batch_from(at, n));
        ask(lane, at + RAW_WINDOW, n);
    }
    double seconds = bench_now() - begin;
    return sum == n * (n - 1) / 2 ? seconds : NAN;
}

static void answer(struct lane *lane, int count)
{
    MPI_Wait(&lane->received, MPI_STATUS_IGNORE);
    MPI_Wait(&lane->sent, MPI_STATUS_IGNORE);
    for (int i = 0; i < count; i++)
        lane->out[i] = (struct request){lane->in[i].number, handlers[0](lane->in[i].value)};
}

void raw_ask_rate_mate(uint64_t n)
{
    for (int i = 0; i < BATCHES; i++) {
        lanes[i].sent = MPI_REQUEST_NULL;
        if (batch_from((uint64_t)i * BATCH, n))
            MPI_Irecv(lanes[i].in, sizeof lanes[i].in, MPI_BYTE, 0, TAG, raw_pair_comm(),
                      &lanes[i].received);
    }
    raw_pair_meet();
    for (uint64_t at = 0; at < n; at += BATCH) {
        struct lane *lane = &lanes[at / BATCH % BATCHES];
        int count = batch_from(at, n);
        answer(lane, count);
        if (batch_from(at + RAW_WINDOW, n))
            exchange(lane, count, 0);
        else
            MPI_Isend(lane->out, count * (int)sizeof *lane->out, MPI_BYTE, 0, TAG,
                      raw_pair_comm(), &lane->sent);
    }
    for (int i = 0; i < BATCHES; i++)
        MPI_Wait(&lanes[i].sent, MPI_STATUS_IGNORE);
}
