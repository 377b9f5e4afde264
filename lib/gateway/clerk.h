/*
 * Clerks: light actors of rank 0 that serve requests, one each at a time, and may wait in it.
 *
 * A request goes from the door's thread to the desk, an actor that hands it to an idle clerk or a
 * new one; nobody waits for anybody there. A clerk that has answered is idle again. The gateway's
 * state, apart from that of its parts, is here.
 */
#ifndef TRP_CLERK_H
#define TRP_CLERK_H

#include "gateway/monitor.h"
#include "gateway/visit.h"
#include "schedule/rank.h"
#include "troupe/declare.h"

#define TRP_CLERKS_MOST 4000 /* requests under way */

struct trp_gate {
    struct trp_rank *rank; /* 0; NULL: closed */
    trp_monitor *monitors; /* of each rank */
    double until;          /* a trp_now() time: no answer is waited for longer; 0: at any time */
    double opened;         /* a trp_now() time: the job's start, and */
    double opened_at;      /* the same in Unix time */
};
extern struct trp_gate trp_gate;

TROUPE_CLASS(trp_clerk, (uint32_t, number));
TROUPE_TELL(trp_clerk, serve, (uint64_t, visit));
TROUPE_TELL(trp_clerk, look); /* once a second: see watch.h */
TROUPE_ASK(trp_clerk, attempt, void, (uint64_t, what)); /* see trp_attempt */

/* Has another clerk call fn(arg), which may fail as a method does; the status, and the story in
   troupe_story(). TROUPE_FULL: there is no idle clerk. */
troupe_status trp_attempt(void (*fn)(void *arg), void *arg);

/* troupe_get_any, that the end of the job does not wait for. */
troupe_status trp_get(troupe_future future, void *value, size_t size, double seconds);

/* troupe_sleep likewise. */
void trp_nap(double seconds);

/* Asks the monitors of all ranks the same: values one behind the other, zero of those that do not
   answer in time (an absent one is said by `answered`, of as many, if that is not NULL). They live
   as long as the clerk's method. */
void *trp_ask_all(const struct troupe_method *method, const void *args, bool *answered);

#endif
