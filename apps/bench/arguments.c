#include "arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels.h"
#include "setting.h"

static const char help[] =
    "usage: bench [options] [NAME...]\n"
    "Measures troupe beside raw counterparts, in turn; without names all that fit the ranks.\n"
    "  --list       the kernels, the ranks they need, what they measure\n"
    "  --seconds S  for each kernel, about (2)\n"
    "  --floor      the machine's own floor before the kernels named, or alone\n"
    "  --json       one JSON object a line instead of a table\n"
    "  --destinations D  actors that tell_rate goes to, on the other ranks in turn (1, up to 64)\n"
    "ratio is ours/raw: 1 is as good as raw; smaller is better for times, larger for rates.\n"
    "min and max are of the ratio of one repetition, or where there is none of the figure.\n"
    "bar is what the ratio should reach, or with a unit the figure itself.\n";

static const struct option known[] = {{"list", no_argument, NULL, 'l'},
                                      {"seconds", required_argument, NULL, 's'},
                                      {"floor", no_argument, NULL, 'f'},
                                      {"json", no_argument, NULL, 'j'},
                                      {"destinations", required_argument, NULL, 'd'},
                                      {"help", no_argument, NULL, 'h'},
                                      {NULL, 0, NULL, 0}};

static bool read_seconds(double *seconds)
{
    char *end;
    *seconds = strtod(optarg, &end);
    if (end != optarg && !*end && *seconds >= 0.001 && *seconds <= 3600)
        return true;
    fprintf(stderr, "bench: --seconds takes a number from 0.001 to 3600, not '%s'\n", optarg);
    return false;
}

static bool read_destinations(uint32_t *destinations)
{
    char *end;
    long value = strtol(optarg, &end, 10);
    *destinations = (uint32_t)value;
    if (end != optarg && !*end && value >= 1 && value <= BENCH_DESTINATIONS_MAX)
        return true;
    fprintf(stderr, "bench: --destinations takes a number from 1 to %d, not '%s'\n",
            BENCH_DESTINATIONS_MAX, optarg);
    return false;
}

static bool known_name(const char *name, int ranks)
{
    int needed = 0;
    for (size_t i = 0; i < bench_kernel_count; i++) {
        if (!bench_kernel_is(&bench_kernels[i], name))
            continue;
        if (bench_kernel_fits(&bench_kernels[i], ranks))
            return true;
        needed = bench_kernels[i].ranks;
    }
    if (needed > ranks)
        fprintf(stderr, "bench: '%s' needs %d ranks, there are %d\n", name, needed, ranks);
    else if (needed)
        fprintf(stderr, "bench: '%s' is not for this CPU\n", name);
    else
        fprintf(stderr, "bench: there is no kernel '%s' (--list names them)\n", name);
    return false;
}

static bool read_one(int which, struct bench_arguments *arguments)
{
    arguments->list |= which == 'l';
    arguments->floor |= which == 'f';
    arguments->json |= which == 'j';
    if (which == 'd')
        return read_destinations(&arguments->destinations);
    return which != 's' || read_seconds(&arguments->seconds);
}

enum bench_outcome bench_arguments_read(int argc, char **argv, int ranks,
                                        struct bench_arguments *arguments)
{
    *arguments = (struct bench_arguments){.seconds = 2, .destinations = 1};
    opterr = 0;
    optind = 1;
    for (int which; (which = getopt_long(argc, argv, ":", known, NULL)) != -1;) {
        if (which == 'h') {
            fputs(help, stdout);
            return BENCH_HELP;
        }
        if (which == '?' || which == ':') {
            fprintf(stderr, "bench: %s '%s' (--help lists the options)\n",
                    which == ':' ? "a value is missing for" : "unknown option", argv[optind - 1]);
            return BENCH_BAD;
        }
        if (!read_one(which, arguments))
            return BENCH_BAD;
    }
    arguments->names = argv + optind;
    arguments->name_count = argc - optind;
    for (int i = optind; i < argc; i++)
        if (!known_name(argv[i], ranks))
            return BENCH_BAD;
    return BENCH_GOOD;
}
