/** @file
 * Futures of any type. The typed forms that users write, troupe_await and the others, are macros
 * over these in declare.h.
 *
 * A future belongs to the rank it was made on, and never travels. One that was made by the driver
 * or a light method is for these alone; one that was made by a task, by an actor with CPUs or by
 * another thread is for every caller of the rank. One at a time may wait for it. It is consumed by
 * the one that gets its value, and takes memory until then or until it is dropped. What the value
 * points to lives until that method, task or driver ends, or a troupe_scope of it does.
 */
#ifndef TROUPE_FUTURE_H
#define TROUPE_FUTURE_H

#include "troupe/status.h"
#include "troupe/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup futures
    @{ */

/** As a number of seconds: no time-out. */
#define TROUPE_FOREVER (-1.0)

/**
 * Waits for a future and consumes it. Where the call failed, or the future is none to wait for (see
 * troupe_get_any), the caller fails with that status and story: the driver's failure ends the
 * program, a method's or task's becomes its own answer. While it waits, others run on its thread,
 * and a task, or an actor with CPUs, gives its CPUs back.
 * @param future of any type
 * @param size bytes of the value, as the caller knows its type
 * @return the value; good until the next wait of the caller (copy it: the macro does)
 * @note Threads: waiting callers; elsewhere it ends the job.
 */
void *troupe_await_any(troupe_future future, size_t size);

/**
 * Waits up to `seconds` and copies the value.
 * @param future of any type
 * @param value room for `size` bytes, not NULL; written where the result is TROUPE_OK
 * @param size bytes of the value, as the caller knows its type
 * @param seconds 0: looks once; negative: TROUPE_FOREVER
 * @return TROUPE_OK; TROUPE_NO_FUTURE; the call's own status (TROUPE_FAILED, a code given to
 *         troupe_fail, TROUPE_ENDED, TROUPE_NO_ACTOR, TROUPE_NO_MEMORY, TROUPE_BAD_MESSAGE,
 *         TROUPE_CANCELLED, TROUPE_FULL or TROUPE_LATE): in all of these the future is
 *         consumed. It stays good with TROUPE_TIMEOUT, with TROUPE_NOT_HERE, and with
 *         TROUPE_INVALID: its value has another size, or somebody else waits for it.
 *         With TROUPE_INVALID it is consumed, too, where it is an answer, or the end, of the actor
 *         whose method asks: that call is taken back.
 *         What is not TROUPE_OK is told by troupe_story()
 * @note Threads: waiting callers; elsewhere TROUPE_NOT_HERE.
 */
troupe_status troupe_get_any(troupe_future future, void *value, size_t size, double seconds);

/**
 * Awaits futures one after the other, as troupe_await_any; the first failure is the caller's, and
 * the futures behind it are not consumed.
 * @param futures array of `n`, of one type
 * @param n how many; may be 0
 * @param values array of `n` of `size` bytes each; what they point to lives as what await gives
 * @param size bytes of one value
 * @note Threads: waiting callers; elsewhere it ends the job.
 */
void troupe_await_each(const troupe_future *futures, size_t n, void *values, size_t size);

/** How many of a list to wait for: one. */
#define TROUPE_ANY ((size_t)1)
/** How many of a list to wait for: all. */
#define TROUPE_ALL SIZE_MAX

/**
 * Waits until `want` of the futures, which may be of different types (`f.any`), are there, or
 * `seconds` have passed. Consumes none. One that a wait would not be for counts as there: consumed,
 * dropped, awaited by somebody else, or an answer of the actor whose method waits.
 * @param futures array of `n`
 * @param n how many; may be 0
 * @param want TROUPE_ANY, a number, or TROUPE_ALL; more than `n` is `n`
 * @param seconds 0: looks once; negative: TROUPE_FOREVER
 * @return how many are there, not counted beyond `want`; fewer if the time has passed
 * @note Threads: waiting callers; elsewhere it returns 0 at once.
 */
size_t troupe_wait(const troupe_future *futures, size_t n, size_t want, double seconds);

/**
 * Whether the value, or the failure, is there. Lets others run if it is not.
 * @param future of any type
 * @return as troupe_wait of this one and 0 seconds
 * @note Threads: waiting callers; elsewhere it returns false.
 */
bool troupe_done_any(troupe_future future);

/**
 * Throws a result away, now or when it comes; who waits for it gets TROUPE_NO_FUTURE.
 * @param future of any type; none, or one that was consumed, is ignored
 * @note Threads: callers that may wait for it (see above), also in a destructor; any, for one that
 *       a task, an actor with CPUs or another thread made.
 */
void troupe_drop_any(troupe_future future);

/**
 * Cancels a task, wherever it is. One that has not begun never does: its future fails with
 * TROUPE_CANCELLED. In one that has, troupe_cancelled() is true from then on; it ends when and as
 * it likes, and its future gets what it returns. The tasks that it has submitted, and those that it
 * submits yet, are cancelled with it as long as it runs. Of a task that is done, of an ask, of
 * none: nothing. One whose large arguments are still on their way may begin nevertheless.
 * @param future of the task; it stays good, and is to be awaited or dropped as any other
 * @note Threads: as troupe_drop_any.
 */
void troupe_cancel_any(troupe_future future);

/**
 * Whether the running task has been cancelled: it had better end soon.
 * @return false in the driver and in methods
 * @note Threads: that of the task; others of its team always get false.
 */
bool troupe_cancelled(void);

/**
 * What went wrong in the caller's last troupe_get or troupe_lookup that did not return TROUPE_OK:
 * who, and why.
 * @return "" if nothing did; good until the next one goes wrong, or the caller ends
 * @note Threads: callers; others always get "".
 */
const char *troupe_story(void);

/** Where results live, for a caller that runs for long: what it awaited, and got from troupe_alloc,
    after begin is given back by end. Scopes nest: the latest ends first, and in its own caller. */
struct troupe_scope {
    void *mark; /**< for the library */
};

/** Begins a scope. @return for troupe_scope_end @note Threads: callers; others do nothing. */
struct troupe_scope troupe_scope_begin(void);

/** Ends a scope. @param scope from begin @note Threads: callers; others do nothing. */
void troupe_scope_end(struct troupe_scope scope);

/** Behind troupe_same. @param a an actor @param b another @return whether @note Threads: any. */
bool troupe_same_ref(struct troupe_ref a, struct troupe_ref b);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
