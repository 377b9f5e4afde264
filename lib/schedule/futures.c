#include "schedule/futures.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "schedule/wait.h"
#include "troupe/status.h"

const struct troupe_type trp_nothing = {.kind = TROUPE_KIND_VOID, .flat = true};

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

static void throw_away(const struct trp_future_slot *slot)
{
    if (slot->state == TRP_SLOT_READY && slot->boxed)
        trp_block_free(slot->box.block);
}

void trp_futures_close(struct trp_futures *futures)
{
    for (uint32_t c = 0; c < futures->chunk_count; c++) {
        for (uint32_t i = 0; i < TRP_FUTURE_CHUNK; i++)
            throw_away(&futures->chunks[c][i]);
        free(futures->chunks[c]);
    }
    free(futures->chunks);
    pthread_mutex_destroy(&futures->lock);
}

/* ---- slots: all with the lock held ----------------------------------------------------------- */

static void grow(struct trp_futures *futures)
{
    size_t count = futures->chunk_count + 1;
    futures->chunks = realloc(futures->chunks, count * sizeof *futures->chunks);
    const size_t bytes = TRP_FUTURE_CHUNK * sizeof(struct trp_future_slot);
    if (futures->chunks)
        futures->chunks[count - 1] =
            aligned_alloc(_Alignof(struct trp_future_slot), bytes);
    if (!futures->chunks || !futures->chunks[count - 1])
        trp_die("no memory for %zu futures", count * TRP_FUTURE_CHUNK);
    memset(futures->chunks[count - 1], 0, bytes);
    futures->chunk_count = (uint32_t)count;
}

uint32_t trp_futures_grow(struct trp_futures *futures)
{
    if (futures->made == futures->chunk_count * TRP_FUTURE_CHUNK)
        grow(futures);
    return futures->made++;
}

/* In the half of a target's `place` that of a task is free: */
#define MOVES UINT64_C(0xff)       /* how often it has been given on, and */
#define CALLED_OFF UINT64_C(0x100) /* whether it has been called off */

/* -1: it is no task's. */
static int host_of_task(const struct trp_future_slot *slot)
{
    return slot->target.serial ? -1 : (int)(slot->target.place >> 32) - 1;
}

static void wake_waiter(struct trp_future_slot *slot)
{
    if (slot->waiter)
        trp_wake(slot->waiter);
    slot->waiter = NULL;
}

/* ---- children: with the lock held ------------------------------------------------------------ */

static struct trp_future_slot *child(struct trp_futures *futures, uint32_t number)
{
    return trp_slot_at(futures, number - 1);
}

/* It is done. */
static void leave_siblings(struct trp_futures *futures, struct trp_future_slot *slot)
{
    if (!futures->shared || slot->state == TRP_SLOT_READY || !slot->child.siblings)
        return;
    if (slot->child.previous)
        child(futures, slot->child.previous)->child.next = slot->child.next;
    else
        slot->child.siblings->first = slot->child.next;
    if (slot->child.next)
        child(futures, slot->child.next)->child.previous = slot->child.previous;
    slot->child.siblings = NULL;
}

void trp_futures_children(struct trp_futures *futures, const struct trp_children *children,
                          void (*each)(void *arg, int host, uint64_t id), void *arg)
{
    for (uint32_t n = children->first; n; n = child(futures, n)->child.next) {
        struct trp_future_slot *slot = child(futures, n);
        slot->target.place |= CALLED_OFF;
        uint64_t id = TRP_FUTURE_SHARED | (uint64_t)slot->generation << 32 | (n - 1);
        each(arg, host_of_task(slot), id);
    }
}

/* ---- the life of a future -------------------------------------------------------------------- */

static uint64_t make(struct trp_futures *futures, const struct troupe_type *type,
                     struct troupe_ref target, bool end)
{
    lock(futures);
    uint64_t id = trp_future_new_here(futures, type, target.place, target.serial);
    struct trp_future_slot *slot = trp_slot_at(futures, (uint32_t)id);
    slot->end = end;
    slot->child.siblings = NULL;
    unlock(futures);
    return futures->shared ? id | TRP_FUTURE_SHARED : id;
}

