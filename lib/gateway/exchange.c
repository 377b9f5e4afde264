#include "gateway/exchange.h"

#include <stdlib.h>
#include <string.h>

/* ---- the beginning and the end --------------------------------------------------------------- */

static struct trp_peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void *trp_exchange_begin(void *arg, const char *uri, struct MHD_Connection *connection)
{
    struct trp_door *door = arg;
    struct trp_exchange *x = calloc(1, sizeof *x);
    if (!x || !(x->uri = strdup(uri)) || !(x->peer = peer_of(connection))) {
        if (x)
            trp_answer_release(x);
        return NULL;
    }
    x->door = door;
    x->connection = connection;
    trp_link_init(&x->taken);
    door->exchanges++;
    return x;
}

void trp_exchange_end(void *arg, struct MHD_Connection *connection, void **exchange,
                      enum MHD_RequestTerminationCode code)
{
    struct trp_door *door = arg;
    struct trp_exchange *x = *exchange;
    (void)connection, (void)code;
    if (!x)
        return;
    *exchange = NULL;
    door->exchanges--;
    x->peer->served = true;
    trp_peer_await(&door->peers, x->peer, door->options.now());
    trp_answer_release(x);
}

/* ---- the body -------------------------------------------------------------------------------- */

/* What is more than a body may have is passed over, while there is patience. */
static enum MHD_Result add_to_body(struct trp_exchange *x, const char *data, size_t *bytes)
{
    size_t length = *bytes;
    *bytes = 0;
    x->too_large |= x->bytes + length > trp_exchange_most(x);
    if (x->too_large)
        return MHD_YES;
    if (x->bytes + length > x->room) {
        size_t room = 2 * x->room + length;
        char *body = realloc(x->body, room);
        if (!body)
            return MHD_NO;
        x->body = body;
        x->room = room;
    }
    memcpy(x->body + x->bytes, data, length);
    x->bytes += length;
    return MHD_YES;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static enum MHD_Result send_answer(struct trp_exchange *x)
{
    x->at = TRP_EXCHANGE_ANSWERED;
    trp_peer_came(x->peer);
    if (!x->response)
        return MHD_NO;
    return MHD_queue_response(x->connection, (unsigned)x->status, x->response);
}

/* Its connection rests until the answer is there; the peer's going is noticed then. */
static enum MHD_Result hand_over(struct trp_exchange *x)
{
    x->at = TRP_EXCHANGE_TAKEN;
    trp_peer_came(x->peer);
    trp_link_put_last(&x->door->taken, &x->taken);
    trp_answer_lend(x);
    MHD_suspend_connection(x->connection);
    x->door->options.take(&x->request);
    return MHD_YES;
}

static enum MHD_Result refuse_at_end(struct trp_exchange *x)
{
    trp_exchange_refuse(x, 503, "ending", "the job ends");
    return send_answer(x);
}

static enum MHD_Result come_in(struct trp_exchange *x, const char *method)
{
    if (!trp_exchange_admit(x, method))
        return send_answer(x);
    x->at = TRP_EXCHANGE_BODY;
    trp_peer_await(&x->door->peers, x->peer, x->door->options.now());
    return MHD_YES;
}

static enum MHD_Result take_in(struct trp_exchange *x)
{
    if (x->door->closing)
        return refuse_at_end(x);
    if (!trp_exchange_decode(x) || trp_own_answer(x))
        return send_answer(x);
    return hand_over(x);
}

enum MHD_Result trp_exchange_handle(void *door, struct MHD_Connection *connection,
                                    const char *path, const char *method, const char *version,
                                    const char *data, size_t *bytes, void **exchange)
{
    struct trp_exchange *x = *exchange;
    (void)door, (void)connection, (void)path, (void)version;
    if (!x)
        return MHD_NO;
    switch (x->at) {
    case TRP_EXCHANGE_HEADERS:
        return come_in(x, method);
    case TRP_EXCHANGE_BODY:
        return *bytes ? add_to_body(x, data, bytes) : take_in(x);
    default:
        return MHD_NO; /* its answer could not be sent */
    }
}

/* ---- what others have answered --------------------------------------------------------------- */

static void go_on(struct trp_exchange *x)
{
    trp_link_take_out(&x->taken);
    send_answer(x);
    MHD_resume_connection(x->connection);
}

void trp_exchanges_turn(void)
{
    for (struct trp_exchange *next, *x = trp_answers_take(); x; x = next) {
        next = x->next_answered;
        go_on(x);
    }
}

void trp_exchanges_give_up(struct trp_door *door)
{
    for (struct trp_link *next, *at = door->taken.next; at != &door->taken; at = next) {
        struct trp_exchange *x = TRP_OF_LINK(at, struct trp_exchange, taken);
        next = at->next;
        if (trp_answer_abandon(x)) {
            trp_exchange_refuse(x, 503, "ending", "the job ends");
            go_on(x);
        }
    }
}
