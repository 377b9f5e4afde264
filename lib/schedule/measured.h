/*
 * How long calls of single actors wait and run: of those of which a call was ever measured, in a
 * table of bounded size. figures.h says which calls are; counts.h is for who reads.
 */
#ifndef TRP_MEASURED_H
#define TRP_MEASURED_H

#include "actor/actor.h"
#include "schedule/counts.h"
#include "schedule/rank.h"

#define TRP_MEASURED_MOST 8192 /* actors of a rank; what comes later is not measured */

/* A call ran for so many ns, of which it was at it for `ran`; it stands for `weight` calls. */
void trp_measured_ran(struct trp_rank *rank, struct trp_actor *actor, int64_t took, int64_t ran,
                      uint64_t weight);

/* A call has waited in the mailbox. */
void trp_measured_waited(struct trp_rank *rank, struct trp_actor *actor, int64_t ns,
                         uint64_t weight);

/* The actor ends. */
void trp_measured_forget(struct trp_rank *rank, struct trp_actor *actor);

struct trp_counts;
void trp_measured_close(struct trp_counts *counts);

/* What is known of that one, without the call that it is in. */
struct trp_actor_times trp_measured_of(const struct trp_rank *rank, const struct trp_actor *actor);

#endif
