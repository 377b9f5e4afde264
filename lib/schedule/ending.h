/*
 * The job is told to end: by a signal that reaches one of its ranks, or several, or all. The rank
 * tells rank 0, which tells all others once, and gives the driver its time.
 */
#ifndef TRP_ENDING_H
#define TRP_ENDING_H

#include <stdatomic.h>

#include "schedule/rank.h"

/* The signal that has told so; 0: none has. Any thread. */
extern _Atomic int trp_ending_by;

/* One has come to this process and has not been passed on. */
extern _Atomic bool trp_ending_news;

/* From now on signals are heard by the process's ranks; the driver has `grace` seconds then. 0: a
   signal ends the process at once. */
void trp_ending_open(double grace);
/* What comes then ends the process, at once: nobody is left to be told. */
void trp_ending_wire_closes(void);
void trp_ending_close(void);

/* Tells rank 0. */
void trp_ending_pass_on(struct trp_rank *rank);

void trp_ending_deliver(struct trp_rank *rank, const struct trp_record *record);

#endif
