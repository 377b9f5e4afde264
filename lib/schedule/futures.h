/*
 * Futures of one rank: what was asked, whether it has come, who waits for it.
 *
 * Two tables: one for the thread in the scheduler role (driver, methods), without a lock, and one
 * for everyone else (tasks and their OpenMP teams), with one. An id says which, and carries a
 * generation, so that a consumed future is never taken for a new one.
 */
#ifndef TRP_FUTURES_H
#define TRP_FUTURES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "schedule/wait.h"
#include "troupe/types.h"

struct trp_context;
struct trp_future_slot;

/* The futures of what a task has submitted and what is not done: guarded by their table's lock. */
struct trp_children {
    uint32_t first; /* index + 1 */
    bool had;       /* some, ever: for the task itself, without the lock */
};

#define TRP_FUTURE_CHUNK 256                  /* slots made together */
#define TRP_FUTURE_SHARED (UINT64_C(1) << 63) /* in an id: of the table with a lock */

struct trp_futures {
    struct trp_future_slot **chunks;
    uint32_t chunk_count;
    uint32_t free; /* first free index + 1 */
    uint32_t made; /* indices ever used */
    bool shared;
    pthread_mutex_t lock; /* of a shared one */
};

/* What came of a call. */
struct trp_outcome {
    int status;                     /* TROUPE_OK: the value is there */
    const struct troupe_type *type; /* of the value */
    struct trp_block *block;        /* packed value, or story; the taker's; NULL: in small */
    uint64_t small[2];
    size_t size; /* bytes of either */
};

enum trp_slot_state { TRP_SLOT_FREE, TRP_SLOT_PENDING, TRP_SLOT_READY, TRP_SLOT_DROPPED };

/* Where a future is kept: a cache line, for many are under way at once. */
struct trp_future_slot {
    _Alignas(64) uint8_t state; /* enum trp_slot_state */
    bool boxed;                 /* of what has come, see below */
    bool end;                   /* it is of the target's end */
    uint8_t size;               /* bytes of a small value */
    uint32_t generation;
    union {
        struct trp_context *waiter;
        uint64_t next_free; /* index + 1 */
    };
    struct troupe_ref target;
    const struct troupe_type *type; /* of the value */
    int status;                     /* once it is ready */
    union {
        uint64_t small[2]; /* ready, not boxed */
        struct {
            struct trp_block *block;
            size_t size;
        } box;
        struct { /* not ready, of a shared table */
            struct trp_children *siblings; /* those it is among, or NULL */
            uint32_t next, previous;       /* index + 1 */
        } child;
    };
};
_Static_assert(sizeof(struct trp_future_slot) == 64, "a line each");

enum trp_future_state {
    TRP_FUTURE_NONE,    /* consumed, dropped, or never was */
    TRP_FUTURE_AWAITED, /* by somebody else */
    TRP_FUTURE_PENDING,
    TRP_FUTURE_READY,
};

/* Of a future that only tells when. */
extern const struct troupe_type trp_nothing;

void trp_futures_open(struct trp_futures *futures, bool shared);
void trp_futures_close(struct trp_futures *futures);

/* `target` is the actor that is asked, or trp_task_at. */
uint64_t trp_future_new(struct trp_futures *futures, const struct troupe_type *type,
                        struct troupe_ref target);
static inline bool trp_future_is_shared(uint64_t id)
{
    return id & TRP_FUTURE_SHARED;
}
/* A future of that actor's end. */
uint64_t trp_future_new_end(struct trp_futures *futures, const struct troupe_type *type,
                            struct troupe_ref actor);

/* Whether the outcome is there; if not, `waiter` will be woken when it comes, or is dropped. One
   waits for a future, but one may wait for many. */
enum trp_future_state trp_future_watch(struct trp_futures *futures, uint64_t id,
                                       struct trp_context *waiter);
/* The waiter gave up. */
void trp_future_unwatch(struct trp_futures *futures, uint64_t id, struct trp_context *waiter);

/* Takes the outcome of a ready future, which is then no more. */
struct trp_outcome trp_future_take(struct trp_futures *futures, uint64_t id);

/* Nobody wants it any more: freed now or when the outcome comes. */
void trp_future_drop(struct trp_futures *futures, uint64_t id);

/* An answer has come: copied; for one that is no more it is thrown away. */
void trp_future_resolve(struct trp_futures *futures, uint64_t id, int status, const void *bytes,
                        size_t size);

/* The same with the bytes in a block that is taken over. */
void trp_future_resolve_block(struct trp_futures *futures, uint64_t id, struct trp_block *block,
                              size_t size);

/* The type that was promised, and who was asked, or is watched; NULL if there is no such future. */
const struct troupe_type *trp_future_promise(struct trp_futures *futures, uint64_t id,
                                             struct troupe_ref *target);

/* As the target of a future: a task that was sent to that rank. No actor is like it. */
static inline struct troupe_ref trp_task_at(int host)
{
    return (struct troupe_ref){(uint64_t)(host + 1) << 32, 0};
}
/* The task of a pending, or dropped, future is called off: where it is, as far as is known; -1: it
   is done, or no task's. */
int trp_future_call_off(struct trp_futures *futures, uint64_t id);
/* It is there now, after it was given on so many times. Whether it has been called off, or nobody
   waits for it any more. */
