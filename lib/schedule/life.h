/*
 * The life of actors on this rank: creation, and every way to end.
 *
 * An actor that is to end does so when no method of it runs. Then its destructors run, letters that
 * wait are answered with its story, and tied children end. When the home of its name has said that
 * the name is free, who watches is told, and its creator may use the index again.
 */
#ifndef TRP_LIFE_H
#define TRP_LIFE_H

#include "schedule/rank.h"

/* What CREATE carries in `future`. */
#define TRP_CREATE_NAMED 1u /* a claim of its name is under way */
#define TRP_CREATE_DEPTH_SHIFT 8 /* of its creator, + 1 */
#define TRP_CREATE_TIE_SHIFT 32  /* the number of the tie to its creator, or 0 */

void trp_life_create(struct trp_rank *rank, struct trp_record *record, struct trp_parcel *parcel);
/* A creation whose arguments there is no memory for. */
void trp_life_stillborn(struct trp_rank *rank, const struct trp_record *record);
void trp_life_verdict(struct trp_rank *rank, const struct trp_record *record);
/* What it has waited for is its own. */
void trp_life_granted(struct trp_rank *rank, const struct trp_record *record);
void trp_life_released(struct trp_rank *rank, const struct trp_record *record);
/* Ends it now; `record` says by whom, and its number why. */
void trp_life_kill(struct trp_rank *rank, struct trp_actor *actor,
                   const struct trp_record *record);
void trp_life_watch(struct trp_rank *rank, struct trp_actor *actor,
                    const struct trp_record *record, int from);

/* A record for an actor that is ending, or (NULL) has ended: answered with how. */
void trp_life_refuse(struct trp_rank *rank, struct trp_actor *ending,
                     const struct trp_record *record, int from);

/* The actor is to end; `story` is from malloc and taken over. The first word stands. */
void trp_life_end_later(struct trp_actor *actor, int reason, char *story);

/* It does: no method of it runs. */
void trp_life_end_now(struct trp_rank *rank, struct trp_actor *actor);

/* "counter(1:4) was stopped by driver", from malloc. */
char *trp_life_story(struct trp_rank *rank, struct trp_actor *actor, const char *did,
                     const char *by);

/* The job ends: so do all actors of a depth; 0: all, children before creators. */
void trp_life_end_level(struct trp_rank *rank, int depth);
int trp_life_deepest(struct trp_rank *rank);

#endif
