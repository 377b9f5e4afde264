/*
 * Messages of at most 4 KiB between all ranks, received while one sends: what hand-written programs
 * of many small updates are made of. Receives from any source stand ready; they are looked at in
 * the order in which they were posted, which for each sender is the order in which it sent. What a
 * rank sends to itself is taken at once.
 */
#ifndef RAW_EXCHANGE_H
#define RAW_EXCHANGE_H

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a message: a buffer of 4 KiB, less what MPI puts before it, so that Open MPI sends it at once.
   With all 512, measured, each message takes a handshake and the rates are half. */
#define RAW_WORDS 496

/* An outgoing message. */
struct raw_post {
    MPI_Request request;
    uint64_t words[RAW_WORDS];
};

/* Gets what has come; it may send, but not look. */
typedef void raw_taker(int from, int kind, const uint64_t *words, size_t count);

void raw_exchange_open(raw_taker *taker);
void raw_exchange_close(void);

/* So many of them, with nothing under way. Ends the program where memory is short. */
struct raw_post *raw_posts_new(size_t count);

void raw_post_send(struct raw_post *post, int to, int kind, size_t count);

/* Whether its memory may be filled again. */
bool raw_post_is_off(struct raw_post *post);

/* Takes the next message; false: there was none. */
bool raw_exchange_look(void);

#endif
