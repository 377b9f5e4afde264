/*
 * Ties: the actors that end with the one that made them, on the latter's rank.
 *
 * A tie has a number, which the child brings back when it ends, so that a supervisor that replaces
 * its children for a week keeps only those that live. Any thread: methods on workers tie, too.
 */
#ifndef TRP_TIES_H
#define TRP_TIES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "troupe/types.h"

struct trp_actor_more;

struct trp_ties {
    pthread_mutex_t lock;
    struct trp_tie *ties; /* by number - 1 */
    uint32_t made, room;
    uint32_t free; /* number of the first unused one */
};

void trp_ties_open(struct trp_ties *ties);
void trp_ties_close(struct trp_ties *ties);

/* The number of the new tie; 0 when memory is short. */
uint32_t trp_ties_add(struct trp_ties *ties, struct trp_actor_more *parent,
                      struct troupe_ref child);

/* The child has ended; nothing if its parent has before. */
void trp_ties_remove(struct trp_ties *ties, uint32_t number, struct troupe_ref child);

/* Takes one of the parent's children, the latest first; false when there is none left. */
bool trp_ties_pop(struct trp_ties *ties, struct trp_actor_more *parent, struct troupe_ref *child);

#endif
