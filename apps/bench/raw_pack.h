/*
 * Records of 16 bytes from rank 0, packed into messages of 16 KiB, several of them under way to
 * each rank; each record is given to the function that its number chooses. A rank's own records
 * take the way through the buffer too.
 */
#ifndef RAW_PACK_H
#define RAW_PACK_H

#include <mpi.h>
#include <stdint.h>

struct raw_record {
    uint32_t handler, target;
    uint64_t value;
};

typedef void raw_handler(uint32_t target, uint64_t value);

#define RAW_RECORDS ((uint64_t)(16 * 1024 / sizeof(struct raw_record)))
#define RAW_BUFFERS 8 /* measured best on one node, with 16 KiB */

struct raw_buffer {
    MPI_Request request;
    struct raw_record records[RAW_RECORDS];
};

/* The way to one rank. */
struct raw_lane {
    struct raw_record *next, *end;         /* of the buffer being filled */
    raw_handler *const volatile *handlers; /* for the rank's own records */
    int to, current;
    struct raw_buffer buffers[RAW_BUFFERS];
};

void raw_lane_open(struct raw_lane *lane, int to, raw_handler *const volatile *handlers);

/* Sends what has been put; the next buffer is free when it returns. */
void raw_lane_flush(struct raw_lane *lane);

/* Sends what is left and waits until it is off. */
void raw_lane_close(struct raw_lane *lane);

typedef struct raw_record raw_maker(uint64_t i, uint64_t *state);

/* n records to one rank, written in a loop that the compiler sees as a whole. */
static inline __attribute__((always_inline)) void
raw_lane_put_all(struct raw_lane *lane, uint64_t n, raw_maker *make, uint64_t *state)
{
    for (uint64_t i = 0; i < n; raw_lane_flush(lane)) {
        const uint64_t end = n - i < RAW_RECORDS ? n : i + RAW_RECORDS;
        struct raw_record *next = lane->next;
        for (; i < end; i++)
            *next++ = make(i, state);
        lane->next = next;
    }
}

/* One record, where they go to several in turn. */
static inline void raw_lane_put(struct raw_lane *lane, uint32_t handler, uint32_t target,
                                uint64_t value)
{
    *lane->next++ = (struct raw_record){handler, target, value};
    if (lane->next == lane->end)
        raw_lane_flush(lane);
}

/* On the other side: returns when n records have come from rank 0. */
void raw_pack_receive(uint64_t n, raw_handler *const volatile *handlers);

/* Answers rank 0, which waits for it. */
void raw_pack_answer(uint64_t value);
uint64_t raw_pack_answer_of(int rank);

#endif
