/*
 * The tutorial's second program: π by sampling. Tasks sample, an actor keeps track of them, the
 * driver asks it how far they are while they run.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "report_option.h"
#include "sample.h"
#include "sample_circle.h"

#define POLL_SECONDS 0.1

struct pi_run {
    struct pi_options options;
    progress tracker;
    TROUPE_FUTURE(uint64_t) * results; /* of the tasks whose result has not come: */
    troupe_future *list;               /* the same as a list to wait for */
    uint32_t left;                     /* so many */
    uint64_t inside;
    int threads;
    double started, seconds;
    double *poll_seconds; /* how long each answer of the tracker took */
    size_t polls, poll_room;
    double first_progress;
    bool on_terminal;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the tasks ------------------------------------------------------------------------------- */

/* Task i goes to rank i mod ranks, and shares its CPUs with the others there. */
static int cpus_of_task(const struct pi_options *options, uint32_t task)
{
    uint32_t ranks = (uint32_t)troupe_ranks(), rank = task % ranks;
    uint32_t mates = options->tasks / ranks + (rank < options->tasks % ranks);
    int there = troupe_rank_cpus((int)rank), share = there / (int)mates;
    int wanted = options->cpus ? options->cpus : share;
    return wanted < 1 ? 1 : wanted < there ? wanted : there;
}

/* With a GPU it goes where there is one that is free. */
static struct troupe_options needs_of_task(const struct pi_options *options, uint32_t task)
{
    if (options->gpu)
        return (struct troupe_options){.gpus = 1, .cpus = 1};
    return (struct troupe_options){.cpus = cpus_of_task(options, task),
                                   .place = troupe_on((int)(task % (uint32_t)troupe_ranks()))};
}

static void submit_tasks(struct pi_run *run)
{
    const struct pi_options *o = &run->options;
    uint64_t each = o->samples / o->tasks, more = o->samples % o->tasks, first = 0;
    for (uint32_t i = 0; i < o->tasks; i++) {
        uint64_t count = each + (i < more);
        struct troupe_options with = needs_of_task(o, i);
        run->results[i] = troupe_submit(
            sample_circle, .seed = o->seed, .first = first, .count = count, .task_id = i,
            .tracker = run->tracker, .report_every = o->report_every,
            .fails = o->fail_task == (int)i, .with = with);
        run->list[i] = run->results[i].any;
        run->threads += with.cpus;
        first += count;
    }
}

/* Takes the results that come until `deadline`; a task that failed ends the program. */
static void collect(struct pi_run *run, double deadline)
{
    while (run->left &&
           troupe_wait(run->list, run->left, TROUPE_ANY, fmax(0, deadline - now())) > 0) {
        uint32_t i = 0;
        while (!troupe_done(run->results[i]))
            i++;
        run->inside += troupe_await(run->results[i]);
        run->left--;
        run->results[i] = run->results[run->left];
        run->list[i] = run->list[run->left];
    }
}

/* ---- progress -------------------------------------------------------------------------------- */

static void remember_poll(struct pi_run *run, double seconds)
{
    if (run->polls == run->poll_room) {
        run->poll_room = run->poll_room ? 2 * run->poll_room : 64;
        run->poll_seconds = realloc(run->poll_seconds, run->poll_room * sizeof(double));
        if (!run->poll_seconds)
            troupe_fail(TROUPE_NO_MEMORY, "no memory for %zu polls", run->poll_room);
    }
    run->poll_seconds[run->polls++] = seconds;
}

static double ask_progress(struct pi_run *run)
{
    double asked = now();
    double ratio = troupe_await(progress_ratio(run->tracker));
    double answered = now();
    if (!run->polls)
        run->first_progress = answered - run->started;
    remember_poll(run, answered - asked);
    return ratio;
}

/* Open MPI gives every rank a terminal of its own: whether there is one, its launcher knows. */
static bool on_terminal(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/fd/1", (long)getppid());
    int launcher = getenv("OMPI_COMM_WORLD_SIZE") ? open(path, O_WRONLY | O_NOCTTY) : -1;
    bool terminal = isatty(launcher < 0 ? STDOUT_FILENO : launcher);
    if (launcher >= 0)
        close(launcher);
    return terminal;
}

