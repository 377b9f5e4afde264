/*
 * Crashes: a signal that ends the process says first where it struck.
 *
 * It knows signals and alternative stacks; who was running is told by whoever opens it.
 */
#ifndef TRP_CRASH_H
#define TRP_CRASH_H

#include <stddef.h>

/* Writes who is running on this thread, and what the fault at `address` means if it can tell.
   Called in a signal handler, on a stack of its own. */
typedef void trp_crash_describe(int signal, const void *address, char *text, size_t size);

/* SEGV, BUS, FPE, ILL and ABRT: reported with a backtrace, then as without this. Not under
   sanitizers, nor with TROUPE_CRASH=0. */
void trp_crash_open(trp_crash_describe *describe);
void trp_crash_close(void);

/* For the calling thread: a stack for the handler. The opening thread has one without this. */
void trp_crash_enter_thread(void);
void trp_crash_leave_thread(void);

#endif
