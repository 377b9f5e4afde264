/*
 * Step 8 of docs/tutorial.md: one task on each rank, with an OpenMP team on all CPUs of the rank.
 */
#include <stdio.h>
#include <stdlib.h>

#include "troupe.h"

static const uint64_t samples_per_task = 2000000;

TROUPE_TASK(sampling, uint64_t, (uint64_t, samples), (uint32_t, task_id));

static uint64_t count_inside(uint64_t samples, uint32_t task_id, int thread)
{
    unsigned short dice[3] = {1, (unsigned short)thread, (unsigned short)task_id};
    uint64_t inside = 0;
    for (uint64_t i = 0; i < samples; i++) {
        double x = erand48(dice), y = erand48(dice);
        inside += x * x + y * y <= 1;
    }
    return inside;
}

static uint64_t on_sampling(uint64_t samples, uint32_t task_id)
{
    const int team = troupe_cpus();
    uint64_t inside = 0;
#pragma omp parallel for reduction(+ : inside)
    for (int i = 0; i < team; i++)
        inside += count_inside(samples / (uint64_t)team, task_id, i);
    return inside;
}

TROUPE_BODY(sampling, on_sampling);

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    const int tasks = troupe_ranks();
    TROUPE_FUTURE(uint64_t) *results = troupe_alloc((size_t)tasks * sizeof *results);
    for (int i = 0; i < tasks; i++)
        results[i] = troupe_submit(sampling, .samples = samples_per_task, .task_id = (uint32_t)i,
                                   .with = {.cpus = troupe_rank_cpus(i), .place = troupe_on(i)});
    uint64_t sum = 0;
    for (int i = 0; i < tasks; i++)
        sum += troupe_await(results[i]);

    double pi = 4 * (double)sum / ((double)tasks * (double)samples_per_task);
    printf("Estimated value of π is: %.4f\n", pi);
    return pi > 3.13 && pi < 3.15 ? 0 : 1;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
