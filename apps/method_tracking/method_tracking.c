/*
 * The tutorial's first program: random calls of two actors, counted here and there.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actor_cls.h"
#include "report_option.h"

#define CALLERS 2

static const char *const caller_names[CALLERS] = {"ActorClsOne", "ActorClsTwo"};

struct tracking_options {
    uint64_t calls, seed;
};

/* ---- options --------------------------------------------------------------------------------- */

static bool read_number(const char *name, const char *text, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && !errno)
        return true;
    fprintf(stderr, "method_tracking: --%s takes a number, not '%s'\n", name, text);
    return false;
}

/* 0: go on; 2: said what is wrong; 1: gave help. */
static int read_options(int argc, char **argv, struct tracking_options *options)
{
    static const struct option known[] = {{"calls", required_argument, NULL, 'c'},
                                          {"seed", required_argument, NULL, 's'},
                                          REPORT_OPTION,
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    opterr = 0;
    optind = 1;
    for (int which; (which = getopt_long(argc, argv, ":", known, NULL)) != -1;) {
        if (which == 'h') {
            puts("usage: method_tracking [--calls N (15, in each of two rounds)] [--seed N] "
                 "[--report FILE]");
            return 1;
        }
        bool good = which == 'c'   ? read_number("calls", optarg, &options->calls)
                    : which == 's' ? read_number("seed", optarg, &options->seed)
                                   : false;
        if (which == '?' || which == ':')
            fprintf(stderr, "method_tracking: %s '%s' (--help lists the options)\n",
                    which == ':' ? "a value is missing for" : "unknown option", argv[optind - 1]);
        if (!good)
            return 2;
    }
    if (optind == argc)
        return 0;
    fprintf(stderr, "method_tracking: unexpected argument '%s'\n", argv[optind]);
    return 2;
}

/* ---- the driver ------------------------------------------------------------------------------ */

static void call_at_random(const actor_cls callers[CALLERS], uint64_t calls, unsigned short *dice,
                           int64_t counts[CALLERS])
{
    for (uint64_t i = 0; i < calls; i++) {
        int which = (int)(nrand48(dice) % CALLERS);
        counts[which]++;
        if (which == 0)
            troupe_call(actor_cls_method, callers[which], .timeout = 1, .store = "mongo_db");
        else
            troupe_call(actor_cls_method, callers[which], .timeout = 1.5, .store = "delta");
    }
}

static void print_counts(const int64_t counts[CALLERS])
{
    printf("State of counts in this execution: {'%s': %" PRId64 ", '%s': %" PRId64 "}\n",
           caller_names[0], counts[0], caller_names[1], counts[1]);
}

static void print_calls(const method_calls *all)
{
    printf("[");
    for (int i = 0; i < CALLERS; i++) {
        printf("%s('%s', {", i ? ", " : "", all[i].name);
        for (size_t k = 0; k < all[i].counts.count; k++)
            printf("%s'%s': %" PRId64, k ? ", " : "", all[i].counts.data[k].method,
                   all[i].counts.data[k].calls);
        printf("})");
    }
    printf("]\n");
}

static bool agree(const method_calls *all, const int64_t counts[CALLERS])
{
    for (int i = 0; i < CALLERS; i++)
        if (strcmp(all[i].name, caller_names[i]) || all[i].counts.count != 1 ||
            all[i].counts.data[0].calls != counts[i])
            return false;
    return true;
}

static int driver(int argc, char **argv)
{
    struct tracking_options options = {.calls = 15, .seed = (uint64_t)time(NULL)};
    int wrong = read_options(argc, argv, &options);
    if (wrong)
        return wrong == 2 ? 2 : 0;

    unsigned short dice[3] = {(unsigned short)options.seed, (unsigned short)(options.seed >> 16),
                              (unsigned short)(options.seed >> 32)};
    const actor_cls callers[CALLERS] = {actor_cls_one_new("ActorClsOne").super,
                                        actor_cls_two_new("ActorClsTwo").super};
    int64_t counts[CALLERS] = {0};
    for (int round = 0; round < CALLERS; round++) {
        call_at_random(callers, options.calls, dice, counts);
        print_counts(counts);
    }

    TROUPE_FUTURE(method_calls) asked[CALLERS];
    method_calls all[CALLERS];
    for (int i = 0; i < CALLERS; i++)
        asked[i] = actor_cls_get_all_method_calls(callers[i]);
    troupe_await_all(asked, CALLERS, all);
    print_calls(all);
    return agree(all, counts) ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct troupe_run_options options = {.report = report_option(&argc, argv)};
    return troupe_run(argc, argv, driver, &options);
}
