/*
 * Who may come in, and with what: all that is refused before anybody else sees it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/decode.h"
#include "gateway/exchange.h"

bool trp_exchange_refuse(struct trp_exchange *x, int status, const char *code, const char *message)
{
    x->status = status;
    x->response = trp_response_error(code, message);
    return false;
}

static const char *header(const struct trp_exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static size_t header_bytes(const struct trp_exchange *x)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

static bool is_small(struct trp_exchange *x)
{
    size_t uri = strlen(x->uri);
    if (uri > TRP_URI_BYTES)
        return trp_exchange_refuse(x, 414, "too_large", "the URL is longer than 8 KiB");
    if (header_bytes(x) > uri + TRP_HEADER_BYTES)
        return trp_exchange_refuse(x, 431, "too_large", "the headers are longer than 16 KiB");
    return true;
}

size_t trp_exchange_most(const struct trp_exchange *x)
{
    return x->request.may_call ? TRP_BODY_BYTES : TRP_SMALL_BODY_BYTES;
}

static bool refuse_body(struct trp_exchange *x)
{
    return trp_exchange_refuse(x, 413, "too_large",
                               x->request.may_call ? "the body is longer than 16 MiB"
                                                   : "the body is longer than 4 KiB, and comes "
                                                     "without the token for calls");
}

/* When it is known who it is. */
static bool has_small_body(struct trp_exchange *x)
{
    const char *length = header(x, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return !length || strtoull(length, NULL, 10) <= trp_exchange_most(x) || refuse_body(x);
}

/* ---- where it comes from --------------------------------------------------------------------- */

/* Twice the same header: whoever looks at the other one would see something else. */
static enum MHD_Result count_host(void *count, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    (void)kind, (void)value;
    *(unsigned *)count += !strcasecmp(name, MHD_HTTP_HEADER_HOST);
    return MHD_YES;
}

static bool is_from_here(struct trp_exchange *x)
{
    unsigned hosts = 0;
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, count_host, &hosts);
    const char *host = header(x, MHD_HTTP_HEADER_HOST);
    if (hosts != 1 || !trp_host_fits(host, x->door->hosts))
        return trp_exchange_refuse(x, 403, "forbidden",
                                   "the Host of the request is not this one: use the address in "
                                   "the job's file, localhost or 127.0.0.1");
    if (!trp_origin_fits(header(x, MHD_HTTP_HEADER_ORIGIN), host))
        return trp_exchange_refuse(x, 403, "forbidden", "another site's page may not ask here");
    return true;
}

/* ---- who it is ------------------------------------------------------------------------------- */

static bool read_verb(struct trp_exchange *x, const char *method)
{
    static const struct {
        const char *name;
        enum trp_verb verb;
    } verbs[] = {{"GET", TRP_GET}, {"HEAD", TRP_GET}, {"POST", TRP_POST}, {"DELETE", TRP_DELETE}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(method, verbs[i].name)) {
            x->request.verb = verbs[i].verb;
            return true;
        }
    return false;
}

static bool refuse_stranger(struct trp_exchange *x)
{
    trp_exchange_refuse(x, 401, "unauthorized",
                        "this needs a token, as Authorization: Bearer TOKEN");
    if (x->response)
        MHD_add_response_header(x->response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    return false;
}

static bool may(struct trp_exchange *x, bool known_verb)
{
    const char *token = trp_decode_bearer(header(x, MHD_HTTP_HEADER_AUTHORIZATION));
    x->scope = token ? trp_keys_scope(&x->door->keys, token) : TRP_SCOPE_NONE;
    x->request.may_call = x->scope == TRP_SCOPE_CALL;
    if (x->scope != TRP_SCOPE_NONE)
        trp_peer_know(x->peer);
    if (known_verb && trp_own_is_open(x))
        return true;
    if (x->scope == TRP_SCOPE_NONE)
        return refuse_stranger(x);
    if (!known_verb)
        return trp_exchange_refuse(x, 405, "not_allowed", "the methods are GET, POST and DELETE");
    if (x->request.verb != TRP_GET && !x->request.may_call)
        return trp_exchange_refuse(x, 403, "forbidden", "this token may only read");
    return true;
}

bool trp_exchange_admit(struct trp_exchange *x, const char *method)
{
    bool known_verb = read_verb(x, method);
    return is_small(x) && is_from_here(x) && may(x, known_verb) && has_small_body(x);
}

/* ---- what it says ---------------------------------------------------------------------------- */

bool trp_exchange_decode(struct trp_exchange *x)
{
    struct trp_fault fault = {0};
    if (x->too_large)
        return refuse_body(x);
    x->request.path = x->uri;
    x->uri = NULL;
    x->request.query = trp_decode_query(x->request.path, &fault);
    if (x->request.query)
        x->request.body = trp_decode_body(x->body, x->bytes, &fault);
    free(x->body);
    x->body = NULL;
    if (x->request.body)
        return true;
    return trp_exchange_refuse(x, 400, fault.code ? fault.code : "full", fault.message);
}
