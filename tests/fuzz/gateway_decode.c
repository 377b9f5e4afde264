/*
 * For a fuzzer: what strangers send to the gateway. The first byte says what the rest is.
 *
 * Linked with libFuzzer it is tried on anything (tests/fuzz.sh, in make check-long), and with
 * replay.c on the kept files of gateway_decode/.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check(int holds)
{
    if (!holds)
        abort();
}

/* What is refused has a reason that can be sent. */
static void check_result(const json_t *value, const struct trp_fault *fault)
{
    json_t *message = json_string(fault->message);
    check(message != NULL);
    json_decref(message);
    check(value ? json_is_object(value) : fault->code && fault->message[0]);
}

static void try_query(char *text)
{
    struct trp_fault fault = {0};
    json_t *query = trp_decode_query(text, &fault);
    check_result(query, &fault);
    json_decref(query);
}

/* What jansson itself takes is the same when it has come through the door. */
static void try_body(const char *text, size_t bytes)
{
    struct trp_fault fault = {0};
    json_t *body = trp_decode_body(text, bytes, &fault);
    json_t *other = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL);
    check_result(body, &fault);
    if (body && other)
        check(json_equal(body, other));
    json_decref(other);
    json_decref(body);
}

static void try_headers(char *text)
{
    static const char *const names[] = {"localhost", "[::1]", NULL};
    char *second = strchr(text, '\n');
    if (second)
        *second++ = 0;
    trp_decode_bearer(text);
    if (trp_host_fits(text, names))
        check(!strncasecmp(text, "localhost", 9) || !strncmp(text, "[::1]", 5));
    trp_origin_fits(second, text);
}

static void try_text(char *text)
{
    trp_mend(text);
    json_t *string = json_string(text);
    check(string != NULL);
    json_decref(string);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (!bytes)
        return 0;
    char *text = malloc(bytes);
    if (!text)
        return 0;
    memcpy(text, data + 1, bytes - 1);
    text[bytes - 1] = 0;
    switch (data[0]) {
    case 'q':
        try_query(text);
        break;
    case 'h':
        try_headers(text);
        break;
    case 't':
        try_text(text);
        break;
    default:
        try_body(text, bytes - 1);
    }
    free(text);
    return 0;
}
