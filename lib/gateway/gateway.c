/*
 * The door and what is behind it, opened and closed together.
 */
#include "gateway/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/decode.h"
#include "gateway/door.h"
#include "gateway/now.h"

/* To a person only; how to get in is in the job's file, and never said. */
static void say_how(void)
{
    static const char text[] = "troupe: to see this job: troupe open\n";
    if (!isatty(STDERR_FILENO))
        return;
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
}

static bool is_open; /* what is behind the door; not closed yet */

bool trp_gateway_open(struct trp_rank *rank, const char *where, const char *program)
{
    is_open = trp_api_open(rank);
    if (!is_open || !where)
        return is_open;
    char *name = strdup(program);
    if (!name)
        return false;
    trp_mend(name);
    bool open = trp_door_open(&(struct trp_door_options){.where = where, .program = name,
                                                         .take = trp_api_take});
    free(name);
    if (open)
        say_how();
    return open;
}

void trp_gateway_close(const char *report)
{
    trp_door_close();
    if (is_open && report)
        trp_report_now(report);
    is_open = false;
    trp_api_close();
}
