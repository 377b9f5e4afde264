/*
 * Pools of actors: see troupe/pool.h. All of a pool is its owner's, on his thread; what comes of
 * its calls stands in his table of futures, and is looked at there.
 */
#include "troupe/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "call/caller.h"
#include "troupe/future.h"
#include "troupe/life.h"
#include "troupe/method.h"
#include "troupe/stub.h"
#include "wire/record.h"

struct member {
    struct troupe_ref actor;
    troupe_future call;  /* that it is in, or was; the pool's, or a map's */
    troupe_future sign;  /* of life, after a call that makes one doubt it */
    troupe_future end;
    bool made;
};

/* A call that was submitted and is not got. */
struct sent {
    troupe_future future;
    const struct troupe_method *method;
    size_t number;
};

struct troupe_pool {
    struct member *members;
    size_t count, room, chosen;
    struct sent *sent; /* oldest first */
    size_t sent_count, sent_room;
    size_t number;   /* of the next call */
    bool shared;     /* its futures are those of tasks */
    char *last_end;  /* the story of who ended last */
};

/* ---- what is known of a future --------------------------------------------------------------- */

static struct trp_context *owner(void)
{
    struct trp_context *c = trp_caller_waiting();
    if (!c)
        trp_die("a pool can be used by the driver, methods and tasks only, and not in an OpenMP "
                "parallel region or a destructor");
    return c;
}

static struct trp_context *owner_of(const troupe_pool *pool)
{
    struct trp_context *c = owner();
    if (!pool)
        trp_fail(c, TROUPE_INVALID, "the pool is empty: a variable that was never set");
    if (pool->shared == trp_on_scheduler(c))
        trp_fail(c, TROUPE_NOT_HERE, "the pool is another one's: it is for who made it");
    return c;
}

/* TROUPE_TIMEOUT: nothing has come yet; TROUPE_NO_FUTURE: it was dropped. */
static int status_of(const struct trp_context *c, troupe_future future)
{
    return trp_future_status(trp_futures_of(c->rank, future.id), future.id);
}

static bool is_settled(const struct trp_context *c, troupe_future future)
{
    return status_of(c, future) != TROUPE_TIMEOUT;
}

/* ---- members --------------------------------------------------------------------------------- */

/* An ask without a method: an actor refuses it in its turn, and so tells that it is alive, and done
   with what came before. One that has ended fails it with TROUPE_ENDED. */
static troupe_future ask_for_sign(struct troupe_ref actor)
{
    static const struct troupe_signature signature = {
        .owner = "pool",
        .name = "sign",
        .role = TROUPE_ROLE_ASK,
        .args = {.name = "arguments", .kind = TROUPE_KIND_STRUCT, .flat = true, .size = 1},
        .result = &troupe_type_void};
    static const struct troupe_method none = {.signature = &signature, .slot = TRP_SLOTS_MAX};
    return troupe_stub_ask(actor, &none, "", NULL);
}

static void forget(troupe_pool *pool, struct member *member)
{
    troupe_drop_any(member->sign);
    troupe_drop_any(member->end);
    *member = pool->members[--pool->count];
}

static void keep_story(troupe_pool *pool, const char *story)
{
    free(pool->last_end);
    pool->last_end = strdup(story);
}

/* Its call is answered: is it as good as before? */
static void look_back(const struct trp_context *c, struct member *member)
{
    int status = status_of(c, member->call);
    member->call = (troupe_future){0};
    if (status == TROUPE_ENDED || status == TROUPE_LATE || status == TROUPE_NO_FUTURE)
        member->sign = ask_for_sign(member->actor);
}

/* False: it has ended. */
static bool is_alive(const struct trp_context *c, troupe_pool *pool, struct member *member)
{
    troupe_void nothing;
    troupe_end end;
    if (is_settled(c, member->end)) {
        if (troupe_get_any(member->end, &end, sizeof end, 0) == TROUPE_OK)
            keep_story(pool, end.story);
        else
            keep_story(pool, troupe_story());
        return false;
    }
    if (!member->sign.id || !is_settled(c, member->sign))
        return true;
    troupe_status status = troupe_get_any(member->sign, &nothing, sizeof nothing, 0);
    member->sign = (troupe_future){0};
    if (status == TROUPE_ENDED)
        keep_story(pool, troupe_story());
    return status != TROUPE_ENDED;
}

