/*
 * The tutorial's ProgressPIActor: keeps how far each task is and tells the ratio of all.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "troupe.h"

/* total_samples: of all tasks together */
TROUPE_CLASS(progress, (uint64_t, total_samples));
TROUPE_TELL(progress, report, (uint32_t, task_id), (uint64_t, samples_done));
TROUPE_ASK(progress, ratio, double);

#endif
