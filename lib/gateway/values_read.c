#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor/actor.h"
#include "gateway/base64.h"
#include "gateway/values.h"

/* Where in the arguments: on the stack, for the path of a fault. */
struct step {
    const struct step *in;
    const char *name; /* of a field; NULL: an element */
    size_t index;
};

struct span {
    const void *data;
    size_t count;
};

static bool read_value(struct trp_reading *r, const struct troupe_type *type, const json_t *json,
                       void *value, const struct step *at);

/* ---- faults ---------------------------------------------------------------------------------- */

static size_t write_path(const struct step *at, char *text, size_t size)
{
    size_t used = at->in ? write_path(at->in, text, size) : 0;
    int more;
    if (used >= size)
        return used;
    if (at->name)
        more = snprintf(text + used, size - used, "%s%s", at->in ? "." : "", at->name);
    else
        more = snprintf(text + used, size - used, "[%zu]", at->index);
    return used + (size_t)more;
}

/* A path that is cut must not end in half a character. */
static void cut_character(char *text, size_t size)
{
    size_t length = strlen(text);
    if (length + 1 < size)
        return;
    while (length && ((unsigned char)text[length - 1] & 0xc0) == 0x80)
        text[--length] = 0;
    if (length && (unsigned char)text[length - 1] >= 0xc0)
        text[length - 1] = 0;
}

__attribute__((format(printf, 4, 5))) static bool
refuse(struct trp_reading *r, const struct step *at, const char *code, const char *format, ...)
{
    char what[384];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    cut_character(what, sizeof what);
    r->fault.code = code;
    write_path(at, r->fault.field, sizeof r->fault.field);
    cut_character(r->fault.field, sizeof r->fault.field);
    char shown[128];
    write_path(at, shown, sizeof shown);
    cut_character(shown, sizeof shown);
    snprintf(r->fault.message, sizeof r->fault.message, "%s%s", shown, what);
    return false;
}

static const char *kind_of(const json_t *json)
{
    static const char *const names[] = {"an object",      "an array", "a string", "an integer",
                                        "a number with a fraction", "true",     "false",    "null"};
    return names[json_typeof(json)];
}

static bool wrong_type(struct trp_reading *r, const struct step *at, const char *wanted,
                       const json_t *json)
{
    return refuse(r, at, "wrong_type", " is to be %s, and is %s", wanted, kind_of(json));
}

