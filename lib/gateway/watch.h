/*
 * What the gateway looks at once a second: for /v1/history, and, while somebody listens, for events.
 */
#ifndef TRP_WATCH_H
#define TRP_WATCH_H

#include <jansson.h>
#include <stdbool.h>

bool trp_watch_open(void);
void trp_watch_close(void);

/* In a clerk's method, which waits for what the ranks say; nothing while one before it does. */
void trp_watch_look(void);

/* CPU that a rank used in the last second, in percent of one; negative: not known yet. */
double trp_watch_cpu(int rank);

#endif
