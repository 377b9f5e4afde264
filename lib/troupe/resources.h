/** @file
 * What ranks have, and what the running task or method was given of it.
 */
#ifndef TROUPE_RESOURCES_H
#define TROUPE_RESOURCES_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup resources
    @{ */

/** So much of one kind. */
struct troupe_resource {
    const char *name; /**< "cpus", "gpus", "memory" (bytes), or one of the program's own; the
                           library's, good until troupe_run returns */
    double amount;    /**< that the rank has, in use or not */
};

/**
 * What a rank has: cpus, gpus, memory, then what TROUPE_RESOURCES and Slurm name, the same kinds in
 * the same order for all ranks of the job.
 * @param rank from 0
 * @param list room for `most` of them
 * @param most 0: list is not used
 * @return how many kinds there are; 0 if there is no such rank
 * @note Threads: any.
 */
size_t troupe_resources(int rank, struct troupe_resource *list, size_t most);

/**
 * The GPUs that the running task, or the actor whose method runs, was given (`.gpus`), as this
 * process counts them: for cudaSetDevice, hipSetDevice, omp_set_default_device.
 * @param ids room for `most` of them, lowest first
 * @param most 0: ids is not used
 * @return how many there are; one of which only a part was given counts as one
 * @note Threads: callers; elsewhere it ends the job.
 */
int troupe_gpu_ids(int *ids, int most);

/** What waits on a rank for CPUs, GPUs, memory or named resources. */
struct troupe_waiting {
    char who[320];    /**< "task sample", "painter(1:4).paint", or, of one that is to be made,
                           "painter, actor(1:4)" */
    char reason[576]; /**< "waits for 1 GPU (free: 0.5 GPUs), behind 3" */
    double seconds;   /**< it has done so, within some milliseconds */
};

/**
 * The tasks that have not begun, the methods of actors with CPUs likewise, and the actors that are
 * not made yet, since what they ask for is not free on the caller's rank: first those that wait for
 * what they hold to their end, then those that wait for CPUs, each in their order.
 * @param list room for `most` of them
 * @param most 0: list is not used
 * @return how many wait
 * @note Threads: any.
 */
size_t troupe_waiting(struct troupe_waiting *list, size_t most);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