static bool is_idle(const struct member *member)
{
    return !member->call.id && !member->sign.id;
}

/* What has come is seen to; returns how many are idle. */
static size_t look_at_members(const struct trp_context *c, troupe_pool *pool)
{
    size_t idle = 0;
    for (size_t i = 0; i < pool->count;) {
        struct member *member = &pool->members[i];
        if (member->call.id && is_settled(c, member->call))
            look_back(c, member);
        if (!is_alive(c, pool, member)) {
            forget(pool, member);
            continue;
        }
        idle += is_idle(member);
        i++;
    }
    return idle;
}

static troupe_future *list_of(size_t n)
{
    troupe_future *list = calloc(n + 1, sizeof *list);
    if (!list)
        trp_die("no memory to wait for %zu calls", n);
    return list;
}

/* The list is freed, whether the caller comes back or not. */
static void wait_for_one(troupe_future *list, size_t n, double seconds)
{
    troupe_defer(free, list);
    troupe_wait(list, n, TROUPE_ANY, seconds);
    free(trp_context_undefer(trp_caller().context));
}

/* Until something has come for one of the busy ones, or for no longer than so many seconds. */
static void wait_for_members(troupe_pool *pool, double seconds)
{
    size_t n = 0;
    troupe_future *list = list_of(2 * pool->count);
    for (size_t i = 0; i < pool->count; i++) {
        const struct member *member = &pool->members[i];
        if (!is_idle(member))
            list[n++] = member->call.id ? member->call : member->sign;
        list[n++] = member->end;
    }
    wait_for_one(list, n, seconds);
}

static size_t count_idle(const struct trp_context *c, troupe_pool *pool)
{
    wait_for_members(pool, 0);
    return look_at_members(c, pool);
}

/* Those that are idle take turns. False: there is no actor left. */
static bool choose(const struct trp_context *c, troupe_pool *pool)
{
    while (look_at_members(c, pool) == 0) {
        if (!pool->count)
            return false;
        wait_for_members(pool, TROUPE_FOREVER);
    }
    for (size_t i = 1; i <= pool->count; i++) {
        size_t at = (pool->chosen + i) % pool->count;
        if (is_idle(&pool->members[at])) {
            pool->chosen = at;
            break;
        }
    }
    return true;
}

__attribute__((noreturn)) static void nobody_left(const troupe_pool *pool)
{
    troupe_fail(TROUPE_ENDED, "the pool has no actor left%s%s", pool->last_end ? ": " : "",
                pool->last_end ? pool->last_end : "");
}

/* ---- a pool and its actors ------------------------------------------------------------------- */

/* One more fits into the array. */
static void *grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? 2 * *room : 8;
    array = realloc(array, *room * size);
    if (!array)
        trp_die("no memory for a pool of %zu", count);
    return array;
}

troupe_pool *troupe_pool_begin(void)
{
    const struct trp_context *c = owner();
    troupe_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        trp_die("no memory for a pool");
    pool->shared = !trp_on_scheduler(c);
    return pool;
}

void troupe_pool_add_ref(troupe_pool *pool, struct troupe_ref actor, bool made)
{
    struct trp_context *c = owner_of(pool);
    if (c->actor && trp_ref_same(actor, trp_actor_ref(c->actor)))
        trp_fail(c, TROUPE_INVALID, "an actor cannot be in a pool of its own: it would wait for "
                                    "itself");
    pool->members = grow(pool->members, pool->count, &pool->room, sizeof *pool->members);
    pool->members[pool->count++] =
        (struct member){.actor = actor, .made = made, .end = troupe_ended_ref(actor).any};
}

