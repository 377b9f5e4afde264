/** @file
 * Buffers: memory that is handed over with a call instead of being copied, and that who gets it may
 * keep. For arrays; what is small is as well copied.
 *
 * A buffer is counted: troupe_buffer makes it with one hold, troupe_keep adds one, troupe_release
 * takes one back, and troupe_give hands one over to the call that has its result as the data of a
 * span. Within a rank the callee sees the very same bytes; to another rank they are sent without
 * a copy, and arrive in a buffer of their own there. The callee's hold is released when its call
 * ends, however it ends; one that keeps the bytes for longer calls troupe_keep. Whoever has the
 * only hold may write; bytes that were given, or are held by several, are read only.
 */
#ifndef TROUPE_BUFFER_H
#define TROUPE_BUFFER_H

#include "troupe/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup buffers
    @{ */

/** This version has troupe_give. */
#define TROUPE_HAVE_GIVE 1

/**
 * A new buffer, held once. What large ones need is used again, so it is soon warm.
 * @param bytes how many; may be 0
 * @return not zeroed, aligned to 64 bytes; the caller's, to be given or released; NULL when memory
 *         is short
 * @note Threads: any.
 */
void *troupe_buffer(size_t bytes);

/**
 * Hands a hold over to the call that this is an argument of, as the data of a span of elements
 * without pointers: `store_put(s, (TROUPE_SPAN(double)){troupe_give(numbers), n})`. The call takes
 * it even if it fails, or is a tell to no actor. In a span of elements with pointers, or in a
 * result, the bytes are copied. Given to a method that is called from inside, it goes with the call
 * that all is inside of.
 * @param buffer where a buffer begins; another pointer, or one whose holds are all given, fails the
 *        caller with TROUPE_INVALID
 * @return the same, to be used in one call; the span may be shorter than the buffer, and a longer
 *         one fails the caller with TROUPE_INVALID
 * @note Threads: any.
 */
const void *troupe_give(const void *buffer);

/**
 * One more hold: to keep what was given beyond the call, or to give it once more.
 * @param buffer where a buffer begins, as a span's data that was given; another pointer fails the
 *        caller with TROUPE_INVALID
 * @return the same
 * @note Threads: any that has a hold of it, or is in a call that has.
 */
const void *troupe_keep(const void *buffer);

/**
 * A hold is taken back; with the last one the memory is.
 * @param buffer where a buffer begins; NULL is ignored, another pointer, or one whose holds are all
 *        given, fails the caller with TROUPE_INVALID
 * @note Threads: any that has a hold of it.
 */
void troupe_release(const void *buffer);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
