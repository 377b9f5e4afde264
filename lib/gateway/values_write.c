#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor/actor.h"
#include "gateway/base64.h"
#include "gateway/values.h"

struct span {
    const void *data;
    size_t count;
};

/* ---- numbers --------------------------------------------------------------------------------- */

json_t *trp_integer(const struct trp_writing *w, int64_t value)
{
    char text[32];
    if (!w->big_as_text || (value >= -TRP_EXACT && value <= TRP_EXACT))
        return json_integer(value);
    snprintf(text, sizeof text, "%" PRId64, value);
    return json_string(text);
}

/* Beyond what JSON's readers take as an integer it is text in any case. */
json_t *trp_unsigned(const struct trp_writing *w, uint64_t value)
{
    char text[32];
    if (value <= INT64_MAX)
        return trp_integer(w, (int64_t)value);
    snprintf(text, sizeof text, "%" PRIu64, value);
    return json_string(text);
}

static uint64_t load(const struct troupe_type *type, const void *value)
{
    uint8_t one;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (type->size) {
    case 1:
        memcpy(&one, value, 1);
        return type->kind == TROUPE_KIND_INT ? (uint64_t)(int8_t)one : one;
    case 2:
        memcpy(&two, value, 2);
        return type->kind == TROUPE_KIND_INT ? (uint64_t)(int16_t)two : two;
    case 4:
        memcpy(&four, value, 4);
        return type->kind == TROUPE_KIND_INT ? (uint64_t)(int32_t)four : four;
    default:
        memcpy(&eight, value, 8);
        return eight;
    }
}

