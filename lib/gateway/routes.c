#include "gateway/routes.h"

#include <string.h>

static const struct trp_route routes[] = {
    {TRP_GET, "/v1", trp_serve_job, "The job"},
    {TRP_GET, "/v1/classes", trp_serve_classes, "All classes, with their methods"},
    {TRP_GET, "/v1/classes/{}", trp_serve_class, "One class"},
    {TRP_GET, "/v1/actors", trp_serve_actors, "Actors, filtered and sorted"},
    {TRP_POST, "/v1/actors", trp_serve_create, "Makes an actor"},
    {TRP_GET, "/v1/actors/{}", trp_serve_actor, "One actor, by id or name"},
    {TRP_DELETE, "/v1/actors/{}", trp_serve_end, "Stops an actor, or kills it"},
    {TRP_POST, "/v1/actors/{}/methods/{}", trp_serve_call, "Calls a method"},
    {TRP_GET, "/v1/tasks", trp_serve_tasks, "Tasks by state"},
    {TRP_POST, "/v1/tasks", trp_serve_submit, "Submits a task"},
    {TRP_GET, "/v1/ranks", trp_serve_ranks, "The ranks, and what they have in use"},
    {TRP_GET, "/v1/summary", trp_serve_summary, "Figures of all methods, of all ranks together"},
    {TRP_GET, "/v1/calls", trp_serve_calls, "Who called what"},
    {TRP_GET, "/v1/traffic", trp_serve_traffic, "Messages and bytes from rank to rank"},
    {TRP_GET, "/v1/progress", trp_serve_progress, "How far named jobs of work are"},
    {TRP_GET, "/v1/logs", trp_serve_logs, "Lines of the log, of all ranks"},
    {TRP_GET, "/v1/stack", trp_serve_stack, "What every rank runs, and waits for, right now"},
    {TRP_GET, "/v1/ended", trp_serve_ended, "The latest ends of actors"},
    {TRP_GET, "/v1/history", trp_serve_history, "The last ten minutes, a point a second"},
    {TRP_GET, "/v1/futures/{}", trp_serve_future, "What has become of a call"},
    {TRP_DELETE, "/v1/futures/{}", trp_serve_unwanted, "The result is not wanted"},
    {TRP_POST, "/v1/exit", trp_serve_exit, "Ends the job"},
    {TRP_GET, "/v1/openapi.json", trp_serve_openapi, "This description"},
    {TRP_GET, "/report", trp_serve_report, "The page with the data of now in it"},
    {TRP_GET, "/metrics", trp_serve_metrics, "Figures for Prometheus"},
};

#define ROUTES (sizeof routes / sizeof *routes)

const struct trp_route *trp_route_by(size_t n)
{
    return n < ROUTES ? &routes[n] : NULL;
}

/* ---- paths ----------------------------------------------------------------------------------- */

static int hexadecimal(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* In place. False: a % without two digits, or of a character 0. */
static bool decode(char *text)
{
    char *to = text;
    for (; *text; text++) {
        if (*text != '%') {
            *to++ = *text;
            continue;
        }
        int high = hexadecimal(text[1]), low = high < 0 ? -1 : hexadecimal(text[2]);
        if (low < 0 || !(high | low))
            return false;
        *to++ = (char)(high << 4 | low);
        text += 2;
    }
    *to = 0;
    return true;
}

/* The part of a path that a text begins with. */
static size_t part_length(const char *text)
{
    return strcspn(text, "/");
}

static bool matches(const char *pattern, const char *path)
{
    while (*pattern && *path) {
        size_t wanted = part_length(pattern), has = part_length(path);
        bool any = wanted == 2 && !memcmp(pattern, "{}", 2);
        if (any ? !has : wanted != has || memcmp(pattern, path, has))
            return false;
        pattern += wanted, path += has;
        if (*pattern != *path)
            return false;
        pattern += *pattern == '/', path += *path == '/';
    }
    return *pattern == *path;
}

/* Cuts the path at the parts that stand for something. */
static bool cut(struct trp_visit *v)
{
    const char *pattern = v->route->path;
    char *path = v->path;
    for (int part = 0; *pattern;) {
        size_t wanted = part_length(pattern), has = part_length(path);
        bool any = wanted == 2 && !memcmp(pattern, "{}", 2), last = !pattern[wanted];
        char *from = path;
        path += has + !last;
        pattern += wanted + !last;
        if (!any)
            continue;
        from[has] = 0;
        if (!decode(from))
            return false;
        v->part[part++] = from;
    }
    return true;
}

bool trp_route(struct trp_visit *v, const struct trp_request *request)
{
    const struct trp_route *other = NULL;
    for (size_t i = 0; i < ROUTES && !v->route; i++) {
        if (!matches(routes[i].path, v->path))
            continue;
        other = &routes[i];
        if (other->verb == request->verb)
            v->route = other;
    }
    if (!other)
        return trp_refuse_visit(v, 404, "not_found", NULL, 0, NULL, "there is no %.200s here",
                                v->path);
    if (!v->route)
        return trp_refuse_visit(v, 405, "not_allowed", NULL, 0, NULL,
                                "%.200s is not for that verb", v->path);
    if (request->verb != TRP_GET && !request->may_call)
        return trp_refuse_visit(v, 403, "forbidden", NULL, 0, NULL,
                                "this token may read, and not do: take the job's other one");
    return cut(v) || trp_refuse_visit(v, 400, "malformed", NULL, 0, NULL,
                                      "the path is not percent-encoded as it should be");
}
