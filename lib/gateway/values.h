/*
 * Values as JSON and back, by the description of their type, as docs/gateway.md says.
 *
 * It knows types and jansson, and refuses to know actors: what a handle is called is asked of
 * whoever reads or writes. Everything that comes is distrusted: what does not fit is refused with
 * the path of the field ("args.points[3].x") and a message for people.
 */
#ifndef TRP_VALUES_H
#define TRP_VALUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "troupe/types.h"

/* What is wrong with what came. */
struct trp_fault {
    const char *code; /* as docs/gateway.md lists them */
    char field[256];
    char message[512];
};

struct trp_reading {
    struct trp_arena *arena; /* what strings and spans lie in */
    struct trp_fault fault;  /* after a refusal */
    /* The actor of that id or name, of that class or a subclass; false with code and message of the
       fault. May wait. */
    bool (*find)(void *who, const char *text, const char *class_, struct troupe_ref *ref,
                 struct trp_fault *fault);
    void *who;
};

/* Into `value`, which has room for the type; `name` is how its path begins. False with the
   fault. */
bool trp_value_read(struct trp_reading *reading, const struct troupe_type *type, const char *name,
                    const json_t *json, void *value);

#define TRP_EXACT (INT64_C(1) << 53) /* up to here JavaScript's numbers are exact */

struct trp_writing {
    int ranks;        /* of the job: for the ids of handles */
    bool big_as_text; /* integers beyond TRP_EXACT */
};

/* Never NULL but when memory is short. */
json_t *trp_value_write(const struct trp_writing *writing, const struct troupe_type *type,
                        const void *value);

/* {"type": "uint", "bits": 64, "c": "uint64_t"} and the like. */
json_t *trp_type_describe(const struct troupe_type *type);

/* [{"name", "type"}] of a struct or of arguments. */
json_t *trp_fields_describe(const struct troupe_type *type);

/* Text that may be anything, as a JSON string: what is no UTF-8 is shown as "?". */
json_t *trp_text(const char *text);

/* Integers, exact: those that JSON's readers lose, as text. */
json_t *trp_integer(const struct trp_writing *writing, int64_t value);
json_t *trp_unsigned(const struct trp_writing *writing, uint64_t value);

/* An actor's id, "1:4" or, of the third actor of a number, "1:4.3". Returns text. */
#define TRP_ID_SIZE 48
const char *trp_id_of(struct troupe_ref ref, int ranks, char text[TRP_ID_SIZE]);

/* False: it is no id. The rank may be none of the job. */
bool trp_id_read(const char *text, int ranks, struct troupe_ref *ref);

/* Its bytes are text or base64 in JSON. */
static inline bool trp_type_is_octet(const struct troupe_type *type)
{
    bool small = type->kind == TROUPE_KIND_INT || type->kind == TROUPE_KIND_UINT;
    const char *c = type->name;
    bool is_char = c[0] == 'c' && c[1] == 'h' && c[2] == 'a' && c[3] == 'r' && !c[4];
    return small && type->size == 1 && (is_char || type->kind == TROUPE_KIND_UINT);
}

#endif
