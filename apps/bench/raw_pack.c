#include "raw_pack.h"

#include "raw_pair.h"

#define TAG 2
#define BUFFERS 8 /* measured best on one node, with 16 KiB */
#define RECORDS ((uint64_t)(16 * 1024 / sizeof(struct raw_record)))

static struct buffer {
    MPI_Request request;
    struct raw_record records[RECORDS];
} buffers[BUFFERS];

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void wait_for_all(void)
{
    for (int i = 0; i < BUFFERS; i++)
        MPI_Wait(&buffers[i].request, MPI_STATUS_IGNORE);
}

uint64_t raw_pack_send(uint64_t n, uint32_t handler)
{
    uint64_t answer = 0;
    for (int i = 0; i < BUFFERS; i++)
        buffers[i].request = MPI_REQUEST_NULL;
    for (uint64_t at = 0; at < n;) {
        struct buffer *b = &buffers[at / RECORDS % BUFFERS];
        uint64_t count = smaller(RECORDS, n - at);
        MPI_Wait(&b->request, MPI_STATUS_IGNORE);
        for (uint64_t i = 0; i < count; i++, at++)
            b->records[i] = (struct raw_record){handler, 0, at};
        MPI_Isend(b->records, (int)(count * sizeof *b->records), MPI_BYTE, 1, TAG, raw_pair_comm(),
                  &b->request);
    }
    wait_for_all();
    MPI_Recv(&answer, 1, MPI_UINT64_T, 1, TAG, raw_pair_comm(), MPI_STATUS_IGNORE);
    return answer;
}

static void post(struct buffer *b)
{
    MPI_Irecv(b->records, sizeof b->records, MPI_BYTE, 0, TAG, raw_pair_comm(), &b->request);
}

void raw_pack_receive(uint64_t n, raw_handler *const volatile *handlers)
{
    const uint64_t messages = (n + RECORDS - 1) / RECORDS;
    for (uint64_t i = 0; i < smaller(messages, BUFFERS); i++)
        post(&buffers[i]);
    for (uint64_t m = 0; m < messages; m++) {
        struct buffer *b = &buffers[m % BUFFERS];
        uint64_t count = smaller(RECORDS, n - m * RECORDS);
        MPI_Wait(&b->request, MPI_STATUS_IGNORE);
        for (uint64_t i = 0; i < count; i++)
            handlers[b->records[i].handler](b->records[i].target, b->records[i].value);
        if (m + BUFFERS < messages)
            post(b);
    }
}

void raw_pack_answer(uint64_t value)
{
    MPI_Send(&value, 1, MPI_UINT64_T, 0, TAG, raw_pair_comm());
}
