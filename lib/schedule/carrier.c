#include "schedule/carrier.h"

#include <stdlib.h>

#include "base/log.h"

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

void trp_carrier_grow(struct trp_carrier *carrier)
{
    size_t room = carrier->spare_room ? 2 * carrier->spare_room : 8;
    struct trp_stack **spare = realloc(carrier->spare, room * sizeof(struct trp_stack *));
    if (!spare)
        trp_die("no memory for the list of %zu stacks", room);
    carrier->spare = spare;
    carrier->spare_room = room;
}

static struct trp_stack *new_stack(struct trp_carrier *carrier)
{
    return trp_stack_new(carrier->stack_bytes, carrier->loop, carrier->arg);
}

bool trp_carrier_has_spare(struct trp_carrier *carrier)
{
    struct trp_stack *stack = carrier->spares ? NULL : new_stack(carrier);
    if (stack)
        trp_carrier_keep(carrier, stack);
    return carrier->spares;
}

struct trp_stack *trp_carrier_new_loop(struct trp_carrier *carrier)
{
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
        trp_carrier_keep(carrier, carrier->abandoned);
        carrier->abandoned = NULL;
    }
    while (carrier->spares > TRP_SPARES_KEPT)
        trp_stack_free(carrier->spare[--carrier->spares]);
}

void trp_carrier_abandon(struct trp_carrier *carrier)
{
    carrier->abandoned = carrier->running;
    trp_carrier_go(carrier, trp_carrier_next_loop(carrier));
    abort(); /* nobody comes back here */
}

void trp_carrier_discard(struct trp_carrier *carrier, struct trp_stack *parked)
{
    if (parked != carrier->native)
        trp_stack_free(parked);
}
