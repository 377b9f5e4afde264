/*
 * The sockets of the door: where it listens, and who knocks on the Unix socket.
 */
#ifndef TRP_LISTEN_H
#define TRP_LISTEN_H

#include <stdbool.h>

/* A TCP socket that listens, and what it is called. */
struct trp_listening {
    int fd;            /* -1: none */
    bool loopback;     /* nobody outside of this machine can reach it */
    char address[256]; /* "127.0.0.1", "[::1]" */
    char url[300];     /* "http://127.0.0.1:4711"; where it is all addresses, the host's name */
};

/* At "ADDRESS:PORT", "[ADDRESS]:PORT" for IPv6; port 0: the kernel chooses. False after it has said
   why not. */
bool trp_listen_tcp(const char *where, struct trp_listening *listening);

/* A Unix socket of that name in the open folder; -1 with errno. */
int trp_listen_unix(int folder, const char *name);

/* The next who knocks, with flags as a server of many wants them; -1: nobody. */
int trp_listen_accept(int fd);

/* The peer of a Unix socket runs under this process's uid. */
bool trp_listen_is_own(int fd);

#endif
