/*
 * N queens: in how many ways N queens can stand on a board of N times N so that none attacks
 * another, by tasks; or the first of these ways that are found.
 */
#include <inttypes.h>
#include <stdio.h>

#include "board.h"
#include "efficiency.h"
#include "options.h"
#include "report_option.h"
#include "solve.h"

struct nqueens_run {
    uint64_t size, first, times;
    bool sequential;
    uint64_t count;
};

static const char help[] =
    "usage: nqueens N [options]\n"
    "Counts the ways to place N queens (1 to 20) so that none attacks another, by tasks.\n"
    "  --first K     prints K of them, the column of the queen in each row, and stops then\n"
    "  --sequential  without tasks\n"
    "  --report FILE at the end a page of what there was, and how long it took\n"
    "  --time N      both N times in turn, and how well the tasks use the CPUs\n";

static bool read_one(int which, void *into)
{
    struct nqueens_run *run = into;
    switch (which) {
    case 'f':
        return options_number("nqueens", "--first", optarg, 1, SOLUTIONS_MAX, &run->first);
    case 'n':
        return options_number("nqueens", "--time", optarg, 1, EFFICIENCY_TIMES_MAX, &run->times);
    default: /* --sequential */
        return run->sequential = true;
    }
}

static const struct option known[] = {{"first", required_argument, NULL, 'f'},
                                      {"time", required_argument, NULL, 'n'},
                                      {"sequential", no_argument, NULL, 's'},
                                      REPORT_OPTION,
                                      {"help", no_argument, NULL, 'h'},
                                      {NULL, 0, NULL, 0}};

static const struct options options = {"nqueens", help, known, read_one};

static bool read_size(int argc, char **argv, struct nqueens_run *run)
{
    if (optind < argc)
        return options_end(&options, argc, argv, 1) &&
               options_number("nqueens", "N", argv[optind], 1, BOARD_MAX, &run->size);
    fprintf(stderr, "nqueens: how many queens? (--help lists the options)\n");
    return false;
}

static void count_alone(void *work)
{
    struct nqueens_run *run = work;
    run->count = solve_alone((uint32_t)run->size);
}

static void count_by_tasks(void *work)
{
    struct nqueens_run *run = work;
    run->count = solve_by_tasks((uint32_t)run->size);
}

static void print_first(const struct nqueens_run *run)
{
    solutions to = solutions_new((uint32_t)run->size, run->first);
    solve_first((uint32_t)run->size, to, run->first);
    TROUPE_SPAN(uint8_t) queens = troupe_await(solutions_all(to));
    for (size_t i = 0; i < queens.count; i++)
        printf("%u%c", queens.data[i] + 1u, (i + 1) % run->size ? ' ' : '\n');
}

static int driver(int argc, char **argv)
{
    struct nqueens_run run = {0};
    enum options_outcome outcome = options_read(&options, argc, argv, &run);
    if (outcome == OPTIONS_HELP)
        return 0;
    if (outcome == OPTIONS_BAD || !read_size(argc, argv, &run))
        return 2;
    if (run.first) {
        print_first(&run);
        return 0;
    }
    if (run.times)
        efficiency_print((int)run.times, count_alone, count_by_tasks, &run);
    else if (run.sequential)
        count_alone(&run);
    else
        count_by_tasks(&run);
    printf("%" PRIu64 " queens: %" PRIu64 " solutions\n", run.size, run.count);
    return 0;
}

int main(int argc, char **argv)
{
    const struct troupe_run_options run_options = {.report = report_option(&argc, argv)};
    return troupe_run(argc, argv, driver, &run_options);
}
