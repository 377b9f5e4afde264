/*
 * Those who listen to /v1/events: server-sent events, a buffer each.
 *
 * trp_event (request.h) is for any thread and only fills buffers; all else is the door's thread's.
 * Who does not read is dropped when his buffer is full, and who has gone is found out at once.
 */
#ifndef TRP_EVENTS_H
#define TRP_EVENTS_H

#include <microhttpd.h>
#include <stdbool.h>

#define TRP_LISTENERS 64
#define TRP_LISTENER_BYTES (2 * 1024 * 1024) /* that may wait, and one event more */
#define TRP_EVENTS_PULSE 15.0 /* seconds between comments, which keep the line open */

struct trp_listener;

/* `wake` is called when the door's thread has something to do; it must be fit for any thread.
   False: no descriptor for it. */
bool trp_events_open(void (*wake)(void));
void trp_events_close(void);

/* Readable when a listener has gone. */
int trp_events_descriptor(void);

/* A body of events for that connection, of the kinds listed in `only` ("log,progress"; NULL: all);
   NULL: too many listen. It ends when the connection does. */
struct MHD_Response *trp_events_response(struct MHD_Connection *connection, int fd,
                                         const char *only);

/* Lets those go on who have something to read, and ends those who have gone. */
void trp_events_turn(void);

/* Sends everybody a comment. */
void trp_events_pulse(void);

/* Nobody hears anything new; what has been said is still read. */
void trp_events_end(void);

#endif
