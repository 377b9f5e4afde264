#include "wire/parcel.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/slab.h"

/* Kept for reuse: usual ones, the warmest first; and a few large ones, the last used first, for
   what malloc hands out anew costs several times as much to write to. Only the thread in the
   scheduler role comes here. */
static struct trp_parcel *pool, *large_pool;
static unsigned pooled;
static struct trp_slabs small; /* what is much less than the usual */
#define POOL_MAX 256
#define LARGE_MAX 4
#define LARGE_BYTES ((size_t)512 << 20)

/* Only what wastes less than half of it, so that what is kept is soon known to be useless. */
static struct trp_parcel *take_large(size_t room)
{
    for (struct trp_parcel **link = &large_pool; *link; link = &(*link)->next) {
        struct trp_parcel *parcel = *link;
        if (parcel->room >= room && parcel->room / 2 <= room) {
            *link = parcel->next;
            return parcel;
        }
    }
    return NULL;
}

/* The last used are kept, as many as the bounds let. */
static void keep_large(struct trp_parcel *parcel)
{
    parcel->next = large_pool;
    large_pool = parcel;
    unsigned count = 0;
    size_t bytes = 0;
    for (struct trp_parcel **link = &large_pool; (parcel = *link);) {
        if (count < LARGE_MAX && parcel->room <= LARGE_BYTES - bytes) {
            count++;
            bytes += parcel->room;
            link = &parcel->next;
        } else {
            *link = parcel->next;
            free(parcel);
        }
    }
}

static struct trp_parcel *take_usual(void)
{
    struct trp_parcel *parcel = pool;
    if (parcel) {
        pool = parcel->next;
        pooled--;
    }
    return parcel;
}

static struct trp_parcel *make(size_t room)
{
    struct trp_parcel *parcel = NULL;
    if (room <= TRP_PARCEL_SMALL)
        parcel = trp_slab_new(&small, sizeof *parcel + room);
    else if (room <= PTRDIFF_MAX - sizeof *parcel)
        parcel = malloc(sizeof *parcel + room);
    if (parcel)
        parcel->room = room;
    return parcel;
}

struct trp_parcel *trp_parcel_try(size_t room)
{
    struct trp_parcel *parcel = NULL;
    if (room == TRP_PARCEL_BYTES)
        parcel = take_usual();
    else if (room > TRP_PARCEL_BYTES)
        parcel = take_large(room);
    if (!parcel && !(parcel = make(room)))
        return NULL;
    parcel->next = NULL;
    parcel->used = parcel->at = 0;
    parcel->owed = NULL;
    parcel->owes = 0;
    parcel->peer = -1;
    parcel->holds = 1;
    return parcel;
}

struct trp_parcel *trp_parcel_new(size_t room)
{
    struct trp_parcel *parcel = trp_parcel_try(room);
    if (!parcel)
        trp_die("no memory for a message of %zu bytes", room);
    return parcel;
}

void trp_parcel_recycle(struct trp_parcel *parcel)
{
    trp_parcel_settle(parcel);
    if (parcel->room > TRP_PARCEL_BYTES) {
        keep_large(parcel);
    } else if (parcel->room <= TRP_PARCEL_SMALL) {
        trp_slab_free(&small, parcel, sizeof *parcel + parcel->room);
    } else if (parcel->room < TRP_PARCEL_BYTES || pooled >= POOL_MAX) {
        free(parcel);
    } else {
        parcel->next = pool;
        pool = parcel;
        pooled++;
    }
}

static void free_all(struct trp_parcel **list)
{
    while (*list) {
        struct trp_parcel *parcel = *list;
        *list = parcel->next;
        free(parcel);
    }
}

void trp_parcel_pool_clear(void)
{
    free_all(&pool);
    free_all(&large_pool);
    trp_slabs_close(&small);
    pooled = 0;
}
