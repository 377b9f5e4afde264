/*
 * Step 9 of docs/tutorial.md: the whole second program. Tasks report to an actor, whose handle they
 * were given; the driver asks it how far they are while they run.
 */
#include <stdio.h>
#include <stdlib.h>

#include "troupe.h"

enum { TASKS = 4 };
static const uint64_t samples_per_task = 4000000, report_every = 500000;

TROUPE_CLASS(progress, (uint64_t, total_samples));
TROUPE_TELL(progress, report, (uint32_t, task_id), (uint64_t, samples_done));
TROUPE_ASK(progress, ratio, double);

TROUPE_TASK(sampling, uint64_t, (uint64_t, samples), (uint32_t, task_id), (progress, tracker));

/* ---- the actor ------------------------------------------------------------------------------- */

struct progress_state {
    uint64_t total, done[TASKS];
};

static void on_init(struct progress_state *self, uint64_t total_samples)
{
    self->total = total_samples;
}

static void on_report(struct progress_state *self, uint32_t task_id, uint64_t samples_done)
{
    self->done[task_id] = samples_done;
}

static double on_ratio(struct progress_state *self)
{
    uint64_t sum = 0;
    for (int i = 0; i < TASKS; i++)
        sum += self->done[i];
    return (double)sum / (double)self->total;
}

TROUPE_IMPLEMENT(progress, (init, on_init), (report, on_report), (ratio, on_ratio));

/* ---- the task -------------------------------------------------------------------------------- */

static uint64_t on_sampling(uint64_t samples, uint32_t task_id, progress tracker)
{
    unsigned short dice[3] = {1, 2, (unsigned short)task_id};
    uint64_t inside = 0;
    for (uint64_t i = 1; i <= samples; i++) {
        double x = erand48(dice), y = erand48(dice);
        inside += x * x + y * y <= 1;
        if (i % report_every == 0 || i == samples)
            progress_report(tracker, task_id, i);
    }
    return inside;
}

TROUPE_BODY(sampling, on_sampling);

/* ---- the driver ------------------------------------------------------------------------------ */

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    progress tracker = progress_new(TASKS * samples_per_task);
    TROUPE_FUTURE(uint64_t) results[TASKS];
    for (uint32_t i = 0; i < TASKS; i++)
        results[i] = sampling(samples_per_task, i, tracker);

    double ratio;
    while ((ratio = troupe_await(progress_ratio(tracker))) < 1) {
        printf("Progress: %d%%\n", (int)(100 * ratio));
        troupe_sleep(0.05);
    }
    printf("Progress: 100%%\n");

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
