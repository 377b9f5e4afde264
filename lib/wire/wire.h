/*
 * The wire: parcels from rank to rank, in order between each pair, each exactly once. Those that
 * are urgent are in order among themselves, and overtake the others.
 *
 * It knows ranks, parcels and how to sleep until something comes; it refuses to know what is in a
 * parcel and who sent it. Everything here is called by the one thread that runs the scheduler, but
 * for `wake`. A transport is one table of functions: self.c (ranks played by one process, no MPI),
 * p2p.c (tagged MPI messages), rma.c (rings in shared memory within a node, p2p across).
 */
#ifndef TRP_WIRE_H
#define TRP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/parcel.h"

struct trp_wire;
struct trp_stack;

/* Bytes too many for a parcel, on a way of their own, in order with nothing. Both sides name them
   by peer: the first that one sends is the first that the other receives from it, of the same size,
   and so on. They and this struct are the transport's until `done` is called. */
struct trp_bulk {
    struct trp_bulk *next; /* the transport's */
    int peer;              /* another rank */
    bool lost;             /* set at the end of the job, when the other side never came for it */
    unsigned char *bytes; /* NULL: they are received, and thrown away */
    size_t size;
    void (*done)(struct trp_bulk *bulk); /* may free it, and send more */
};

struct trp_wire_ops {
    const char *name;
    bool one_process; /* its ranks take turns on one thread: nothing comes to one that spins */
    /* Takes the parcel over. Never blocks, never delivers. */
    void (*send)(struct trp_wire *wire, int to, struct trp_parcel *parcel);
    /* The next parcel that came, now the caller's, or NULL. Drives what is being sent, too. Who has
       enough to do is `full`: then NULL unless something urgent has come, though what is in its way
       may be given first. */
    struct trp_parcel *(*receive)(struct trp_wire *wire, bool full);
    /* The bytes are read, or written, until done is called, from inside receive or close. It is
       called once for each bulk, in no order. */
    void (*send_bulk)(struct trp_wire *wire, struct trp_bulk *bulk);
    void (*receive_bulk)(struct trp_wire *wire, struct trp_bulk *bulk);
    /* Something sent has not left yet, or a bulk is under way. */
    bool (*sending)(const struct trp_wire *wire);
    /* Parcels to that rank wait already: better to fill the next one meanwhile. NULL: never. */
    bool (*congested)(const struct trp_wire *wire, int to);
    /* To sleep: announce, look once more whether something came, then sleep for at most `seconds`
       (negative: no limit) or until woken, or not at all while bulk needs this rank, or when done
       was called since announce; and say that one is awake. */
    uint32_t (*announce)(struct trp_wire *wire);
    void (*sleep)(struct trp_wire *wire, uint32_t announced, double seconds);
    void (*awake)(struct trp_wire *wire);
    /* Ends the sleep of this rank, now or the next one announced. Any thread. */
    void (*wake)(struct trp_wire *wire);
    /* Gathers `bytes` from each rank of this node, in `all` by their order. All ranks together. */
    void (*share)(struct trp_wire *wire, const void *mine, size_t bytes, void *all);
    /* As share, over all ranks. */
    void (*share_all)(struct trp_wire *wire, const void *mine, size_t bytes, void *all);
    /* From now on the death of a rank is reported. All ranks together. NULL: never. */
    void (*watch)(struct trp_wire *wire);
    /* In a signal handler: the process is to end by that signal, after a last look at the others.
       False, or NULL: it can end at once. */
    bool (*leave)(struct trp_wire *wire, int signal);
    /* The end: every rank calls it, after the last send; what still comes is thrown away. */
    void (*close)(struct trp_wire *wire);
};

#define TRP_WIRE_SAID 2048

/* What a rank lets its mates on the node see: whoever outlives it can say what it was at. */
struct trp_wire_words {
    uint64_t doing;    /* the caller's own coding: what its scheduler runs, */
    uint64_t computes; /* and what other threads began to run last; 0: that has ended */
    uint32_t signal;   /* that ended it, where it could be caught */
    int32_t pid;
    uint32_t ends; /* because another rank has died, which has been said */
    uint32_t said_bytes;
    char said[TRP_WIRE_SAID]; /* lines that somebody else is to write, and has not yet */
};

/* A rank that has died, or is lost. */
struct trp_wire_death {
    int rank, pid;
    const char *host;
    const struct trp_wire_words *last; /* NULL: it was on another node */
    long oom_kills; /* by the kernel, in its cgroup, since the job began; 0: none, or unknown */
    bool silent;    /* its node does not answer */
};

/* To say so, on a thread of the transport's own, which then ends the process. */
typedef void trp_wire_died(const struct trp_wire_death *death);

struct trp_wire {
    const struct trp_wire_ops *ops;
    struct trp_wire_words *words; /* this rank's, to be written by the caller */
    trp_wire_died *died;          /* set by the caller before it says watch */
    int rank, ranks;
    int node_rank, node_ranks; /* place among the ranks of the node */
    struct trp_stack **running; /* where the caller notes the stack it runs on (self) */
};

/* Opens the job's wire over MPI (initialising MPI if nobody has) and the ranks of *comm, an
   MPI_Comm (NULL: all); NULL after saying why not. */
struct trp_wire *trp_wire_open_p2p(int *argc, char ***argv, const void *comm);

/* The same over rings in shared memory, and messages between nodes. What prevents the rings is an
   error if they are a `must`; or else the wire is p2p. */
struct trp_wire *trp_wire_open_rma(int *argc, char ***argv, const void *comm, bool must);

/* One process that plays `ranks` ranks; `wires[i]` is that of rank i. With a seed, deliveries of
   different pairs overtake each other in an order that the seed decides. */
bool trp_wire_open_self(int ranks, uint64_t seed, struct trp_wire **wires);

#endif
