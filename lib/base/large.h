/*
 * Large memory, used again: what the system hands out anew costs several times as much to write
 * to. Any thread.
 */
#ifndef TRP_LARGE_H
#define TRP_LARGE_H

#include <stddef.h>

#define TRP_LARGE_BYTES ((size_t)16 * 1024) /* smaller memory is better left to malloc */

#define TRP_LARGE_ALIGNED 64

/* At least *bytes, aligned to that, which become what there is: the caller's, to be given back by
   trp_large_free with that many. Not zeroed. NULL when memory is short. */
void *trp_large_new(size_t *bytes);
void trp_large_free(void *memory, size_t bytes);

/* Frees what is kept for later. */
void trp_large_clear(void);

#endif
