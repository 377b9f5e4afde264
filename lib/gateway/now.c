#include "gateway/now.h"

#include <string.h>

#include "base/clock.h"
#include "gateway/clerk.h"
#include "gateway/report.h"
#include "gateway/routes.h"
#include "troupe/method.h"

#define PATIENCE 10.0 /* seconds for all that a report asks at the end of a job */

/* A list: it is about the job, and not about one thing in it or about the gateway. */
static bool is_data(const struct trp_route *route)
{
    return route->verb == TRP_GET && !strncmp(route->path, "/v1", 3) &&
           !strchr(route->path, '{') && route->serve != trp_serve_openapi;
}

/* The answer to a visit of our own; an error is as good an answer. */
static json_t *answer_of(const struct trp_visit *v, const struct trp_route *route)
{
    json_t *answer = NULL, *query = json_pack("{ss}", "limit", "100000");
    struct trp_visit own = {.route = route,
                            .into = &answer,
                            .query = query,
                            .body = v->body,
                            .writing = {.ranks = v->writing.ranks, .big_as_text = true}};
    route->serve(&own);
    json_decref(query);
    return answer;
}

static json_t *data_of(const struct trp_visit *v)
{
    const struct trp_route *route;
    json_t *data = json_object();
    for (size_t i = 0; (route = trp_route_by(i)); i++)
        if (is_data(route))
            json_object_set_new(data, route->path, answer_of(v, route));
    return data;
}

void trp_report_now(const char *path)
{
    trp_gate.until = trp_now() + PATIENCE;
    const struct trp_visit visit = {.body = json_object(), .writing = {.ranks = troupe_ranks()}};
    json_t *data = data_of(&visit);
    trp_report_write(path, data);
    json_decref(data);
    json_decref(visit.body);
}

void trp_serve_report(struct trp_visit *v)
{
    struct trp_request *request = v->request;
    json_t *data = data_of(v);
    v->request = NULL;
    trp_reply_page(request, data);
}
