/*
 * Answers: made on any thread, kept until the door's thread sends them.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/decode.h"
#include "gateway/exchange.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct trp_exchange *first; /* of those answered and not yet sent, the latest first */

/* ---- who waits for them ---------------------------------------------------------------------- */

static void free_exchange(struct trp_exchange *x)
{
    free(x->request.path);
    json_decref(x->request.query);
    json_decref(x->request.body);
    if (x->response)
        MHD_destroy_response(x->response);
    free(x->body);
    free(x->uri);
    free(x);
}

void trp_answer_lend(struct trp_exchange *x)
{
    x->lent = true; /* nobody else knows it yet */
}

struct trp_exchange *trp_answers_take(void)
{
    pthread_mutex_lock(&lock);
    struct trp_exchange *all = first;
    first = NULL;
    pthread_mutex_unlock(&lock);
    return all;
}

bool trp_answer_abandon(struct trp_exchange *x)
{
    pthread_mutex_lock(&lock);
    x->abandoned = x->lent;
    pthread_mutex_unlock(&lock);
    return x->abandoned;
}

void trp_answer_release(struct trp_exchange *x)
{
    pthread_mutex_lock(&lock);
    x->ended = true;
    bool last = !x->lent;
    pthread_mutex_unlock(&lock);
    if (last)
        free_exchange(x);
}

/* True: it is kept, for the door's thread. */
static bool keep_answer(struct trp_exchange *x, int status, struct MHD_Response *response)
{
    x->lent = false;
    if (x->abandoned)
        return false;
    x->status = status;
    x->response = response;
    x->next_answered = first;
    first = x;
    return true;
}

/* Without memory for a response the peer is hung up on. */
static void answer(struct trp_request *request, int status, struct MHD_Response *response)
{
    struct trp_exchange *x = (struct trp_exchange *)request;
    pthread_mutex_lock(&lock);
    bool kept = keep_answer(x, status, response), last = x->ended;
    if (kept)
        trp_door_ring(); /* before the door's thread can have taken it, and ended */
    pthread_mutex_unlock(&lock);
    if (kept)
        return;
    if (response)
        MHD_destroy_response(response);
    if (last)
        free_exchange(x);
}

/* ---- what they are --------------------------------------------------------------------------- */

/* Nothing of a job is for a cache, nor for a browser to guess what it might be. */
static struct MHD_Response *with_headers(struct MHD_Response *response, const char *type)
{
    if (response) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
        MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
        MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    }
    return response;
}

static struct MHD_Response *of_text(char *text, size_t bytes, const char *type)
{
    struct MHD_Response *response =
        text ? MHD_create_response_from_buffer(bytes, text, MHD_RESPMEM_MUST_FREE) : NULL;
    if (!response)
        free(text);
    return with_headers(response, type);
}

struct MHD_Response *trp_response_json(json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(body);
    return of_text(text, text ? strlen(text) : 0, "application/json");
}

/* Quotes what users wrote, which may be any bytes. */
static void put_text(json_t *object, const char *key, const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    if (!copy)
        return;
    trp_mend(copy);
    json_object_set_new(object, key, json_string(copy));
    free(copy);
}

static json_t *error_body(const char *code, const char *field, const char *story,
                          const char *message)
{
    json_t *error = json_object();
    put_text(error, "code", code);
    put_text(error, "message", message);
    put_text(error, "field", field);
    put_text(error, "story", story);
    return json_pack("{so}", "error", error);
}

struct MHD_Response *trp_response_error(const char *code, const char *message)
{
    return trp_response_json(error_body(code, NULL, NULL, message));
}

/* ---- for who answers ------------------------------------------------------------------------- */

void trp_reply(struct trp_request *request, int status, json_t *body)
{
    answer(request, status, trp_response_json(body));
}

void trp_reply_error(struct trp_request *request, int status, const char *code, const char *field,
                     const char *story, const char *format, ...)
{
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    trp_reply(request, status, error_body(code, field, story, message));
}

void trp_reply_text(struct trp_request *request, int status, const char *type, char *text,
                    size_t bytes)
{
    answer(request, status, of_text(text, bytes, type));
}

void trp_reply_page(struct trp_request *request, json_t *data)
{
    answer(request, MHD_HTTP_OK, trp_response_page(data));
    json_decref(data);
}
