/*
 * The tutorial's sampling task: how many of a range of random points lie in the circle.
 */
#ifndef SAMPLE_CIRCLE_H
#define SAMPLE_CIRCLE_H

#include "progress.h"

/* Samples [first, first + count) of the stream of `seed`, with as many OpenMP threads as the task
   asked CPUs for, or on the GPU that it asked for. Reports to the tracker every `report_every`
   samples, rounded up to whole blocks, and at the end. One that `fails` does so after the first, to
   be seen. */
TROUPE_TASK(sample_circle, uint64_t, (uint64_t, seed), (uint64_t, first), (uint64_t, count),
            (uint32_t, task_id), (progress, tracker), (uint64_t, report_every), (bool, fails));

#endif
