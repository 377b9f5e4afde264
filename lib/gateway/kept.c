#include "gateway/kept.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "gateway/clerk.h"
#include "gateway/routes.h"
#include "troupe/method.h"

#define KEPT_MOST 1024
#define KEPT_SECONDS 300.0 /* of what is done */
#define STEP 0.02          /* seconds between two looks at what somebody else waits for */

struct outcome {
    int http;
    json_t *body; /* NULL: it has none yet */
};

struct kept {
    uint64_t number; /* 0: free */
    troupe_future future;
    const struct troupe_type *type;
    bool is_task;
    bool awaited;  /* by somebody */
    bool unwanted; /* who waits is to free it */
    double done;   /* since when it is; 0: it is not */
    struct outcome outcome;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept kept[KEPT_MOST];
static uint64_t last;

/* ---- what came of a call --------------------------------------------------------------------- */

static struct outcome succeeded(const struct trp_writing *writing, const struct troupe_type *type,
                                const void *value)
{
    json_t *result = trp_value_write(writing, type, value);
    return (struct outcome){200, result ? json_pack("{so}", "result", result) : NULL};
}

static struct outcome failed(int status)
{
    const char *code;
    int http = trp_http_of(status, &code);
    return (struct outcome){http, trp_error(code, NULL, status, troupe_story(), "%s",
                                            troupe_status_text(status))};
}

/* False: it is not there in that time. */
static bool await_outcome(const struct trp_writing *writing, troupe_future future,
                          const struct troupe_type *type, double seconds, struct outcome *outcome)
{
    void *value = troupe_alloc(type->size + 1);
    troupe_status status = trp_get(future, value, type->size, seconds);
    if (status == TROUPE_TIMEOUT)
        return false;
    *outcome = status == TROUPE_OK ? succeeded(writing, type, value) : failed(status);
    return true;
}

/* ---- the table: with the lock held ----------------------------------------------------------- */

static void release(struct kept *k)
{
    json_decref(k->outcome.body);
    *k = (struct kept){0};
}

static bool is_over(const struct kept *k, double now)
{
    return k->done > 0 && now - k->done > KEPT_SECONDS;
}

/* A free place; else that of the oldest that is done; NULL: all are pending. */
static struct kept *place(void)
{
    struct kept *oldest = NULL;
    double now = trp_now();
    for (struct kept *k = kept; k < kept + KEPT_MOST; k++) {
        if (is_over(k, now) && !k->awaited)
            release(k);
        if (!k->number)
            return k;
        if (k->done > 0 && !k->awaited && (!oldest || k->done < oldest->done))
            oldest = k;
    }
    if (oldest)
        release(oldest);
    return oldest;
}

static struct kept *by_number(uint64_t number)
{
    for (struct kept *k = kept; number && k < kept + KEPT_MOST; k++)
        if (k->number == number)
            return k;
    return NULL;
}

/* ---- outside --------------------------------------------------------------------------------- */

uint64_t trp_kept_add(troupe_future future, const struct troupe_type *type, bool is_task)
{
    pthread_mutex_lock(&lock);
    struct kept *k = place();
    uint64_t number = k ? ++last : 0;
    if (k)
        *k = (struct kept){
            .number = number, .future = future, .type = type, .is_task = is_task};
    pthread_mutex_unlock(&lock);
    return number;
}

static void drop(troupe_future future, bool is_task)
{
    if (is_task)
        troupe_cancel_any(future);
    troupe_drop_any(future);
}

void trp_answer_future(struct trp_visit *v, troupe_future future, const struct troupe_type *type,
                       bool is_task, double seconds)
{
    struct outcome outcome;
    char text[24];
    if (await_outcome(&v->writing, future, type, seconds, &outcome)) {
        trp_respond(v, outcome.http, outcome.body);
        return;
    }
    uint64_t number = trp_kept_add(future, type, is_task);
    if (!number) {
        drop(future, is_task);
        trp_refuse_visit(v, 503, "full", NULL, 0, NULL,
                         "the call goes on, but its result is given up: %d others are waited for",
                         KEPT_MOST);
        return;
    }
    snprintf(text, sizeof text, "%" PRIu64, number);
    trp_respond(v, 202, json_pack("{ss}", "future", text));
}

static bool number_of(struct trp_visit *v, uint64_t *number)
{
    char *end;
    *number = strtoull(v->part[0], &end, 10);
    if (v->part[0][0] >= '1' && v->part[0][0] <= '9' && !*end)
        return true;
    return trp_refuse_visit(v, 404, "not_found", NULL, 0, NULL,
                            "there is no future %.100s: they are numbers", v->part[0]);
}

static void no_future(struct trp_visit *v)
{
    trp_refuse_visit(v, 404, "not_found", NULL, 0, NULL,
                     "there is no future %.100s: none was given, or its result was kept for %g s",
                     v->part[0], KEPT_SECONDS);
}

enum found { NONE, DONE, AWAITED, MINE };

/* One that is done is given as it is, of one that nobody waits for the caller waits now. */
static enum found look(uint64_t number, struct kept *copy)
{
    pthread_mutex_lock(&lock);
    struct kept *k = by_number(number);
    enum found found = !k || k->unwanted ? NONE : k->done > 0 ? DONE : k->awaited ? AWAITED : MINE;
    if (found == MINE)
        k->awaited = true;
    if (found == DONE)
        json_incref(k->outcome.body);
    if (found != NONE)
        *copy = *k;
    pthread_mutex_unlock(&lock);
    return found;
}

static void put_back(uint64_t number, const struct outcome *outcome)
{
    pthread_mutex_lock(&lock);
    struct kept *k = by_number(number); /* NULL: the job has ended meanwhile */
    struct kept copy = k ? *k : (struct kept){0};
    if (k && outcome) {
        k->outcome = *outcome;
        k->done = trp_now();
        json_incref(outcome->body);
    }
    if (k)
        k->awaited = false;
    if (k && k->unwanted)
        release(k);
    pthread_mutex_unlock(&lock);
    if (copy.unwanted && !outcome)
        drop(copy.future, copy.is_task);
}

/* What a method waits for: it is put back however that ends. */
struct turn {
    uint64_t number;
    bool mine;
};

static void end_turn(struct turn *turn, const struct outcome *outcome)
{
    if (turn->mine)
        put_back(turn->number, outcome);
    turn->mine = false;
}

static void give_up_turn(void *turn)
{
    end_turn(turn, NULL);
}

static struct turn *new_turn(uint64_t number)
{
    struct turn *turn = troupe_alloc(sizeof *turn);
    turn->number = number;
    troupe_defer(give_up_turn, turn);
    return turn;
}

static void answer_done(struct trp_visit *v, const struct outcome *outcome)
{
    json_t *body = outcome->body;
    if (outcome->http == 200) {
        body = json_pack("{ss}", "state", "done");
        json_object_update(body, outcome->body);
        json_decref(outcome->body);
    }
    trp_respond(v, outcome->http, body);
}

void trp_serve_future(struct trp_visit *v)
{
    uint64_t number;
    double wait;
    struct kept copy;
    struct outcome outcome;
    if (!number_of(v, &number) || !trp_query_number(v, "wait", 0, 0, 3600, &wait))
        return;
    double deadline = trp_now() + wait;
    struct turn *turn = new_turn(number);
    enum found found;
    while ((found = look(number, &copy)) == AWAITED && trp_now() < deadline)
        trp_nap(STEP);
    if (found == NONE) {
        no_future(v);
        return;
    }
    double left = deadline - trp_now();
    turn->mine = found == MINE;
    if (found == DONE)
        answer_done(v, &copy.outcome);
    else if (found == MINE &&
             await_outcome(&v->writing, copy.future, copy.type, left > 0 ? left : 0, &outcome)) {
        end_turn(turn, &outcome);
        answer_done(v, &outcome);
    } else {
        end_turn(turn, NULL);
        trp_respond(v, 200, json_pack("{ss}", "state", "pending"));
    }
}

void trp_serve_unwanted(struct trp_visit *v)
{
    uint64_t number;
    if (!number_of(v, &number))
        return;
    pthread_mutex_lock(&lock);
    struct kept *k = by_number(number);
    bool there = k && !k->unwanted, pending = there && k->done == 0 && !k->awaited;
    struct kept copy = there ? *k : (struct kept){0};
    if (there && k->awaited)
        k->unwanted = true;
    else if (there)
        release(k);
    pthread_mutex_unlock(&lock);
    if (pending)
        drop(copy.future, copy.is_task);
    if (there)
        trp_respond(v, 200, json_pack("{sb}", "dropped", 1));
    else
        no_future(v);
}

void trp_kept_clear(void)
{
    pthread_mutex_lock(&lock);
    for (struct kept *k = kept; k < kept + KEPT_MOST; k++)
        release(k);
    pthread_mutex_unlock(&lock);
}