static json_t *write_float(const struct troupe_type *type, const void *value)
{
    float narrow;
    double number;
    memcpy(&narrow, value, sizeof narrow);
    if (type->size == sizeof narrow)
        number = (double)narrow;
    else
        memcpy(&number, value, sizeof number);
    if (isnan(number))
        return json_string("NaN");
    if (isinf(number))
        return json_string(number < 0 ? "-Infinity" : "Infinity");
    return json_real(number);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static json_t *write_base64(const void *bytes, size_t size)
{
    char *text = trp_base64_of(bytes, size);
    json_t *json = text ? json_pack("{ss}", "base64", text) : NULL;
    free(text);
    return json;
}

/* The first `length` of them as a string, if it is one; else all. */
static json_t *write_octets(const void *bytes, size_t length, size_t size)
{
    bool no_text = length && memchr(bytes, 0, length);
    json_t *text = no_text ? NULL : json_stringn(length ? bytes : "", length);
    return text ? text : write_base64(bytes, size);
}

/* Characters in an array may end in NULs. */
static json_t *write_octet_array(const struct troupe_field *f, const char *bytes)
{
    size_t length = f->count;
    while (f->type->kind == TROUPE_KIND_INT && length && !bytes[length - 1])
        length--;
    return write_octets(bytes, length, f->count);
}

json_t *trp_text(const char *text)
{
    json_t *json = json_string(text);
    char *shown = json ? NULL : strdup(text);
    for (char *c = shown; c && *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    if (shown)
        json = json_string(shown);
    free(shown);
    return json ? json : json_string("");
}

/* ---- several --------------------------------------------------------------------------------- */

static json_t *write_elements(const struct trp_writing *w, const struct troupe_type *element,
                              const char *values, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, trp_value_write(w, element, values + i * element->size));
    return array;
}

static json_t *write_span(const struct trp_writing *w, const struct troupe_type *element,
                          const void *value)
{
    struct span span;
    memcpy(&span, value, sizeof span);
    return trp_type_is_octet(element) ? write_octets(span.data, span.count, span.count)
                                      : write_elements(w, element, span.data, span.count);
}

static json_t *write_field(const struct trp_writing *w, const struct troupe_field *f,
                           const char *value)
{
    if (!f->count)
        return trp_value_write(w, f->type, value);
    return trp_type_is_octet(f->type) ? write_octet_array(f, value)
                                      : write_elements(w, f->type, value, f->count);
}

static json_t *write_struct(const struct trp_writing *w, const struct troupe_type *type,
                            const char *value)
{
    json_t *object = json_object();
    for (uint32_t i = 0; i < type->count; i++) {
        const struct troupe_field *f = &type->fields[i];
        json_object_set_new(object, f->name, write_field(w, f, value + f->offset));
    }
    return object;
}

static json_t *write_handle(const struct trp_writing *w, const void *value)
{
    struct troupe_ref ref;
    char id[TRP_ID_SIZE];
    memcpy(&ref, value, sizeof ref);
    return trp_ref_none(ref) ? json_null() : json_string(trp_id_of(ref, w->ranks, id));
}

static json_t *write_text(const void *value)
{
    const char *text;
    memcpy(&text, value, sizeof text);
    size_t length = text ? strlen(text) : 0;
    return write_octets(text, length, length);
}

json_t *trp_value_write(const struct trp_writing *w, const struct troupe_type *type,
                        const void *value)
{
    switch (type->kind) {
    case TROUPE_KIND_BOOL:
        return json_boolean(*(const bool *)value);
    case TROUPE_KIND_INT:
        return trp_integer(w, (int64_t)load(type, value));
    case TROUPE_KIND_UINT:
        return trp_unsigned(w, load(type, value));
    case TROUPE_KIND_FLOAT:
        return write_float(type, value);
    case TROUPE_KIND_STR:
        return write_text(value);
    case TROUPE_KIND_SPAN:
        return write_span(w, type->element, value);
    case TROUPE_KIND_STRUCT:
        return write_struct(w, type, value);
    case TROUPE_KIND_HANDLE:
        return write_handle(w, value);
    case TROUPE_KIND_BYTES:
        return write_base64(value, type->size);
    case TROUPE_KIND_VOID:
        break;
    }
    return json_null();
}

const char *trp_id_of(struct troupe_ref ref, int ranks, char text[TRP_ID_SIZE])
{
    int used = snprintf(text, TRP_ID_SIZE, "%d:%" PRIu64, trp_ref_host(ref),
                        trp_ref_number(ref, ranks));
    if (trp_ref_generation(ref) > 1)
        snprintf(text + used, TRP_ID_SIZE - (size_t)used, ".%u", trp_ref_generation(ref));
    return text;
}

/* ---- what a type is -------------------------------------------------------------------------- */

static const char *kind_name(const struct troupe_type *type)
{
    static const char *const names[] = {"void", "bool", "int",    "uint",   "float",
                                        "string", "span", "struct", "handle", "bytes"};
    return names[type->kind];
}

json_t *trp_type_describe(const struct troupe_type *type)
{
    json_t *json = json_pack("{ss}", "type", kind_name(type));
    bool number = type->kind == TROUPE_KIND_INT || type->kind == TROUPE_KIND_UINT ||
                  type->kind == TROUPE_KIND_FLOAT;
    if (number)
        json_object_set_new(json, "bits", json_integer(8 * (json_int_t)type->size));
    if (type->kind == TROUPE_KIND_STRUCT)
        json_object_set_new(json, "fields", trp_fields_describe(type));
    if (type->kind == TROUPE_KIND_SPAN)
        json_object_set_new(json, "element", trp_type_describe(type->element));
    if (type->kind == TROUPE_KIND_BYTES)
        json_object_set_new(json, "length", json_integer(type->size));
    if (type->kind == TROUPE_KIND_HANDLE)
        json_object_set_new(json, "class", json_string(type->name));
    json_object_set_new(json, "c", json_string(type->name));
    return json;
}

static json_t *describe_array(const struct troupe_field *f)
{
    char c[128];
    snprintf(c, sizeof c, "%s[%u]", f->type->name, f->count);
    json_t *array = json_pack("{ss}", "type", "array");
    json_object_set_new(array, "element", trp_type_describe(f->type));
    json_object_set_new(array, "length", json_integer(f->count));
    json_object_set_new(array, "c", json_string(c));
    return array;
}

json_t *trp_fields_describe(const struct troupe_type *type)
{
    json_t *fields = json_array();
    for (uint32_t i = 0; i < type->count; i++) {
        const struct troupe_field *f = &type->fields[i];
        json_t *field = json_pack("{ss}", "name", f->name);
        json_object_set_new(field, "type",
                            f->count ? describe_array(f) : trp_type_describe(f->type));
        json_array_append_new(fields, field);
    }
    return fields;
}
