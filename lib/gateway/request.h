/*
 * One request of another program, as it goes from the door to what answers it.
 *
 * The door (door.c) knows HTTP, tokens and limits, and nothing of actors; what answers (api.c)
 * knows actors and nothing of HTTP. A request is the door's until trp_api_take, then the answerer's
 * until one of the replies, which give it back. Replies are for any thread.
 */
#ifndef TRP_REQUEST_H
#define TRP_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct trp_rank;

enum trp_verb { TRP_GET, TRP_POST, TRP_DELETE };

struct trp_request {
    enum trp_verb verb;
    char *path;    /* without the query, still percent-encoded: "/v1/actors/0%3A1" */
    json_t *query; /* an object of strings, decoded; of one given twice the last */
    json_t *body;  /* an object; empty where none was sent */
    bool may_call; /* the token was that for calls */
};

/* Answers with JSON, which it takes over, and ends the request. */
void trp_reply(struct trp_request *request, int status, json_t *body);

/* Answers with an error, as docs/gateway.md describes; `field` and `story` may be NULL. */
void trp_reply_error(struct trp_request *request, int status, const char *code, const char *field,
                     const char *story, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Answers with a text of another type, from malloc, which it takes over. */
void trp_reply_text(struct trp_request *request, int status, const char *type, char *text,
                    size_t bytes);

/* Answers with the page, which has this data in it where it would otherwise ask for it. Takes the
   data over. */
void trp_reply_page(struct trp_request *request, json_t *data);

/* Sends an event to all who listen to /v1/events, and keeps none of it. Takes `data` over. For any
   thread; nobody is waited for: who does not read is dropped. */
void trp_event(const char *name, json_t *data);

/* Somebody listens. */
bool trp_events_wanted(void);

/* Before the first request, in the driver's context; false after it has said why not. */
bool trp_api_open(struct trp_rank *rank);

/* What the door calls for all it does not answer itself (sessions, codes, events, the page), on
   its own thread and never twice at a time: it must not wait. The body was parsed, the token was
   good. */
void trp_api_take(struct trp_request *request);

/* After the last request, in the driver's context. What was not answered has got a 503; the replies
   to it that still come are dropped, and only give it back. */
void trp_api_close(void);

#endif
