#include "gateway/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- coming and going ------------------------------------------------------------------------ */

void trp_peers_open(struct trp_peers *peers, unsigned limit, double patience)
{
    *peers = (struct trp_peers){.limit = limit, .patience = patience};
    trp_link_init(&peers->strangers);
    trp_link_init(&peers->waited);
}

struct trp_peer *trp_peers_add(struct trp_peers *peers, int fd, double now)
{
    struct trp_peer *peer = calloc(1, sizeof *peer);
    if (!peer)
        return NULL;
    peer->fd = fd;
    trp_link_init(&peer->stranger);
    trp_link_init(&peer->waited);
    trp_link_put_last(&peers->strangers, &peer->stranger);
    trp_peer_await(peers, peer, now);
    peers->count++;
    return peer;
}

static void take_out_of_all(struct trp_peer *peer)
{
    trp_link_take_out(&peer->stranger);
    trp_link_take_out(&peer->waited);
}

void trp_peers_remove(struct trp_peers *peers, struct trp_peer *peer)
{
    take_out_of_all(peer);
    peers->count -= !peer->gone;
    free(peer);
}

void trp_peer_say(int fd, int status, const char *reason, const char *code, const char *message)
{
    char body[256], text[512];
    int length = snprintf(body, sizeof body, "{\"error\": {\"code\": \"%s\", \"message\": \"%s\"}}",
                          code, message);
    length = snprintf(text, sizeof text,
                      "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: application/json\r\n"
                      "Content-Length: %d\r\n\r\n%s",
                      status, reason, length, body);
    ssize_t ignored = send(fd, text, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)ignored;
}

/* Ends the connection below the feet of the library, which finds it closed by the peer. */
static void send_away(struct trp_peers *peers, struct trp_peer *peer)
{
    take_out_of_all(peer);
    peer->gone = true;
    peers->count--;
    shutdown(peer->fd, SHUT_RDWR);
}

static struct trp_peer *oldest_waited(const struct trp_peers *peers)
{
    return trp_link_is_in(&peers->waited)
               ? TRP_OF_LINK(peers->waited.next, struct trp_peer, waited)
               : NULL;
}

bool trp_peers_make_room(struct trp_peers *peers)
{
    if (peers->count < peers->limit)
        return true;
    struct trp_peer *oldest;
    if (trp_link_is_in(&peers->strangers))
        oldest = TRP_OF_LINK(peers->strangers.next, struct trp_peer, stranger);
    else
        oldest = oldest_waited(peers);
    if (!oldest)
        return false;
    /* Not in the middle of an answer. */
    if (trp_link_is_in(&oldest->waited) && !oldest->served)
        trp_peer_say(oldest->fd, 503, "Service Unavailable", "full", "too many connections");
    send_away(peers, oldest);
    return true;
}

/* ---- what is waited for ---------------------------------------------------------------------- */

void trp_peer_await(struct trp_peers *peers, struct trp_peer *peer, double now)
{
    if (peer->gone)
        return;
    peer->since = now;
    trp_link_put_last(&peers->waited, &peer->waited);
}

void trp_peer_came(struct trp_peer *peer)
{
    trp_link_take_out(&peer->waited);
}

void trp_peer_know(struct trp_peer *peer)
{
    trp_link_take_out(&peer->stranger);
}

double trp_peers_hurry(struct trp_peers *peers, double now)
{
    for (struct trp_peer *first; (first = oldest_waited(peers));) {
        if (now < first->since + peers->patience)
            return first->since + peers->patience;
        /* A connection that is kept for a next request, which does not come, is closed silently. */
        if (!first->served)
            trp_peer_say(first->fd, 408, "Request Timeout", "too_slow",
                         "the request did not come in time");
        send_away(peers, first);
    }
    return -1;
}
