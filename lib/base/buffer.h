/*
 * Buffers: counted memory of the program's that a call can hand over instead of copying it.
 *
 * A buffer is known by the address of its bytes. Each hold is one party's right to read them; who
 * has the only one may write. A hold that is given belongs to nobody until the call that it is
 * given in claims it. Any thread.
 */
#ifndef TRP_BUFFER_H
#define TRP_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trp_buffer {
    struct trp_buffer *next; /* in its bucket */
    size_t whole;            /* bytes of the memory */
    size_t bytes;            /* that were asked for */
    uint32_t holds;
    uint32_t given; /* of those */
    _Alignas(64) unsigned char data[];
};

struct trp_buffer *trp_buffer_new(size_t bytes); /* held once; NULL when memory is short */

/* False: at these bytes begins no buffer. */
bool trp_buffer_keep(const void *data);
bool trp_buffer_release(const void *data);
bool trp_buffer_give(const void *data); /* false, too, when all holds are given */

/* A hold that was given, now the caller's; NULL: none was. */
struct trp_buffer *trp_buffer_claim(const void *data);

void trp_buffer_drop(struct trp_buffer *buffer); /* releases a hold */

/* Holds that are given and not claimed, of all buffers. */
extern _Atomic unsigned trp_buffers_given;

#endif
