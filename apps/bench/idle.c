/*
 * A job in which nothing happens, for so many seconds: `idle 5`. Prints the processor time that all
 * its ranks took meanwhile, in percent of one core.
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "meter.h"

static double cpu_seconds(const meter *meters, int ranks)
{
    double sum = 0;
    for (int i = 0; i < ranks; i++)
        sum += troupe_await(meter_cpu_seconds(meters[i]));
    return sum;
}

static int driver(int argc, char **argv)
{
    double seconds = argc == 2 ? atof(argv[1]) : 0;
    if (seconds <= 0) {
        fprintf(stderr, "usage: idle SECONDS\n");
        return 2;
    }
    int ranks = troupe_ranks();
    meter *meters = troupe_alloc((size_t)ranks * sizeof *meters);
    for (int i = 0; i < ranks; i++)
        meters[i] = troupe_new(meter, .with = {.place = troupe_on(i)});
    cpu_seconds(meters, ranks); /* all have begun */
    double began = bench_now(), before = cpu_seconds(meters, ranks);
    troupe_sleep(seconds);
    double used = cpu_seconds(meters, ranks) - before;
    printf("%.4f\n", 100 * used / (bench_now() - began));
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
