/*
 * What the user asked of bench.
 */
#ifndef BENCH_ARGUMENTS_H
#define BENCH_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

struct bench_arguments {
    char *const *names; /* kernels or groups of them; none: all that fit */
    int name_count;
    double seconds; /* for each kernel */
    uint32_t destinations; /* of tell_rate */
    bool json, floor, list;
};

enum bench_outcome { BENCH_GOOD, BENCH_BAD, BENCH_HELP };

/* Says on stderr, in one line, what is wrong. */
enum bench_outcome bench_arguments_read(int argc, char **argv, int ranks,
                                        struct bench_arguments *arguments);

#endif
