/*
 * A long computation that is told to end before it is done, as by Slurm before the time is over: it
 * saves what it has. And how far it is, for whoever looks.
 */
#include <signal.h>
#include <stdio.h>

#include "troupe.h"

enum { STEPS = 1000, TOLD_AT = 3 };

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    int step = 0;
    for (; step < STEPS && !troupe_ending(); step++) {
        troupe_progress("steps", step, STEPS);
        troupe_sleep(0.01); /* it computes */
        if (step == TOLD_AT)
            raise(SIGUSR1); /* what Slurm would do */
    }
    printf("told to end before it was done: %s\n", step < STEPS ? "yes" : "no");
    return 0; /* in a batch job: step < STEPS ? TROUPE_REQUEUE : 0 */
}

int main(int argc, char **argv)
{
    const struct troupe_run_options options = {.grace = 30}; /* seconds to save in */
    return troupe_run(argc, argv, driver, &options);
}
