/*
 * The door for other programs, on rank 0: HTTP, JSON, tokens, the page.
 *
 * It knows what docs/gateway.md says; it refuses to know how messages travel: it calls actors as a
 * user would (call/), and gathers what the ranks counted by asking a monitor on each.
 * door.c is the HTTP side, api.c what is behind it, request.h what goes between them.
 */
#ifndef TRP_GATEWAY_H
#define TRP_GATEWAY_H

#include <stdbool.h>

struct trp_rank;

/* Opens the door as `where` says (docs/gateway.md), on rank 0, before the driver begins; false
   after it has said why not. NULL: there is no door, but what a report needs. */
bool trp_gateway_open(struct trp_rank *rank, const char *where, const char *program);

/* After the driver and what it left to be done: requests under way are answered with 503. Writes a
   report of all that can be read to a file, while actors can be asked; NULL: none. */
void trp_gateway_close(const char *report);

#endif
