#include "schedule/context.h"

#include <stdlib.h>

#include "schedule/role.h"

__thread struct troupe_lanes troupe_lanes;
_Thread_local struct trp_here trp_here __attribute__((tls_model("initial-exec"))) = {.away = true};

__attribute__((noinline)) struct trp_context *trp_current(void)
{
    __asm__ volatile("");
    bool hidden = __atomic_load_n(&trp_here.row, __ATOMIC_ACQUIRE); /* partner: trp_row_show */
    return hidden ? trp_row_context() : trp_here.current;
}

__attribute__((noinline)) void trp_set_current(struct trp_context *context)
{
    __asm__ volatile("");
    trp_here.current = context;
    __atomic_store_n(&troupe_lanes.ranks, 0, __ATOMIC_RELAXED); /* so does role.c */
}

struct trp_deferred {
    struct trp_deferred *below;
    void (*fn)(void *);
    void *p;
};

bool trp_context_defer(struct trp_context *context, void (*fn)(void *), void *p)
{
    struct trp_deferred *deferred = malloc(sizeof *deferred);
    if (!deferred)
        return false;
    *deferred = (struct trp_deferred){context->deferred, fn, p};
    context->deferred = deferred;
    return true;
}

void *trp_context_undefer(struct trp_context *context)
{
    struct trp_deferred *deferred = context->deferred;
    void *p = deferred->p;
    context->deferred = deferred->below;
    free(deferred);
    return p;
}

void trp_context_reuse(struct trp_context *context)
{
    trp_context_release(context);
    context->exiting = context->guest = false;
    context->cancelled = 0;
}

void trp_context_release(struct trp_context *context)
{
    context->releasing = true;
    while (context->deferred) {
        struct trp_deferred *deferred = context->deferred;
        context->deferred = deferred->below;
        deferred->fn(deferred->p);
        free(deferred);
    }
    context->releasing = false;
    trp_arena_release(&context->arena, NULL);
    free(context->story);
    free(context->scratch);
    free(context->cancelled_by);
    context->story = NULL;
    context->scratch = NULL;
    context->scratch_room = 0;
    context->cancelled_by = NULL;
}
