/*
 * A request and its answer, from the first line to the last byte.
 *
 * It comes in on the door's thread, belongs to the door, then to who was given it, and its answer,
 * which may come from any thread, waits for the door's thread to send it.
 */
#ifndef TRP_EXCHANGE_H
#define TRP_EXCHANGE_H

#include "gateway/door.h"

struct trp_exchange {
    struct trp_request request; /* the first: replies know it by this */
    struct trp_door *door;
    struct MHD_Connection *connection;
    struct trp_peer *peer;
    char *uri;
    enum trp_scope scope;
    enum {
        TRP_EXCHANGE_HEADERS, /* the first line has come */
        TRP_EXCHANGE_BODY,    /* it was let in, and its body is coming */
        TRP_EXCHANGE_TAKEN,   /* somebody else's; its connection is suspended */
        TRP_EXCHANGE_ANSWERED
    } at;
    char *body;
    size_t bytes, room;
    bool too_large;
    struct trp_link taken;
    /* The answer: of who has been given the request until he has answered, then the door's. The
       rest is under the lock of reply.c. */
    int status;
    struct MHD_Response *response;
    struct trp_exchange *next_answered;
    bool lent;      /* somebody will answer */
    bool abandoned; /* the door has answered itself: what he says is dropped */
    bool ended;     /* he is the last who knows it */
};

/* ---- for the library (exchange.c) ------------------------------------------------------------ */

/* The first line is there; what it returns goes to the others. */
void *trp_exchange_begin(void *door, const char *uri, struct MHD_Connection *connection);

enum MHD_Result trp_exchange_handle(void *door, struct MHD_Connection *connection,
                                    const char *path, const char *method, const char *version,
                                    const char *data, size_t *bytes, void **exchange);

void trp_exchange_end(void *door, struct MHD_Connection *connection, void **exchange,
                      enum MHD_RequestTerminationCode code);

/* Sends what was answered meanwhile. */
void trp_exchanges_turn(void);

/* Answers all with 503 that others have not. */
void trp_exchanges_give_up(struct trp_door *door);

/* ---- answers (reply.c) ----------------------------------------------------------------------- */

struct MHD_Response *trp_response_json(json_t *body);
struct MHD_Response *trp_response_error(const char *code, const char *message);

/* The page, with this data in it (NULL: none), and the headers that guard it (html.c). */
struct MHD_Response *trp_response_page(json_t *data);

/* From now on somebody else will answer. */
void trp_answer_lend(struct trp_exchange *exchange);

/* Those who have been answered since the last time. */
struct trp_exchange *trp_answers_take(void);

/* The door is to answer after all; false: he has done so. */
bool trp_answer_abandon(struct trp_exchange *exchange);

/* The door needs it no more. */
void trp_answer_release(struct trp_exchange *exchange);

/* ---- who may come in (admit.c) --------------------------------------------------------------- */

/* Looks at the headers: true if it may go on; else status and response say why not. */
bool trp_exchange_admit(struct trp_exchange *exchange, const char *method);

/* Bytes that its body may have. */
size_t trp_exchange_most(const struct trp_exchange *exchange);

/* Makes path and query out of the URI, and the body; false as above. */
bool trp_exchange_decode(struct trp_exchange *exchange);

/* Sets status and response; false, for who returns it. */
bool trp_exchange_refuse(struct trp_exchange *exchange, int status, const char *code,
                         const char *message);

/* ---- what the door answers itself (own.c) ---------------------------------------------------- */

/* It may come without a token. */
bool trp_own_is_open(const struct trp_exchange *exchange);

/* Sets status and response; false: it is not the door's to answer. */
bool trp_own_answer(struct trp_exchange *exchange);

#endif