static void draw_bar(int percent)
{
    char bar[51];
    for (int i = 0; i < 50; i++)
        bar[i] = i < percent / 2 ? '#' : '.';
    bar[50] = 0;
    printf("\r[%s] %3d%%%s", bar, percent, percent == 100 ? "\n" : "");
}

static void show_progress(const struct pi_run *run, double ratio)
{
    if (!isatty(STDERR_FILENO)) /* there the library would draw a bar, too, among these lines */
        troupe_progress("samples", ratio * (double)run->options.samples,
                        (double)run->options.samples);
    if (run->options.quiet)
        return;
    if (run->on_terminal)
        draw_bar((int)(100 * ratio));
    else
        printf("Progress: %d%%\n", (int)(100 * ratio));
    fflush(stdout);
}

static void follow(struct pi_run *run)
{
    while (run->left) {
        show_progress(run, ask_progress(run));
        collect(run, now() + POLL_SECONDS);
    }
    run->seconds = now() - run->started;
    double ratio;
    while ((ratio = ask_progress(run)) < 1) {
        /* the last reports are on their way still: tasks sent them, and not who asks */
    }
    show_progress(run, ratio);
}

/* ---- the result ------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile_ms(struct pi_run *run, double fraction)
{
    qsort(run->poll_seconds, run->polls, sizeof(double), compare);
    return 1e3 * run->poll_seconds[(size_t)(fraction * (double)(run->polls - 1))];
}

static void print_result(struct pi_run *run)
{
    double n = (double)run->options.samples, p = (double)run->inside / n;
    double rate = n / run->seconds;
    printf("Estimated value of π is: %.12f\n", 4 * p);
    printf("Standard error: %.1e\n", 4 * sqrt(p * (1 - p) / n));
    printf("%.3g samples per second (%" PRIu64 " in %.3f s, %d threads, kernel %s)\n", rate,
           run->options.samples, run->seconds, run->threads,
           run->options.gpu ? "cuda" : pi_kernel_name());
    if (!run->options.json)
        return;
    printf("{\"pi\": %.15f, \"samples\": %" PRIu64 ", \"inside\": %" PRIu64
           ", \"tasks\": %u, \"ranks\": %d, \"threads\": %d, \"seconds\": %.6f, "
           "\"samples_per_second\": %.6g, \"first_progress_ms\": %.3f, \"polls\": %zu, "
           "\"progress_ms_p50\": %.4f, \"progress_ms_p99\": %.4f}\n",
           4 * p, run->options.samples, run->inside, run->options.tasks, troupe_ranks(),
           run->threads, run->seconds, rate, 1e3 * run->first_progress, run->polls,
           percentile_ms(run, 0.5), percentile_ms(run, 0.99));
}

/* ---- the program ----------------------------------------------------------------------------- */

static int driver(int argc, char **argv)
{
    struct pi_run run = {0};
    switch (pi_options_read(argc, argv, troupe_ranks(), &run.options)) {
    case PI_OPTIONS_HELP:
        return 0;
    case PI_OPTIONS_BAD:
        return 2;
    case PI_OPTIONS_GOOD:
        break;
    }
    run.left = run.options.tasks;
    run.results = troupe_alloc(run.left * sizeof *run.results);
    run.list = troupe_alloc(run.left * sizeof *run.list);
    run.on_terminal = on_terminal();
    run.started = now();
    run.tracker = troupe_new(progress, .total_samples = run.options.samples,
                             .with = {.place = troupe_on(run.options.tracker_on),
                                      .name = "progress"});
    submit_tasks(&run);
    follow(&run);
    print_result(&run);
    free(run.poll_seconds);
    return 0;
}

static int choose_kernel(int argc, char **argv)
{
    (void)argc, (void)argv;
    const char *name = getenv("TROUPE_PI_KERNEL");
    if (pi_kernel_select(name) == 0)
        return 0;
    fprintf(stderr, "pi: TROUPE_PI_KERNEL=%s: no such kernel, or not for this CPU\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    const struct troupe_run_options options = {.report = report_option(&argc, argv),
                                               .setup = choose_kernel};
    return troupe_run(argc, argv, driver, &options);
}
