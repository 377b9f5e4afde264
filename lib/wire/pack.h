/*
 * Values to bytes and back, by the description of their type.
 *
 * A packed value is its image in memory, followed by what its pointers point to: each string (with
 * its NUL) and each span's elements at a multiple of 8; in the image each pointer is replaced by
 * the offset of that from the start of the value. Unpacking turns the offsets back into pointers,
 * in place, and refuses whatever would lead outside the bytes given.
 */
#ifndef TRP_PACK_H
#define TRP_PACK_H

#include <stdbool.h>
#include <stddef.h>

#include "troupe/types.h"

/* Bytes that the value needs packed, a multiple of 8; SIZE_MAX if that is more than memory has,
   or a span with elements has no data. */
size_t trp_packed_size(const struct troupe_type *type, const void *value);

void trp_pack(const struct troupe_type *type, const void *value, void *bytes);

/* Whether `bytes`, aligned to 8, held a packed value of the type; now it holds the value. */
bool trp_unpack(const struct troupe_type *type, void *bytes, size_t size);

#endif
