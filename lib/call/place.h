/*
 * Where a new actor or a task goes.
 */
#ifndef TRP_PLACE_H
#define TRP_PLACE_H

#include "schedule/rank.h"

#define TRP_REFUSAL_SIZE (2 * TRP_AMOUNTS_SIZE + 128) /* of a story */

/* The rank that a place means to a caller; -1 if there is none, and the story why. */
int trp_place(struct trp_rank *rank, struct troupe_place place, char story[TRP_REFUSAL_SIZE]);

/* The same for what asks for so much: where the choice is the library's, a rank that has it.
   `whose` is for the story. */
int trp_place_for(struct trp_rank *rank, struct troupe_place place,
                  const struct trp_amounts *request, const char *whose,
                  char story[TRP_REFUSAL_SIZE]);

#endif
