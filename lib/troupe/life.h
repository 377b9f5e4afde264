/*
 * The end of actors, and how it is told.
 */
#ifndef TROUPE_LIFE_H
#define TROUPE_LIFE_H

#include "troupe/declare.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Why an actor ended. */
enum troupe_end_reason {
    TROUPE_END_STOPPED = 1, /**< troupe_stop, after the calls that came before it */
    TROUPE_END_KILLED,      /**< troupe_kill */
    TROUPE_END_EXITED,      /**< by itself: troupe_exit_actor */
    TROUPE_END_FAILED,      /**< its constructor failed, or its name was taken */
    TROUPE_END_TIED,        /**< with the actor that it was tied to */
    TROUPE_END_JOB,         /**< with the job */
};

/** How an actor ended: a troupe_end_reason, and the story for people. */
TROUPE_STRUCT(troupe_end, (int32_t, reason), (troupe_str, story));

/** In a method: the actor ends when the method has returned. */
void troupe_exit_actor(void);

troupe_status troupe_lookup_ref(const struct troupe_class *class_, const char *name,
                                double seconds, struct troupe_ref *actor);
void troupe_stop_ref(struct troupe_ref actor);
void troupe_kill_ref(struct troupe_ref actor);
__attribute__((warn_unused_result)) troupe_future_troupe_end
troupe_ended_ref(struct troupe_ref actor);

#ifdef __cplusplus
}
#endif

#endif
