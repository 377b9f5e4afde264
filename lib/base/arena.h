/*
 * Memory that is given back together: a stack of blocks. One thread at a time.
 *
 * The arena owns its blocks; a block made apart may be pushed onto it later.
 */
#ifndef TRP_ARENA_H
#define TRP_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct trp_block {
    struct trp_block *below;
    size_t large; /* bytes of memory that is to be used again; 0: free() */
    _Alignas(16) unsigned char bytes[];
};

struct trp_arena {
    struct trp_block *top; /* NULL: empty; all zero is a good arena */
};

struct trp_block *trp_block_new(size_t bytes); /* zeroed; NULL when memory is short */
struct trp_block *trp_block_raw(size_t bytes); /* the same, not zeroed */
void trp_block_free(struct trp_block *block);
void *trp_arena_alloc(struct trp_arena *arena, size_t bytes); /* as trp_block_new */
void trp_arena_release(struct trp_arena *arena, void *mark);  /* back to a mark; NULL: everything */

static inline void trp_arena_push(struct trp_arena *arena, struct trp_block *block)
{
    block->below = arena->top;
    arena->top = block;
}

bool trp_arena_has(const struct trp_arena *arena, const void *mark); /* it is still there */

static inline void *trp_arena_mark(const struct trp_arena *arena)
{
    return arena->top;
}

#endif
