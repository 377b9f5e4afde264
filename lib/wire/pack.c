#include "wire/pack.h"

#include <stdint.h>
#include <string.h>

#include "base/buffer.h"

static size_t round_up(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

static size_t add(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

struct span {
    const void *data;
    size_t count;
};

/* ---- what is left out ------------------------------------------------------------------------ */

enum part { INSIDE, HOLE, GIFT, WRONG };

/* Into the list, if it was given; WRONG and dropped: it is too small, or one too many. */
static enum part claim(const struct trp_apart *apart, const struct span *span, size_t bytes,
                       struct trp_buffer **list, unsigned *count)
{
    bool claims = trp_buffers_given && !apart->copies_gifts;
    struct trp_buffer *gift = claims ? trp_buffer_claim(span->data) : NULL;
    if (!gift)
        return INSIDE;
    if (*count == TRP_APART_MAX || bytes > gift->bytes) {
        trp_buffer_drop(gift);
        return WRONG;
    }
    list[(*count)++] = gift;
    return GIFT;
}

static size_t bytes_of(const struct troupe_type *element, const struct span *span)
{
    bool bad = span->count > PTRDIFF_MAX / element->size || (span->count && !span->data);
    return bad ? SIZE_MAX : span->count * element->size;
}

/* Both walks over a value come to its spans in the same order, and decide the same. */
static enum part decide(struct trp_apart *apart, const struct troupe_type *element,
                        const struct span *span)
{
    size_t bytes = bytes_of(element, span);
    enum part part = bytes == SIZE_MAX ? WRONG : INSIDE;
    if (!apart)
        return part;
    if (!bytes || part == WRONG || !element->flat)
        return claim(apart, span, bytes, apart->copy, &apart->copied) == WRONG ? WRONG : part;
    part = claim(apart, span, bytes, apart->gift, &apart->gifts);
    if (part == GIFT)
        apart->gift_size[apart->gifts - 1] = bytes;
    if (part != INSIDE || bytes < apart->least || apart->holes == TRP_APART_MAX)
        return part;
    apart->holes++;
    apart->left_out += round_up(bytes);
    return HOLE;
}

/* ---- how much is behind the image ------------------------------------------------------------ */

static size_t tail_size(const struct troupe_type *type, const void *value,
                        struct trp_apart *apart);

static size_t tail_of_fields(const struct troupe_type *type, const void *value,
                             struct trp_apart *apart)
{
    size_t size = 0;
    for (uint32_t i = 0; i < type->count; i++) {
        const struct troupe_field *f = &type->fields[i];
        const char *at = (const char *)value + f->offset;
        uint32_t n = f->count ? f->count : 1;
        for (uint32_t k = 0; k < n && !f->type->flat; k++)
            size = add(size, tail_size(f->type, at + k * f->type->size, apart));
    }
    return size;
}

static size_t tail_of_span(const struct troupe_type *element, const struct span *span,
                           struct trp_apart *apart)
{
    enum part part = decide(apart, element, span);
    if (part == GIFT || part == WRONG)
        return part == GIFT ? 0 : SIZE_MAX;
    size_t size = round_up(span->count * element->size);
    for (size_t i = 0; i < span->count && !element->flat; i++)
        size = add(size, tail_size(element, (const char *)span->data + i * element->size, apart));
    return size;
}

static size_t tail_of_text(const char *text)
{
    return round_up((text ? strlen(text) : 0) + 1);
}

static size_t tail_size(const struct troupe_type *type, const void *value, struct trp_apart *apart)
{
    if (type->flat)
        return 0;
    if (type->kind == TROUPE_KIND_STR)
        return tail_of_text(*(const char *const *)value);
    if (type->kind == TROUPE_KIND_SPAN)
        return tail_of_span(type->element, value, apart);
    return tail_of_fields(type, value, apart);
}

size_t trp_packed_size_apart(const struct troupe_type *type, const void *value,
                             struct trp_apart *apart)
{
    size_t size = add(round_up(type->size), tail_size(type, value, apart));
    return size > PTRDIFF_MAX ? SIZE_MAX : size;
}

size_t trp_packed_size(const struct troupe_type *type, const void *value)
{
    return trp_packed_size_apart(type, value, NULL);
}

void trp_apart_drop(struct trp_apart *apart, bool all)
{
    for (unsigned i = 0; i < apart->copied; i++)
        trp_buffer_drop(apart->copy[i]);
    for (unsigned i = 0; all && i < apart->gifts; i++)
        trp_buffer_drop(apart->gift[i]);
}

void trp_ungive(const struct troupe_type *type, const void *value)
{
    struct trp_apart apart = {.least = SIZE_MAX};
    if (trp_buffers_given)
        trp_packed_size_apart(type, value, &apart);
    trp_apart_drop(&apart, true);
}

/* ---- packing --------------------------------------------------------------------------------- */

#define GIFT_NUMBER(offset) (SIZE_MAX - (offset)) /* of what stands for an offset */

/* `tail` is where the next string or span goes, an offset from the start of the value; from `bytes`
   it is less by what holes leave out. */
struct packing {
    char *bytes;
    size_t tail, skipped;
    struct trp_apart *apart; /* NULL: all is inside */
    unsigned holes, gifts; /* so far */
};

static void pack_tail(struct packing *p, const struct troupe_type *type, char *image);

static char *place(const struct packing *p)
{
    return p->bytes + p->tail - p->skipped;
}

static void set_offset(char *pointer, size_t offset)
{
    uintptr_t value = offset;
    memcpy(pointer, &value, sizeof value);
}

static void pack_text(struct packing *p, char *image)
{
    const char *text = *(const char *const *)(const void *)image;
    size_t length = text ? strlen(text) : 0;
    memset(place(p) + round_up(length + 1) - 8, 0, 8);
    if (length)
        memcpy(place(p), text, length);
    set_offset(image, p->tail);
    p->tail += round_up(length + 1);
}

static bool is_gift(const struct packing *p, const struct troupe_type *element,
                    const struct span *span)
{
    return p->apart && p->gifts < p->apart->gifts && element->flat && span->count &&
           span->data == p->apart->gift[p->gifts]->data;
}

static bool is_hole(const struct packing *p, const struct troupe_type *element, size_t size)
{
    return p->apart && p->holes < p->apart->holes && element->flat && size >= p->apart->least;
}

static void pack_hole(struct packing *p, const struct span *span, size_t size)
{
    unsigned i = p->holes++;
    p->apart->hole[i].from = span->data;
    p->apart->hole[i].at = p->tail;
    p->apart->hole[i].size = size;
    p->tail += round_up(size);
    p->skipped += round_up(size);
}

static void pack_elements(struct packing *p, const struct troupe_type *element,
                          const struct span *span, size_t size)
{
    char *to = place(p);
    p->tail += round_up(size);
    memset(place(p) - 8, 0, 8);
    memcpy(to, span->data, size);
    for (size_t i = 0; i < span->count && !element->flat; i++)
        pack_tail(p, element, to + i * element->size);
}

static void pack_span(struct packing *p, const struct troupe_type *element, char *image)
{
    struct span span;
    memcpy(&span, image, sizeof span);
    size_t size = span.count * element->size;
    char *data = image + offsetof(struct span, data);
    if (is_gift(p, element, &span)) {
        set_offset(data, GIFT_NUMBER(p->gifts++));
        return;
    }
    set_offset(data, p->tail);
    if (is_hole(p, element, size))
        pack_hole(p, &span, size);
    else if (size)
        pack_elements(p, element, &span, size);
}

static void pack_tail(struct packing *p, const struct troupe_type *type, char *image)
{
    if (type->flat)
        return;
    if (type->kind == TROUPE_KIND_STR) {
        pack_text(p, image);
    } else if (type->kind == TROUPE_KIND_SPAN) {
        pack_span(p, type->element, image);
    } else {
        for (uint32_t i = 0; i < type->count; i++) {
            const struct troupe_field *f = &type->fields[i];
            for (uint32_t k = 0; k < (f->count ? f->count : 1); k++)
                pack_tail(p, f->type, image + f->offset + k * f->type->size);
        }
    }
}

void trp_pack_apart(const struct troupe_type *type, const void *value, void *bytes,
                    struct trp_apart *apart)
{
    size_t image = round_up(type->size);
    if (image > type->size)
        memset((char *)bytes + image - 8, 0, 8);
    memcpy(bytes, value, type->size);
    struct packing p = {.bytes = bytes, .tail = image, .apart = apart};
    pack_tail(&p, type, bytes);
}

void trp_pack(const struct troupe_type *type, const void *value, void *bytes)
{
    trp_pack_apart(type, value, bytes, NULL);
}

/* ---- unpacking: each string and span must lie where packing puts it, at `tail` --------------- */

/* So no two of them overlap, and no pointer is written over what was checked before. */
struct unpacking {
    char *bytes;
    size_t size, tail;
    struct trp_buffer *const *gifts; /* the next; NULL behind the last */
};

static bool unpack_tail(struct unpacking *u, const struct troupe_type *type, char *image);

static size_t get_offset(const char *pointer)
{
    uintptr_t value;
    memcpy(&value, pointer, sizeof value);
    return value;
}

static void set_pointer(char *pointer, const char *target)
{
    memcpy(pointer, &target, sizeof target);
}

static bool unpack_text(struct unpacking *u, char *image)
{
    size_t at = get_offset(image);
    if (at != u->tail || at >= u->size)
        return false;
    const char *end = memchr(u->bytes + at, 0, u->size - at);
    if (!end)
        return false;
    u->tail = round_up((size_t)(end - u->bytes) + 1);
    set_pointer(image, u->bytes + at);
    return true;
}

/* In the order that they were packed in. */
static bool unpack_gift(struct unpacking *u, const struct troupe_type *element, char *image,
                        const struct span *span)
{
    const struct trp_buffer *gift = *u->gifts++;
    set_pointer(image + offsetof(struct span, data), (const char *)gift->data);
    return element->flat && span->count <= gift->bytes / element->size;
}

static bool unpack_span(struct unpacking *u, const struct troupe_type *element, char *image)
{
    struct span span;
    memcpy(&span, image, sizeof span);
    size_t at = get_offset(image + offsetof(struct span, data));
    if (at > PTRDIFF_MAX && u->gifts && *u->gifts)
        return unpack_gift(u, element, image, &span);
    if (at != u->tail || at > u->size || span.count > (u->size - at) / element->size)
        return false;
    u->tail += round_up(span.count * element->size);
    set_pointer(image + offsetof(struct span, data), u->bytes + at);
    for (size_t i = 0; i < span.count && !element->flat; i++)
        if (!unpack_tail(u, element, u->bytes + at + i * element->size))
            return false;
    return true;
}

static bool unpack_fields(struct unpacking *u, const struct troupe_type *type, char *image)
{
    for (uint32_t i = 0; i < type->count; i++) {
        const struct troupe_field *f = &type->fields[i];
        for (uint32_t k = 0; k < (f->count ? f->count : 1); k++)
            if (!unpack_tail(u, f->type, image + f->offset + k * f->type->size))
                return false;
    }
    return true;
}

static bool unpack_tail(struct unpacking *u, const struct troupe_type *type, char *image)
{
    if (type->flat)
        return true;
    if (type->kind == TROUPE_KIND_STR)
        return unpack_text(u, image);
    if (type->kind == TROUPE_KIND_SPAN)
        return unpack_span(u, type->element, image);
    return unpack_fields(u, type, image);
}

bool trp_unpack_gifts(const struct troupe_type *type, void *bytes, size_t size,
                      struct trp_buffer *const *gifts)
{
    struct unpacking u = {
        .bytes = bytes, .size = size, .tail = round_up(type->size), .gifts = gifts};
    return size >= type->size && unpack_tail(&u, type, bytes);
}

bool trp_unpack(const struct troupe_type *type, void *bytes, size_t size)
{
    return trp_unpack_gifts(type, bytes, size, NULL);
}
