/*
 * A ring of bytes in shared memory: messages from one writer to one reader, in order.
 *
 * A message starts with a word that says how long it is, and a word that is 0 is where the next one
 * will start: so the reader learns that a message came, and how long it is, from the line that the
 * message is in. It tells the writer how far it has read only once in a quarter of the ring. (The
 * word in the data is what FastForward does for messages of one size: Giacomoni, Moseley,
 * Vachharajani 2008.) Knows nothing of MPI, of parcels, and of who waits how.
 */
#ifndef TRP_RING_H
#define TRP_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRP_RING_MIN 4096
#define TRP_RING_MAX (64 * 1024 * 1024)
#define TRP_RING_NOTE_MAX (((uint64_t)1 << 38) - 1)

/* In the shared memory, at a multiple of 64; `bytes` is as large as the ring, a power of two. */
struct trp_ring {
    _Alignas(64) uint64_t read;    /* the reader's: how far it has read, in steps */
    _Alignas(64) uint32_t stalled; /* the writer's: it waits for that to grow */
    uint32_t urgent; /* for the use of who writes: see rings.c */
    _Alignas(64) unsigned char bytes[];
};

/* The two ends, each its owner's alone. Positions grow for ever. */
struct trp_ring_writer {
    struct trp_ring *ring;
    uint64_t size, written, room; /* it may write up to `room` */
    bool stalled;
};

struct trp_ring_reader {
    struct trp_ring *ring;
    uint64_t size, read, told;
};

void trp_ring_init(struct trp_ring *ring);
void trp_ring_open(struct trp_ring *ring, size_t size, struct trp_ring_writer *writer,
                   struct trp_ring_reader *reader);

/* The longest message that fits: with any smaller one a reader's next step makes room. */
static inline size_t trp_ring_longest(size_t size)
{
    return size / 4;
}

/* Sends `size` bytes and a number along with them; false: there is no room yet. Who then goes to
   sleep sets its flag of that, and tries again after a full fence. */
bool trp_ring_write(struct trp_ring_writer *writer, const void *bytes, size_t size, uint64_t note);

/* The word of the next message; 0: none has come. */
static inline uint64_t trp_ring_next(const struct trp_ring_reader *r)
{
    const uint64_t *word =
        (const void *)(r->ring->bytes + (r->read & (r->size - 1)));
    return __atomic_load_n(word, __ATOMIC_ACQUIRE); /* partner: publish in ring.c */
}

static inline size_t trp_ring_size(uint64_t word)
{
    return word >> 1 & (((size_t)1 << 25) - 1);
}

static inline uint64_t trp_ring_note(uint64_t word)
{
    return word >> 26;
}

/* Takes the next message, whose word is given, out to `into` (NULL: throws it away). True: the
   writer waited for room, which there is now; if it sleeps it is to be woken. */
bool trp_ring_take(struct trp_ring_reader *reader, uint64_t word, void *into);

#endif