bool troupe_pool_remove_ref(troupe_pool *pool, struct troupe_ref actor)
{
    troupe_pool_idle(pool);
    for (size_t i = 0; i < pool->count; i++)
        if (trp_ref_same(pool->members[i].actor, actor)) {
            forget(pool, &pool->members[i]);
            return true;
        }
    return false;
}

size_t troupe_pool_size(troupe_pool *pool)
{
    troupe_pool_idle(pool);
    return pool->count;
}

size_t troupe_pool_idle(troupe_pool *pool)
{
    bool outside = trp_call_enter();
    size_t idle = count_idle(owner_of(pool), pool);
    trp_role_leave(outside);
    return idle;
}

void troupe_pool_end(troupe_pool *pool)
{
    if (!pool)
        troupe_fail(TROUPE_INVALID, "the pool is empty: a variable that was never set");
    for (size_t i = 0; i < pool->count; i++) {
        if (pool->members[i].made)
            troupe_stop_ref(pool->members[i].actor);
        troupe_drop_any(pool->members[i].sign);
        troupe_drop_any(pool->members[i].end);
    }
    for (size_t i = 0; i < pool->sent_count; i++)
        troupe_drop_any(pool->sent[i].future);
    free(pool->members);
    free(pool->sent);
    free(pool->last_end);
    free(pool);
}

/* ---- one call after the other ---------------------------------------------------------------- */

struct troupe_ref troupe_pool_choose(troupe_pool *pool)
{
    bool outside = trp_call_enter();
    if (!choose(owner_of(pool), pool))
        nobody_left(pool);
    trp_role_leave(outside);
    return pool->members[pool->chosen].actor;
}

size_t troupe_pool_submitted(troupe_pool *pool, const struct troupe_method *method,
                             troupe_future future)
{
    pool->members[pool->chosen].call = future;
    pool->sent = grow(pool->sent, pool->sent_count, &pool->sent_room, sizeof *pool->sent);
    pool->sent[pool->sent_count++] = (struct sent){future, method, pool->number};
    return pool->number++;
}

bool troupe_pool_has_next(troupe_pool *pool)
{
    owner_of(pool);
    return pool->sent_count;
}

/* Where the first call of that method stands, of those that are answered or of all. */
static size_t find_sent(const struct trp_context *c, const troupe_pool *pool,
                        const struct troupe_method *method, bool answered)
{
    size_t i = 0;
    while (i < pool->sent_count && (pool->sent[i].method != method ||
                                    (answered && !is_settled(c, pool->sent[i].future))))
        i++;
    return i;
}

/* Until one of them is answered. */
static void wait_for_sent(const troupe_pool *pool, const struct troupe_method *method)
{
    size_t n = 0;
    troupe_future *list = list_of(pool->sent_count);
    for (size_t i = 0; i < pool->sent_count; i++)
        if (pool->sent[i].method == method)
            list[n++] = pool->sent[i].future;
    wait_for_one(list, n, TROUPE_FOREVER);
}

static troupe_status next(struct trp_context *c, troupe_pool *pool,
                          const struct troupe_method *method, void *value, size_t size,
                          size_t *number)
{
    size_t at = find_sent(c, pool, method, number);
    if (at == pool->sent_count && number && find_sent(c, pool, method, false) < at) {
        wait_for_sent(pool, method);
        at = find_sent(c, pool, method, true);
    }
    if (at == pool->sent_count)
        return trp_told(c, TROUPE_NO_FUTURE, "no call of that method is left to be got");
    struct sent sent = pool->sent[at];
    if (number)
        *number = sent.number;
    /* It is taken out only then: a caller that is killed meanwhile leaves it to the pool's end. */
    troupe_wait(&sent.future, 1, 1, TROUPE_FOREVER);
    look_at_members(c, pool);
    memmove(&pool->sent[at], &pool->sent[at + 1], (--pool->sent_count - at) * sizeof sent);
    return troupe_get_any(sent.future, value, size, TROUPE_FOREVER);
}

