#include "schedule/timers.h"

#include <stdlib.h>

#include "base/log.h"

static void put(struct trp_timers *timers, size_t at, struct trp_timer *timer)
{
    timers->heap[at] = timer;
    timer->place = at + 1;
}

static void rise(struct trp_timers *timers, size_t at)
{
    struct trp_timer *timer = timers->heap[at];
    while (at && timers->heap[(at - 1) / 2]->at > timer->at) {
        put(timers, at, timers->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(timers, at, timer);
}

static void sink(struct trp_timers *timers, size_t at)
{
    struct trp_timer *timer = timers->heap[at];
    for (size_t child; (child = 2 * at + 1) < timers->count; at = child) {
        if (child + 1 < timers->count && timers->heap[child + 1]->at < timers->heap[child]->at)
            child++;
        if (timers->heap[child]->at >= timer->at)
            break;
        put(timers, at, timers->heap[child]);
    }
    put(timers, at, timer);
}

void trp_timers_add(struct trp_timers *timers, struct trp_timer *timer)
{
    if (timers->count == timers->room) {
        size_t room = timers->room ? 2 * timers->room : 16;
        struct trp_timer **heap = realloc(timers->heap, room * sizeof(struct trp_timer *));
        if (!heap)
            trp_die("no memory for %zu timers", room);
        timers->heap = heap;
        timers->room = room;
    }
    timers->heap[timers->count++] = timer;
    rise(timers, timers->count - 1);
}

void trp_timers_remove(struct trp_timers *timers, struct trp_timer *timer)
{
    if (!timer->place)
        return;
    size_t at = timer->place - 1;
    timer->place = 0;
    struct trp_timer *last = timers->heap[--timers->count];
    if (last == timer)
        return;
    put(timers, at, last);
    rise(timers, at);
    sink(timers, last->place - 1);
}

struct trp_timer *trp_timers_due(struct trp_timers *timers, double now)
{
    struct trp_timer *first = timers->count ? timers->heap[0] : NULL;
    if (!first || first->at > now)
        return NULL;
    trp_timers_remove(timers, first);
    return first;
}

double trp_timers_next(const struct trp_timers *timers)
{
    return timers->count ? timers->heap[0]->at : -1;
}

void trp_timers_close(struct trp_timers *timers)
{
    free(timers->heap);
    *timers = (struct trp_timers){0};
}
