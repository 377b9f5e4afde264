/*
 * Contexts that want to be woken at a moment: a binary heap, earliest first. One thread at a time.
 */
#ifndef TRP_TIMERS_H
#define TRP_TIMERS_H

#include <stddef.h>

struct trp_context;

struct trp_timers {
    struct trp_context **heap;
    size_t count, room;
};

/* The context's deadline, a trp_now() time, says when; a context is in one heap once at most. */
void trp_timers_add(struct trp_timers *timers, struct trp_context *context);
void trp_timers_remove(struct trp_timers *timers, struct trp_context *context); /* absent: fine */
struct trp_context *trp_timers_due(struct trp_timers *timers, double now); /* removes it; or NULL */
double trp_timers_next(const struct trp_timers *timers); /* the moment; negative: none */
void trp_timers_close(struct trp_timers *timers);

#endif
