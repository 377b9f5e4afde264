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

#include "base/arena.h"
#include "troupe/types.h"

struct trp_context;
struct trp_future_slot;

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

enum trp_future_state {
    TRP_FUTURE_NONE,    /* consumed, dropped, or never was */
    TRP_FUTURE_AWAITED, /* by somebody else */
    TRP_FUTURE_PENDING,
    TRP_FUTURE_READY,
};

void trp_futures_open(struct trp_futures *futures, bool shared);
void trp_futures_close(struct trp_futures *futures);

/* `target` is the actor that is asked; none for a task. */
uint64_t trp_future_new(struct trp_futures *futures, const struct troupe_type *type,
                        struct troupe_ref target);
bool trp_future_is_shared(uint64_t id);

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

/* The type that was promised, and who was asked; NULL if there is no such future. */
const struct troupe_type *trp_future_promise(struct trp_futures *futures, uint64_t id,
                                             struct troupe_ref *target);

#endif
