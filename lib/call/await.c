/*
 * Waiting for futures and taking what came.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "call/caller.h"
#include "schedule/role.h"
#include "schedule/wait.h"
#include "troupe/future.h"
#include "troupe/method.h"
#include "wire/pack.h"

troupe_status trp_told(struct trp_context *c, troupe_status status, const char *story)
{
    free(c->story);
    c->story = strdup(story);
    return status;
}

const char *troupe_story(void)
{
    const struct trp_context *c = trp_caller().context;
    return c && c->story ? c->story : "";
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* Those of the scheduler's thread are in a table without a lock: not for tasks and their teams. */
static bool strange(const struct trp_context *c, uint64_t id)
{
    return !trp_on_scheduler(c) && !trp_future_is_shared(id);
}

static troupe_status check(struct trp_context *c, struct trp_futures *futures, uint64_t id,
                           size_t size)
{
    struct troupe_ref target;
    if (strange(c, id))
        return trp_told(c, TROUPE_NOT_HERE, "the future is the driver's or a light method's");
    const struct troupe_type *type = trp_future_promise(futures, id, &target);
    if (!type)
        return trp_told(c, TROUPE_NO_FUTURE, troupe_status_text(TROUPE_NO_FUTURE));
    if (type->size != size)
        return trp_told(c, TROUPE_INVALID, "the future is of a value of another size");
    return TROUPE_OK;
}

static bool asks_itself(const struct trp_context *c, struct trp_futures *futures, uint64_t id)
{
    struct troupe_ref target;
    return c->actor && trp_future_promise(futures, id, &target) &&
           trp_ref_same(target, trp_actor_ref(c->actor)) &&
           (!trp_actor_is_shared(c->actor) || trp_future_is_end(futures, id));
}

/* A call is taken back: it would only come to this point again. */
static troupe_status refuse_own(struct trp_context *c, struct trp_futures *futures, uint64_t id)
{
    if (trp_future_is_end(futures, id)) {
        trp_future_drop(futures, id);
        return trp_told(c, TROUPE_INVALID,
                        "it waits for its own actor's end, which cannot come before this method's");
    }
    if (!trp_actor_unask(c->actor, id))
        trp_die("no memory to take back a call");
    trp_future_drop(futures, id);
    return trp_told(c, TROUPE_INVALID,
                      "it waits for its own method, which cannot run before this one ends");
}

/* Until the future is ready. One look at the wire at least, however short the time. */
static troupe_status wait_ready(struct trp_context *c, struct trp_futures *futures, uint64_t id,
                                double deadline)
{
    for (bool expired = false;; expired = deadline >= 0 && trp_now() >= deadline) {
        trp_wait_prepare(c);
        enum trp_future_state state = trp_future_watch(futures, id, c);
        if (state == TRP_FUTURE_READY)
            return TROUPE_OK;
        if (state == TRP_FUTURE_PENDING && asks_itself(c, futures, id)) {
            trp_future_unwatch(futures, id, c);
            return refuse_own(c, futures, id);
        }
        if (state == TRP_FUTURE_AWAITED)
            return trp_told(c, TROUPE_INVALID, "somebody else waits for this future");
        if (state == TRP_FUTURE_NONE)
            return trp_told(c, TROUPE_NO_FUTURE, troupe_status_text(TROUPE_NO_FUTURE));
        if (expired)
            break;
        if (!c->cancelled) /* while it computed */
            trp_wait(c, deadline);
        if (c->cancelled) {
            trp_future_unwatch(futures, id, c);
            trp_future_drop(futures, id);
        }
        trp_caller_check(c);
    }
    trp_future_unwatch(futures, id, c);
    return trp_told(c, TROUPE_TIMEOUT, troupe_status_text(TROUPE_TIMEOUT));
}

/* ---- taking ---------------------------------------------------------------------------------- */

static void *scratch(struct trp_context *c, size_t size)
{
    if (size <= sizeof c->value)
        return c->value;
    if (size > c->scratch_room) {
        free(c->scratch);
        c->scratch = malloc(size);
        c->scratch_room = size;
        if (!c->scratch)
            trp_die("no memory for a result of %zu bytes", size);
    }
    return c->scratch;
}

/* A value without pointers into the scratch of the context; one with them stays in its block, which
   goes with the context. NULL: it was damaged. */
