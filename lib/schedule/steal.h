/*
 * Waiting tasks go to ranks that have run dry.
 *
 * A rank that has free slots and no waiting task leaves its name, with what it has free, with some
 * others: with its neighbours at distances that are powers of two, and with whoever gave it
 * something last. Who has tasks waiting, then or later, gives it half of them, and strikes its name
 * out; it asks there again when it is dry once more. Nobody asks twice where its name stands: an
 * idle job is silent. At the start the names of all stand with rank 0, where the driver is, and
 * with their neighbours, without a message. Names that stand are also where a new task goes for
 * which no slot is free here. After Saraswat and others, "Lifeline-based global load balancing",
 * 2011; halves as Hendler and Shavit 2002.
 *
 * A name may be out of date: then tasks wait there, and are given on from there. A task goes from
 * rank to rank TRP_MOVES_MAX times at most; each rank that gets it tells who submitted it, for
 * whom it is thereby to be found (tasks.h). The workers' lock guards all of this.
 */
#ifndef TRP_STEAL_H
#define TRP_STEAL_H

#include "schedule/worker.h"

struct trp_peers;

void trp_steal_open(struct trp_rank *rank);
void trp_steal_close(struct trp_workers *workers);

/* Where a new task is to go that asks for so much and has no place: this rank if it is free there,
   else the nearest that is known to be free, else this rank. -1: it is none of these, for this one
   never could. Any thread; without the lock. */
int trp_steal_choose(struct trp_rank *rank, const struct trp_amounts *request, bool claims);

/* So many more of the tasks that may move are on their way from this rank to itself, or fewer. */
void trp_steal_coming(struct trp_workers *workers, int tasks);

/* With the lock held: something was sent by that rank that needs so many slots. */
void trp_steal_used(struct trp_rank *rank, int from, int slots);

/* With the lock held, where slots or claims have come free: asks for tasks if there are none. */
void trp_steal_if_dry(struct trp_rank *rank);

/* With the lock held: whether tasks wait here that a rank whose name stands here could have. */
bool trp_steal_could_give(const struct trp_workers *workers);

/* With the lock held, when another task has come: the same. */
bool trp_steal_has_news(struct trp_workers *workers);

/* Gives them. In the scheduler role, without the lock. */
void trp_steal_give(struct trp_rank *rank);

/* The same, later, with the lock held, from any thread. */
void trp_steal_give_soon(struct trp_rank *rank);

/* What has come: a name; tasks; word of where one is now that was submitted here. */
void trp_steal_deliver(struct trp_rank *rank, struct trp_record *record,
                       struct trp_parcel *parcel);

#endif
