#include "schedule/futures.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "schedule/wait.h"
#include "troupe/status.h"

#define CHUNK 256
#define SHARED_BIT (UINT64_C(1) << 63)

enum slot_state { SLOT_FREE, SLOT_PENDING, SLOT_READY, SLOT_DROPPED };

struct trp_future_slot {
    enum slot_state state;
    uint32_t generation;
    uint32_t next_free; /* index + 1 */
    struct trp_context *waiter;
    struct troupe_ref target;
    struct trp_outcome outcome;
};

static void lock(struct trp_futures *futures)
{
    if (futures->shared)
        pthread_mutex_lock(&futures->lock);
}

static void unlock(struct trp_futures *futures)
{
    if (futures->shared)
        pthread_mutex_unlock(&futures->lock);
}

void trp_futures_open(struct trp_futures *futures, bool shared)
{
    *futures = (struct trp_futures){.shared = shared};
    pthread_mutex_init(&futures->lock, NULL);
}

void trp_futures_close(struct trp_futures *futures)
{
    for (uint32_t c = 0; c < futures->chunk_count; c++) {
        for (uint32_t i = 0; i < CHUNK; i++)
            trp_block_free(futures->chunks[c][i].outcome.block);
        free(futures->chunks[c]);
    }
    free(futures->chunks);
    pthread_mutex_destroy(&futures->lock);
}

/* ---- slots: all with the lock held ----------------------------------------------------------- */

static struct trp_future_slot *slot_at(const struct trp_futures *futures, uint32_t index)
{
    return &futures->chunks[index / CHUNK][index % CHUNK];
}

static void grow(struct trp_futures *futures)
{
    size_t count = futures->chunk_count + 1;
    futures->chunks = realloc(futures->chunks, count * sizeof *futures->chunks);
    if (futures->chunks)
        futures->chunks[count - 1] = calloc(CHUNK, sizeof(struct trp_future_slot));
    if (!futures->chunks || !futures->chunks[count - 1])
        trp_die("no memory for %zu futures", count * CHUNK);
    futures->chunk_count = (uint32_t)count;
}

static uint32_t free_index(struct trp_futures *futures)
{
    if (futures->free) {
        uint32_t index = futures->free - 1;
        futures->free = slot_at(futures, index)->next_free;
        return index;
    }
    if (futures->made == futures->chunk_count * CHUNK)
        grow(futures);
    return futures->made++;
}

static void release(struct trp_futures *futures, uint32_t index)
{
    struct trp_future_slot *slot = slot_at(futures, index);
    slot->state = SLOT_FREE;
    slot->waiter = NULL;
    slot->outcome.block = NULL;
    slot->next_free = futures->free;
    futures->free = index + 1;
}

static uint32_t index_of(uint64_t id)
{
    return (uint32_t)(id & ~SHARED_BIT & 0xffffffffu);
}

static uint32_t generation_of(uint64_t id)
{
    return (uint32_t)((id & ~SHARED_BIT) >> 32);
}

/* The slot of a future that is not consumed, or NULL. */
static struct trp_future_slot *find(const struct trp_futures *futures, uint64_t id)
{
    uint32_t index = index_of(id);
    if (index >= futures->made)
        return NULL;
    struct trp_future_slot *slot = slot_at(futures, index);
    return slot->state != SLOT_FREE && slot->generation == generation_of(id) ? slot : NULL;
}

static void wake_waiter(struct trp_future_slot *slot)
{
    if (slot->waiter)
        trp_wake(slot->waiter);
    slot->waiter = NULL;
}

/* ---- the life of a future -------------------------------------------------------------------- */

bool trp_future_is_shared(uint64_t id)
{
    return id & SHARED_BIT;
}

uint64_t trp_future_new(struct trp_futures *futures, const struct troupe_type *type,
                        struct troupe_ref target)
{
    lock(futures);
    uint32_t index = free_index(futures);
    struct trp_future_slot *slot = slot_at(futures, index);
    slot->state = SLOT_PENDING;
    slot->generation = (slot->generation + 1) & 0x7fffffff;
    slot->generation += slot->generation == 0;
    slot->outcome.type = type;
    slot->target = target;
    uint64_t id = (uint64_t)slot->generation << 32 | index;
    unlock(futures);
    return futures->shared ? id | SHARED_BIT : id;
}

