/*
 * What the door answers itself: its page, how to get in, that it is there, and the events.
 */
#include <string.h>

#include "gateway/events.h"
#include "gateway/exchange.h"

static bool is(const struct trp_exchange *x, enum trp_verb verb, const char *path)
{
    const char *uri = x->request.path ? x->request.path : x->uri;
    size_t length = strcspn(uri, "?");
    return x->request.verb == verb && strlen(path) == length && !strncmp(uri, path, length);
}

bool trp_own_is_open(const struct trp_exchange *x)
{
    return is(x, TRP_GET, "/") || is(x, TRP_GET, "/healthz") || is(x, TRP_POST, "/v1/sessions");
}

static void respond(struct trp_exchange *x, int status, struct MHD_Response *response)
{
    x->status = status;
    x->response = response;
}

static void health(struct trp_exchange *x)
{
    static char ok[] = "ok\n";
    respond(x, 200, MHD_create_response_from_buffer(3, ok, MHD_RESPMEM_PERSISTENT));
}

static void new_code(struct trp_exchange *x)
{
    const char *code = trp_keys_new_code(&x->door->keys, x->door->options.now());
    if (!code)
        trp_exchange_refuse(x, 503, "unsupported", "the kernel has no random numbers");
    else
        respond(x, 200, trp_response_json(json_pack("{ss si}", "code", code, "expires",
                                                    TRP_CODE_SECONDS)));
}

static void new_session(struct trp_exchange *x)
{
    const char *code = json_string_value(json_object_get(x->request.body, "code"));
    const char *key = code ? trp_keys_swap(&x->door->keys, code, x->door->options.now()) : NULL;
    if (!code)
        trp_exchange_refuse(x, 400, "missing_field", "a session needs a code");
    else if (!key)
        trp_exchange_refuse(x, 401, "unauthorized",
                            "the code is unknown, used or too old: troupe open makes a new one");
    else
        respond(x, 200, trp_response_json(json_pack("{ss ss}", "session", key, "scope", "call")));
}

static void listen_to_events(struct trp_exchange *x)
{
    const char *only = json_string_value(json_object_get(x->request.query, "only"));
    struct MHD_Response *response = trp_events_response(x->connection, x->peer->fd, only);
    if (!response) {
        trp_exchange_refuse(x, 503, "full", "as many listen as the door takes");
        return;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    respond(x, 200, response);
}

bool trp_own_answer(struct trp_exchange *x)
{
    if (is(x, TRP_GET, "/"))
        respond(x, 200, trp_response_page(NULL));
    else if (is(x, TRP_GET, "/healthz"))
        health(x);
    else if (is(x, TRP_POST, "/v1/codes"))
        new_code(x);
    else if (is(x, TRP_POST, "/v1/sessions"))
        new_session(x);
    else if (is(x, TRP_GET, "/v1/events"))
        listen_to_events(x);
    else
        return false;
    return true;
}
