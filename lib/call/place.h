/*
 * Where a new actor or a task goes.
 */
#ifndef TRP_PLACE_H
#define TRP_PLACE_H

#include "schedule/rank.h"

/* The rank that a place means to a caller; a rank that does not exist fails the caller. */
int trp_place(struct trp_rank *rank, struct troupe_place place);

/* The same for what asks for so much: where the choice is the library's, a rank that has it. One
   that has it not fails the caller. `whose` is for the story. */
int trp_place_for(struct trp_rank *rank, struct troupe_place place,
                  const struct trp_amounts *request, const char *whose);

#endif
