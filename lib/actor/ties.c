#include "actor/ties.h"

#include <stdlib.h>

#include "actor/actor.h"

struct trp_tie {
    struct trp_actor_more *parent; /* NULL: unused */
    struct troupe_ref child;
    uint32_t next, previous; /* of the same parent; next of an unused one: another such */
};

void trp_ties_open(struct trp_ties *ties)
{
    pthread_mutex_init(&ties->lock, NULL);
}

void trp_ties_close(struct trp_ties *ties)
{
    free(ties->ties);
    pthread_mutex_destroy(&ties->lock);
}

/* ---- with the lock held ---------------------------------------------------------------------- */

static uint32_t unused(struct trp_ties *ties)
{
    uint32_t number = ties->free;
    if (number) {
        ties->free = ties->ties[number - 1].next;
        return number;
    }
    if (ties->made == ties->room) {
        uint32_t room = ties->room ? 2 * ties->room : 64;
        struct trp_tie *grown = realloc(ties->ties, room * sizeof *grown);
        if (!grown)
            return 0;
        ties->ties = grown;
        ties->room = room;
    }
    return ++ties->made;
}

static void link_first(struct trp_ties *ties, uint32_t number, struct trp_actor_more *parent)
{
    struct trp_tie *tie = &ties->ties[number - 1];
    tie->parent = parent;
    tie->previous = 0;
    tie->next = parent->children;
    if (tie->next)
        ties->ties[tie->next - 1].previous = number;
    parent->children = number;
}

static void release(struct trp_ties *ties, uint32_t number)
{
    struct trp_tie *tie = &ties->ties[number - 1];
    if (tie->next)
        ties->ties[tie->next - 1].previous = tie->previous;
    if (tie->previous)
        ties->ties[tie->previous - 1].next = tie->next;
    else
        tie->parent->children = tie->next;
    tie->parent = NULL;
    tie->next = ties->free;
    ties->free = number;
}

/* ---- for all --------------------------------------------------------------------------------- */

uint32_t trp_ties_add(struct trp_ties *ties, struct trp_actor_more *parent,
                      struct troupe_ref child)
{
    pthread_mutex_lock(&ties->lock);
    uint32_t number = unused(ties);
    if (number) {
        link_first(ties, number, parent);
        ties->ties[number - 1].child = child;
    }
    pthread_mutex_unlock(&ties->lock);
    return number;
}

void trp_ties_remove(struct trp_ties *ties, uint32_t number, struct troupe_ref child)
{
    pthread_mutex_lock(&ties->lock);
    const struct trp_tie *tie = number && number <= ties->made ? &ties->ties[number - 1] : NULL;
    if (tie && tie->parent && trp_ref_same(tie->child, child))
        release(ties, number);
    pthread_mutex_unlock(&ties->lock);
}

bool trp_ties_pop(struct trp_ties *ties, struct trp_actor_more *parent, struct troupe_ref *child)
{
    if (!parent->children) /* and nobody adds one: it has ended */
        return false;
    pthread_mutex_lock(&ties->lock);
    uint32_t number = parent->children;
    if (number) {
        *child = ties->ties[number - 1].child;
        release(ties, number);
    }
    pthread_mutex_unlock(&ties->lock);
    return number;
}
