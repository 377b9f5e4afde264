#include "schedule/timers.h"

#include <stdlib.h>

#include "base/log.h"
#include "schedule/context.h"

static void put(struct trp_timers *timers, size_t at, struct trp_context *context)
{
    timers->heap[at] = context;
    context->timer = at + 1;
}

static void rise(struct trp_timers *timers, size_t at)
{
    struct trp_context *context = timers->heap[at];
    while (at && timers->heap[(at - 1) / 2]->deadline > context->deadline) {
        put(timers, at, timers->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(timers, at, context);
}

static void sink(struct trp_timers *timers, size_t at)
{
    struct trp_context *context = timers->heap[at];
    for (size_t child; (child = 2 * at + 1) < timers->count; at = child) {
        if (child + 1 < timers->count &&
            timers->heap[child + 1]->deadline < timers->heap[child]->deadline)
            child++;
        if (timers->heap[child]->deadline >= context->deadline)
            break;
        put(timers, at, timers->heap[child]);
    }
    put(timers, at, context);
}

void trp_timers_add(struct trp_timers *timers, struct trp_context *context)
{
    if (timers->count == timers->room) {
        size_t room = timers->room ? 2 * timers->room : 16;
        struct trp_context **heap = realloc(timers->heap, room * sizeof(struct trp_context *));
        if (!heap)
            trp_die("no memory for %zu timers", room);
        timers->heap = heap;
        timers->room = room;
    }
    timers->heap[timers->count++] = context;
    rise(timers, timers->count - 1);
}

void trp_timers_remove(struct trp_timers *timers, struct trp_context *context)
{
    if (!context->timer)
        return;
    size_t at = context->timer - 1;
    context->timer = 0;
    struct trp_context *last = timers->heap[--timers->count];
    if (last == context)
        return;
    put(timers, at, last);
    rise(timers, at);
    sink(timers, last->timer - 1);
}

struct trp_context *trp_timers_due(struct trp_timers *timers, double now)
{
    struct trp_context *first = timers->count ? timers->heap[0] : NULL;
    if (!first || first->deadline > now)
        return NULL;
    trp_timers_remove(timers, first);
    return first;
}

double trp_timers_next(const struct trp_timers *timers)
{
    return timers->count ? timers->heap[0]->deadline : -1;
}

void trp_timers_close(struct trp_timers *timers)
{
    free(timers->heap);
    *timers = (struct trp_timers){0};
}