uint64_t trp_future_new(struct trp_futures *futures, const struct troupe_type *type,
                        struct troupe_ref target)
{
    return make(futures, type, target, false);
}

uint64_t trp_future_new_end(struct trp_futures *futures, const struct troupe_type *type,
                            struct troupe_ref actor)
{
    return make(futures, type, actor, true);
}

enum trp_future_state trp_future_watch(struct trp_futures *futures, uint64_t id,
                                       struct trp_context *waiter)
{
    lock(futures);
    struct trp_future_slot *slot = trp_slot_find(futures, id);
    enum trp_future_state state = TRP_FUTURE_NONE;
    if (slot && slot->state == TRP_SLOT_READY) {
        state = TRP_FUTURE_READY;
    } else if (slot && slot->state == TRP_SLOT_PENDING && slot->waiter && slot->waiter != waiter) {
        state = TRP_FUTURE_AWAITED;
    } else if (slot && slot->state == TRP_SLOT_PENDING) {
        state = TRP_FUTURE_PENDING;
        slot->waiter = waiter;
    }
    unlock(futures);
    return state;
}

void trp_future_unwatch(struct trp_futures *futures, uint64_t id, struct trp_context *waiter)
{
    lock(futures);
    struct trp_future_slot *slot = trp_slot_find(futures, id);
    if (slot && slot->waiter == waiter)
        slot->waiter = NULL;
    unlock(futures);
}

static struct trp_outcome outcome_of(const struct trp_future_slot *slot)
{
    struct trp_outcome outcome = {.status = slot->status, .type = slot->type};
    if (slot->boxed) {
        outcome.block = slot->box.block;
        outcome.size = slot->box.size;
    } else {
        memcpy(outcome.small, slot->small, sizeof outcome.small);
        outcome.size = slot->size;
    }
    return outcome;
}

struct trp_outcome trp_future_take(struct trp_futures *futures, uint64_t id)
{
    lock(futures);
    struct trp_future_slot *slot = trp_slot_find(futures, id);
    struct trp_outcome outcome = {.status = TROUPE_NO_FUTURE};
    if (slot && slot->state == TRP_SLOT_READY) {
        outcome = outcome_of(slot);
        trp_slot_release(futures, slot, id);
    }
    unlock(futures);
    return outcome;
}

void trp_future_drop(struct trp_futures *futures, uint64_t id)
{
    lock(futures);
    struct trp_future_slot *slot = trp_slot_find(futures, id);
    if (slot && slot->state == TRP_SLOT_READY) {
        throw_away(slot);
        trp_slot_release(futures, slot, id);
    } else if (slot) {
        slot->state = TRP_SLOT_DROPPED;
        wake_waiter(slot);
    }
    unlock(futures);
}

static void put(struct trp_future_slot *slot, int status, struct trp_block *block, size_t size)
{
    slot->status = status;
    slot->boxed = true;
    slot->box.block = block;
    slot->box.size = size;
}

static void put_copy(struct trp_future_slot *slot, int status, const void *bytes, size_t size)
{
    if (size <= sizeof slot->small && status == TROUPE_OK) {
        slot->status = status;
        slot->boxed = false;
        slot->size = (uint8_t)size;
        memcpy(slot->small, bytes, size);
        return;
    }
    struct trp_block *block = trp_block_raw(size + 1);
    if (block) {
        block->bytes[size] = 0; /* a story ends in NUL whatever came */
        memcpy(block->bytes, bytes, size);
    }
    put(slot, block ? status : TROUPE_NO_MEMORY, block, size);
}

static void make_ready(struct trp_future_slot *slot)
{
    slot->state = TRP_SLOT_READY;
    wake_waiter(slot);
}

void trp_future_resolve(struct trp_futures *futures, uint64_t id, int status, const void *bytes,
                        size_t size)
{
    lock(futures);
    struct trp_future_slot *slot = trp_slot_find(futures, id);
    if (slot)
        leave_siblings(futures, slot);
    if (slot && slot->state == TRP_SLOT_DROPPED) {
        trp_slot_release(futures, slot, id);
    } else if (slot && slot->state == TRP_SLOT_PENDING) {
        put_copy(slot, status, bytes, size);
        make_ready(slot);
    }
    unlock(futures);
}

