/*
 * A request while it is answered: what it asks for, its answer, and what comes with a call of it.
 *
 * A visit is served by a clerk (clerk.h), whose method owns it; it is answered once.
 */
#ifndef TRP_VISIT_H
#define TRP_VISIT_H

#include "gateway/json_text.h"
#include "gateway/request.h"
#include "gateway/values.h"
#include "troupe/types.h"

#define TRP_PARTS 4 /* of a path that say who or what */

struct trp_route;

struct trp_visit {
    struct trp_request *request; /* NULL: it was answered */
    json_t **into; /* where the answer goes instead of to a request; or NULL */
    bool may_call;
    const struct trp_route *route;
    json_t *query, *body;
    char *path; /* its parts, decoded */
    const char *part[TRP_PARTS];
    struct trp_writing writing;
};

/* Takes the request over. NULL: no memory, and nothing done. */
struct trp_visit *trp_visit_new(struct trp_request *request, int ranks);

/* One that nobody has answered is told so. */
void trp_visit_free(struct trp_visit *visit);

/* ---- answers --------------------------------------------------------------------------------- */

/* Takes the body over. */
void trp_respond(struct trp_visit *visit, int http, json_t *body);

/* The same of a list of `count` that may be long. `rest` is what else is in the body. */
void trp_respond_list(struct trp_visit *visit, const char *name, size_t count,
                      void (*put)(struct trp_json_text *out, void *arg, size_t i), void *arg,
                      json_t *rest);

/* As docs/gateway.md describes; `field` and `story` may be NULL, `status` 0. Returns false. */
__attribute__((format(printf, 7, 8))) bool trp_refuse_visit(struct trp_visit *visit, int http,
                                                            const char *code, const char *field,
                                                            int status, const char *story,
                                                            const char *format, ...);

/* {"error": …} of the same. */
__attribute__((format(printf, 5, 6))) json_t *trp_error(const char *code, const char *field,
                                                        int status, const char *story,
                                                        const char *format, ...);

/* A fault in what came: 400. Returns false. */
bool trp_refuse_fault(struct trp_visit *visit, const struct trp_fault *fault);

/* What a status of troupe is in HTTP, and its code. */
int trp_http_of(int status, const char **code);

/* ---- what was asked -------------------------------------------------------------------------- */

/* Of the query; NULL: not given. */
const char *trp_query(const struct trp_visit *visit, const char *name);

/* A number of the query, `otherwise` where it is not given. False: it is none, or not of that
   range; refused. */
bool trp_query_number(struct trp_visit *visit, const char *name, double otherwise, double least,
                      double most, double *value);

/* The same of the body. */
bool trp_body_number(struct trp_visit *visit, const char *name, double otherwise, double least,
                     double most, double *value);

/* A text of the body; NULL where it is not given, or null. */
bool trp_body_text(struct trp_visit *visit, const char *name, const char **text);

/* The body has no other members than these, the last NULL. False: refused. */
bool trp_body_knows(struct trp_visit *visit, const char *const *names);

#endif
