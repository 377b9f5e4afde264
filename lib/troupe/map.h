/** @file
 * A task for each index of a range: the runtime makes tasks of a few indices each, larger ones
 * first, and puts the results into an array.
 *
 *     TROUPE_TASK(shade, double, (size_t, index), (scene, of));
 *     troupe_map(shade, 0, n, values, .of = s, .with = { … });
 *
 * The task is any whose argument `index` is a size_t; it runs as declared, for one index after the
 * other, and can itself be called as ever. What it needs, and `with`, is for each of the tasks that
 * are made; but `timeout` is for all of it.
 */
#ifndef TROUPE_MAP_H
#define TROUPE_MAP_H

#include "troupe/status.h"
#include "troupe/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup maps
    @{ */

/**
 * Behind troupe_get_map and troupe_map. Runs a task for each index, and waits. There are two tasks
 * for each CPU of the job at a time, each of a part of what is left: about half of that goes to all
 * of them together.
 * @param task with an argument `index`
 * @param args of the task, but for the index; read before the return
 * @param begin the first index
 * @param end behind the last one
 * @param values array of `end - begin` results; what they point to lives as what await gives.
 *        Where one fails what is in it is not said. NULL: they are not wanted
 * @param with of the tasks; the first that fails, or is late, ends all: the others are cancelled
 * @return TROUPE_OK, or as troupe_get: the story says of which indices, and where
 * @note Threads: waiting callers; elsewhere it ends the job.
 */
troupe_status troupe_map_any(const struct troupe_method *task, const void *args, size_t begin,
                             size_t end, void *values, const struct troupe_options *with);

/** Behind troupe_map. @param status not TROUPE_OK: the caller fails with it, and troupe_story */
void troupe_map_check(troupe_status status);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
