/*
 * A tether from node to node: a connection over which the kernel of one node tells another one that
 * a process has ended, or says nothing any more because the node is lost.
 *
 * The first rank of each node holds one to that of the next node, in a ring. Nothing goes over it
 * but a greeting and a last word, so nobody has to run to keep it: a process that is stopped, or
 * computes, or is in a debugger, keeps its tether.
 */
#ifndef TRP_TETHER_H
#define TRP_TETHER_H

#include <mpi.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define TRP_TETHER_ADDRESSES 16
#define TRP_TETHER_GUESTS 8 /* more than the one who should come: those who do not know us leave */
#define TRP_TETHER_FDS 2
/* A node is lost that is silent for so many seconds, of which it is asked in each but the first;
   TROUPE_SILENCE says how many, if not these. */
#define TRP_TETHER_SILENCE 4

/* How a node is found and known. */
struct trp_tether_card {
    unsigned char token[16]; /* said to who connects: an address may lead to another machine */
    int32_t rank, pid;
    uint32_t count, addresses[TRP_TETHER_ADDRESSES]; /* IPv4, as the network writes them */
    uint16_t port;
    char host[64];
};

/* What becomes known of the next node's first rank. */
enum trp_tether_news {
    TRP_TETHER_NOTHING,
    TRP_TETHER_ENDS, /* it ends because another rank has died, as it has told */
    TRP_TETHER_DIED, /* the process has ended, and not at the end of the job */
    TRP_TETHER_LOST, /* its node does not answer any more */
};

struct trp_tether {
    struct trp_tether_card mine, next;
    int listener, line; /* -1: none */
    int guests[TRP_TETHER_GUESTS];
    int guest_count;
    enum { TRP_TETHER_CALLS, TRP_TETHER_LISTENS, TRP_TETHER_HOLDS } state; /* of the line */
    uint32_t tried;  /* addresses */
    double deadline; /* of this try */
    unsigned heard;  /* bytes of the token */
    unsigned char token[16];
};

/* The ranks of `firsts` together, the first of each node. Its two halves, for tests: */
void trp_tether_open(struct trp_tether *t, MPI_Comm firsts, int rank);
void trp_tether_listen(struct trp_tether *t, int rank);
void trp_tether_call(struct trp_tether *t, const struct trp_tether_card *next);

/* What to poll for, and for how many milliseconds at most (-1: no limit); then the look. */
int trp_tether_poll(const struct trp_tether *t, struct pollfd fds[TRP_TETHER_FDS]);
enum trp_tether_news trp_tether_look(struct trp_tether *t);

/* The last word is that the job is over, or, if not `well`, that this process ends early. */
void trp_tether_close(struct trp_tether *t, bool well);

#endif