enum trp_future_state trp_future_watch(struct trp_futures *futures, uint64_t id,
                                       struct trp_context *waiter)
{
    lock(futures);
    struct trp_future_slot *slot = find(futures, id);
    enum trp_future_state state = TRP_FUTURE_NONE;
    if (slot && slot->state == SLOT_READY) {
        state = TRP_FUTURE_READY;
    } else if (slot && slot->state == SLOT_PENDING && slot->waiter && slot->waiter != waiter) {
        state = TRP_FUTURE_AWAITED;
    } else if (slot && slot->state == SLOT_PENDING) {
        state = TRP_FUTURE_PENDING;
        slot->waiter = waiter;
    }
    unlock(futures);
    return state;
}

void trp_future_unwatch(struct trp_futures *futures, uint64_t id, struct trp_context *waiter)
{
    lock(futures);
    struct trp_future_slot *slot = find(futures, id);
    if (slot && slot->waiter == waiter)
        slot->waiter = NULL;
    unlock(futures);
}

struct trp_outcome trp_future_take(struct trp_futures *futures, uint64_t id)
{
    lock(futures);
    struct trp_future_slot *slot = find(futures, id);
    struct trp_outcome outcome = {.status = TROUPE_NO_FUTURE};
    if (slot && slot->state == SLOT_READY) {
        outcome = slot->outcome;
        release(futures, index_of(id));
    }
    unlock(futures);
    return outcome;
}

void trp_future_drop(struct trp_futures *futures, uint64_t id)
{
    lock(futures);
    struct trp_future_slot *slot = find(futures, id);
    if (slot && slot->state == SLOT_READY) {
        trp_block_free(slot->outcome.block);
        release(futures, index_of(id));
    } else if (slot) {
        slot->state = SLOT_DROPPED;
        wake_waiter(slot);
    }
    unlock(futures);
}

static bool store(struct trp_outcome *outcome, const void *bytes, size_t size)
{
    outcome->size = size;
    outcome->block = NULL;
    void *to = outcome->small;
    if (size > sizeof outcome->small || outcome->status != TROUPE_OK) {
        outcome->block = trp_block_raw(size + 1);
        if (!outcome->block)
            return false;
        outcome->block->bytes[size] = 0; /* a story ends in NUL whatever came */
        to = outcome->block->bytes;
    }
    memcpy(to, bytes, size);
    return true;
}

void trp_future_resolve(struct trp_futures *futures, uint64_t id, int status, const void *bytes,
                        size_t size)
{
    lock(futures);
    struct trp_future_slot *slot = find(futures, id);
    if (slot && slot->state == SLOT_DROPPED) {
        release(futures, index_of(id));
    } else if (slot && slot->state == SLOT_PENDING) {
        slot->outcome.status = status;
        if (!store(&slot->outcome, bytes, size))
            slot->outcome.status = TROUPE_NO_MEMORY;
        slot->state = SLOT_READY;
        wake_waiter(slot);
    }
    unlock(futures);
}

void trp_future_resolve_block(struct trp_futures *futures, uint64_t id, struct trp_block *block,
                              size_t size)
{
    lock(futures);
    struct trp_future_slot *slot = find(futures, id);
    if (slot && slot->state == SLOT_PENDING) {
        slot->outcome.status = TROUPE_OK;
        slot->outcome.block = block;
        slot->outcome.size = size;
        slot->state = SLOT_READY;
        wake_waiter(slot);
    } else {
        if (slot && slot->state == SLOT_DROPPED)
            release(futures, index_of(id));
        trp_block_free(block);
    }
    unlock(futures);
}

const struct troupe_type *trp_future_promise(struct trp_futures *futures, uint64_t id,
                                             struct troupe_ref *target)
{
    lock(futures);
    struct trp_future_slot *slot = find(futures, id);
    bool wanted = slot && slot->state != SLOT_DROPPED;
    const struct troupe_type *type = wanted ? slot->outcome.type : NULL;
    if (wanted)
        *target = slot->target;
    unlock(futures);
    return type;
}