static void *unwrap(struct trp_context *c, struct trp_outcome *outcome)
{
    void *bytes = outcome->block ? outcome->block->bytes : (void *)outcome->small;
    const struct troupe_type *type = outcome->type;
    if (type->kind == TROUPE_KIND_VOID)
        return memset(scratch(c, type->size), 0, type->size);
    if (outcome->size < type->size)
        return NULL;
    if (type->flat) {
        void *value = memcpy(scratch(c, type->size), bytes, type->size);
        trp_block_free(outcome->block);
        return value;
    }
    struct trp_block *block = outcome->block;
    if (!block && (block = trp_block_new(outcome->size)))
        memcpy(block->bytes, outcome->small, outcome->size);
    if (!block)
        trp_die("no memory for a result of %zu bytes", outcome->size);
    trp_arena_push(&c->arena, block);
    return trp_unpack(type, block->bytes, outcome->size) ? block->bytes : NULL;
}

static troupe_status take(struct trp_context *c, struct trp_futures *futures, uint64_t id,
                          void **value)
{
    struct trp_outcome outcome = trp_future_take(futures, id);
    if (outcome.status == TROUPE_OK) {
        *value = unwrap(c, &outcome);
        return *value ? TROUPE_OK
                      : trp_told(c, TROUPE_BAD_MESSAGE, troupe_status_text(TROUPE_BAD_MESSAGE));
    }
    const char *story = outcome.block ? (const char *)outcome.block->bytes
                                      : troupe_status_text(outcome.status);
    trp_told(c, TROUPE_FAILED, story);
    trp_block_free(outcome.block);
    return (troupe_status)outcome.status;
}

static troupe_status settle(struct trp_context *c, troupe_future future, size_t size,
                            double deadline, void **value)
{
    struct trp_futures *futures = trp_futures_of(c->rank, future.id);
    troupe_status status = check(c, futures, future.id, size);
    if (status == TROUPE_OK)
        status = wait_ready(c, futures, future.id, deadline);
    if (status == TROUPE_OK)
        status = take(c, futures, future.id, value);
    return status;
}

/* ---- what users call ------------------------------------------------------------------------- */

#define NOT_HERE \
    "inside an OpenMP parallel region, a thread that is not troupe's, a destructor, a deferred " \
    "function, or between troupe_mpi_begin and troupe_mpi_end: only the driver, methods and " \
    "tasks can wait"

static struct trp_context *waiting_or_die(void)
{
    struct trp_context *c = trp_caller_waiting();
    if (!c)
        trp_die("await " NOT_HERE);
    return c;
}

/* False: what comes next is the long way. */
static bool wait_simply(struct trp_context *c, uint64_t id)
{
    bool came = trp_wait_future(c, id);
    if (!came && c->cancelled) {
        trp_future_drop(&c->rank->futures, id);
        trp_caller_check(c);
    }
    return came;
}

static void *await(struct trp_context *c, troupe_future future, size_t size, bool outside)
{
    if (!c->worker && wait_simply(c, future.id) &&
        trp_future_take_small(&c->rank->futures, future.id, size, c->value)) {
        trp_role_leave(outside);
        return c->value;
    }
    void *value = NULL;
    troupe_status status = settle(c, future, size, -1, &value);
    if (status != TROUPE_OK)
        trp_fail(c, status, troupe_story());
    trp_role_leave(outside);
    return value;
}

__attribute__((noinline)) static void *await_away(troupe_future future, size_t size)
{
    bool outside = trp_call_enter();
    return await(waiting_or_die(), future, size, outside);
}

void *troupe_await_any(troupe_future future, size_t size)
{
    uint32_t calls = trp_call_begin();
    struct trp_context *c = trp_call_context();
    if (!c || !trp_may_wait(c)) {
        trp_call_undo(calls);
        return await_away(future, size);
    }
    if (!trp_future_take_small(&c->rank->futures, future.id, size, c->value))
        return await(c, future, size, !(calls & 1));
    trp_call_end(calls);
    return c->value;
}

static troupe_status get(troupe_future future, void *value, size_t size, double seconds)
{
    struct trp_context *c = trp_caller_waiting(), *any = trp_caller().context;
    if (!c)
        return any ? trp_told(any, TROUPE_NOT_HERE, "get " NOT_HERE) : TROUPE_NOT_HERE;
    void *came = NULL;
    troupe_status status = settle(c, future, size, trp_deadline(seconds), &came);
    if (status == TROUPE_OK)
        memcpy(value, came, size);
    return status;
}

