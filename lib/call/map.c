/*
 * Tasks over ranges of indices: see troupe/map.h.
 *
 * The sizes are those of guided self-scheduling (Polychronopoulos, Kuck 1987), with two chunks a
 * slot instead of one, so that a slot need not wait for the next.
 */
#include "troupe/map.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "base/clock.h"
#include "base/log.h"
#include "call/caller.h"
#include "troupe/declare.h"
#include "troupe/method.h"
#include "wire/pack.h"

#define CHUNKS_A_SLOT 2

/* The task that is sent: some indices of another one, with its arguments, packed; gives the
   results, packed as a span if they have pointers, else as they are. */
TROUPE_TASK(troupe_chunk, TROUPE_SPAN(uint64_t), (uint32_t, task), (uint64_t, begin),
            (uint64_t, end), (TROUPE_SPAN(uint64_t), args));

/* ---- on the rank that runs it ---------------------------------------------------------------- */

struct results {
    void *data;
    size_t count;
};

static struct troupe_type span_of(const struct troupe_type *element)
{
    return (struct troupe_type){
        .name = "results", .kind = TROUPE_KIND_SPAN, .size = sizeof(struct results),
        .element = element};
}

/* NULL: there is none. */
static const struct troupe_field *index_of(const struct troupe_method *task)
{
    const struct troupe_type *args = &task->signature->args;
    for (uint32_t i = 0; i < args->count; i++)
        if (!strcmp(args->fields[i].name, "index"))
            return &args->fields[i];
    return NULL;
}

/* As packed; the words are from malloc. */
static TROUPE_SPAN(uint64_t) packed(const struct troupe_type *type, const void *value)
{
    size_t bytes = trp_packed_size(type, value);
    uint64_t *words = bytes < PTRDIFF_MAX ? malloc(bytes + 8) : NULL;
    if (bytes == SIZE_MAX)
        troupe_fail(TROUPE_INVALID, "a span without data, or more than memory has");
    if (!words)
        troupe_fail(TROUPE_NO_MEMORY, "no memory for %zu bytes", bytes);
    trp_pack(type, value, words);
    return (TROUPE_SPAN(uint64_t)){words, bytes / 8};
}

/* A copy: should the task be run again it finds the bytes as they came. */
static void *unpacked(const struct troupe_method *task, TROUPE_SPAN(uint64_t) args)
{
    void *copy = troupe_alloc(8 * args.count);
    memcpy(copy, args.data, 8 * args.count);
    if (!trp_unpack(&task->signature->args, copy, 8 * args.count))
        troupe_fail(TROUPE_BAD_MESSAGE, "the arguments of a task could not be read");
    return copy;
}

static void run_indices(const struct troupe_method *task, char *args, uint64_t begin, uint64_t end,
                        char *values)
{
    size_t size = task->signature->result->size;
    char *index = args + index_of(task)->offset;
    for (uint64_t i = begin; i < end; i++, values += size) {
        memcpy(index, &(size_t){i}, sizeof(size_t));
        task->thunk(NULL, args, values);
        if (troupe_cancelled())
            troupe_fail(TROUPE_CANCELLED, "it was cancelled");
    }
}

/* While its function runs, it is the task that is named in stories. */
static TROUPE_SPAN(uint64_t) on_chunk(uint32_t number, uint64_t begin, uint64_t end,
                                      TROUPE_SPAN(uint64_t) args)
{
    const struct troupe_method *task = trp_task_by_number(number);
    const struct troupe_type *type = task->signature->result;
    struct trp_context *c = trp_caller().context;
    const struct troupe_method *chunk = c->method;
    size_t words = ((end - begin) * type->size + 7) / 8;
    void *values = troupe_alloc(8 * words);
    c->method = task;
    run_indices(task, unpacked(task, args), begin, end, values);
    c->method = chunk;
    if (type->flat)
        return (TROUPE_SPAN(uint64_t)){values, words};
    struct troupe_type results = span_of(type);
    TROUPE_SPAN(uint64_t) span = packed(&results, &(struct results){values, end - begin});
    troupe_defer(free, (void *)(uintptr_t)span.data);
    return span;
}

TROUPE_BODY(troupe_chunk, on_chunk);

/* ---- on the caller's ------------------------------------------------------------------------- */

struct chunk {
    troupe_future future;
    uint64_t begin, end;
};

struct map {
    const struct troupe_method *task;
    struct troupe_method sent; /* what is submitted, named and needing as the task */
    struct troupe_signature signature;
    struct troupe_options with;
    TROUPE_SPAN(uint64_t) args;
    uint64_t begin, next, end;
    double deadline;
    char *values;
    size_t slots, flying;
    troupe_future *futures; /* of those that fly, for troupe_wait */
    struct chunk chunks[];
};

static size_t slots_of_job(const struct troupe_options *with, const struct troupe_needs *needs)
{
    int cpus = with->cpus ? with->cpus : needs ? needs->cpus : 0;
    size_t slots = 0;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        slots += (size_t)(troupe_rank_cpus(rank) / (cpus > 1 ? cpus : 1));
    return slots ? slots : 1;
}

/* Deferred while it goes on. */
static void end_map(void *p)
{
    struct map *map = p;
    for (size_t i = 0; i < map->flying; i++) {
        troupe_cancel_any(map->chunks[i].future);
        troupe_drop_any(map->chunks[i].future);
    }
    free((void *)(uintptr_t)map->args.data);
    free(map->futures);
    free(map);
}

