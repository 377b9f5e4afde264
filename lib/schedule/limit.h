/*
 * How many calls may wait for an actor that was made with max_pending.
 *
 * Who sends one more is told to go on when it is accepted: the caller, who waits for that, has sent
 * the call already, so that its place in the order is kept. Of an actor that refuses, one more is
 * answered at once. Nothing here is about urgent calls.
 */
#ifndef TRP_LIMIT_H
#define TRP_LIMIT_H

#include "schedule/rank.h"

/* LIMIT, which comes before the creation: number is how many, and this. */
#define TRP_LIMIT_REFUSES ((int64_t)1 << 32)
void trp_limit_set(struct trp_rank *rank, struct trp_actor *actor, const struct trp_record *record);

/* ADMIT, which comes before the call it is about: its future is answered when that is accepted.
   NULL: the actor has ended. */
void trp_limit_admit(struct trp_rank *rank, struct trp_actor *actor,
                     const struct trp_record *record, int from);

/* The call is one too many, and was refused. Else it is going to be kept, and counts. */
bool trp_limit_refuses(struct trp_rank *rank, struct trp_actor *actor,
                       const struct trp_record *record, int from);

/* A letter has been taken out. */
void trp_limit_taken(struct trp_rank *rank, struct trp_actor *actor,
                     const struct trp_record *record);

/* The actor ends: nobody waits for room any more. */
void trp_limit_end(struct trp_rank *rank, struct trp_actor *actor);

#endif
