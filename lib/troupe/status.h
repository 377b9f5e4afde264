/** @file
 * How a call can end. One list: the names, their numbers and their texts.
 */
#ifndef TROUPE_STATUS_H
#define TROUPE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup statuses
    @{ */

/** The list: `X(NAME, number, text)` for each status. @param X a macro of the caller's */
#define TROUPE_STATUSES(X)                                                                         \
    X(OK, 0, "done")                                                /**< not a failure */          \
    X(FAILED, -1, "the method or task failed")                      /**< troupe_fail's default */  \
    X(TIMEOUT, -2, "the time given has passed")                     /**< of a wait or a lookup */  \
    X(NO_ACTOR, -3, "the handle is of no actor")                    /**< an empty handle */        \
    X(ENDED, -4, "the actor has ended")                             /**< before or in the call */  \
    X(NO_FUTURE, -5, "the future was consumed before, or never was")/**< of the wait itself */     \
    X(NO_MEMORY, -6, "no memory")                                   /**< on either rank */         \
    X(NOT_HERE, -7, "this cannot be done from where it was tried")  /**< such as a wait */         \
    X(INVALID, -8, "an argument cannot be right")                   /**< the story says which */   \
    X(BAD_MESSAGE, -9, "a message could not be read")               /**< it is damaged */          \
    X(CANCELLED, -10, "it was cancelled before it was done")        /**< as by troupe_exit */     \
    X(FULL, -11, "too many calls wait for the actor already")       /**< its max_pending */        \
    X(LATE, -12, "the call was not answered in its time")           /**< its timeout */

/** TROUPE_OK is 0, everything else is negative. A failure's code may be one of the program's
    own. */
typedef enum troupe_status {
#define X(name, number, text) TROUPE_##name = number,
    TROUPE_STATUSES(X)
#undef X
} troupe_status;

/**
 * The text of a status.
 * @param status a troupe_status; any other number is an error of the program's own
 * @return a constant text, never NULL
 * @note Threads: any, also while no troupe_run is under way.
 */
const char *troupe_status_text(int status);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
