/*
 * Bars of progress on rank 0's stderr, where that is a terminal: a line for each job of work, below
 * what else is written. The caller holds a lock.
 */
#ifndef TRP_BARS_H
#define TRP_BARS_H

#include "schedule/news.h"

/* `wanted`: if it is a terminal. */
void trp_bars_open(bool wanted);

/* At most ten times a second, or `now`. */
void trp_bars_draw(const struct trp_job_of_work *jobs, size_t count, bool now);

/* Before something else is written. */
void trp_bars_erase(void);

#endif
