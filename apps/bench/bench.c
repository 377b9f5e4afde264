/*
 * How fast troupe is, and how fast the machine would let it be: every kernel beside a counterpart
 * that does the same without troupe. docs/performance.md says what came of it.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "kernels.h"
#include "measure.h"
#include "raw_pair.h"
#include "raw_world.h"
#include "report.h"
#include "setting.h"
#include "troupe.h"

static void list_kernels(void)
{
    for (size_t i = 0; i < bench_kernel_count; i++)
        printf("%-20s %d  %-4s %s\n", bench_kernels[i].name, bench_kernels[i].ranks,
               bench_kernels[i].unit->name, bench_kernels[i].what);
}

static const char *transport(void)
{
    const char *asked = getenv("TROUPE_TRANSPORT");
    int mpi;
    MPI_Initialized(&mpi);
    return asked && *asked && strcmp(asked, "auto") ? asked : mpi ? "auto" : "self";
}

static bool wanted(const struct bench_kernel *kernel, const struct bench_arguments *arguments)
{
    if (!bench_kernel_fits(kernel, troupe_ranks()))
        return false;
    if (arguments->floor && bench_kernel_is(kernel, "floor"))
        return true;
    for (int i = 0; i < arguments->name_count; i++)
        if (bench_kernel_is(kernel, arguments->names[i]))
            return true;
    return !arguments->name_count && !arguments->floor;
}

static int driver(int argc, char **argv)
{
    struct bench_arguments arguments;
    enum bench_outcome outcome = bench_arguments_read(argc, argv, troupe_ranks(), &arguments);
    if (outcome != BENCH_GOOD)
        return outcome == BENCH_BAD ? 2 : 0;
    if (arguments.list) {
        list_kernels();
        return 0;
    }
    bench_setting.destinations = arguments.destinations;
    bench_report_heading(arguments.json);
    for (size_t i = 0; i < bench_kernel_count; i++) {
        if (!wanted(&bench_kernels[i], &arguments))
            continue;
        struct bench_result result = bench_measure(&bench_kernels[i], arguments.seconds);
        bench_report(&bench_kernels[i], &result, transport(), troupe_ranks(), arguments.json);
    }
    return 0;
}

/* On every rank, while nobody uses MPI. */
static int open_raw(int argc, char **argv)
{
    (void)argc, (void)argv;
    raw_world_open();
    raw_pair_open();
    return 0;
}

int main(int argc, char **argv)
{
    const struct troupe_run_options options = {.setup = open_raw};
    return troupe_run(argc, argv, driver, &options);
}
