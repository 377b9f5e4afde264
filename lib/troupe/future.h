/*
 * Futures of any type. The typed forms that users write, troupe_await and the others, are macros
 * over these in declare.h.
 *
 * A future belongs to the rank it was made on. The driver, methods and tasks of that rank may wait
 * for it; it is consumed by the one that gets its value, and what the value points to lives until
 * that method or task ends (in the driver: until its troupe_scope ends, or the driver does).
 */
#ifndef TROUPE_FUTURE_H
#define TROUPE_FUTURE_H

#include "troupe/status.h"
#include "troupe/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** As a number of seconds: no time-out. */
#define TROUPE_FOREVER (-1.0)

/**
 * Waits for a future and consumes it. Where the call failed, the caller fails with its story: the
 * driver's failure ends the program, a method's or task's becomes its own answer.
 * @param size bytes of the value, as the caller knows its type
 * @return the value; good until the next wait of the caller (copy it: the macro does)
 * Threads: the driver, a method, a task; never inside an OpenMP parallel region.
 */
void *troupe_await_any(troupe_future future, size_t size);

/**
 * Waits up to `seconds` and copies the value.
 * @return TROUPE_OK and the future is consumed; TROUPE_TIMEOUT and it is not; or what went wrong,
 *         with its story in troupe_story(), and it is consumed
 */
troupe_status troupe_get_any(troupe_future future, void *value, size_t size, double seconds);

/** Awaits each of `n` futures into `values`, an array of `n` of `size` bytes each. */
void troupe_await_each(const troupe_future *futures, size_t n, void *values, size_t size);

/** How many of a list to wait for. */
#define TROUPE_ANY ((size_t)1)
#define TROUPE_ALL SIZE_MAX

/**
 * Waits until `want` of the futures, which may be of different types (`f.any`), are there, or
 * `seconds` have passed. Consumes none; one that was consumed before counts as there.
 * @param want TROUPE_ANY, a number, or TROUPE_ALL
 * @return how many are there: at least `want`, or fewer if the time has passed
 */
size_t troupe_wait(const troupe_future *futures, size_t n, size_t want, double seconds);

/** Whether the value, or the failure, is there. Lets others run if it is not. */
bool troupe_done_any(troupe_future future);

/** Throws a result away, now or when it comes. Any thread of the rank. */
void troupe_drop_any(troupe_future future);

/** What went wrong in the last call that did not return TROUPE_OK; "" if nothing did. */
const char *troupe_story(void);

/** Where the driver's results live: everything awaited after begin is given back by end. */
struct troupe_scope {
    void *mark;
};
struct troupe_scope troupe_scope_begin(void);
void troupe_scope_end(struct troupe_scope scope);

bool troupe_same_ref(struct troupe_ref a, struct troupe_ref b);

#ifdef __cplusplus
}
#endif

#endif
