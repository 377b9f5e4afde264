/*
 * Notices: signals that ask the program to end, SIGTERM and SIGUSR1, which batch systems send some
 * time before they end a job.
 */
#ifndef TRP_NOTICE_H
#define TRP_NOTICE_H

#include <stdbool.h>

/* Called in a signal handler. False: the signal is to do what it does by default, end the
   process. */
typedef bool trp_notice_heard(int signal);

/* Signals for which the program has a handler of its own, or that it ignores, stay as they are. */
void trp_notice_open(trp_notice_heard *heard);
void trp_notice_close(void);

#endif
