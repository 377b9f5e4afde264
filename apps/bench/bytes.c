#include "bytes.h"

#include <stdlib.h>

#include <string.h>

/* Four words at once, as wide as the machine can or in pieces: the compiler sees to it. */
typedef uint64_t words __attribute__((vector_size(32)));

#define WIDTH sizeof(words)
#define STEPS 128 /* sums of two bytes that a lane of 16 bits takes */

static uint64_t sum_lanes(const words *lanes)
{
    uint64_t sum = 0;
    for (int i = 0; i < 4; i++)
        for (int shift = 0; shift < 64; shift += 16)
            sum += (*lanes)[i] >> shift & 0xffff;
    return sum;
}

/* At most STEPS vectors. */
static uint64_t sum_vectors(const unsigned char *bytes, size_t vectors)
{
    const uint64_t even = 0x00ff00ff00ff00ff;
    words lanes = {0}, next;
    for (size_t i = 0; i < vectors; i++) {
        memcpy(&next, bytes + i * WIDTH, WIDTH);
        lanes += (next & even) + (next >> 8 & even);
    }
    return sum_lanes(&lanes);
}

uint64_t bench_sum_bytes(const void *bytes, size_t count)
{
    const unsigned char *at = bytes, *end = at + count;
    uint64_t sum = 0;
    while ((size_t)(end - at) >= WIDTH) {
        size_t vectors = (size_t)(end - at) / WIDTH;
        vectors = vectors < STEPS ? vectors : STEPS;
        sum += sum_vectors(at, vectors);
        at += vectors * WIDTH;
    }
    while (at < end)
        sum += *at++;
    return sum;
}

unsigned char *bench_warm_bytes(uint64_t bytes)
{
    static unsigned char *buffer;
    static uint64_t room;
    if (bytes <= room)
        return buffer;
    free(buffer);
    buffer = malloc(bytes);
    if (!buffer)
        abort();
    for (room = 0; room < bytes; room++)
        buffer[room] = (unsigned char)(room * 7);
    return buffer;
}
