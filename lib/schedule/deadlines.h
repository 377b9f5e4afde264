/*
 * Time-outs of calls: a future that has no outcome in its time fails with TROUPE_LATE, and its task
 * is cancelled. What comes later finds no such future and is thrown away.
 *
 * A deadline is not looked for when its future gets an outcome, so that this costs nothing: those
 * that are of no use any more are swept out when they may be half of all.
 */
#ifndef TRP_DEADLINES_H
#define TRP_DEADLINES_H

#include "schedule/rank.h"

/* For a call of that method, or task, that was, or is about to be, sent to `target`. Any thread. */
void trp_deadline_send(struct trp_rank *rank, const struct trp_context *from, uint64_t future,
                       const struct troupe_signature *method, struct troupe_ref target,
                       double seconds);

/* The record DEADLINE that this makes. */
void trp_deadlines_set(struct trp_rank *rank, const struct trp_record *record);

/* How many of them would wake nobody. */
size_t trp_deadlines_idle(struct trp_rank *rank);

void trp_deadlines_close(struct trp_rank *rank);

#endif
