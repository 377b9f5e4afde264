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

struct trp_buffer;

/* Bytes that the value needs packed, a multiple of 8; SIZE_MAX if that is more than memory has,
   or a span with elements has no data. */
size_t trp_packed_size(const struct troupe_type *type, const void *value);

void trp_pack(const struct troupe_type *type, const void *value, void *bytes);

/* What of a value is left out of its packed bytes, because it is large, or given. */
#define TRP_APART_MAX 8
struct trp_apart {
    size_t least;    /* bytes of a span of flat elements that is left out; SIZE_MAX: none */
    unsigned holes;  /* such spans, */
    size_t left_out; /* bytes where they would be, */
    struct {
        const void *from;
        size_t at, size;
    } hole[TRP_APART_MAX];           /* and what is to go where */
    unsigned gifts;                  /* buffers that were given with the value, */
    struct trp_buffer *gift[TRP_APART_MAX]; /* claimed, in their order, */
    size_t gift_size[TRP_APART_MAX];        /* and the bytes of their spans */
    bool copies_gifts;                      /* they are not claimed */
    unsigned copied;                        /* given, too, but packed like other bytes: */
    struct trp_buffer *copy[TRP_APART_MAX]; /* claimed, to be dropped when that is done */
};

/* As trp_packed_size, holes included and gifts not; all of *apart is zero but for `least` and
   `copies_gifts`. With SIZE_MAX, too, gifts are claimed: more than there is room for, or one that
   is smaller than its span. */
size_t trp_packed_size_apart(const struct troupe_type *type, const void *value,
                             struct trp_apart *apart);

/* The bytes without those of the holes, which are filled in; a gift is named by its number. */
void trp_pack_apart(const struct troupe_type *type, const void *value, void *bytes,
                    struct trp_apart *apart);

/* Drops the gifts that are copied; with `all`, the others, too. */
void trp_apart_drop(struct trp_apart *apart, bool all);

/* Releases what was given with a value that is not sent after all. */
void trp_ungive(const struct troupe_type *type, const void *value);

/* Whether `bytes`, aligned to 8, held a packed value of the type; now it holds the value. */
bool trp_unpack(const struct troupe_type *type, void *bytes, size_t size);

/* The same with its gifts, NULL behind the last; or NULL. */
bool trp_unpack_gifts(const struct troupe_type *type, void *bytes, size_t size,
                      struct trp_buffer *const *gifts);

#endif