troupe_status troupe_pool_next_any(troupe_pool *pool, const struct troupe_method *method,
                                   void *value, size_t size, size_t *number)
{
    bool outside = trp_call_enter();
    troupe_status status = next(owner_of(pool), pool, method, value, size, number);
    trp_role_leave(outside);
    return status;
}

/* ---- many at once ---------------------------------------------------------------------------- */

struct mapping {
    troupe_future *futures;
    size_t sent, good, got, failed, n; /* good: so many, the first ones, did not fail */
};

/* Deferred while it goes on, should its caller be killed. */
static void drop_rest(void *p)
{
    struct mapping *mapping = p;
    for (size_t i = mapping->got; i < mapping->sent; i++)
        troupe_drop_any(mapping->futures[i]);
    free(mapping->futures);
    free(mapping);
}

static struct mapping *begin_mapping(size_t n)
{
    struct mapping *mapping = calloc(1, sizeof *mapping);
    if (mapping)
        mapping->futures = calloc(n + 1, sizeof(troupe_future));
    if (!mapping || !mapping->futures)
        trp_die("no memory for %zu calls", n);
    mapping->n = n;
    troupe_defer(drop_rest, mapping);
    return mapping;
}

/* The first one that did not end well yet has failed. */
static bool has_failed(const struct trp_context *c, struct mapping *mapping)
{
    int status = TROUPE_OK;
    while (mapping->good < mapping->sent && status == TROUPE_OK) {
        status = status_of(c, mapping->futures[mapping->good]);
        mapping->good += status == TROUPE_OK;
    }
    return status != TROUPE_OK && status != TROUPE_TIMEOUT;
}

/* Fewer than all, where no actor is left, or where none may fail and one has. */
static void send_all(const struct trp_context *c, troupe_pool *pool, struct mapping *mapping,
                     const struct troupe_method *method, const char *args, bool may_fail)
{
    while (mapping->sent < mapping->n && choose(c, pool) && (may_fail || !has_failed(c, mapping))) {
        const void *one = args + mapping->sent * method->signature->args.size;
        struct troupe_ref actor = pool->members[pool->chosen].actor;
        troupe_future future = troupe_stub_ask(actor, method, one, NULL);
        pool->members[pool->chosen].call = future;
        mapping->futures[mapping->sent++] = future;
    }
}

static troupe_status get_one(const struct trp_context *c, troupe_pool *pool,
                             struct mapping *mapping, void *value, size_t size)
{
    troupe_future future = mapping->futures[mapping->got];
    troupe_wait(&future, 1, 1, TROUPE_FOREVER);
    look_at_members(c, pool);
    mapping->got++;
    return troupe_get_any(future, value, size, TROUPE_FOREVER);
}

/* How many failed; those that were never sent are among them. */
static size_t get_all(const struct trp_context *c, troupe_pool *pool, struct mapping *mapping,
                      char *values, size_t size, troupe_status *statuses)
{
    memset(values, 0, mapping->n * size);
    for (size_t i = 0; i < mapping->n; i++) {
        troupe_status status = TROUPE_ENDED;
        if (i < mapping->sent)
            status = get_one(c, pool, mapping, values + i * size, size);
        if (status != TROUPE_OK && !statuses && i < mapping->sent)
            troupe_fail(status, "call %zu of %zu: %s", i, mapping->n, troupe_story());
        if (status != TROUPE_OK && !statuses)
            nobody_left(pool);
        if (statuses)
            statuses[i] = status;
        mapping->failed += status != TROUPE_OK;
    }
    return mapping->failed;
}

size_t troupe_pool_map_any(troupe_pool *pool, const struct troupe_method *method, const void *args,
                           size_t n, void *values, size_t size, troupe_status *statuses)
{
    bool outside = trp_call_enter();
    struct trp_context *c = owner_of(pool);
    struct mapping *mapping = begin_mapping(n);
    send_all(c, pool, mapping, method, args, statuses);
    size_t failed = get_all(c, pool, mapping, values, size, statuses);
    drop_rest(trp_context_undefer(c));
    trp_role_leave(outside);
    return failed;
}
