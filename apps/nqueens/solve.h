/*
 * All solutions of a board, counted or collected; alone or by tasks.
 */
#ifndef SOLVE_H
#define SOLVE_H

#include "solutions.h"

/* Counts the solutions that begin with these queens. */
TROUPE_TASK(count_solutions, uint64_t, (uint32_t, size), (TROUPE_SPAN(uint8_t), queens));

/* Adds the solutions that begin with these queens while more are wanted, until it is cancelled.
   Gives how many it has tried to add. */
TROUPE_TASK(collect_solutions, uint64_t, (uint32_t, size), (TROUPE_SPAN(uint8_t), queens),
            (solutions, to));

uint64_t solve_alone(uint32_t size);

/* A task for each way to fill the first rows. */
uint64_t solve_by_tasks(uint32_t size);

/* Ends when `to` has as many as are wanted, or all there are. */
void solve_first(uint32_t size, solutions to, uint64_t wanted);

#endif
