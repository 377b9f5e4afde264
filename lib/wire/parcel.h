/*
 * Parcels: batches of records on their way to one rank, the unit that transports carry.
 *
 * A parcel is counted: who keeps a pointer into it holds it. Usual ones come from a pool of the
 * thread that runs the scheduler; larger ones, for a single large record each, are used again, too.
 */
#ifndef TRP_PARCEL_H
#define TRP_PARCEL_H

#include <stddef.h>
#include <stdint.h>

#define TRP_PARCEL_BYTES (16 * 1024) /* room in a usual parcel; 16 KiB measured best over MPI */
#define TRP_PARCEL_SMALL 1024        /* what has no more takes no more */

struct trp_buffer;
struct trp_record;

struct trp_parcel {
    struct trp_parcel *next; /* in the queue that has it */
    size_t room;             /* bytes that fit */
    size_t used;             /* bytes that are records */
    size_t at;               /* bytes read so far, */
    union {
        size_t ahead;  /* and looked at to fetch what will be needed */
        int64_t since; /* of a letter: it has waited since then, if that is measured; or 0 */
    };
    struct trp_record *many; /* that is being read, one by one; NULL: none */
    uint64_t *owed;          /* where it is noted when its bytes are done with, or NULL, */
    size_t owes;             /* and how many */
    int32_t peer;            /* where it came from, or goes */
    uint32_t holds : 30;
    uint32_t in_turn : 1; /* nothing that is still to come belongs before it */
    uint32_t urgent : 1;  /* it overtakes those that are not */
    struct trp_buffer **gifts; /* holds that go with it, NULL at the end; or NULL */
    _Alignas(16) unsigned char bytes[];
};

struct trp_parcel_queue {
    struct trp_parcel *head, *tail;
};

/* Held once, and with at least that room, if that is more than the usual; otherwise exactly that.
   Never NULL: the process ends when memory is short. */
struct trp_parcel *trp_parcel_new(size_t room);
struct trp_parcel *trp_parcel_try(size_t room); /* NULL when memory is short */
/* For a single record; any thread may make it, and drop it as the only holder. NULL when memory is
   short. */
struct trp_parcel *trp_parcel_apart(size_t room);
void trp_parcel_recycle(struct trp_parcel *parcel);
/* When the last parcel is dropped. */
void trp_parcel_pool_clear(void);

static inline struct trp_parcel *trp_parcel_hold(struct trp_parcel *parcel)
{
    parcel->holds++;
    return parcel;
}

static inline void trp_parcel_drop(struct trp_parcel *parcel)
{
    if (--parcel->holds == 0)
        trp_parcel_recycle(parcel);
}

/* What is still to be done with its bytes is no matter for who sent them. */
static inline void trp_parcel_settle(struct trp_parcel *parcel)
{
    if (parcel->owed)
        __atomic_store_n(parcel->owed, *parcel->owed + parcel->owes, __ATOMIC_RELAXED);
    parcel->owed = NULL;
}

static inline void trp_parcel_push(struct trp_parcel_queue *queue, struct trp_parcel *parcel)
{
    parcel->next = NULL;
    if (queue->head)
        queue->tail->next = parcel;
    else
        queue->head = parcel;
    queue->tail = parcel;
}

/* Before all that are not urgent, but for one that is on its way in part. */
static inline void trp_parcel_push_ahead(struct trp_parcel_queue *queue, struct trp_parcel *parcel)
{
    struct trp_parcel *before = NULL, *behind = queue->head;
    for (; behind && (behind->urgent || behind->at); behind = behind->next)
        before = behind;
    parcel->next = behind;
    if (before)
        before->next = parcel;
    else
        queue->head = parcel;
    if (!behind)
        queue->tail = parcel;
}

static inline struct trp_parcel *trp_parcel_pop(struct trp_parcel_queue *queue)
{
    struct trp_parcel *parcel = queue->head;
    if (parcel)
        queue->head = parcel->next;
    return parcel;
}

#endif
