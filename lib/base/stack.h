/*
 * Stacks and the switch between them.
 *
 * A stack here is a piece of memory to run on, with the point at which execution on it stands. It
 * knows how to begin, to switch, to be recycled, and whether an address lies in its guard; it
 * refuses to know who runs on it, why, and who comes next: schedulers are built above. The creator
 * owns a stack. A stack that stands (nobody runs on it) may be passed to another thread with
 * whatever makes memory visible between them, and only by code that runs after the switch away from
 * it, so on the stack switched to: before that its point is not yet saved.
 *
 * Integer and floating point registers that a call preserves are kept over a switch, and so are the
 * rounding mode and the floating point traps; the sticky floating point exception flags are not. A
 * stack begins with the floating point mode of whoever made or restarted it, as a thread does. The
 * signal mask belongs to the thread (but the ucontext form of the switch carries it along).
 *
 * After a switch the caller may be on another thread. Compilers keep the addresses of thread-local
 * variables, errno among them, and the answer of pthread_self over any call, this one too: code
 * that may be moved must read them through a function that is not inlined and is not seen to be
 * constant (noinline, with an empty volatile asm in its body).
 */
#ifndef TRP_BASE_STACK_H
#define TRP_BASE_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sanitized.h"
#include "base/switch.h"

struct trp_stack;

/** What runs on a stack. It must not return, which aborts the process: it ends by switching away
    for ever. */
typedef void trp_stack_entry(void *arg);

/** A stack with room for at least so many bytes of frames, standing at entry(arg); NULL when memory
    or address space is short. Only pages that were touched are resident. A signal handler without
    a stack of its own runs here as well: leave it room. */
struct trp_stack *trp_stack_new(size_t bytes, trp_stack_entry *entry, void *arg);

/** The calling thread's own stack, so that it can be switched away from and back to. It stands for
    the thread: one a thread, made and switched away from on that thread alone, and freed when
    the thread runs on it again. NULL when memory is short. */
struct trp_stack *trp_stack_native(void);

/** Forgets all frames on s and lets it stand at entry(arg) again. Cheap: pooled stacks are recycled
    this way, and the frames of a failed call abandoned. Neither a running nor a native stack. */
void trp_stack_restart(struct trp_stack *s, trp_stack_entry *entry, void *arg);

/** Gives the memory back, frames and all; a native stack itself stays with its thread. NULL is
    fine, the running stack is not, unless native. */
void trp_stack_free(struct trp_stack *s);

/** Saves the point of execution in from, the running stack, and goes on at that of to, another one.
    Returns when someone switches to from, perhaps on another thread. Inline, as all that stands
    between a wait and a switch: the processor foresees none of the returns after one. */
#if TRP_SANITIZED
void trp_stack_switch(struct trp_stack *from, struct trp_stack *to);
#else
static inline void trp_stack_switch(struct trp_stack *from, struct trp_stack *to)
{
    trp_switch((struct trp_switch_point *)(void *)from, (struct trp_switch_point *)(void *)to);
}
#endif

/** Whether address lies in the guard of s, so that a fault there is an overflow of s. Never
    for a native stack. Safe in signal handlers. */
bool trp_stack_guards(const struct trp_stack *s, const void *address);

#endif
