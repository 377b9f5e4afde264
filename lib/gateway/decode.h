/*
 * What comes over the wire from a stranger, made into values or refused: URIs, bodies, and the
 * headers that decide who may come in.
 *
 * Functions of their arguments alone, so that a fuzzer can try them (tests/fuzz/gateway_decode.c).
 */
#ifndef TRP_DECODE_H
#define TRP_DECODE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define TRP_JSON_DEPTH 64 /* of arrays and objects in each other */

/* Why something is refused. */
struct trp_fault {
    const char *code; /* of docs/gateway.md */
    char message[160];
};

/* Makes UTF-8 of it, in place: a character that was cut off at the end goes, and where more is
   wrong all that is not ASCII becomes "?". For messages, which must arrive whatever they quote. */
void trp_mend(char *text);

/* "%41" becomes "A", in place; false where that is no text: "%", "%zz", "%00", or no UTF-8. With
   `plus` a "+" is a blank, as in queries. Of path segments, too, for who has split the path. */
bool trp_decode_percent(char *text, bool plus);

/* Cuts the query off the URI, in place, and returns it as an object of strings; of one given twice
   the last. NULL: refused. */
json_t *trp_decode_query(char *uri, struct trp_fault *fault);

/* A body, which must be a JSON object; none is an empty one. Integers beyond those of 64 bits with
   sign, which jansson refuses, come as strings of digits. NULL: refused. */
json_t *trp_decode_body(const char *text, size_t bytes, struct trp_fault *fault);

/* "Bearer TOKEN" → TOKEN; NULL: something else. */
const char *trp_decode_bearer(const char *authorization);

/* The name in a Host header, without the port, is one of `names` (up to a NULL): where it is not, a
   browser was led here by a name that somebody else owns. */
bool trp_host_fits(const char *host, const char *const *names);

/* The Origin of a page is what it asks: the same host and port. */
bool trp_origin_fits(const char *origin, const char *host);

#endif
