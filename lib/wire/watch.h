/*
 * The watch over other ranks: each rank watches the next one of its node, in a ring, and the first
 * of a node the first of the next node. So whoever dies is missed by somebody, who says so and
 * ends; and then by the one who watches that one, who only ends.
 */
#ifndef TRP_WATCH_H
#define TRP_WATCH_H

#include <mpi.h>
#include <pthread.h>
#include <stdbool.h>

#include "wire/doorbell.h"
#include "wire/tether.h"
#include "wire/wire.h"

struct trp_watch {
    struct trp_doorbell *bell;
    trp_wire_died *died;
    struct trp_tether tether; /* of the first rank of a node */
    int pidfd;                /* of the mate; -1: there is none */
    int oom;                  /* what counts the kills in its cgroup; -1: cannot be read */
    long oom_kills;           /* when the watch began */
    int stop;                 /* an eventfd: the watch is over, */
    _Atomic int leave;        /* and the process, too, by this signal; 0: not so */
    pthread_t thread;
    _Atomic bool on;
};

/* All ranks of `comm` together. The bell is that of its nodes. */
void trp_watch_begin(struct trp_watch *watch, struct trp_doorbell *bell, MPI_Comm comm,
                     trp_wire_died *died);

/* In a signal handler: the process is to be ended by that signal, but first looks whether it is so
   because another rank has died, which a launcher may see sooner. False: there is no watch. */
bool trp_watch_leave(struct trp_watch *watch, int signal);

/* Where none has begun: nothing. The mates still hold their memory: before the bell is closed. */
void trp_watch_end(struct trp_watch *watch);

#endif
