/*
 * The scheduler role: which thread of the process runs the loops and light methods, and how it
 * passes to another one when code of the user's computes for long (decision 21).
 *
 * Whoever is in the runtime and not on a worker has the role. It is taken from a thread only while
 * that runs code of the user's; who has none stands before the runtime's door until it is given to
 * him, at the head of a loop. Under transport self the role is of all ranks that the process plays.
 */
#ifndef TRP_ROLE_H
#define TRP_ROLE_H

#include "schedule/rank.h"
#include "schedule/trace.h"

struct troupe_row;

/* The calling thread has the role, and is the main one: the driver's. `handover` as in
   troupe_run_options; a `seed` of transport self forbids it unless it is forced. */
void trp_role_open(int handover, uint64_t seed);

/* From the context that the main thread began with: returns on the main thread when nobody
   computes without the role any more. From now on it stays there. */
void trp_role_close(struct trp_rank *rank);

/* ---- the runtime's door ---------------------------------------------------------------------- */

/* From code of the user's into the runtime, before anything but the context's own is touched, and
   back, with what the first has returned. They nest: only the outermost counts. On other threads
   they do nothing. Who fails in between does not come out. */
bool trp_role_enter(void);
void trp_role_leave(bool outside);

/* In the runtime, and now the context's function runs: until trp_role_enter. */
void trp_role_run(struct trp_context *context);

/* As trp_role_run, of calls in a row: it runs until something happens. The context knows of none of
   them; or there is none until somebody looks (`row`): then that sees to it, see many.h. */
void trp_role_run_row(struct troupe_row *calls, struct trp_context *context);
void trp_role_run_hidden(struct trp_row *row);

/* The other end of trp_role_run_hidden: nobody has looked. */
bool trp_role_still_hidden(struct trp_row *row);

/* Of a thread that runs a row: looks. */
struct trp_context *trp_row_context(void);

/* Whose calls come next: they join none of another's in a lane. */
void trp_lanes_turn(struct trp_rank *rank, unsigned from);
static inline void trp_lanes_for(struct trp_rank *rank, const struct trp_context *context)
{
    if (__builtin_expect(rank->lanes_from != context->calls_as, 0))
        trp_lanes_turn(rank, context->calls_as);
}

/* The context that is going to run on this thread, which has the role, may send by itself to those
   ranks: until it has lost the role, or another one runs here. If the lanes are another's, not
   before its first call, which sees to that. */
static inline void trp_lanes_open(const struct trp_rank *rank, const struct trp_context *context)
{
    if (rank->lanes_from != context->calls_as || trp_trace_on) /* which has to know of each */
        return;
    troupe_lanes.of = (char *)rank->outlets;
    __atomic_store_n(&troupe_lanes.ranks, (uint32_t)rank->ranks, __ATOMIC_RELAXED);
}

/* The same where no other thread can come in between: for calls that never wait. */
static inline uint32_t trp_call_begin(void)
{
    uint32_t calls = atomic_load_explicit(&trp_here.calls, memory_order_relaxed);
    atomic_store_explicit(&trp_here.calls, calls | 1, memory_order_relaxed);
    /* Only then is `away` read; the processor is held to it by the barrier in role.c. */
    atomic_signal_fence(memory_order_seq_cst);
    return calls;
}

/* The context that has the role; NULL: the thread has not, and nothing may be done. */
static inline struct trp_context *trp_call_context(void)
{
    bool away = atomic_load_explicit(&trp_here.away, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    return away ? NULL : trp_here.current;
}

static inline void trp_call_end(uint32_t calls)
{
    atomic_store_explicit(&trp_here.calls, calls + 2, memory_order_release);
}

/* As trp_role_enter, for the first thing that a function does. */
void trp_role_regain(void);
static inline bool trp_call_enter(void)
{
    uint32_t calls = trp_call_begin();
    if (!trp_call_context())
        trp_role_regain();
    return !(calls & 1);
}

/* It is still to be done. */
static inline void trp_call_undo(uint32_t calls)
{
    atomic_store_explicit(&trp_here.calls, calls, memory_order_release);
}

/* ---- for loops ------------------------------------------------------------------------------- */

/* Somebody stands before the door: the role is to be given to him. */
extern _Atomic bool trp_role_wanted;

/* At the head of a loop: does so, if he is of this rank; returns when this loop is needed again. */
void trp_role_yield(struct trp_rank *rank);

/* The context may go on on this thread: the driver may on the main one, and on others while that
   computes, and has done so for long. */
bool trp_role_suits_driver(const struct trp_context *context);
static inline bool trp_role_suits(const struct trp_context *context)
{
    return context->kind != TRP_CONTEXT_DRIVER || trp_role_suits_driver(context);
}

/* The rank has slept: there may be something to watch again. */
void trp_role_stir(void);

#endif
