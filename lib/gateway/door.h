/*
 * The door itself: sockets, the thread that listens, and what it lets in.
 *
 * It knows HTTP and tokens; it refuses to know what an actor is, and gives what came in to whoever
 * it was opened for (request.h). One a process.
 */
#ifndef TRP_DOOR_H
#define TRP_DOOR_H

#include <microhttpd.h>
#include <stdbool.h>

#include "gateway/keys.h"
#include "gateway/links.h"
#include "gateway/peers.h"
#include "gateway/request.h"

#define TRP_URI_BYTES (8 * 1024)
#define TRP_HEADER_BYTES (16 * 1024)
#define TRP_BODY_BYTES (16 * 1024 * 1024)
#define TRP_SMALL_BODY_BYTES (4 * 1024) /* without the token for calls */
#define TRP_CONNECTIONS 256
#define TRP_PATIENCE 30.0 /* seconds for a request to come as a whole */
#define TRP_HOSTS 8

struct trp_door_options {
    const char *where;                         /* as TROUPE_GATEWAY says */
    const char *program;                       /* for the job's file */
    void (*take)(struct trp_request *request); /* trp_api_take */
    double (*now)(void);                       /* NULL: trp_now; tests have another clock */
    unsigned connections;                      /* 0: TRP_CONNECTIONS */
    double patience;                           /* 0: TRP_PATIENCE */
};

/* Writes the job's file and listens; false after it has said why not. */
bool trp_door_open(const struct trp_door_options *options);

/* Lets nobody in any more, answers with 503 what has not been answered, removes the file. */
void trp_door_close(void);

/* ---- what the parts of the door share -------------------------------------------------------- */

/* Belongs to the door's thread while that runs. */
struct trp_door {
    struct trp_door_options options;
    struct trp_keys keys;
    struct trp_peers peers;
    const char *hosts[TRP_HOSTS]; /* how it may be called, up to a NULL */
    struct trp_link taken;        /* exchanges that were taken, and not yet answered */
    unsigned exchanges;           /* requests that have begun and not ended */
    bool closing;
};

/* Rings the door's thread, from any thread. */
void trp_door_ring(void);

#endif
