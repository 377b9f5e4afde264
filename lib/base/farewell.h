/*
 * The last thing a process does, whichever way it ends: for what would be left behind otherwise.
 *
 * Knows the ways out that can be seen: exit, the signals that end a process and that nobody has
 * asked for, and what those who end it on purpose call (trp_die, the report of a crash, the news
 * that another rank has died). Not _exit, nor SIGKILL.
 */
#ifndef TRP_FAREWELL_H
#define TRP_FAREWELL_H

/* `what` is to be done on the way out, perhaps twice, perhaps in a signal handler; two such things
   at a time at most. */
void trp_farewell_open(void (*what)(void));

/* It is not any more. */
void trp_farewell_close(void (*what)(void));

/* Does what there is to be done. */
void trp_farewell(void);

#endif
