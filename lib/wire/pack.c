#include "wire/pack.h"

#include <stdint.h>
#include <string.h>

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

/* ---- how much is behind the image ------------------------------------------------------------ */

static size_t tail_size(const struct troupe_type *type, const void *value);

static size_t tail_of_fields(const struct troupe_type *type, const void *value)
{
    size_t size = 0;
    for (uint32_t i = 0; i < type->count; i++) {
        const struct troupe_field *f = &type->fields[i];
        const char *at = (const char *)value + f->offset;
        uint32_t n = f->count ? f->count : 1;
        for (uint32_t k = 0; k < n && !f->type->flat; k++)
            size = add(size, tail_size(f->type, at + k * f->type->size));
    }
    return size;
}

static size_t tail_of_span(const struct troupe_type *element, const struct span *span)
{
    if (span->count > PTRDIFF_MAX / element->size || (span->count && !span->data))
        return SIZE_MAX;
    size_t size = round_up(span->count * element->size);
    for (size_t i = 0; i < span->count && !element->flat; i++)
        size = add(size, tail_size(element, (const char *)span->data + i * element->size));
    return size;
}

static size_t tail_of_text(const char *text)
{
    return round_up((text ? strlen(text) : 0) + 1);
}

static size_t tail_size(const struct troupe_type *type, const void *value)
{
    if (type->flat)
        return 0;
    if (type->kind == TROUPE_KIND_STR)
        return tail_of_text(*(const char *const *)value);
    if (type->kind == TROUPE_KIND_SPAN)
        return tail_of_span(type->element, value);
    return tail_of_fields(type, value);
}

size_t trp_packed_size(const struct troupe_type *type, const void *value)
{
    size_t size = add(round_up(type->size), tail_size(type, value));
    return size > PTRDIFF_MAX ? SIZE_MAX : size;
}

/* ---- packing: `tail` is where the next string or span goes, an offset from `bytes` ----------- */

struct packing {
    char *bytes;
    size_t tail;
};

static void pack_tail(struct packing *p, const struct troupe_type *type, char *image);

static void set_offset(char *pointer, size_t offset)
{
    uintptr_t value = offset;
    memcpy(pointer, &value, sizeof value);
}

static void pack_text(struct packing *p, char *image)
{
    const char *text = *(const char *const *)(const void *)image;
    size_t length = text ? strlen(text) : 0;
    memset(p->bytes + p->tail + round_up(length + 1) - 8, 0, 8);
    if (length)
        memcpy(p->bytes + p->tail, text, length);
    set_offset(image, p->tail);
    p->tail += round_up(length + 1);
}

static void pack_span(struct packing *p, const struct troupe_type *element, char *image)
{
    struct span span;
    memcpy(&span, image, sizeof span);
    size_t at = p->tail, size = span.count * element->size;
    set_offset(image + offsetof(struct span, data), at);
    p->tail += round_up(size);
    if (!size)
        return;
    memset(p->bytes + p->tail - 8, 0, 8);
    memcpy(p->bytes + at, span.data, size);
    for (size_t i = 0; i < span.count && !element->flat; i++)
        pack_tail(p, element, p->bytes + at + i * element->size);
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

void trp_pack(const struct troupe_type *type, const void *value, void *bytes)
{
    size_t image = round_up(type->size);
    if (image > type->size)
        memset((char *)bytes + image - 8, 0, 8);
    memcpy(bytes, value, type->size);
    struct packing p = {.bytes = bytes, .tail = image};
    pack_tail(&p, type, bytes);
}

/* ---- unpacking: each string and span must lie where packing puts it, at `tail` --------------- */

/* So no two of them overlap, and no pointer is written over what was checked before. */
struct unpacking {
    char *bytes;
    size_t size, tail;
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

static bool unpack_span(struct unpacking *u, const struct troupe_type *element, char *image)
{
    struct span span;
    memcpy(&span, image, sizeof span);
    size_t at = get_offset(image + offsetof(struct span, data));
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

bool trp_unpack(const struct troupe_type *type, void *bytes, size_t size)
{
    struct unpacking u = {.bytes = bytes, .size = size, .tail = round_up(type->size)};
    return size >= type->size && unpack_tail(&u, type, bytes);
}