bool trp_future_moved(struct trp_futures *futures, uint64_t id, int host, unsigned times);

/* ---- the children of tasks: of the shared table ---------------------------------------------- */

/* From the task's own thread. */
void trp_future_adopt(struct trp_futures *futures, uint64_t id, struct trp_children *children);
/* The task ends; they go on. */
void trp_futures_orphan(struct trp_futures *futures, struct trp_children *children);
/* Calls `each` with the host and the future of every one. With the table's lock held. */
void trp_futures_children(struct trp_futures *futures, const struct trp_children *children,
                          void (*each)(void *arg, int host, uint64_t id), void *arg);

/* Nothing will come of it any more: it has its outcome, or had. */
bool trp_future_is_settled(struct trp_futures *futures, uint64_t id);
/* Of its outcome; TROUPE_TIMEOUT: there is none yet; TROUPE_NO_FUTURE: it is consumed, or
   dropped. */
int trp_future_status(struct trp_futures *futures, uint64_t id);
/* Somebody waits for it now. */
bool trp_future_is_awaited(struct trp_futures *futures, uint64_t id);

/* It is of an actor's end. */
bool trp_future_is_end(struct trp_futures *futures, uint64_t id);

/* ---- without the lock: by those who hold it, or of a table that has none --------------------- */

uint32_t trp_futures_grow(struct trp_futures *futures); /* an index never used before */

static inline struct trp_future_slot *trp_slot_at(const struct trp_futures *futures, uint32_t index)
{
    return &futures->chunks[index / TRP_FUTURE_CHUNK][index % TRP_FUTURE_CHUNK];
}

static inline uint32_t trp_slot_take(struct trp_futures *futures)
{
    if (!futures->free)
        return trp_futures_grow(futures);
    uint32_t index = futures->free - 1;
    futures->free = (uint32_t)trp_slot_at(futures, index)->next_free;
    return index;
}

static inline void trp_slot_release(struct trp_futures *futures, struct trp_future_slot *slot,
                                    uint64_t id)
{
    slot->state = TRP_SLOT_FREE;
    slot->next_free = futures->free;
    futures->free = (uint32_t)id + 1;
}

/* The slot of a future that is not consumed, or NULL. */
static inline struct trp_future_slot *trp_slot_find(const struct trp_futures *futures, uint64_t id)
{
    uint32_t index = (uint32_t)id;
    if (index >= futures->made)
        return NULL;
    struct trp_future_slot *slot = trp_slot_at(futures, index);
    uint32_t generation = (uint32_t)((id & ~TRP_FUTURE_SHARED) >> 32);
    return slot->state != TRP_SLOT_FREE && slot->generation == generation ? slot : NULL;
}

/* It will be resolved soon. Nothing of the id is believed. */
__attribute__((always_inline)) static inline void
trp_future_fetch(const struct trp_futures *futures, uint64_t id)
{
    if ((uint32_t)id < futures->made)
        __builtin_prefetch(trp_slot_at(futures, (uint32_t)id), 1);
}

static inline uint64_t trp_future_new_here(struct trp_futures *futures,
                                           const struct troupe_type *type, uint64_t place,
                                           uint64_t serial)
{
    uint32_t index = trp_slot_take(futures);
    struct trp_future_slot *slot = trp_slot_at(futures, index);
    uint32_t generation = (slot->generation + 1) & 0x7fffffff;
    generation += generation == 0;
    slot->state = TRP_SLOT_PENDING;
    slot->generation = generation;
    slot->waiter = NULL;
    slot->type = type;
    __asm__("" : "+r"(place)); /* or both are stored, and loaded as one before they have left */
    slot->target.place = place;
    slot->target.serial = serial;
    slot->end = false;
    return (uint64_t)generation << 32 | index;
}

/* The frequent case of taking, at once: the value is there and small. False, and nothing done, if
   it is another case. */
static inline bool trp_future_take_small(struct trp_futures *futures, uint64_t id, size_t size,
                                         uint64_t value[2])
{
    struct trp_future_slot *slot = trp_future_is_shared(id) ? NULL : trp_slot_find(futures, id);
    if (!slot || slot->state != TRP_SLOT_READY || slot->boxed || slot->status ||
        !slot->type->flat || slot->type->size != size || slot->size < size)
        return false;
    value[0] = slot->small[0];
    value[1] = slot->small[1];
    trp_slot_release(futures, slot, id);
    __builtin_prefetch(slot + 1, 1); /* futures are often taken in the order of their making */
    return true;
}

/* The frequent case of resolving, at once: a small value for a table without a lock. */
static inline bool trp_future_resolve_small(struct trp_futures *futures, uint64_t id,
                                            const void *bytes, size_t size)
{
    struct trp_future_slot *slot = trp_future_is_shared(id) ? NULL : trp_slot_find(futures, id);
    if (!slot || slot->state != TRP_SLOT_PENDING || size > sizeof slot->small)
        return false;
    slot->status = 0;
    slot->boxed = false;
    slot->size = (uint8_t)size;
    if (size == 8)
        memcpy(slot->small, bytes, 8); /* no call */
    else
        memcpy(slot->small, bytes, size);
    slot->state = TRP_SLOT_READY;
    if (slot->waiter)
        trp_wake(slot->waiter);
    slot->waiter = NULL;
    return true;
}

#endif
