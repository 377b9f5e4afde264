/*
 * Step 7 of docs/tutorial.md: π by tasks, functions that run once, somewhere, and give a future.
 */
#include <stdio.h>
#include <stdlib.h>

#include "troupe.h"

enum { TASKS = 4 };
static const uint64_t samples_per_task = 1000000;

TROUPE_TASK(sampling, uint64_t, (uint64_t, samples), (uint32_t, task_id));

/* How many of so many random points of the square lie in the circle. */
static uint64_t on_sampling(uint64_t samples, uint32_t task_id)
{
    unsigned short dice[3] = {1, 2, (unsigned short)task_id};
    uint64_t inside = 0;
    for (uint64_t i = 0; i < samples; i++) {
        double x = erand48(dice), y = erand48(dice);
        inside += x * x + y * y <= 1;
    }
    return inside;
}

TROUPE_BODY(sampling, on_sampling);

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    TROUPE_FUTURE(uint64_t) results[TASKS];
    for (uint32_t i = 0; i < TASKS; i++)
        results[i] = sampling(samples_per_task, i);

    uint64_t inside[TASKS], sum = 0;
    troupe_await_all(results, TASKS, inside);
    for (int i = 0; i < TASKS; i++)
        sum += inside[i];

    double pi = 4 * (double)sum / (TASKS * (double)samples_per_task);
    printf("Estimated value of π is: %.4f\n", pi);
    return pi > 3.13 && pi < 3.15 ? 0 : 1;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
