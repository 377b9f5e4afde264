/*
 * Records of 16 bytes from rank 0 to rank 1, packed into messages of 16 KiB, several of them under
 * way; each record is given to the function that its number chooses.
 */
#ifndef RAW_PACK_H
#define RAW_PACK_H

#include <stdint.h>

struct raw_record {
    uint32_t handler, target;
    uint64_t value;
};

typedef void raw_handler(uint32_t target, uint64_t value);

/* Record i holds `handler`, target 0 and value i. Returns the other side's answer at the end. */
uint64_t raw_pack_send(uint64_t n, uint32_t handler);

/* Returns when n records have come. */
void raw_pack_receive(uint64_t n, raw_handler *const volatile *handlers);

/* Answers the sender. */
void raw_pack_answer(uint64_t value);

#endif
