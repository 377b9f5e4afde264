#include "gateway/json_text.h"

#include <math.h>
#include <stdlib.h>

/* Where so many bytes, and a 0, may be written; NULL: nowhere. */
static char *room_for(struct trp_json_text *out, size_t bytes)
{
    size_t wanted = out->bytes + bytes + 1, room = out->room ? out->room : 4096;
    while (room < wanted)
        room *= 2;
    char *grown = room > out->room ? realloc(out->text, room) : out->text;
    if (!grown) {
        out->failed = true;
        return NULL;
    }
    out->text = grown;
    out->room = room;
    return grown + out->bytes;
}

void trp_put_bytes(struct trp_json_text *out, const char *text, size_t bytes)
{
    char *to = room_for(out, bytes);
    if (!to)
        return;
    memcpy(to, text, bytes);
    to[bytes] = 0;
    out->bytes += bytes;
}

/* ---- strings --------------------------------------------------------------------------------- */

/* Nothing in it is to be escaped, and it is UTF-8. */
static bool is_plain(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c < 0x20 || *c >= 0x80 || *c == '"' || *c == '\\')
            return false;
    return true;
}

void trp_put_string(struct trp_json_text *out, const char *text)
{
    if (is_plain(text)) {
        trp_put(out, "\"");
        trp_put(out, text);
        trp_put(out, "\"");
        return;
    }
    json_t *json = trp_text(text);
    char *quoted = json_dumps(json, JSON_ENCODE_ANY);
    trp_put(out, quoted ? quoted : "\"\"");
    free(quoted);
    json_decref(json);
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Its digits, at least so many, end there; returns where they begin. */
static char *digits_before(char *end, uint64_t value, int least)
{
    for (; value || least > 0; value /= 10, least--)
        *--end = (char)('0' + value % 10);
    return end;
}

static void put_digits(struct trp_json_text *out, uint64_t value)
{
    char text[24], *end = text + sizeof text, *begin = digits_before(end, value, 1);
    trp_put_bytes(out, begin, (size_t)(end - begin));
}

void trp_put_integer(struct trp_json_text *out, int64_t value)
{
    if (value < 0)
        trp_put(out, "-");
    put_digits(out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void trp_put_unsigned(struct trp_json_text *out, const struct trp_writing *w, uint64_t value)
{
    bool as_text = value > (w->big_as_text ? TRP_EXACT : INT64_MAX);
    if (as_text)
        trp_put(out, "\"");
    put_digits(out, value);
    if (as_text)
        trp_put(out, "\"");
}

void trp_put_real(struct trp_json_text *out, double value)
{
    if (value >= 0 && value < 1e15 && value == floor(value)) { /* as most are */
        put_digits(out, (uint64_t)value);
        trp_put(out, ".0");
        return;
    }
    json_t *json = json_real(value);
    char text[64];
    size_t bytes = json ? json_dumpb(json, text, sizeof text, JSON_ENCODE_ANY) : 0;
    if (bytes && bytes <= sizeof text)
        trp_put_bytes(out, text, bytes);
    else
        trp_put(out, "null");
    json_decref(json);
}

void trp_put_seconds(struct trp_json_text *out, double value)
{
    if (!(value >= 0 && value < 1e9)) {
        trp_put(out, value >= 1e9 ? "1e9" : isnan(value) ? "null" : "0.0");
        return;
    }
    const uint64_t ns = (uint64_t)llround(1e9 * value);
    char text[32], *end = text + sizeof text;
    char *fraction = digits_before(end, ns % UINT64_C(1000000000), 9);
    while (end > fraction + 1 && end[-1] == '0')
        end--;
    *--fraction = '.';
    char *begin = digits_before(fraction, ns / UINT64_C(1000000000), 1);
    trp_put_bytes(out, begin, (size_t)(end - begin));
}
