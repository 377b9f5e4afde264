#include "base/slab.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK (64 * 1024) /* bytes */

struct trp_slab {
    struct trp_slab *next;
    _Alignas(TRP_SLAB_STEP) char bytes[];
};

static size_t place_of(size_t size)
{
    return size ? (size - 1) / TRP_SLAB_STEP : 0;
}

/* The first of a new block; the rest is cut later. */
static void *begin_block(struct trp_slabs *slabs, size_t place, size_t size)
{
    struct trp_slab *block = malloc(sizeof *block + BLOCK);
    if (!block)
        return NULL;
    block->next = slabs->blocks;
    slabs->blocks = block;
    slabs->fresh[place] = block->bytes + size;
    slabs->end[place] = block->bytes + BLOCK - BLOCK % size;
    return block->bytes;
}

void *trp_slab_new(struct trp_slabs *slabs, size_t size)
{
    size_t place = place_of(size);
    if (place >= TRP_SLAB_SIZES)
        return malloc(size);
    void *thing = slabs->free[place];
    if (thing) {
        memcpy(&slabs->free[place], thing, sizeof(void *));
        return thing;
    }
    size = (place + 1) * TRP_SLAB_STEP;
    if (slabs->fresh[place] == slabs->end[place])
        return begin_block(slabs, place, size);
    thing = slabs->fresh[place];
    slabs->fresh[place] += size;
    return thing;
}

void trp_slab_free(struct trp_slabs *slabs, void *thing, size_t size)
{
    size_t place = place_of(size);
    if (place >= TRP_SLAB_SIZES) {
        free(thing);
        return;
    }
    memcpy(thing, &slabs->free[place], sizeof(void *));
    slabs->free[place] = thing;
}

void trp_slabs_close(struct trp_slabs *slabs)
{
    while (slabs->blocks) {
        struct trp_slab *block = slabs->blocks;
        slabs->blocks = block->next;
        free(block);
    }
    memset(slabs, 0, sizeof *slabs);
}
