#include "raw_pack.h"

#include "raw_world.h"

#define TAG 2

static struct raw_record *use(struct raw_lane *lane, int which)
{
    lane->current = which;
    lane->next = lane->buffers[which].records;
    lane->end = lane->next + RAW_RECORDS;
    return lane->next;
}

void raw_lane_open(struct raw_lane *lane, int to, raw_handler *const volatile *handlers)
{
    lane->to = to;
    lane->handlers = handlers;
    for (int i = 0; i < RAW_BUFFERS; i++)
        lane->buffers[i].request = MPI_REQUEST_NULL;
    use(lane, 0);
}

static void dispatch(const struct raw_record *records, uint64_t count,
                     raw_handler *const volatile *handlers)
{
    for (uint64_t i = 0; i < count; i++)
        handlers[records[i].handler](records[i].target, records[i].value);
}

void raw_lane_flush(struct raw_lane *lane)
{
    struct raw_buffer *b = &lane->buffers[lane->current];
    uint64_t count = (uint64_t)(lane->next - b->records);
    if (lane->to == raw_world_rank()) {
        dispatch(b->records, count, lane->handlers);
        use(lane, 0);
        return;
    }
    MPI_Isend(b->records, (int)(count * sizeof *b->records), MPI_BYTE, lane->to, TAG,
              raw_world_comm(), &b->request);
    use(lane, (lane->current + 1) % RAW_BUFFERS);
    MPI_Wait(&lane->buffers[lane->current].request, MPI_STATUS_IGNORE);
}

void raw_lane_close(struct raw_lane *lane)
{
    if (lane->next != lane->buffers[lane->current].records)
        raw_lane_flush(lane);
    if (lane->to != raw_world_rank())
        for (int i = 0; i < RAW_BUFFERS; i++)
            MPI_Wait(&lane->buffers[i].request, MPI_STATUS_IGNORE);
}

/* ---- the other side -------------------------------------------------------------------------- */

static struct raw_buffer buffers[RAW_BUFFERS];

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void post(struct raw_buffer *b)
{
    MPI_Irecv(b->records, sizeof b->records, MPI_BYTE, 0, TAG, raw_world_comm(), &b->request);
}

void raw_pack_receive(uint64_t n, raw_handler *const volatile *handlers)
{
    const uint64_t messages = (n + RAW_RECORDS - 1) / RAW_RECORDS;
    for (uint64_t i = 0; i < smaller(messages, RAW_BUFFERS); i++)
        post(&buffers[i]);
    for (uint64_t m = 0; m < messages; m++) {
        struct raw_buffer *b = &buffers[m % RAW_BUFFERS];
        MPI_Wait(&b->request, MPI_STATUS_IGNORE);
        dispatch(b->records, smaller(RAW_RECORDS, n - m * RAW_RECORDS), handlers);
        if (m + RAW_BUFFERS < messages)
            post(b);
    }
}

void raw_pack_answer(uint64_t value)
{
    MPI_Send(&value, 1, MPI_UINT64_T, 0, TAG, raw_world_comm());
}

uint64_t raw_pack_answer_of(int rank)
{
    uint64_t value;
    MPI_Recv(&value, 1, MPI_UINT64_T, rank, TAG, raw_world_comm(), MPI_STATUS_IGNORE);
    return value;
}
