/*
 * What can be asked for: which verb and path are served by which function.
 */
#ifndef TRP_ROUTES_H
#define TRP_ROUTES_H

#include "gateway/visit.h"

struct trp_route {
    enum trp_verb verb;
    const char *path; /* "{}" stands for a part that says who or what */
    void (*serve)(struct trp_visit *visit); /* in a clerk's method: it may wait */
    const char *summary;
};

/* Finds the route of a request and the parts of its path. False: refused. */
bool trp_route(struct trp_visit *visit, const struct trp_request *request);

/* The n-th; NULL behind the last. */
const struct trp_route *trp_route_by(size_t n);

/* ---- what serves them: reading --------------------------------------------------------------- */

void trp_serve_job(struct trp_visit *visit);
void trp_serve_classes(struct trp_visit *visit);
void trp_serve_class(struct trp_visit *visit);
void trp_serve_actors(struct trp_visit *visit);
void trp_serve_actor(struct trp_visit *visit);
void trp_serve_tasks(struct trp_visit *visit);
void trp_serve_ranks(struct trp_visit *visit);
void trp_serve_summary(struct trp_visit *visit);
void trp_serve_calls(struct trp_visit *visit);
void trp_serve_traffic(struct trp_visit *visit);
void trp_serve_progress(struct trp_visit *visit);
void trp_serve_logs(struct trp_visit *visit);
void trp_serve_stack(struct trp_visit *visit);
void trp_serve_ended(struct trp_visit *visit);
void trp_serve_history(struct trp_visit *visit);
void trp_serve_report(struct trp_visit *visit);
void trp_serve_openapi(struct trp_visit *visit);
void trp_serve_metrics(struct trp_visit *visit);

/* ---- and doing ------------------------------------------------------------------------------- */

void trp_serve_call(struct trp_visit *visit);
void trp_serve_create(struct trp_visit *visit);
void trp_serve_submit(struct trp_visit *visit);
void trp_serve_end(struct trp_visit *visit);
void trp_serve_exit(struct trp_visit *visit);
void trp_serve_future(struct trp_visit *visit);
void trp_serve_unwanted(struct trp_visit *visit);

#endif
