/*
 * How a call can end. One list: the names, their numbers and their texts.
 */
#ifndef TROUPE_STATUS_H
#define TROUPE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#define TROUPE_STATUSES(X)                                                                         \
    X(OK, 0, "done")                                                                               \
    X(FAILED, -1, "the method or task failed")                                                     \
    X(TIMEOUT, -2, "the time given has passed")                                                    \
    X(NO_ACTOR, -3, "the handle is of no actor")                                                   \
    X(ENDED, -4, "the actor has ended")                                                            \
    X(NO_FUTURE, -5, "the future was consumed before, or never was")                               \
    X(NO_MEMORY, -6, "no memory")                                                                  \
    X(NOT_HERE, -7, "this cannot be done from where it was tried")                                 \
    X(INVALID, -8, "an argument cannot be right")                                                  \
    X(BAD_MESSAGE, -9, "a message could not be read")                                              \
    X(CANCELLED, -10, "it was cancelled before it was done")

/** TROUPE_OK is 0, everything else is negative. */
typedef enum troupe_status {
#define X(name, number, text) TROUPE_##name = number,
    TROUPE_STATUSES(X)
#undef X
} troupe_status;

/** The text of a status, or of a code given to troupe_fail: never NULL. Any thread. */
const char *troupe_status_text(int status);

#ifdef __cplusplus
}
#endif

#endif
