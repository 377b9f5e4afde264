/*
 * The whole program: start, driver, end.
 */
#ifndef TROUPE_RUN_H
#define TROUPE_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "troupe/log.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The main routine of the program, run on rank 0. @return the status of the job, 0…255 */
typedef int troupe_driver(int argc, char **argv);

/** How to run; all zero is the default. An environment variable, where named, has the last word. */
struct troupe_run_options {
    const char *transport; /**< "auto", "p2p" (MPI), "self" (one process); TROUPE_TRANSPORT */
    int ranks;             /**< ranks that transport self plays, default 1; TROUPE_RANKS */
    uint64_t seed;         /**< self: order of delivery, 0 = as sent; TROUPE_SEED */
    enum troupe_log_level log; /**< what is said on stderr; TROUPE_LOG */
    size_t stack_bytes;        /**< of a method; what is not touched is free; default 256 KiB */
    const void *comm; /**< an MPI_Comm *: the ranks of the job; default MPI_COMM_WORLD. MPI is
                           initialised before, with MPI_THREAD_SERIALIZED at least */
    double linger; /**< seconds for which tasks may go on after the driver; default 30 */
    int (*setup)(int argc, char **argv); /**< runs on every rank before the driver; not 0: no run */
};

/**
 * Runs the driver on rank 0 while the other ranks host actors and tasks, then ends the job: calls
 * and tasks under way are finished, actors destroyed. Every process of the job calls it, once.
 * @param options may be NULL
 * @return the driver's status, the same on every rank; outside 0…255: 1. 2: could not start
 */
int troupe_run(int argc, char **argv, troupe_driver *driver,
               const struct troupe_run_options *options);

#ifdef __cplusplus
}
#endif

#endif
