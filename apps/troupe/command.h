/*
 * The command `troupe`: what its parts share. Everything that is said of a job comes from its
 * gateway (docs/gateway.md), as JSON; names, reprs, log lines and stories in it may be anything.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <jansson.h>
#include <stdbool.h>

enum status { DONE = 0, FAILED = 1, MISUSED = 2 };

struct options {
    const char *job, *url;
    bool json, follow, kill, or_existing;
    const char *name, *class_name, *rank, *timeout, *limit;
};

struct door;

/* A command, with what stands behind its name on the command line. */
typedef enum status command_fn(struct door *door, const struct options *options, int argc,
                               char **argv);

/* Of the running job; a door is opened for them. */
command_fn command_call, command_end, command_list, command_logs, command_new, command_open,
    command_show, command_stack, command_summary, command_top;
/* Of files alone: door is NULL. */
command_fn command_jobs, command_tunnel;

/* Says on stderr, in one line and without control characters, what is wrong. */
enum status complain(enum status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