troupe_status troupe_get_any(troupe_future future, void *value, size_t size, double seconds)
{
    bool outside = trp_call_enter();
    troupe_status status = get(future, value, size, seconds);
    trp_role_leave(outside);
    return status;
}

void troupe_await_each(const troupe_future *futures, size_t n, void *values, size_t size)
{
    for (size_t i = 0; i < n; i++)
        memcpy((char *)values + i * size, troupe_await_any(futures[i], size), size);
}

/* ---- lists of futures ------------------------------------------------------------------------ */

/* A future that is no more is as good as ready: whoever takes it is told at once. */
static bool pending(struct trp_context *c, troupe_future future)
{
    struct trp_futures *futures = trp_futures_of(c->rank, future.id);
    if (strange(c, future.id) || trp_future_watch(futures, future.id, c) != TRP_FUTURE_PENDING)
        return false;
    if (!asks_itself(c, futures, future.id))
        return true;
    trp_future_unwatch(futures, future.id, c);
    return false; /* its own method: whoever awaits that is told */
}

static void unwatch_all(struct trp_context *c, const troupe_future *futures, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strange(c, futures[i].id))
            trp_future_unwatch(trp_futures_of(c->rank, futures[i].id), futures[i].id, c);
}

static size_t count_ready(struct trp_context *c, const troupe_future *futures, size_t n,
                          size_t want)
{
    size_t ready = 0;
    for (size_t i = 0; i < n && ready < want; i++)
        ready += !pending(c, futures[i]);
    return ready;
}

static size_t wait_for(struct trp_context *c, const troupe_future *futures, size_t n, size_t want,
                       double seconds)
{
    double deadline = trp_deadline(seconds);
    want = want < n ? want : n;
    size_t ready, first = 0;
    for (bool expired = false;; expired = deadline >= 0 && trp_now() >= deadline) {
        trp_wait_prepare(c);
        /* For all of them it is enough to wait for one after the other. */
        while (want == n && first < n && !pending(c, futures[first]))
            first++;
        ready = want == n ? first : count_ready(c, futures, n, want);
        if (ready >= want || expired)
            break;
        if (!c->cancelled)
            trp_wait(c, deadline);
        if (c->cancelled)
            unwatch_all(c, futures, n);
        trp_caller_check(c);
    }
    if (ready < want)
        ready = count_ready(c, futures, n, n);
    unwatch_all(c, futures, n);
    return ready;
}

size_t troupe_wait(const troupe_future *futures, size_t n, size_t want, double seconds)
{
    bool outside = trp_call_enter();
    struct trp_context *c = trp_caller_waiting();
    size_t ready = c ? wait_for(c, futures, n, want, seconds) : 0;
    trp_role_leave(outside);
    return ready;
}

static bool is_done(troupe_future future)
{
    struct trp_context *c = trp_caller_waiting();
    struct trp_futures *futures = c ? trp_futures_of(c->rank, future.id) : NULL;
    if (!c || strange(c, future.id) || !asks_itself(c, futures, future.id))
        return troupe_wait(&future, 1, 1, 0) == 1;
    enum trp_future_state state = trp_future_watch(futures, future.id, c);
    trp_future_unwatch(futures, future.id, c);
    return state == TRP_FUTURE_READY;
}

bool troupe_done_any(troupe_future future)
{
    bool outside = trp_call_enter();
    bool done = is_done(future);
    trp_role_leave(outside);
    return done;
}

void troupe_drop_any(troupe_future future)
{
    bool outside = trp_call_enter();
    struct trp_caller caller = trp_caller();
    if (future.id && strange(caller.context, future.id))
        trp_log(TRP_LOG_WARNING, "a future of the driver or a light method was dropped by a task");
    else if (future.id)
        trp_future_drop(trp_futures_of(caller.rank, future.id), future.id);
    trp_role_leave(outside);
}

bool troupe_same_ref(struct troupe_ref a, struct troupe_ref b)
{
    return trp_ref_same(a, b);
}

struct troupe_scope troupe_scope_begin(void)
{
    struct trp_context *c = trp_caller().context;
    return (struct troupe_scope){c ? trp_arena_mark(&c->arena) : NULL};
}

void troupe_scope_end(struct troupe_scope scope)
{
    struct trp_context *c = trp_caller().context;
    if (c && !trp_arena_has(&c->arena, scope.mark))
        trp_die("troupe_scope_end of a scope that has ended: scopes nest");
    if (c)
        trp_arena_release(&c->arena, scope.mark);
}
