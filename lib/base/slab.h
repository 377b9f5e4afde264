/*
 * Slabs: memory for many things of a few sizes, without a word of its own for each.
 *
 * What was freed is used again for the same size, and given back to the system at the end. One
 * thread at a time.
 */
#ifndef TRP_SLAB_H
#define TRP_SLAB_H

#include <stddef.h>

#define TRP_SLAB_STEP 8    /* sizes are multiples of it; multiples of 16 are aligned to 16 */
#define TRP_SLAB_SIZES 256 /* of slabs; what is larger comes from malloc */

struct trp_slab; /* a block that things are cut from */

struct trp_slabs {
    void *free[TRP_SLAB_SIZES];           /* by size / STEP - 1; each points to the next */
    char *fresh[TRP_SLAB_SIZES], *end[TRP_SLAB_SIZES]; /* of the latest block: not yet cut */
    struct trp_slab *blocks;
};

/* Not zeroed; NULL when memory is short. */
void *trp_slab_new(struct trp_slabs *slabs, size_t size);

/* With the size that it was made with. */
void trp_slab_free(struct trp_slabs *slabs, void *thing, size_t size);

/* Gives back everything but what came from malloc, which has been freed. They can be used again. */
void trp_slabs_close(struct trp_slabs *slabs);

#endif
