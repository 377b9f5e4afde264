/*
 * All that can be read of a job, at one moment: for the report.
 */
#include <string.h>

#include "gateway/report.h"
#include "gateway/routes.h"

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

void trp_serve_report(struct trp_visit *v)
{
    const struct trp_route *route;
    json_t *data = json_object();
    size_t bytes = 0;
    for (size_t i = 0; (route = trp_route_by(i)); i++)
        if (is_data(route))
            json_object_set_new(data, route->path, answer_of(v, route));
    char *text = trp_report_text(data, &bytes);
    json_decref(data);
    if (!text) {
        trp_refuse_visit(v, 503, "full", NULL, 0, NULL, "no memory for the report");
        return;
    }
    struct trp_request *request = v->request;
    v->request = NULL;
    trp_reply_text(request, 200, "text/html; charset=utf-8", text, bytes);
}
