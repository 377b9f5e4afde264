/*
 * The stacks that one thread's loop runs on.
 *
 * A loop runs what there is to do on its own stack, without a switch. What must wait in the middle
 * is parked there, with its stack, and the loop goes on on another one: so a stack that holds
 * a waiting frame never runs anything else, and nobody waits for a stranger beneath him.
 *
 * It knows stacks; it refuses to know what is parked and why. All calls come from the thread that
 * the carrier belongs to. It owns its stacks but those that are parked.
 */
#ifndef TRP_CARRIER_H
#define TRP_CARRIER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/stack.h"

#define TRP_SPARES_KEPT 64 /* more are given back to the system */

struct trp_carrier {
    struct trp_stack *running;
    struct trp_stack *native; /* what ran first */
    struct trp_stack **spare; /* loops that stand still, ready to go on */
    size_t spares, spare_room;
    struct trp_stack *abandoned; /* left for ever by a failure, to be cleaned by who comes next */
    trp_stack_entry *loop;       /* what a new stack runs; never returns */
    void *arg;
    size_t stack_bytes;
};

/* `native` is what runs when the carrier opens, and is the caller's; `loop` calls
   trp_carrier_arrive first. */
void trp_carrier_open(struct trp_carrier *carrier, struct trp_stack *native,
                      trp_stack_entry *loop, void *arg, size_t bytes);

/* On the native stack, or when nothing runs on any of them any more. */
void trp_carrier_close(struct trp_carrier *carrier);

/* Whoever comes to a stack cleans up first. */
void trp_carrier_arrive(struct trp_carrier *carrier);

/* A new stack for a loop; no memory ends the process. */
struct trp_stack *trp_carrier_new_loop(struct trp_carrier *carrier);

/* More room in the list of spares; likewise. */
void trp_carrier_grow(struct trp_carrier *carrier);

static inline void trp_carrier_keep(struct trp_carrier *carrier, struct trp_stack *stack)
{
    if (carrier->spares == carrier->spare_room)
        trp_carrier_grow(carrier);
    carrier->spare[carrier->spares++] = stack;
}

static inline struct trp_stack *trp_carrier_next_loop(struct trp_carrier *carrier)
{
    return carrier->spares ? carrier->spare[--carrier->spares] : trp_carrier_new_loop(carrier);
}

static inline void trp_carrier_go(struct trp_carrier *carrier, struct trp_stack *to)
{
    struct trp_stack *from = carrier->running;
    carrier->running = to;
    trp_stack_switch(from, to);
    if (carrier->abandoned || carrier->spares > TRP_SPARES_KEPT)
        trp_carrier_arrive(carrier);
}

/* Leaves the running stack in *where and goes on in a loop; returns when it is resumed. */
static inline void trp_carrier_park(struct trp_carrier *carrier, struct trp_stack **where)
{
    *where = carrier->running;
    trp_carrier_go(carrier, trp_carrier_next_loop(carrier));
}

/* There is a stack to go on with when the running one is parked, made if need be; false when memory
   is short. */
bool trp_carrier_has_spare(struct trp_carrier *carrier);

/* From a loop: goes on at a parked stack; returns when this loop is needed again. */
static inline void trp_carrier_resume(struct trp_carrier *carrier, struct trp_stack *parked)
{
    trp_carrier_keep(carrier, carrier->running);
    trp_carrier_go(carrier, parked);
}

/* Gives up all frames of the running stack, which is not the native one. */
__attribute__((noreturn)) void trp_carrier_abandon(struct trp_carrier *carrier);

/* The parked stack will not be resumed. */
void trp_carrier_discard(struct trp_carrier *carrier, struct trp_stack *parked);

#endif