static bool no_memory(struct trp_reading *r, const struct step *at)
{
    return refuse(r, at, "too_large", " is too large for the memory that there is");
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* An integer is a sign and a magnitude until its type is known. */
struct whole {
    bool negative;
    uint64_t size;
    bool beyond; /* larger than that can say */
};

static bool digits_alone(const char *text, size_t length)
{
    size_t digits = strspn(text + (*text == '-'), "0123456789");
    return digits && digits + (*text == '-') == length;
}

static bool whole_of(const json_t *json, struct whole *whole)
{
    if (json_is_integer(json)) {
        json_int_t value = json_integer_value(json);
        *whole = (struct whole){value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value, false};
        return true;
    }
    if (json_is_real(json)) { /* 3.0, as some write 3 */
        double value = json_real_value(json);
        *whole = (struct whole){value < 0, (uint64_t)fabs(value), false};
        return fabs(value) <= 9007199254740992.0 && value == rint(value);
    }
    const char *text = json_string_value(json);
    if (!text || !digits_alone(text, json_string_length(json)))
        return false;
    errno = 0;
    *whole = (struct whole){*text == '-', strtoull(text + (*text == '-'), NULL, 10), errno != 0};
    return true;
}

static uint64_t most_of(const struct troupe_type *type)
{
    uint64_t all = UINT64_MAX >> (64 - 8 * type->size);
    return type->kind == TROUPE_KIND_UINT ? all : all >> 1;
}

static void store(void *value, uint32_t size, uint64_t bits)
{
    uint8_t one = (uint8_t)bits;
    uint16_t two = (uint16_t)bits;
    uint32_t four = (uint32_t)bits;
    memcpy(value, size == 1 ? (void *)&one : size == 2 ? (void *)&two : size == 4 ? (void *)&four
                                                                               : (void *)&bits,
           size);
}

static bool read_whole(struct trp_reading *r, const struct troupe_type *type, const json_t *json,
                       void *value, const struct step *at)
{
    struct whole whole;
    uint64_t most = most_of(type), least = type->kind == TROUPE_KIND_UINT ? 0 : most + 1;
    if (!whole_of(json, &whole))
        return wrong_type(r, at, "an integer", json);
    if (whole.beyond || whole.size > (whole.negative ? least : most))
        return refuse(r, at, "out_of_range",
                      " is out of range: %s can be %s%" PRIu64 " to %" PRIu64, type->name,
                      least ? "-" : "", least, most);
    store(value, type->size, whole.negative ? -whole.size : whole.size);
    return true;
}

static bool float_of(const json_t *json, double *value)
{
    struct whole whole;
    const char *text = json_string_value(json);
    *value = json_number_value(json);
    if (json_is_number(json))
        return true;
    if (text && !strcmp(text, "NaN"))
        *value = NAN;
    else if (text && (!strcmp(text, "Infinity") || !strcmp(text, "-Infinity")))
        *value = *text == '-' ? -INFINITY : INFINITY;
    else if (whole_of(json, &whole))
        *value = strtod(text, NULL);
    else
        return false;
    return true;
}

static bool read_float(struct trp_reading *r, const struct troupe_type *type, const json_t *json,
                       void *value, const struct step *at)
{
    double number;
    if (!float_of(json, &number))
        return wrong_type(r, at, "a number, \"NaN\", \"Infinity\" or \"-Infinity\"", json);
    if (type->size == sizeof number) {
        memcpy(value, &number, sizeof number);
        return true;
    }
    float narrow = (float)number;
    if (isinf(narrow) && !isinf(number))
        return refuse(r, at, "out_of_range", " is out of range: float can be -%g to %g",
                      (double)FLT_MAX, (double)FLT_MAX);
    memcpy(value, &narrow, sizeof narrow);
    return true;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Bytes of a string, or of {"base64"}, in the arena, a NUL behind them. NULL with the fault. */
static const char *bytes_of(struct trp_reading *r, const json_t *json, size_t *size,
                            const struct step *at)
{
    const json_t *coded = json_object_get(json, "base64");
    const json_t *text = coded ? coded : json;
    if (!json_is_string(text) || (coded && json_object_size(json) != 1)) {
        wrong_type(r, at, "a string, or an object with base64 alone", json);
        return NULL;
    }
    size_t length = json_string_length(text);
    char *bytes = trp_arena_alloc(r->arena, length + 4);
    *size = length;
    if (!bytes) {
        no_memory(r, at);
    } else if (!coded) {
        memcpy(bytes, json_string_value(text), length);
    } else if (!trp_base64_read(json_string_value(text), length, bytes, size)) {
        refuse(r, at, "wrong_type", " is to be base64, and holds something else");
        return NULL;
    }
    return bytes;
}

static bool read_text(struct trp_reading *r, const json_t *json, void *value, const struct step *at)
{
    size_t size;
    const char *text = bytes_of(r, json, &size, at);
    if (!text)
        return false;
    if (memchr(text, 0, size))
        return refuse(r, at, "out_of_range", " is a text, and holds a character 0");
    memcpy(value, &text, sizeof text);
    return true;
}

static bool read_bytes(struct trp_reading *r, const struct troupe_type *type, const json_t *json,
                       void *value, const struct step *at)
{
    size_t size;
    if (!json_is_object(json))
        return wrong_type(r, at, "an object with base64 alone", json);
    const char *bytes = bytes_of(r, json, &size, at);
    if (!bytes)
        return false;
    if (size != type->size)
        return refuse(r, at, "out_of_range", " is to be of %u bytes, and is of %zu", type->size,
                      size);
    memcpy(value, bytes, size);
    return true;
}

/* ---- handles --------------------------------------------------------------------------------- */

static bool read_handle(struct trp_reading *r, const struct troupe_type *type, const json_t *json,
                        void *value, const struct step *at)
{
    struct troupe_ref ref = {0, 0};
    const char *text = json_string_value(json);
    if (!json_is_null(json) && !text)
        return wrong_type(r, at, "null, or the id or name of an actor", json);
    if (text && !r->find(r->who, text, type->name, &ref, &r->fault)) {
        char message[sizeof r->fault.message];
        snprintf(message, sizeof message, "%s", r->fault.message);
        return refuse(r, at, r->fault.code, ": %s", message);
    }
    memcpy(value, &ref, sizeof ref);
    return true;
}

/* ---- several --------------------------------------------------------------------------------- */

static bool read_elements(struct trp_reading *r, const struct troupe_type *element,
                          const json_t *json, char *values, const struct step *at)
{
    size_t n = json_array_size(json);
    for (size_t i = 0; i < n; i++) {
        struct step one = {at, NULL, i};
        if (!read_value(r, element, json_array_get(json, i), values + i * element->size, &one))
            return false;
    }
    return true;
}

static bool read_span(struct trp_reading *r, const struct troupe_type *type, const json_t *json,
                      void *value, const struct step *at)
{
    const struct troupe_type *element = type->element;
    struct span span = {NULL, json_array_size(json)};
    if (trp_type_is_octet(element) && !json_is_array(json)) {
        span.data = bytes_of(r, json, &span.count, at);
        if (!span.data)
            return false;
    } else if (!json_is_array(json)) {
        return wrong_type(r, at, "an array", json);
    } else {
        void *values = trp_arena_alloc(r->arena, span.count * element->size + 1);
        if (!values)
            return no_memory(r, at);
        if (!read_elements(r, element, json, values, at))
            return false;
        span.data = values;
    }
    memcpy(value, &span, sizeof span);
    return true;
}

/* A char array may be given a shorter text. */
static bool read_octets(struct trp_reading *r, const struct troupe_field *f, const json_t *json,
                        void *value, const struct step *at)
{
    size_t size;
    bool is_text = f->type->kind == TROUPE_KIND_INT && json_is_string(json);
    const char *bytes = bytes_of(r, json, &size, at);
    if (!bytes)
        return false;
    if (is_text ? size > f->count : size != f->count)
        return refuse(r, at, "out_of_range", " is to be of %s%u bytes, and is of %zu",
                      is_text ? "at most " : "", f->count, size);
    memset(value, 0, f->count);
    memcpy(value, bytes, size);
    return true;
}

static bool read_array(struct trp_reading *r, const struct troupe_field *f, const json_t *json,
                       void *value, const struct step *at)
{
    if (trp_type_is_octet(f->type) && !json_is_array(json))
        return read_octets(r, f, json, value, at);
    if (!json_is_array(json))
        return wrong_type(r, at, "an array", json);
    if (json_array_size(json) != f->count)
        return refuse(r, at, "out_of_range", " is to have %u elements, and has %zu", f->count,
                      json_array_size(json));
    return read_elements(r, f->type, json, value, at);
}

static const struct troupe_field *field_by(const struct troupe_type *type, const char *name)
{
    for (uint32_t i = 0; i < type->count; i++)
        if (!strcmp(type->fields[i].name, name))
            return &type->fields[i];
    return NULL;
}

static void list_fields(const struct troupe_type *type, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s", type->count ? "it has " : "it has none");
    for (uint32_t i = 0; i < type->count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
                                 type->fields[i].name);
}

static bool unknown_field(struct trp_reading *r, const struct troupe_type *type, const char *name,
                          const struct step *in)
{
    char has[256];
    struct step at = {in, name, 0};
    list_fields(type, has, sizeof has);
    return refuse(r, &at, "unknown_field", " is unknown; %s", has);
}

static bool read_struct(struct trp_reading *r, const struct troupe_type *type, const json_t *json,
                        void *value, const struct step *at)
{
    const char *key;
    json_t *member;
    if (!json_is_object(json))
        return wrong_type(r, at, "an object", json);
    json_object_foreach ((json_t *)(uintptr_t)json, key, member)
        if (!field_by(type, key))
            return unknown_field(r, type, key, at);
    for (uint32_t i = 0; i < type->count; i++) {
        const struct troupe_field *f = &type->fields[i];
        struct step one = {at, f->name, 0};
        char *to = (char *)value + f->offset;
        member = json_object_get(json, f->name);
        if (!member)
            return refuse(r, &one, "missing_field", " is missing");
        if (!(f->count ? read_array(r, f, member, to, &one)
                       : read_value(r, f->type, member, to, &one)))
            return false;
    }
    return true;
}

static bool read_value(struct trp_reading *r, const struct troupe_type *type, const json_t *json,
                       void *value, const struct step *at)
{
    switch (type->kind) {
    case TROUPE_KIND_VOID:
        return json_is_null(json) || wrong_type(r, at, "null", json);
    case TROUPE_KIND_BOOL:
        *(bool *)value = json_is_true(json);
        return json_is_boolean(json) || wrong_type(r, at, "true or false", json);
    case TROUPE_KIND_INT:
    case TROUPE_KIND_UINT:
        return read_whole(r, type, json, value, at);
    case TROUPE_KIND_FLOAT:
        return read_float(r, type, json, value, at);
    case TROUPE_KIND_STR:
        return read_text(r, json, value, at);
    case TROUPE_KIND_SPAN:
        return read_span(r, type, json, value, at);
    case TROUPE_KIND_STRUCT:
        return read_struct(r, type, json, value, at);
    case TROUPE_KIND_HANDLE:
        return read_handle(r, type, json, value, at);
    case TROUPE_KIND_BYTES:
        return read_bytes(r, type, json, value, at);
    }
    return refuse(r, at, "unsupported", " is of a type that cannot be given here");
}

bool trp_value_read(struct trp_reading *reading, const struct troupe_type *type, const char *name,
                    const json_t *json, void *value)
{
    struct step at = {NULL, name, 0};
    memset(value, 0, type->size);
    return read_value(reading, type, json, value, &at);
}

/* ---- ids ------------------------------------------------------------------------------------- */

/* A number of decimal digits, without a sign; the rest of the text. NULL: there is none. */
static const char *number_in(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return *text < '0' || *text > '9' || errno ? NULL : end;
}

bool trp_id_read(const char *text, int ranks, struct troupe_ref *ref)
{
    uint64_t host, number, generation = 1;
    const char *rest = number_in(text, &host);
    rest = rest && *rest == ':' ? number_in(rest + 1, &number) : NULL;
    if (rest && *rest == '.')
        rest = number_in(rest + 1, &generation);
    if (!rest || *rest || host >= (uint64_t)ranks || number / (uint64_t)ranks > UINT32_MAX ||
        !generation || generation > UINT32_MAX)
        return false;
    *ref = trp_ref((int)host, (uint32_t)(number % (uint64_t)ranks),
                   (uint32_t)(number / (uint64_t)ranks), (uint32_t)generation);
    return true;
}
