/*
 * The door of a job: requests over one kept connection.
 */
#ifndef DOOR_H
#define DOOR_H

#include <jansson.h>
#include <stdbool.h>

#include "job.h"

struct door {
    const struct job *job;
    void *curl; /* the connection */
    void *headers;
    const char *base; /* what the path is put behind */
    bool on_socket;
    bool numbers_as_strings; /* of 64 bits, beyond what jansson reads */
    long answered;           /* the last answer's status */
};

/* url: the near end of a tunnel, or NULL. It says what is wrong. */
enum status door_open(const struct job *job, const char *url, struct door *door);
void door_close(struct door *door);

/* The answer to VERB PATH with `body` (or NULL; its reference is taken), a new reference. NULL: it
   was a failure, and that has been said. */
json_t *door_ask(struct door *door, const char *verb, const char *path, json_t *body);

/* The same for GET. */
json_t *door_get(struct door *door, const char *path);

/* "/v1/SEGMENT/SEGMENT": each quoted as a path needs it, NULL behind the last; to be freed. */
char *door_path(const char *segment, ...) __attribute__((sentinel));

/* Adds "NAME=value" to the path, which is reallocated, unless the value is NULL. */
void door_query(char **path, const char *name, const char *value);

#endif
