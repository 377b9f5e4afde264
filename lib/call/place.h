/*
 * Where a new actor or a task goes.
 */
#ifndef TRP_PLACE_H
#define TRP_PLACE_H

#include "schedule/rank.h"

bool trp_place_is_there(const struct trp_rank *rank, struct troupe_place place);

/* The rank that a place means to a caller; a rank that does not exist fails the caller. */
int trp_place(struct trp_rank *rank, struct troupe_place place);

#endif
