/*
 * The end of a job: rank 0 finds out when nothing is left to do anywhere, then ends it.
 *
 * Termination detection by counting, after Mattern, "Algorithms for distributed termination
 * detection", Distributed Computing 2 (1987): every rank says what it has sent and received and
 * whether it has anything to do; when two rounds in a row agree, nobody has and the sums are equal,
 * no message is under way.
 */
#ifndef TRP_QUIET_H
#define TRP_QUIET_H

#include "schedule/rank.h"

/* On rank 0, in the driver's context: returns when all ranks are quiet, tasks have lingered for
   rank->linger seconds, or somebody has called troupe_exit. */
void trp_quiet_wait(struct trp_rank *rank);

/* On rank 0, in the driver's context: ends the actors of all ranks, children before creators. */
void trp_quiet_end_actors(struct trp_rank *rank);

/* On rank 0, whose driver has come to its end early: its context may wait again, and nobody's
   troupe_exit changes the status any more. */
void trp_quiet_leave(struct trp_rank *rank);

/* On rank 0: tells every rank that the job is over, and how. */
void trp_quiet_end(struct trp_rank *rank, int status);

void trp_quiet_deliver(struct trp_rank *rank, const struct trp_record *record, int from);

#endif
