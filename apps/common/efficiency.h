/*
 * How well tasks use the CPUs of a job: the same work done by the driver alone and by tasks.
 */
#ifndef EFFICIENCY_H
#define EFFICIENCY_H

#define EFFICIENCY_TIMES_MAX 100

/* Does the work once. */
typedef void efficiency_side(void *work);

/* Runs both sides in turn, so many times (1 to EFFICIENCY_TIMES_MAX), and prints a line with the
   medians: seconds alone, seconds by tasks, and their ratio over the CPUs of all ranks. */
void efficiency_print(int times, efficiency_side *alone, efficiency_side *by_tasks, void *work);

#endif