static struct map *begin_map(const struct troupe_method *task, const struct troupe_options *with)
{
    size_t slots = slots_of_job(with, task->needs), room = CHUNKS_A_SLOT * slots;
    struct map *map = calloc(1, sizeof *map + room * sizeof(struct chunk));
    if (map)
        map->futures = calloc(room, sizeof(troupe_future));
    if (!map || !map->futures)
        trp_die("no memory for a map of %zu tasks at a time", room);
    troupe_defer(end_map, map);
    map->task = task;
    map->signature = troupe_chunk_signature;
    map->signature.name = map->signature.owner = task->signature->name;
    map->sent = troupe_chunk_method;
    map->sent.signature = &map->signature;
    map->sent.needs = task->needs;
    map->with = *with;
    map->with.timeout = 0;
    map->deadline = trp_deadline(with->timeout > 0 ? with->timeout : TROUPE_FOREVER);
    map->slots = slots;
    return map;
}

/* About half of what is left goes to as many as there are at a time. */
static void submit(struct map *map)
{
    uint64_t left = map->end - map->next, most = CHUNKS_A_SLOT * map->slots;
    uint64_t size = (left + 2 * most - 1) / (2 * most);
    struct troupe_chunk_args args = {map->task->slot, map->next, map->next + size, map->args};
    struct chunk *chunk = &map->chunks[map->flying];
    chunk->future = troupe_stub_submit(&map->sent, &args, &map->with);
    chunk->begin = args.begin;
    chunk->end = args.end;
    map->flying++;
    map->next += size;
}

static troupe_status failed(struct trp_context *c, const struct map *map, const struct chunk *chunk,
                            troupe_status status)
{
    char text[1024];
    snprintf(text, sizeof text, "%s for %" PRIu64 " to %" PRIu64 " of %" PRIu64 " to %" PRIu64
             ": %s", map->task->signature->name, chunk->begin, chunk->end - 1, map->begin,
             map->end - 1, troupe_story());
    return trp_told(c, status, text);
}

/* What has pointers stays where it came, for as long as what await gives. */
static bool take_results(const struct map *map, const struct chunk *chunk,
                         TROUPE_SPAN(uint64_t) came)
{
    const struct troupe_type *type = map->task->signature->result;
    struct troupe_type span = span_of(type);
    size_t bytes = (chunk->end - chunk->begin) * type->size;
    struct results results = {(void *)(uintptr_t)came.data, chunk->end - chunk->begin};
    if (!type->flat) {
        if (!trp_unpack(&span, results.data, 8 * came.count))
            return false;
        memcpy(&results, results.data, sizeof results);
    }
    if (map->values)
        memcpy(map->values + (chunk->begin - map->begin) * type->size, results.data, bytes);
    return true;
}

static troupe_status take(struct trp_context *c, struct map *map, size_t at)
{
    TROUPE_SPAN(uint64_t) came;
    struct chunk chunk = map->chunks[at];
    struct troupe_scope scope = troupe_scope_begin();
    map->chunks[at] = map->chunks[--map->flying];
    troupe_status status = troupe_get_any(chunk.future, &came, sizeof came, TROUPE_FOREVER);
    if (status == TROUPE_OK && !take_results(map, &chunk, came))
        status = trp_told(c, TROUPE_BAD_MESSAGE, "its results could not be read");
    if (map->task->signature->result->flat)
        troupe_scope_end(scope);
    return status == TROUPE_OK ? TROUPE_OK : failed(c, map, &chunk, status);
}

/* Waits for one at least, and takes all that are there. */
static troupe_status take_some(struct trp_context *c, struct map *map)
{
    for (size_t i = 0; i < map->flying; i++)
        map->futures[i] = map->chunks[i].future;
    double left = map->deadline < 0 ? TROUPE_FOREVER : map->deadline - trp_now();
    if (left < 0 && map->deadline >= 0)
        left = 0;
    if (!troupe_wait(map->futures, map->flying, TROUPE_ANY, left)) {
        trp_told(c, TROUPE_LATE, "not done within the time given (timeout)");
        return failed(c, map, &map->chunks[0], TROUPE_LATE);
    }
    troupe_status status = TROUPE_OK;
    for (size_t i = map->flying; i-- > 0 && status == TROUPE_OK;)
        if (trp_future_status(trp_futures_of(c->rank, map->chunks[i].future.id),
                              map->chunks[i].future.id) != TROUPE_TIMEOUT)
            status = take(c, map, i);
    return status;
}

static troupe_status run(struct trp_context *c, struct map *map)
{
    troupe_status status = TROUPE_OK;
    while (status == TROUPE_OK && (map->next < map->end || map->flying)) {
        while (map->next < map->end && map->flying < CHUNKS_A_SLOT * map->slots)
            submit(map);
        status = take_some(c, map);
    }
    return status;
}

static struct trp_context *waiting_or_die(void)
{
    struct trp_context *c = trp_caller_waiting();
    if (!c)
        trp_die("troupe_map where nobody can wait: in an OpenMP parallel region, a destructor, or "
                "a thread that is not troupe's");
    return c;
}

troupe_status troupe_map_any(const struct troupe_method *task, const void *args, size_t begin,
                             size_t end, void *values, const struct troupe_options *with)
{
    bool outside = trp_call_enter();
    struct trp_context *c = waiting_or_die();
    struct map *map = begin_map(task, with);
    map->args = packed(&task->signature->args, args);
    map->begin = map->next = begin;
    map->end = end > begin ? end : begin;
    map->values = values;
    troupe_status status = run(c, map);
    end_map(trp_context_undefer(c));
    trp_role_leave(outside);
    return status;
}

void troupe_map_check(troupe_status status)
{
    if (status != TROUPE_OK)
        troupe_fail(status, "%s", troupe_story());
}
