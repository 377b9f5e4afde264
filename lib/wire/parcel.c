#include "wire/parcel.h"

#include <stdlib.h>

#include "base/log.h"

/* Kept for reuse, warm ones first. Only the thread in the scheduler role comes here. */
static struct trp_parcel *pool;
static unsigned pooled;
#define POOL_MAX 256

struct trp_parcel *trp_parcel_try(size_t room)
{
    struct trp_parcel *parcel = pool;
    if (room == TRP_PARCEL_BYTES && parcel) {
        pool = parcel->next;
        pooled--;
    } else {
        parcel = room <= PTRDIFF_MAX - sizeof *parcel ? malloc(sizeof *parcel + room) : NULL;
        if (!parcel)
            return NULL;
        parcel->room = room;
    }
    parcel->next = NULL;
    parcel->used = parcel->at = 0;
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
    if (parcel->room != TRP_PARCEL_BYTES || pooled >= POOL_MAX) {
        free(parcel);
        return;
    }
    parcel->next = pool;
    pool = parcel;
    pooled++;
}

void trp_parcel_pool_clear(void)
{
    while (pool) {
        struct trp_parcel *parcel = pool;
        pool = parcel->next;
        free(parcel);
    }
    pooled = 0;
}
