/*
 * The whole program, as troupe_run runs it, with room for what stands above the calls.
 */
#ifndef TRP_CALL_RUN_H
#define TRP_CALL_RUN_H

#include "schedule/rank.h"
#include "troupe/run.h"

/* What is done on rank 0 around the driver, on its thread and in its context. */
struct trp_run_hooks {
    /* Before the driver; as in the driver, actors may be called. */
    void (*open)(struct trp_rank *rank, const char *program);
    /* After the driver and what it left to be done, before the actors are ended: they may still be
       called. So they may when the driver has failed, or somebody has called troupe_exit: then it
       may be called a second time, if that was while it ran. It is called once more when nobody
       may be called any more. */
    void (*close)(bool may_call);
};

/* troupe_run; `hooks` NULL: none. */
int trp_run(int argc, char **argv, troupe_driver *driver, const struct troupe_run_options *options,
            const struct trp_run_hooks *hooks);

#endif
