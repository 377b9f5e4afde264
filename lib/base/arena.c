#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/large.h"

#define SMALL 1000 /* bytes: malloc has such at hand, for each thread; glibc's calloc has not */

static struct trp_block *raw_small(size_t bytes)
{
    struct trp_block *block = malloc(sizeof *block + bytes);
    if (block)
        *block = (struct trp_block){.below = NULL};
    return block;
}

struct trp_block *trp_block_new(size_t bytes)
{
    if (bytes > PTRDIFF_MAX - sizeof(struct trp_block))
        return NULL;
    if (bytes > SMALL)
        return calloc(1, sizeof(struct trp_block) + bytes);
    struct trp_block *block = raw_small(bytes);
    if (block)
        memset(block->bytes, 0, bytes);
    return block;
}

struct trp_block *trp_block_raw(size_t bytes)
{
    if (bytes > PTRDIFF_MAX - sizeof(struct trp_block))
        return NULL;
    if (bytes < TRP_LARGE_BYTES)
        return raw_small(bytes);
    size_t whole = sizeof(struct trp_block) + bytes;
    struct trp_block *block = trp_large_new(&whole);
    if (block)
        *block = (struct trp_block){.large = whole};
    return block;
}

void trp_block_free(struct trp_block *block)
{
    if (block && block->large)
        trp_large_free(block, block->large);
    else
        free(block);
}

void *trp_arena_alloc(struct trp_arena *arena, size_t bytes)
{
    struct trp_block *block = trp_block_new(bytes);
    if (!block)
        return NULL;
    trp_arena_push(arena, block);
    return block->bytes;
}

bool trp_arena_has(const struct trp_arena *arena, const void *mark)
{
    const struct trp_block *block = arena->top;
    while (block && block != mark)
        block = block->below;
    return block == mark;
}

void trp_arena_release(struct trp_arena *arena, void *mark)
{
    while (arena->top && arena->top != mark) {
        struct trp_block *block = arena->top;
        arena->top = block->below;
        trp_block_free(block);
    }
}
