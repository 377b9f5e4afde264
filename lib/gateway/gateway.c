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

/* To a person only; how to get in is in the job's file, and never said. */
static void say_how(void)
{
    static const char text[] = "troupe: to see this job: troupe open\n";
    if (!isatty(STDERR_FILENO))
        return;
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
}

bool trp_gateway_open(struct trp_rank *rank, const char *where, const char *program)
{
    char *name = trp_api_open(rank) ? strdup(program) : NULL;
    if (!name)
        return false;
    trp_mend(name);
    bool open = trp_door_open(&(struct trp_door_options){.where = where, .program = name,
                                                         .take = trp_api_take});
    free(name);
    if (open)
        say_how();
    else
        trp_api_close();
    return open;
}

void trp_gateway_close(void)
{
    trp_door_close();
    trp_api_close();
}
