#include "gateway/visit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "troupe/status.h"

struct trp_visit *trp_visit_new(struct trp_request *request, int ranks)
{
    struct trp_visit *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    *v = (struct trp_visit){.request = request,
                            .may_call = request->may_call,
                            .query = json_incref(request->query),
                            .body = json_incref(request->body),
                            .path = strdup(request->path),
                            .writing = {.ranks = ranks}};
    const char *numbers = trp_query(v, "numbers");
    v->writing.big_as_text = numbers && !strcmp(numbers, "string");
    if (v->path)
        return v;
    v->request = NULL;
    trp_visit_free(v);
    return NULL;
}

void trp_visit_free(struct trp_visit *v)
{
    if (v->request)
        trp_refuse_visit(v, 500, "failed", NULL, TROUPE_FAILED, NULL,
                         "the gateway could not answer: the job's log may tell why");
    json_decref(v->query);
    json_decref(v->body);
    free(v->path);
    free(v);
}

/* ---- answers --------------------------------------------------------------------------------- */

void trp_respond(struct trp_visit *v, int http, json_t *body)
{
    struct trp_request *request = v->request;
    v->request = NULL;
    if (v->into)
        *v->into = body;
    else if (request && body)
        trp_reply(request, http, body);
    else if (request)
        trp_reply_error(request, 500, "too_large", NULL, NULL, "no memory for the answer");
    else
        json_decref(body);
}

/* {"name":[…],"what":…}, where `rest` has at least one member. */
static void put_list(struct trp_json_text *out, const char *name, size_t count,
                     void (*put)(struct trp_json_text *out, void *arg, size_t i), void *arg,
                     const json_t *rest)
{
    char *others = json_dumps(rest, JSON_COMPACT);
    trp_put(out, "{\"");
    trp_put(out, name);
    trp_put(out, "\":[");
    for (size_t i = 0; i < count; i++) {
        if (i)
            trp_put(out, ",");
        put(out, arg, i);
    }
    trp_put(out, "],");
    trp_put(out, others ? others + 1 : "}");
    free(others);
}

void trp_respond_list(struct trp_visit *v, const char *name, size_t count,
                      void (*put)(struct trp_json_text *out, void *arg, size_t i), void *arg,
                      json_t *rest)
{
    struct trp_json_text out = {.text = NULL};
    put_list(&out, name, count, put, arg, rest);
    json_decref(rest);
    if (v->into || !v->request || out.failed) {
        trp_respond(v, 200, out.failed ? NULL : json_loads(out.text, 0, NULL));
        free(out.text);
        return;
    }
    struct trp_request *request = v->request;
    v->request = NULL;
    trp_reply_text(request, 200, "application/json", out.text, out.bytes);
}

static json_t *error_of(const char *code, const char *field, int status, const char *story,
                        const char *message)
{
    json_t *error = json_pack("{ss}", "code", code);
    json_object_set_new(error, "message", trp_text(message));
    if (field)
        json_object_set_new(error, "field", trp_text(field));
    if (status)
        json_object_set_new(error, "status", json_integer(status));
    if (story && *story)
        json_object_set_new(error, "story", trp_text(story));
    return json_pack("{so}", "error", error);
}

/* Longer than what it is made of can be: a message is never cut within a character. */
#define MESSAGE 4096

json_t *trp_error(const char *code, const char *field, int status, const char *story,
                  const char *format, ...)
{
    char message[MESSAGE];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return error_of(code, field, status, story, message);
}

bool trp_refuse_visit(struct trp_visit *v, int http, const char *code, const char *field,
                      int status, const char *story, const char *format, ...)
{
    char message[MESSAGE];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    trp_respond(v, http, error_of(code, field, status, story, message));
    return false;
}

bool trp_refuse_fault(struct trp_visit *v, const struct trp_fault *fault)
{
    return trp_refuse_visit(v, 400, fault->code, fault->field, 0, NULL, "%s", fault->message);
}

int trp_http_of(int status, const char **code)
{
    static const struct {
        int status, http;
        const char *code;
    } all[] = {{TROUPE_ENDED, 410, "ended"},
               {TROUPE_NO_ACTOR, 404, "not_found"},
               {TROUPE_FULL, 503, "full"},
               {TROUPE_LATE, 504, "late"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].status == status) {
            *code = all[i].code;
            return all[i].http;
        }
    *code = "failed";
    return 422;
}

/* ---- what was asked -------------------------------------------------------------------------- */

const char *trp_query(const struct trp_visit *v, const char *name)
{
    return json_string_value(json_object_get(v->query, name));
}

static bool in_range(struct trp_visit *v, const char *name, double least, double most,
                     double value)
{
    if (value >= least && value <= most)
        return true;
    return trp_refuse_visit(v, 400, "out_of_range", name, 0, NULL, "%s can be %g to %g", name,
                            least, most);
}

bool trp_query_number(struct trp_visit *v, const char *name, double otherwise, double least,
                      double most, double *value)
{
    const char *text = trp_query(v, name);
    char *end;
    *value = otherwise;
    if (!text)
        return true;
    *value = strtod(text, &end);
    if (!*text || *end || isnan(*value) || strspn(text, "0123456789.eE+-") != strlen(text))
        return trp_refuse_visit(v, 400, "wrong_type", name, 0, NULL, "%s is to be a number", name);
    return in_range(v, name, least, most, *value);
}

bool trp_body_number(struct trp_visit *v, const char *name, double otherwise, double least,
                     double most, double *value)
{
    const json_t *json = json_object_get(v->body, name);
    *value = otherwise;
    if (!json || json_is_null(json))
        return true;
    if (!json_is_number(json))
        return trp_refuse_visit(v, 400, "wrong_type", name, 0, NULL, "%s is to be a number", name);
    *value = json_number_value(json);
    return in_range(v, name, least, most, *value);
}

bool trp_body_text(struct trp_visit *v, const char *name, const char **text)
{
    const json_t *json = json_object_get(v->body, name);
    *text = json_string_value(json);
    if (!json || json_is_null(json) || *text)
        return true;
    return trp_refuse_visit(v, 400, "wrong_type", name, 0, NULL, "%s is to be a string", name);
}

bool trp_body_knows(struct trp_visit *v, const char *const *names)
{
    const char *key;
    json_t *member;
    json_object_foreach (v->body, key, member) {
        const char *const *known = names;
        while (*known && strcmp(*known, key))
            known++;
        if (!*known)
            return trp_refuse_visit(v, 400, "unknown_field", key, 0, NULL,
                                    "%.200s is unknown here", key);
    }
    return true;
}
