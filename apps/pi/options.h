/*
 * What the user asked of pi.
 */
#ifndef PI_OPTIONS_H
#define PI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct pi_options {
    uint32_t tasks;
    int cpus;         /* OpenMP threads of each task; 0: its share of its rank's CPUs */
    uint64_t samples; /* of all tasks */
    uint64_t report_every;
    uint64_t seed;
    int tracker_on; /* rank */
    int fail_task;  /* this task's samples cannot be counted; -1: none */
    bool gpu; /* of its own for each task */
    bool quiet, json;
};

enum pi_options_outcome { PI_OPTIONS_GOOD, PI_OPTIONS_BAD, PI_OPTIONS_HELP };

/* Says on stderr, in one line, what is wrong. */
enum pi_options_outcome pi_options_read(int argc, char **argv, int ranks,
                                        struct pi_options *options);

#endif
