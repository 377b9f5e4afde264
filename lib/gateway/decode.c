#include "gateway/decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

__attribute__((format(printf, 3, 4))) static json_t *refuse(struct trp_fault *fault,
                                                            const char *code, const char *format,
                                                            ...)
{
    va_list args;
    va_start(args, format);
    fault->code = code;
    vsnprintf(fault->message, sizeof fault->message, format, args);
    va_end(args);
    trp_mend(fault->message);
    return NULL;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static bool is_utf8(const char *text)
{
    json_t *string = json_string(text);
    json_decref(string);
    return string;
}

void trp_mend(char *text)
{
    size_t length = strlen(text);
    for (int cut = 0; cut < 3 && length && !is_utf8(text); cut++)
        if (text[length - 1] & 0x80)
            text[--length] = 0;
    if (!is_utf8(text))
        for (; *text; text++)
            if (*text & 0x80)
                *text = '?';
}

/* ---- URIs ------------------------------------------------------------------------------------ */

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool trp_decode_percent(char *text, bool plus)
{
    char *to = text;
    for (const char *at = text; *at; at++) {
        char c = plus && *at == '+' ? ' ' : *at;
        if (c == '%') {
            int high = digit(at[1]), low = high < 0 ? -1 : digit(at[2]);
            if (low < 0 || !(high | low))
                return false;
            c = (char)(high << 4 | low);
            at += 2;
        }
        *to++ = c;
    }
    *to = 0;
    return is_utf8(text);
}

static bool put_parameter(json_t *query, char *name)
{
    char *value = strchr(name, '=');
    if (value)
        *value++ = 0;
    return trp_decode_percent(name, true) && (!value || trp_decode_percent(value, true)) &&
           !json_object_set_new(query, name, json_string(value ? value : ""));
}

json_t *trp_decode_query(char *uri, struct trp_fault *fault)
{
    if (*uri != '/')
        return refuse(fault, "malformed", "a path begins with /");
    json_t *query = json_object();
    char *text = strchr(uri, '?');
    if (text)
        *text++ = 0;
    for (char *name; query && (name = strsep(&text, "&"));)
        if (*name && !put_parameter(query, name)) {
            json_decref(query);
            query = refuse(fault, "malformed", "the query is no text in UTF-8, percent-encoded");
        }
    return query;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

/* Which part of a text is looked at. */
struct scan {
    const char *at, *end;
};

static void pass_string(struct scan *scan)
{
    for (scan->at++; scan->at < scan->end && *scan->at != '"'; scan->at++)
        scan->at += *scan->at == '\\';
    scan->at++;
}

static void pass_number(struct scan *scan)
{
    while (scan->at < scan->end && *scan->at && strchr("+-.0123456789Ee", *scan->at))
        scan->at++;
}

/* An integer, "-" and digits, that does not fit into 64 bits with sign. Up to 18 digits do. */
static bool is_long(const char *number, size_t length)
{
    bool negative = *number == '-';
    const char *digits = number + negative, *limit = negative ? "9223372036854775808"
                                                              : "9223372036854775807";
    size_t count = length - negative;
    if (count < 19 || *digits < '1' || *digits > '9')
        return false;
    for (size_t i = 0; i < count; i++)
        if (digits[i] < '0' || digits[i] > '9')
            return false;
    return count > 19 || memcmp(digits, limit, 19) > 0;
}

/* What was passed is the name of a member, which must be a string. */
static bool is_name(const struct scan *scan)
{
    const char *at = scan->at;
    while (at < scan->end && *at && strchr(" \t\r\n", *at))
        at++;
    return at < scan->end && *at == ':';
}

/* A copy in which such integers are strings, two bytes longer for each; -1: nested too deep. */
static long copy_body(const char *text, size_t bytes, char *copy)
{
    struct scan scan = {text, text + bytes};
    char *to = copy;
    for (int depth = 0; scan.at < scan.end;) {
        const char *from = scan.at;
        bool quoted = false;
        depth += (*from == '{' || *from == '[') - (*from == '}' || *from == ']');
        if (depth > TRP_JSON_DEPTH)
            return -1;
        if (*from == '"') {
            pass_string(&scan);
        } else if (*from == '-' || (*from >= '0' && *from <= '9')) {
            pass_number(&scan);
            quoted = is_long(from, (size_t)(scan.at - from)) && !is_name(&scan);
        } else {
            scan.at++;
        }
        size_t length = (size_t)((scan.at < scan.end ? scan.at : scan.end) - from);
        if (quoted)
            *to++ = '"';
        memcpy(to, from, length);
        to += length;
        if (quoted)
            *to++ = '"';
    }
    return to - copy;
}

static json_t *refuse_json(struct trp_fault *fault, const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    const char *name = code == json_error_invalid_utf8          ? "not_utf8"
                       : code == json_error_numeric_overflow ? "out_of_range"
                                                                : "malformed";
    return refuse(fault, name, "the body is no JSON: line %d, column %d: %s", error->line,
                  error->column, error->text);
}

json_t *trp_decode_body(const char *text, size_t bytes, struct trp_fault *fault)
{
    if (!bytes)
        return json_object();
    /* An integer that is quoted has 19 digits at least. */
    char *copy = malloc(bytes + bytes / 9 + 2);
    if (!copy)
        return refuse(fault, "full", "no memory for a body of %zu bytes", bytes);
    long length = copy_body(text, bytes, copy);
    json_error_t error;
    json_t *body = length < 0 ? NULL
                              : json_loadb(copy, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    free(copy);
    if (length < 0)
        return refuse(fault, "malformed", "the body is nested more than %d deep", TRP_JSON_DEPTH);
    if (!body) {
        refuse_json(fault, &error);
    } else if (!json_is_object(body)) {
        json_decref(body);
        body = refuse(fault, "malformed", "the body must be a JSON object");
    }
    return body;
}

/* ---- headers --------------------------------------------------------------------------------- */

const char *trp_decode_bearer(const char *authorization)
{
    if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
        return NULL;
    return authorization + 7 + strspn(authorization + 7, " ");
}

/* How long the host's name is: up to the port, and with the brackets of an address of IPv6. */
static size_t name_length(const char *host)
{
    const char *close = *host == '[' ? strchr(host, ']') : NULL;
    return close ? (size_t)(close - host) + 1 : strcspn(host, ":");
}

bool trp_host_fits(const char *host, const char *const *names)
{
    if (!host)
        return false;
    size_t length = name_length(host);
    const char *port = host + length;
    if (*port && (*port != ':' || port[1 + strspn(port + 1, "0123456789")]))
        return false;
    for (; *names; names++)
        if (strlen(*names) == length && !strncasecmp(*names, host, length))
            return true;
    return false;
}

bool trp_origin_fits(const char *origin, const char *host)
{
    return !origin || (host && !strncasecmp(origin, "http://", 7) && !strcasecmp(origin + 7, host));
}
