/*
 * A tree of actors: supervisors on all ranks hand out work, gather it, and replace what fails.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node.h"
#include "report_option.h"

struct tree_options {
    uint64_t depth, fanout, numbers, seed;
    double fail;
    bool quiet;
};

static bool read_number(const char *name, uint64_t least, uint64_t most, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(optarg, &end, 10);
    if (*optarg >= '0' && *optarg <= '9' && !*end && !errno && *value >= least && *value <= most)
        return true;
    fprintf(stderr, "actor_tree: --%s takes a number from %" PRIu64 " to %" PRIu64 ", not '%s'\n",
            name, least, most, optarg);
    return false;
}

static bool read_probability(double *value)
{
    char *end;
    *value = strtod(optarg, &end);
    if (end != optarg && !*end && *value >= 0 && *value < 1)
        return true;
    fprintf(stderr, "actor_tree: --fail takes a probability from 0 to below 1, not '%s'\n", optarg);
    return false;
}

static bool read_one(int which, struct tree_options *o)
{
    switch (which) {
    case 'd':
        return read_number("depth", 0, 20, &o->depth);
    case 'f':
        return read_number("fanout", 1, 1000, &o->fanout);
    case 'n':
        return read_number("numbers", 1, 4000000000, &o->numbers);
    case 's':
        return read_number("seed", 0, UINT64_MAX, &o->seed);
    case 'p':
        return read_probability(&o->fail);
    case 'q':
        return o->quiet = true;
    default:
        return false;
    }
}

/* 0: go on; 1: gave help; 2: said what is wrong. */
static int read_options(int argc, char **argv, struct tree_options *o)
{
    static const struct option known[] = {
        {"depth", required_argument, NULL, 'd'}, {"fanout", required_argument, NULL, 'f'},
        {"fail", required_argument, NULL, 'p'},  {"numbers", required_argument, NULL, 'n'},
        {"seed", required_argument, NULL, 's'},  {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},        REPORT_OPTION,
        {NULL, 0, NULL, 0}};
    opterr = 0;
    optind = 1;
    for (int which; (which = getopt_long(argc, argv, ":", known, NULL)) != -1;) {
        if (which == 'h') {
            puts("usage: actor_tree [--depth N (2)] [--fanout N (3)] [--fail P (0)] "
                 "[--numbers N (1000000)] [--seed N] [--quiet] [--report FILE]");
            return 1;
        }
        if (which == '?' || which == ':')
            fprintf(stderr, "actor_tree: %s '%s' (--help lists the options)\n",
                    which == ':' ? "a value is missing for" : "unknown option", argv[optind - 1]);
        if (!read_one(which, o))
            return 2;
    }
    if (optind == argc)
        return 0;
    fprintf(stderr, "actor_tree: unexpected argument '%s'\n", argv[optind]);
    return 2;
}

static void print_tree(node root)
{
    TROUPE_SPAN(node_line) lines = troupe_await(node_lines(root, 0));
    for (size_t i = 0; i < lines.count; i++)
        printf("%*s%s\n", (int)(4 * lines.data[i].depth), "", lines.data[i].text);
}

static int driver(int argc, char **argv)
{
    struct tree_options o = {.depth = 2, .fanout = 3, .numbers = 1000000, .seed = 1};
    int wrong = read_options(argc, argv, &o);
    if (wrong)
        return wrong == 2 ? 2 : 0;

    node root = node_new((uint32_t)o.depth, (uint32_t)o.fanout, o.fail, o.seed);
    uint64_t sum = troupe_await(node_sum(root, 1, o.numbers));
    uint64_t expected = o.numbers * (o.numbers + 1) / 2;
    if (!o.quiet)
        print_tree(root);
    printf("%" PRIu64 " children were replaced\n", troupe_await(node_replaced(root)));
    printf("The sum of 1 to %" PRIu64 " is %" PRIu64 "\n", o.numbers, sum);
    troupe_stop(root);
    troupe_await(troupe_ended(root));
    if (sum != expected)
        fprintf(stderr, "actor_tree: it should be %" PRIu64 "\n", expected);
    return sum == expected ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct troupe_run_options options = {.report = report_option(&argc, argv)};
    return troupe_run(argc, argv, driver, &options);
}
