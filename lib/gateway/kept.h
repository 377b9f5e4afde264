/*
 * Calls whose answer takes longer than their caller waited: kept under a number, to be asked for.
 *
 * A result is kept for some minutes after it was first given, or has come. They are as many as
 * there is room for; beyond that the oldest that is done goes.
 */
#ifndef TRP_KEPT_H
#define TRP_KEPT_H

#include "gateway/visit.h"
#include "troupe/types.h"

/* Its number; 0: there is no room, and the future is still the caller's. */
uint64_t trp_kept_add(troupe_future future, const struct troupe_type *type, bool is_task);

/* Waits up to so many seconds for the answer of a call, and answers the visit: with the result, the
   failure, or, later, with a number. */
void trp_answer_future(struct trp_visit *visit, troupe_future future,
                       const struct troupe_type *type, bool is_task, double seconds);

/* The end of the job. */
void trp_kept_clear(void);

#endif
