/*
 * The command line of a program. Each function says on stderr, in one line that begins with the
 * program's name, what is wrong.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

enum options_outcome { OPTIONS_GOOD, OPTIONS_BAD, OPTIONS_HELP };

struct options {
    const char *program;
    const char *help;           /* what --help prints */
    const struct option *known; /* as of getopt_long: `val` is a letter, of --help 'h' */
    bool (*read_one)(int which, void *into); /* its value is optarg; false: it is bad, and said */
};

/* Reads them all; optind is then the first argument that is none. */
enum options_outcome options_read(const struct options *options, int argc, char **argv,
                                  void *into);

/* Whether no more than `n` arguments are left. */
bool options_end(const struct options *options, int argc, char **argv, int n);

/* what: as it stands on the command line. */
bool options_number(const char *program, const char *what, const char *text, uint64_t least,
                    uint64_t most, uint64_t *value);

#endif
