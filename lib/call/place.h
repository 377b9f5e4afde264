/*
 * Where a new actor or a task goes.
 */
#ifndef TRP_PLACE_H
#define TRP_PLACE_H

#include "schedule/rank.h"

#define TRP_REFUSAL_SIZE (2 * TRP_AMOUNTS_SIZE + 128) /* of a story */

struct trp_asked {
    int64_t number; /* for the record: CPUs, and TRP_ASKS_MORE, TRP_TASK_MOVES */
    struct trp_wants wants;
};

/* The rank that a place means for what asks for so much, a task or an actor: where the choice is
   the library's, one that has it. `whose` is for the story; -1 if there is no such rank, and the
   story why. */
int trp_place_for(struct trp_rank *rank, struct troupe_place place, const char *whose, bool task,
                  struct trp_asked *asked, char story[TRP_REFUSAL_SIZE]);

/* The frequent case: of an actor that asks for nothing, and a rank or no place is named. -1: that
   is not so. */
int trp_place_for_light(struct trp_rank *rank, struct troupe_place place);

#endif
