/*
 * Unbalanced Tree Search: counts the nodes of a tree whose shape nobody knows before. Each task
 * gives away half of its subtree while that proves large.
 */
#include <inttypes.h>
#include <stdio.h>

#include "efficiency.h"
#include "options.h"
#include "report_option.h"
#include "search.h"

#define GRAIN 25000 /* nodes: some milliseconds */

struct uts_run {
    const char *name;
    const uts_tree *tree;
    uint64_t grain, times;
    bool sequential;
    uts_count count;
};

static const char help[] =
    "usage: uts [options]\n"
    "Counts the nodes of a tree of the Unbalanced Tree Search benchmark, by tasks.\n"
    "  --tree NAME   which: T1, T1L, T3 (T1)\n"
    "  --grain N     nodes that a task looks at before it gives half of the rest away (25000)\n"
    "  --sequential  without tasks\n"
    "  --report FILE at the end a page of what there was, and how long it took\n"
    "  --time N      both N times in turn, and how well the tasks use the CPUs\n";

static bool read_tree(struct uts_run *run)
{
    run->name = optarg;
    run->tree = uts_tree_by_name(optarg);
    if (!run->tree)
        fprintf(stderr, "uts: --tree takes one of %s, not '%s'\n", uts_names, optarg);
    return run->tree;
}

static bool read_one(int which, void *into)
{
    struct uts_run *run = into;
    switch (which) {
    case 't':
        return read_tree(run);
    case 'g':
        return options_number("uts", "--grain", optarg, 1, UINT32_MAX, &run->grain);
    case 'n':
        return options_number("uts", "--time", optarg, 1, EFFICIENCY_TIMES_MAX, &run->times);
    default: /* --sequential */
        return run->sequential = true;
    }
}

static const struct option known[] = {
    {"tree", required_argument, NULL, 't'}, {"grain", required_argument, NULL, 'g'},
    {"time", required_argument, NULL, 'n'}, {"sequential", no_argument, NULL, 's'},
    {"help", no_argument, NULL, 'h'},       REPORT_OPTION,
    {NULL, 0, NULL, 0}};

static const struct options options = {"uts", help, known, read_one};

static void search_alone(void *work)
{
    struct uts_run *run = work;
    run->count = uts_search_alone(run->tree);
}

static void search_by_tasks(void *work)
{
    struct uts_run *run = work;
    run->count = uts_search_by_tasks(run->tree, run->grain);
}

static int driver(int argc, char **argv)
{
    struct uts_run run = {.name = "T1", .tree = uts_tree_by_name("T1"), .grain = GRAIN};
    enum options_outcome outcome = options_read(&options, argc, argv, &run);
    if (outcome == OPTIONS_HELP)
        return 0;
    if (outcome == OPTIONS_BAD || !options_end(&options, argc, argv, 0))
        return 2;
    if (run.times)
        efficiency_print((int)run.times, search_alone, search_by_tasks, &run);
    else if (run.sequential)
        search_alone(&run);
    else
        search_by_tasks(&run);
    printf("%s: %" PRIu64 " nodes, %" PRIu64 " leaves, depth %u\n", run.name, run.count.nodes,
           run.count.leaves, run.count.depth);
    return 0;
}

int main(int argc, char **argv)
{
    const struct troupe_run_options run_options = {.report = report_option(&argc, argv)};
    return troupe_run(argc, argv, driver, &run_options);
}
