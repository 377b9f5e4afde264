/** @file
 * The end of actors, and how it is told.
 */
#ifndef TROUPE_LIFE_H
#define TROUPE_LIFE_H

#include "troupe/declare.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup life
    @{ */

/** Why an actor ended. */
enum troupe_end_reason {
    TROUPE_END_STOPPED = 1, /**< troupe_stop, after the calls that came before it */
    TROUPE_END_KILLED,      /**< troupe_kill */
    TROUPE_END_EXITED,      /**< by itself: troupe_exit_actor */
    TROUPE_END_FAILED,      /**< its constructor failed, or its name was taken */
    TROUPE_END_TIED,        /**< with the actor that it was tied to */
    TROUPE_END_JOB,         /**< with the job */
    TROUPE_END_FORGOTTEN,   /**< too long ago: its rank remembers the last 4096 ends */
};

/**
 * How an actor ended, as troupe_ended gives it.
 * @struct troupe_end
 * @var troupe_end::reason
 * A troupe_end_reason.
 * @var troupe_end::story
 * For people; lives as what await gives.
 */
TROUPE_STRUCT(troupe_end, (int32_t, reason), (troupe_str, story));

/**
 * The actor ends when the method that runs has returned or failed: calls that wait for it, and
 * later ones, fail with TROUPE_ENDED. Outside of a method it fails the caller with TROUPE_NOT_HERE.
 * @note Threads: that of a method (or constructor).
 */
void troupe_exit_actor(void);

/**
 * Behind troupe_lookup.
 * @param class_ the actor's, or a base of it
 * @param name what it was created under
 * @param seconds to wait for one; negative: TROUPE_FOREVER
 * @param actor written where the result is TROUPE_OK
 * @return as troupe_lookup
 * @note Threads: waiting callers; elsewhere TROUPE_NOT_HERE.
 */
troupe_status troupe_lookup_ref(const struct troupe_class *class_, const char *name,
                                double seconds, struct troupe_ref *actor);

/** Behind troupe_stop. @param actor of any class */
void troupe_stop_ref(struct troupe_ref actor);

/** Behind troupe_kill. @param actor of any class */
void troupe_kill_ref(struct troupe_ref actor);

/** Behind troupe_ended. @param actor of any class @return a future of its end */
__attribute__((warn_unused_result)) troupe_future_troupe_end
troupe_ended_ref(struct troupe_ref actor);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
