/*
 * A program that is told to end, for tests/ending.sh and those of tests/slurm.
 *
 *     told steps N [FILE]  the driver makes N steps of 20 ms, or as many as it may; then it returns
 *                          TROUPE_REQUEUE. FILE holds how many were made: the next run goes on.
 *     told tasks           a task on each rank computes until the job is told to end
 *     told deaf            the driver waits for what never comes
 *     told plain           the same, in a program that has no time for the end
 *     told late            signals come as long as a task unwinds, when the job is over
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "mode.h"
#include "troupe.h"

#define LONGEST 60.0 /* seconds, for a test that goes wrong */

TROUPE_CLASS(sleeper);
TROUPE_ASK(sleeper, sleep_on, int);
TROUPE_TASK(compute, int);
TROUPE_TASK(unwind, void);

struct sleeper_state {
    char unused;
};

static int on_sleep_on(struct sleeper_state *self)
{
    (void)self;
    troupe_sleep(LONGEST);
    return 0;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Computes, and calls nothing that could take the word. */
static int on_compute(void)
{
    double end = now() + LONGEST;
    while (!troupe_ending() && now() < end)
        continue;
    return troupe_ending();
}

static void signal_on(void *unused)
{
    (void)unused;
    for (double end = now() + LONGEST; now() < end;)
        raise(SIGTERM);
}

static atomic_bool begun;

static void on_unwind(void)
{
    troupe_defer(signal_on, NULL);
    begun = true;
    troupe_sleep(LONGEST);
}

TROUPE_IMPLEMENT(sleeper, (sleep_on, on_sleep_on));
TROUPE_BODY(unwind, on_unwind);
TROUPE_BODY(compute, on_compute);

static int read_steps(const char *path)
{
    int steps = 0;
    FILE *file = path ? fopen(path, "r") : NULL;
    if (file && fscanf(file, "%d", &steps) != 1)
        steps = 0;
    if (file)
        fclose(file);
    return steps;
}

static void write_steps(const char *path, int steps)
{
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "%d\n", steps);
    fclose(file);
}

static int make_steps(int steps, const char *path)
{
    int step = read_steps(path);
    printf("from step %d\n", step);
    fflush(stdout);
    for (; step < steps && !troupe_ending(); step++)
        troupe_sleep(0.02);
    write_steps(path, step);
    printf("%s at step %d\n", step < steps ? "stopped" : "done", step);
    return step < steps ? TROUPE_REQUEUE : 0;
}

static int await_tasks(void)
{
    int told = 0, ranks = troupe_ranks();
    TROUPE_FUTURE(int) *tasks = troupe_alloc((size_t)ranks * sizeof *tasks);
    for (int rank = 0; rank < ranks; rank++)
        tasks[rank] = troupe_submit(compute, .with = {.place = troupe_on(rank)});
    puts("begun");
    fflush(stdout);
    for (int rank = 0; rank < ranks; rank++)
        told += troupe_await(tasks[rank]);
    printf("told %d\n", told);
    return TROUPE_REQUEUE;
}

static void leave_one_behind(void)
{
    troupe_drop(unwind());
    while (!begun)
        troupe_sleep(0.001);
    puts("begun");
    fflush(stdout);
    troupe_exit(0);
}

static int driver(int argc, char **argv)
{
    if (is("steps"))
        return make_steps(number, argc > 3 ? argv[3] : NULL);
    if (is("tasks"))
        return await_tasks();
    if (is("late"))
        leave_one_behind();
    puts("begun");
    fflush(stdout);
    return troupe_await(sleeper_sleep_on(troupe_new(sleeper)));
}

int main(int argc, char **argv)
{
    struct troupe_run_options options = {.setup = say_process, .grace = 20};
    mode_open(argc, argv);
    if (is("plain"))
        options.grace = 0;
    return troupe_run(argc, argv, driver, &options);
}
