/*
 * A door in the test's own process, with somebody behind it who does as the test says.
 *
 * /v1/echo answers at once with what came; /v1/keep is kept until door_answer; the others of
 * door.c answer in their own way. It stands in a folder of its own, and its clock can be set.
 */
#ifndef TEST_DOOR_H
#define TEST_DOOR_H

#include <jansson.h>

#include "gateway/door.h"

/* Of the job's file: url, socket, token, read_token. */
extern json_t *door_file;
extern char door_folder[];

/* In seconds, added to the clock of the door. */
extern _Atomic double door_later;

/* Opens it; `connections` and `patience` as in trp_door_options. */
void door_open(const char *where, unsigned connections, double patience);
void door_close(void);
/* The same as set-up and tear-down of a test: on loopback and the socket, with the usual limits. */
int door_begin(void **state);
int door_end(void **state);

const char *door_url(void);
const char *door_socket(void);
const char *door_token(void);
const char *door_read_token(void);

/* A new connection. */
int door_connect(void);

/* Waits until so many requests are kept, and answers them from this thread. */
void door_await_kept(unsigned count);
void door_answer(void);

#endif
