#include "schedule/carrier.h"

#include <stdlib.h>

#include "base/log.h"

#define SPARES_KEPT 64 /* more are given back to the system */

void trp_carrier_open(struct trp_carrier *carrier, struct trp_stack *native,
                      trp_stack_entry *loop, void *arg, size_t bytes)
{
    *carrier = (struct trp_carrier){
        .running = native, .native = native, .loop = loop, .arg = arg, .stack_bytes = bytes};
}

void trp_carrier_close(struct trp_carrier *carrier)
{
    for (size_t i = 0; i < carrier->spares; i++)
        trp_stack_free(carrier->spare[i]);
    free(carrier->spare);
}

static void keep(struct trp_carrier *carrier, struct trp_stack *stack)
{
    if (carrier->spares == carrier->spare_room) {
        size_t room = carrier->spare_room ? 2 * carrier->spare_room : 8;
        struct trp_stack **spare = realloc(carrier->spare, room * sizeof(struct trp_stack *));
        if (!spare)
            trp_die("no memory for the list of %zu stacks", room);
        carrier->spare = spare;
        carrier->spare_room = room;
    }
    carrier->spare[carrier->spares++] = stack;
}

static struct trp_stack *new_stack(struct trp_carrier *carrier)
{
    return trp_stack_new(carrier->stack_bytes, carrier->loop, carrier->arg);
}

bool trp_carrier_has_spare(struct trp_carrier *carrier)
{
    struct trp_stack *stack = carrier->spares ? NULL : new_stack(carrier);
    if (stack)
        keep(carrier, stack);
    return carrier->spares;
}

static struct trp_stack *next_loop(struct trp_carrier *carrier)
{
    if (carrier->spares)
        return carrier->spare[--carrier->spares];
    struct trp_stack *stack = new_stack(carrier);
    if (!stack)
        trp_die("no memory for one more stack of %zu bytes: too many methods or tasks wait at once",
                carrier->stack_bytes);
    return stack;
}

void trp_carrier_arrive(struct trp_carrier *carrier)
{
    if (carrier->abandoned) {
        trp_stack_restart(carrier->abandoned, carrier->loop, carrier->arg);
        keep(carrier, carrier->abandoned);
        carrier->abandoned = NULL;
    }
    while (carrier->spares > SPARES_KEPT)
        trp_stack_free(carrier->spare[--carrier->spares]);
}

static void go(struct trp_carrier *carrier, struct trp_stack *to)
{
    struct trp_stack *from = carrier->running;
    carrier->running = to;
    trp_stack_switch(from, to);
    trp_carrier_arrive(carrier);
}

void trp_carrier_park(struct trp_carrier *carrier, struct trp_stack **where)
{
    *where = carrier->running;
    go(carrier, next_loop(carrier));
}

void trp_carrier_resume(struct trp_carrier *carrier, struct trp_stack *parked)
{
    keep(carrier, carrier->running);
    go(carrier, parked);
}

void trp_carrier_abandon(struct trp_carrier *carrier)
{
    carrier->abandoned = carrier->running;
    go(carrier, next_loop(carrier));
    abort(); /* nobody comes back here */
}

void trp_carrier_discard(struct trp_carrier *carrier, struct trp_stack *parked)
{
    if (parked != carrier->native)
        trp_stack_free(parked);
}
