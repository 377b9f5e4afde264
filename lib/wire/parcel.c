#include "wire/parcel.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/large.h"
#include "base/log.h"
#include "base/slab.h"

/* Usual ones, kept for reuse, the warmest first. Only the thread in the scheduler role comes here,
   and to the slabs. */
static struct trp_parcel *pool;
static unsigned pooled;
static struct trp_slabs small; /* what is much less than the usual */
#define POOL_MAX 256

static struct trp_parcel *take_usual(void)
{
    struct trp_parcel *parcel = pool;
    if (parcel) {
        pool = parcel->next;
        pooled--;
    }
    return parcel;
}

static size_t rounded(size_t bytes)
{
    return (bytes + _Alignof(struct trp_parcel) - 1) & ~(_Alignof(struct trp_parcel) - 1);
}

static struct trp_parcel *make(size_t room)
{
    struct trp_parcel *parcel = NULL;
    size_t bytes = sizeof *parcel + room;
    if (room <= TRP_PARCEL_SMALL)
        parcel = trp_slab_new(&small, rounded(bytes));
    else if (room > TRP_PARCEL_BYTES && room <= PTRDIFF_MAX - sizeof *parcel)
        parcel = trp_large_new(&bytes);
    else if (room <= TRP_PARCEL_BYTES)
        parcel = malloc(bytes);
    if (parcel)
        parcel->room = bytes - sizeof *parcel;
    return parcel;
}

static struct trp_parcel *begin(struct trp_parcel *parcel)
{
    if (!parcel)
        return NULL;
    parcel->next = NULL;
    parcel->used = parcel->at = parcel->ahead = 0;
    parcel->many = NULL;
    parcel->owed = NULL;
    parcel->owes = 0;
    parcel->peer = -1;
    parcel->holds = 1;
    parcel->in_turn = parcel->urgent = 0;
    parcel->gifts = NULL;
    return parcel;
}

struct trp_parcel *trp_parcel_try(size_t room)
{
    struct trp_parcel *parcel = room == TRP_PARCEL_BYTES ? take_usual() : NULL;
    return begin(parcel ? parcel : make(room));
}

/* Of a room that is neither pooled nor from the slabs. */
struct trp_parcel *trp_parcel_apart(size_t room)
{
    if (room <= TRP_PARCEL_SMALL)
        room = TRP_PARCEL_SMALL + 8;
    return begin(make(room == TRP_PARCEL_BYTES ? room + 8 : room));
}

struct trp_parcel *trp_parcel_new(size_t room)
{
    struct trp_parcel *parcel = trp_parcel_try(room);
    if (!parcel)
        trp_die("no memory for a message of %zu bytes", room);
    return parcel;
}

static void drop_gifts(struct trp_parcel *parcel)
{
    for (struct trp_buffer **gift = parcel->gifts; *gift; gift++)
        trp_buffer_drop(*gift);
    free(parcel->gifts);
}

void trp_parcel_recycle(struct trp_parcel *parcel)
{
    trp_parcel_settle(parcel);
    if (parcel->gifts)
        drop_gifts(parcel);
    if (parcel->room > TRP_PARCEL_BYTES) {
        trp_large_free(parcel, sizeof *parcel + parcel->room);
    } else if (parcel->room <= TRP_PARCEL_SMALL) {
        trp_slab_free(&small, parcel, rounded(sizeof *parcel + parcel->room));
    } else if (parcel->room < TRP_PARCEL_BYTES || pooled >= POOL_MAX) {
        free(parcel);
    } else {
        parcel->next = pool;
        pool = parcel;
        pooled++;
    }
}

void trp_parcel_pool_clear(void)
{
    while (pool)
        free(take_usual());
    trp_slabs_close(&small);
    trp_large_clear();
}
