/*
 * What is to happen at a moment: a binary heap, earliest first. One thread at a time.
 *
 * A timer lies in what it belongs to; `fire` says what is to be done.
 */
#ifndef TRP_TIMERS_H
#define TRP_TIMERS_H

#include <stddef.h>

struct trp_timer {
    double at;    /* a trp_now() time */
    size_t place; /* in the heap, + 1; 0: in none */
    void (*fire)(struct trp_timer *timer);
};

struct trp_timers {
    struct trp_timer **heap;
    size_t count, room;
};

void trp_timers_add(struct trp_timers *timers, struct trp_timer *timer);    /* in none yet */
void trp_timers_remove(struct trp_timers *timers, struct trp_timer *timer); /* in none: fine */
struct trp_timer *trp_timers_due(struct trp_timers *timers, double now); /* removes it; or NULL */
double trp_timers_next(const struct trp_timers *timers); /* the moment; negative: none */
void trp_timers_close(struct trp_timers *timers);

#endif