void trp_future_resolve_block(struct trp_futures *futures, uint64_t id, struct trp_block *block,
                              size_t size)
{
    lock(futures);
    struct trp_future_slot *slot = trp_slot_find(futures, id);
    if (slot)
        leave_siblings(futures, slot);
    if (slot && slot->state == TRP_SLOT_PENDING) {
        put(slot, TROUPE_OK, block, size);
        make_ready(slot);
    } else {
        if (slot && slot->state == TRP_SLOT_DROPPED)
            trp_slot_release(futures, slot, id);
        trp_block_free(block);
    }
    unlock(futures);
}

const struct troupe_type *trp_future_promise(struct trp_futures *futures, uint64_t id,
                                             struct troupe_ref *target)
{
    lock(futures);
    struct trp_future_slot *slot = trp_slot_find(futures, id);
    bool wanted = slot && slot->state != TRP_SLOT_DROPPED;
    const struct troupe_type *type = wanted ? slot->type : NULL;
    if (wanted)
        *target = slot->target;
    unlock(futures);
    return type;
}

bool trp_future_is_end(struct trp_futures *futures, uint64_t id)
{
    lock(futures);
    const struct trp_future_slot *slot = trp_slot_find(futures, id);
    bool end = slot && slot->end;
    unlock(futures);
    return end;
}

bool trp_future_is_settled(struct trp_futures *futures, uint64_t id)
{
    lock(futures);
    const struct trp_future_slot *slot = trp_slot_find(futures, id);
    bool settled = !slot || slot->state == TRP_SLOT_READY;
    unlock(futures);
    return settled;
}

int trp_future_status(struct trp_futures *futures, uint64_t id)
{
    lock(futures);
    const struct trp_future_slot *slot = trp_slot_find(futures, id);
    int status = TROUPE_NO_FUTURE;
    if (slot && slot->state == TRP_SLOT_READY)
        status = slot->status;
    else if (slot && slot->state == TRP_SLOT_PENDING)
        status = TROUPE_TIMEOUT;
    unlock(futures);
    return status;
}

bool trp_future_is_awaited(struct trp_futures *futures, uint64_t id)
{
    lock(futures);
    const struct trp_future_slot *slot = trp_slot_find(futures, id);
    bool awaited = slot && slot->waiter;
    unlock(futures);
    return awaited;
}

int trp_future_call_off(struct trp_futures *futures, uint64_t id)
{
    lock(futures);
    struct trp_future_slot *slot = trp_slot_find(futures, id);
    int host = slot && slot->state != TRP_SLOT_READY ? host_of_task(slot) : -1;
    if (host >= 0)
        slot->target.place |= CALLED_OFF;
    unlock(futures);
    return host;
}

/* Its hosts may be heard of in any order: the last is the one with the highest number. */
bool trp_future_moved(struct trp_futures *futures, uint64_t id, int host, unsigned times)
{
    lock(futures);
    struct trp_future_slot *slot = trp_slot_find(futures, id);
    bool wanted = slot && slot->state != TRP_SLOT_READY && host_of_task(slot) >= 0;
    uint64_t known = wanted ? slot->target.place : CALLED_OFF;
    bool news = times > (known & MOVES);
    if (wanted && news)
        slot->target.place = trp_task_at(host).place | (known & CALLED_OFF) | times;
    unlock(futures);
    return news && known & CALLED_OFF;
}

void trp_future_adopt(struct trp_futures *futures, uint64_t id, struct trp_children *children)
{
    children->had = true;
    lock(futures);
    struct trp_future_slot *slot = trp_slot_find(futures, id);
    slot->child.siblings = children;
    slot->child.previous = 0;
    slot->child.next = children->first;
    if (children->first)
        child(futures, children->first)->child.previous = (uint32_t)id + 1;
    children->first = (uint32_t)id + 1;
    unlock(futures);
}

void trp_futures_orphan(struct trp_futures *futures, struct trp_children *children)
{
    if (!children->had)
        return;
    lock(futures);
    for (uint32_t n = children->first; n; n = child(futures, n)->child.next)
        child(futures, n)->child.siblings = NULL;
    *children = (struct trp_children){0};
    unlock(futures);
}
