/*
 * Who is connected to the door, and who has to go when there are too many or one is too slow.
 *
 * Anybody on the machine can connect. So whoever has not yet shown a token gives way to who comes
 * next, and a request must be there as a whole within some seconds, however many bytes trickle in.
 * It knows sockets, and nothing of HTTP but how to say goodbye. Belongs to the door's thread.
 */
#ifndef TRP_PEERS_H
#define TRP_PEERS_H

#include <stdbool.h>

#include "gateway/links.h"

struct trp_peer {
    int fd;
    bool gone;    /* was sent away: its connection is about to be closed */
    bool served;  /* has had an answer */
    double since; /* when it was last waited for */
    struct trp_link stranger, waited;
};

struct trp_peers {
    struct trp_link strangers; /* who is not known, in the order they came */
    struct trp_link waited;    /* who owes a request, in the order of `since` */
    unsigned count, limit;
    double patience; /* seconds */
};

void trp_peers_open(struct trp_peers *peers, unsigned limit, double patience);

/* Makes room for one more: of those not known, or else of those who ask nothing, the oldest has to
   go. False: all are known, and being answered. */
bool trp_peers_make_room(struct trp_peers *peers);

/* NULL: no memory. */
struct trp_peer *trp_peers_add(struct trp_peers *peers, int fd, double now);
void trp_peers_remove(struct trp_peers *peers, struct trp_peer *peer);

/* A request of it is awaited, or the rest of one; has come; it has shown a token. */
void trp_peer_await(struct trp_peers *peers, struct trp_peer *peer, double now);
void trp_peer_came(struct trp_peer *peer);
void trp_peer_know(struct trp_peer *peer);

/* Sends away who was waited for too long. When to do so again; negative: nobody is waited for. */
double trp_peers_hurry(struct trp_peers *peers, double now);

/* An answer to who has asked nothing, as far as it can be sent at once. */
void trp_peer_say(int fd, int status, const char *reason, const char *code, const char *message);

#endif
