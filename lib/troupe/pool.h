/** @file
 * Pools: some actors of one class, of which an idle one gets the next call.
 *
 * `TROUPE_POOL(C)` is a pool of actors of C; `pool.any` is what the functions here take, the macros
 * of declare.h take the pool itself. An actor of a pool has one call of it at a time, and is idle
 * when that is answered; other callers may call it, too.
 *
 * A pool is for the one who made it: the driver; an actor, in any of its methods; a task. It is in
 * memory until troupe_pool_end. An actor that ends leaves its pools: the call that it was in fails
 * as any other (TROUPE_ENDED), and the rest goes on. Of an actor whose call ended so, or was late
 * (TROUPE_LATE), it is found out first whether it still is, and done with that call.
 * Where no actor is left, a call fails its caller with TROUPE_ENDED and the last one's story.
 */
#ifndef TROUPE_POOL_H
#define TROUPE_POOL_H

#include "troupe/status.h"
#include "troupe/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup pools
    @{ */

/** A pool of whatever class. */
typedef struct troupe_pool troupe_pool;

/** How many actors it has. @param pool one's own @return what have ended are not counted
    @note Threads: waiting callers; elsewhere it ends the job. */
size_t troupe_pool_size(troupe_pool *pool);

/** How many of its actors are in no call of it: so many calls can be submitted without a wait. Lets
    others run. @param pool one's own @return at most troupe_pool_size; the others are busy
    @note Threads: waiting callers; elsewhere it ends the job. */
size_t troupe_pool_idle(troupe_pool *pool);

/** Whether there is a call that was submitted and not got. @param pool one's own @return whether
    @note Threads: waiting callers; elsewhere it ends the job. */
bool troupe_pool_has_next(troupe_pool *pool);

/**
 * The end of a pool: actors that troupe_pool_new made are stopped (troupe_stop), those that were
 * added live on, and what was not got is dropped. To be called by who made it, or in what he has
 * deferred.
 * @param pool one's own; no more afterwards
 * @note Threads: callers; elsewhere it ends the job.
 */
void troupe_pool_end(troupe_pool *pool);

/** Behind troupe_pool_new. @return without actors
    @note Threads: waiting callers; elsewhere it ends the job. */
troupe_pool *troupe_pool_begin(void);

/**
 * Behind troupe_pool_add.
 * @param pool one's own
 * @param actor of the pool's class
 * @param made whether it ends with the pool
 * @note Threads: waiting callers; elsewhere it ends the job.
 */
void troupe_pool_add_ref(troupe_pool *pool, struct troupe_ref actor, bool made);

/**
 * Behind troupe_pool_remove.
 * @param pool one's own
 * @param actor any
 * @return whether it was in the pool
 * @note Threads: waiting callers; elsewhere it ends the job.
 */
bool troupe_pool_remove_ref(troupe_pool *pool, struct troupe_ref actor);

/** Behind troupe_pool_submit: waits for an idle one. @param pool one's own @return who gets the
    next call @note Threads: waiting callers; elsewhere it ends the job. */
struct troupe_ref troupe_pool_choose(troupe_pool *pool);

/**
 * Behind troupe_pool_submit: the chosen one has been asked.
 * @param pool one's own
 * @param method what
 * @param future of its answer; the pool's from now on
 * @return the number of the call, from 0
 * @note Threads: waiting callers; elsewhere it ends the job.
 */
size_t troupe_pool_submitted(troupe_pool *pool, const struct troupe_method *method,
                             troupe_future future);

/**
 * Behind troupe_pool_next.
 * @param pool one's own
 * @param method of whose calls
 * @param value room for `size` bytes; written with TROUPE_OK
 * @param size of a result
 * @param number NULL: the oldest call; else the first that is answered, and here its number
 * @return as troupe_get; TROUPE_NO_FUTURE if there is none of that method
 * @note Threads: waiting callers; elsewhere it ends the job.
 */
troupe_status troupe_pool_next_any(troupe_pool *pool, const struct troupe_method *method,
                                   void *value, size_t size, size_t *number);

/**
 * Behind troupe_pool_map.
 * @param pool one's own
 * @param method what is called
 * @param args array of `n`, as method->signature->args describes
 * @param n how many calls; may be 0
 * @param values array of `n` of `size` bytes each
 * @param size of a result
 * @param statuses array of `n`; NULL: the first failure is the caller's
 * @return how many calls failed
 * @note Threads: waiting callers; elsewhere it ends the job.
 */
size_t troupe_pool_map_any(troupe_pool *pool, const struct troupe_method *method, const void *args,
                           size_t n, void *values, size_t size, troupe_status *statuses);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
