#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_option.h"
#include "sample_gpu.h"

#define GPU_REPORT_EVERY UINT64_C(10000000000) /* samples */

static const char help[] =
    "usage: pi [options]\n"
    "Estimates π by sampling, in tasks that report to a progress actor.\n"
    "  --tasks N             tasks (one a rank)\n"
    "  --cpus N              OpenMP threads of each task (the CPUs of a rank shared among its\n"
    "                        tasks, and never more than those)\n"
    "  --gpu                 each task samples on a GPU of its own, and none on CPUs\n"
    "  --samples N           samples of all tasks together (10000000000)\n"
    "  --samples-per-task N  samples of each task\n"
    "  --report-every N      samples between two reports of a task (1000000; on a GPU\n"
    "                        10000000000), rounded up to whole blocks of 16384\n"
    "  --seed N              of the samples; the result depends on it and on --samples alone (1)\n"
    "  --tracker-on RANK     where the progress actor lives (0)\n"
    "  --quiet               no progress\n"
    "  --report FILE         at the end a page of what there was, and how long it took\n"
    "  --json                the last line is the result as a JSON object\n"
    "  --fail-task N         task N fails, to see what happens then\n";

enum { TASKS = 1, CPUS, GPU, SAMPLES, PER_TASK, EVERY, SEED, TRACKER, QUIET, JSON, FAIL, HELP };

static const struct option known[] = {{"tasks", required_argument, NULL, TASKS},
                                      {"cpus", required_argument, NULL, CPUS},
                                      {"gpu", no_argument, NULL, GPU},
                                      {"samples", required_argument, NULL, SAMPLES},
                                      {"samples-per-task", required_argument, NULL, PER_TASK},
                                      {"report-every", required_argument, NULL, EVERY},
                                      {"seed", required_argument, NULL, SEED},
                                      {"tracker-on", required_argument, NULL, TRACKER},
                                      {"quiet", no_argument, NULL, QUIET},
                                      {"json", no_argument, NULL, JSON},
                                      {"fail-task", required_argument, NULL, FAIL},
                                      REPORT_OPTION,
                                      {"help", no_argument, NULL, HELP},
                                      {NULL, 0, NULL, 0}};

/* What the command line holds, as numbers; absent ones are as they were. */
struct numbers {
    uint64_t of[HELP];
    bool given[HELP];
};

static bool read_number(const char *name, const char *text, uint64_t least, uint64_t most,
                        uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && !errno && *value >= least && *value <= most)
        return true;
    fprintf(stderr, "pi: --%s takes a number from %" PRIu64 " to %" PRIu64 ", not '%s'\n", name,
            least, most, text);
    return false;
}

static bool read_one(int which, int index, int ranks, struct numbers *n)
{
    static const uint64_t least[HELP] = {
        [TASKS] = 1, [CPUS] = 1, [SAMPLES] = 1, [PER_TASK] = 1, [EVERY] = 1};
    uint64_t most = which == TASKS     ? 1000000
                    : which == CPUS    ? 4096
                    : which == TRACKER ? (uint64_t)ranks - 1
                    : which == SEED    ? UINT64_MAX
                                       : INT64_MAX;
    n->given[which] = true;
    return which == QUIET || which == JSON || which == GPU ||
           read_number(known[index].name, optarg, least[which], most, &n->of[which]);
}

static enum pi_options_outcome read_all(int argc, char **argv, int ranks, struct numbers *n)
{
    opterr = 0;
    optind = 1;
    for (int which, index = 0; (which = getopt_long(argc, argv, ":", known, &index)) != -1;) {
        if (which == HELP) {
            fputs(help, stdout);
            return PI_OPTIONS_HELP;
        }
        if (which == '?' || which == ':') {
            fprintf(stderr, "pi: %s '%s' (--help lists the options)\n",
                    which == ':' ? "a value is missing for" : "unknown option", argv[optind - 1]);
            return PI_OPTIONS_BAD;
        }
        if (!read_one(which, index, ranks, n))
            return PI_OPTIONS_BAD;
    }
    if (optind == argc)
        return PI_OPTIONS_GOOD;
    fprintf(stderr, "pi: unexpected argument '%s' (--help lists the options)\n", argv[optind]);
    return PI_OPTIONS_BAD;
}

/* --samples or --samples-per-task times the tasks. */
static bool total_samples(struct numbers *n)
{
    if (!n->given[PER_TASK])
        return true;
    if (n->given[SAMPLES]) {
        fprintf(stderr, "pi: give --samples or --samples-per-task, not both\n");
        return false;
    }
    if (n->of[PER_TASK] > INT64_MAX / n->of[TASKS]) {
        fprintf(stderr, "pi: %" PRIu64 " tasks of %" PRIu64 " samples are more than 2^63\n",
                n->of[TASKS], n->of[PER_TASK]);
        return false;
    }
    n->of[SAMPLES] = n->of[PER_TASK] * n->of[TASKS];
    return true;
}

static bool gpu_is_possible(const struct numbers *n)
{
    if (!n->given[GPU] || pi_gpu_is_built())
        return true;
    fprintf(stderr, "pi: --gpu: this program was built without CUDA: configure --with-cuda\n");
    return false;
}

enum pi_options_outcome pi_options_read(int argc, char **argv, int ranks,
                                        struct pi_options *options)
{
    struct numbers n = {.of = {[TASKS] = (uint64_t)ranks,
                               [SAMPLES] = 10000000000,
                               [EVERY] = 1000000,
                               [SEED] = 1}};
    enum pi_options_outcome outcome = read_all(argc, argv, ranks, &n);
    if (outcome == PI_OPTIONS_GOOD && !(total_samples(&n) && gpu_is_possible(&n)))
        outcome = PI_OPTIONS_BAD;
    if (n.given[GPU] && !n.given[EVERY])
        n.of[EVERY] = GPU_REPORT_EVERY;
    *options = (struct pi_options){.tasks = (uint32_t)n.of[TASKS],
                                   .cpus = (int)n.of[CPUS],
                                   .samples = n.of[SAMPLES],
                                   .report_every = n.of[EVERY],
                                   .seed = n.of[SEED],
                                   .tracker_on = (int)n.of[TRACKER],
                                   .fail_task = n.given[FAIL] ? (int)n.of[FAIL] : -1,
                                   .gpu = n.given[GPU],
                                   .quiet = n.given[QUIET],
                                   .json = n.given[JSON]};
    return outcome;
}
