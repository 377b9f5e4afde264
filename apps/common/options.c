#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum options_outcome options_read(const struct options *options, int argc, char **argv,
                                  void *into)
{
    opterr = 0;
    optind = 1;
    for (int which; (which = getopt_long(argc, argv, ":", options->known, NULL)) != -1;) {
        if (which == 'h') {
            fputs(options->help, stdout);
            return OPTIONS_HELP;
        }
        if (which == '?' || which == ':') {
            fprintf(stderr, "%s: %s '%s' (--help lists the options)\n", options->program,
                    which == ':' ? "a value is missing for" : "unknown option", argv[optind - 1]);
            return OPTIONS_BAD;
        }
        if (!options->read_one(which, into))
            return OPTIONS_BAD;
    }
    return OPTIONS_GOOD;
}

bool options_end(const struct options *options, int argc, char **argv, int n)
{
    if (argc - optind <= n)
        return true;
    fprintf(stderr, "%s: unexpected argument '%s' (--help lists the options)\n",
            options->program, argv[optind + n]);
    return false;
}

bool options_number(const char *program, const char *what, const char *text, uint64_t least,
                    uint64_t most, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && !errno && *value >= least && *value <= most)
        return true;
    fprintf(stderr, "%s: %s takes a number from %" PRIu64 " to %" PRIu64 ", not '%s'\n", program,
            what, least, most, text);
    return false;
}
