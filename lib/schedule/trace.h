/*
 * The trace: what ran when on which thread, for TROUPE_TRACE=file.
 *
 * Each process keeps its latest events in a ring. At the end it writes its part, in the JSON that
 * Chrome and Perfetto read, and rank 0 puts the parts together. One slice is open on a thread at a
 * time: it ends where its method waits, and another begins when that goes on. Arrows lead from an
 * ask, or the submission of a task, to the slice that it becomes: both know its future. Of a tell
 * both count: it is so manieth of its method from that rank to that actor, which keep their order.
 */
#ifndef TRP_TRACE_H
#define TRP_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "troupe/types.h"

struct trp_context;
struct trp_rank;

/* Said before the ranks begin, and not changed meanwhile. */
extern bool trp_trace_on;

enum trp_trace_event { TRP_TRACE_BEGINS, TRP_TRACE_GOES_ON, TRP_TRACE_WAITS, TRP_TRACE_ENDS };

void trp_trace_event(const struct trp_context *context, enum trp_trace_event event);
void trp_trace_sent(const struct trp_rank *rank, uint64_t future);

void trp_trace_told(const struct trp_rank *rank, struct troupe_ref to, uint32_t slot, bool arrow);
void trp_trace_put_back_event(const struct trp_context *context, uint32_t calls);

static inline void trp_trace(const struct trp_context *context, enum trp_trace_event event)
{
    if (__builtin_expect(trp_trace_on, 0))
        trp_trace_event(context, event);
}

/* Something is asked for, with that future of the rank. */
static inline void trp_trace_asks(const struct trp_rank *rank, uint64_t future)
{
    if (__builtin_expect(trp_trace_on, 0))
        trp_trace_sent(rank, future);
}

/* A tell is going to be sent, or is in a parcel that this thread has still to send. */
static inline void trp_trace_tells(const struct trp_rank *rank, struct troupe_ref to,
                                   const struct troupe_method *method)
{
    if (__builtin_expect(trp_trace_on, 0))
        trp_trace_told(rank, to, method->slot, true);
}

/* One that was asked for earlier: without an arrow. */
static inline void trp_trace_tells_later(const struct trp_rank *rank, struct troupe_ref to,
                                         uint32_t slot)
{
    if (__builtin_expect(trp_trace_on, 0))
        trp_trace_told(rank, to, slot, false);
}

/* So many tells of that context, the last ones, have not begun after all. */
static inline void trp_trace_put_back(const struct trp_context *context, uint64_t calls)
{
    if (__builtin_expect(trp_trace_on, 0))
        trp_trace_put_back_event(context, (uint32_t)calls);
}

void trp_trace_open(void);
/* Before the wire is closed, which all ranks do together: writes the part of the process. */
void trp_trace_write(int rank);
/* After that, on rank 0: so many processes have written theirs. */
void trp_trace_merge(int processes);

#endif
