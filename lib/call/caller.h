/*
 * Who calls.
 */
#ifndef TRP_CALLER_H
#define TRP_CALLER_H

#include "schedule/rank.h"

struct trp_caller {
    struct trp_context *context; /* NULL in a thread of an OpenMP team */
    struct trp_rank *rank;
};

/* Ends the process when no troupe_run is under way. */
struct trp_caller trp_caller(void);

/* The context, if it may wait: not in an OpenMP region, not in a destructor. NULL otherwise. */
struct trp_context *trp_caller_waiting(void);

/* After a wait: ends the context if somebody has cancelled it meanwhile. */
void trp_caller_check(struct trp_context *context);

/* Ends the calling context with this story, to which its own name is added. */
__attribute__((noreturn)) void trp_fail(struct trp_context *context, int status,
                                        const char *story);

#endif
