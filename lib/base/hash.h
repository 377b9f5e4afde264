/*
 * FNV-1a (Fowler, Noll, Vo; draft-eastlake-fnv): a hash that is the same on every rank.
 */
#ifndef TRP_HASH_H
#define TRP_HASH_H

#include <stddef.h>
#include <stdint.h>

#define TRP_HASH_BEGIN UINT64_C(0xcbf29ce484222325)

static inline uint64_t trp_hash(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    return hash;
}

#endif
