/*
 * JSON written as text, for what is long: thousands of actors are listed in a tenth of the time
 * that objects of jansson's would take to be made, written and freed.
 */
#ifndef TRP_JSON_TEXT_H
#define TRP_JSON_TEXT_H

#include <string.h>

#include "gateway/values.h"

struct trp_json_text {
    char *text; /* from malloc, with a 0 behind it */
    size_t bytes, room;
    bool failed; /* memory was short: what was written then is missing */
};

/* As it is. */
void trp_put_bytes(struct trp_json_text *out, const char *text, size_t bytes);
static inline void trp_put(struct trp_json_text *out, const char *text)
{
    trp_put_bytes(out, text, strlen(text));
}

void trp_put_string(struct trp_json_text *out, const char *text); /* quoted, as trp_text has it */
void trp_put_integer(struct trp_json_text *out, int64_t value);
void trp_put_unsigned(struct trp_json_text *out, const struct trp_writing *writing,
                      uint64_t value); /* as trp_unsigned has it */
void trp_put_real(struct trp_json_text *out, double value);
void trp_put_seconds(struct trp_json_text *out, double value); /* to a nanosecond; NaN is null */

#endif
