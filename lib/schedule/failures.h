/*
 * The latest failures of a rank: calls of actors that began, and have failed. Known always, in
 * fixed memory.
 */
#ifndef TRP_FAILURES_H
#define TRP_FAILURES_H

#include "actor/actor.h"
#include "schedule/rank.h"

#define TRP_FAILURES_KEPT 64

struct trp_failure {
    uint64_t number; /* of the rank's, from 1 */
    double at;       /* a trp_now_roughly() time */
    struct troupe_ref actor;
    const struct troupe_class *class_;
    const struct troupe_method *method;
    int status;
    char story[240]; /* or its beginning */
};

struct trp_failures {
    uint64_t count; /* ever */
    struct trp_failure latest[TRP_FAILURES_KEPT]; /* a ring */
};

/* From the thread in the scheduler role. */
void trp_failures_add(struct trp_rank *rank, const struct trp_actor *actor,
                      const struct troupe_method *method, int status, const char *story);

/* The n-th latest, from 0; NULL when there are not so many. */
const struct trp_failure *trp_failures_latest(const struct trp_rank *rank, size_t n);

#endif
