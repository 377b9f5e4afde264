/*
 * Switching stacks with ucontext, where there is no assembly for the machine or none is wanted.
 *
 * Slower by two system calls a switch: swapcontext also saves and sets the signal mask.
 */
#include "base/switch.h"

#ifdef TRP_SWITCH_UCONTEXT

#include <stdint.h>
#include <stdlib.h>

/* makecontext passes ints only, so the pointer comes in halves. */
static void begin(unsigned high, unsigned low)
{
    struct trp_switch_point *p = (void *)(uintptr_t)((uint64_t)high << 32 | low);

    p->start(p->arg);
    abort();
}

void trp_switch_prepare(struct trp_switch_point *p, void *low, void *top,
                        void (*start)(void *arg), void *arg)
{
    uint64_t self = (uintptr_t)p;

    if (getcontext(&p->context) != 0)
        abort();
    p->context.uc_stack.ss_sp = low;
    p->context.uc_stack.ss_size = (size_t)((char *)top - (char *)low);
    p->context.uc_link = NULL;
    p->start = start;
    p->arg = arg;
    makecontext(&p->context, (void (*)(void))begin, 2, (unsigned)(self >> 32), (unsigned)self);
}

void trp_switch(struct trp_switch_point *from, struct trp_switch_point *to)
{
    if (swapcontext(&from->context, &to->context) != 0)
        abort();
}

#endif
