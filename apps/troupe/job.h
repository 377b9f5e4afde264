/*
 * The running jobs of this user, by the files that they leave (docs/gateway.md). Files that are not
 * ours alone are passed over, those of jobs that are gone are removed.
 */
#ifndef JOB_H
#define JOB_H

#include <jansson.h>
#include <stdbool.h>

#include "command.h"

struct job {
    json_t *keys; /* the file; what is below points into it */
    const char *name, *host, *url, *socket, *token, *program; /* url, socket: or NULL */
    long pid;
    char *folder; /* where its file lies */
    bool is_here; /* on this machine */
};

/* The job of this name, or the only one if that is NULL. It says what is wrong. */
enum status job_find(const char *name, struct job *job);

/* All of them; to be freed with jobs_free. */
struct job *jobs_find(size_t *count);
void jobs_free(struct job *jobs, size_t count);

#endif
