#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the driver is to run: there is one group in a program. */
static struct {
    const char *name;
    const struct CMUnitTest *tests;
    size_t count;
    uint64_t order; /* the seed of this play */
} group;

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    return _cmocka_run_group_tests(group.name, group.tests, group.count, NULL, NULL) ? 1 : 0;
}

uint64_t test_order(void)
{
    const char *given = getenv("TROUPE_SEED");
    return given ? strtoull(given, NULL, 0) : group.order;
}

bool test_alone(void)
{
    return !getenv("TROUPE_TEST_RANKS");
}

void test_time_limit(unsigned seconds)
{
    const char *limit = getenv("TROUPE_TEST_TIMEOUT");
    if (test_alone())
        alarm(limit && atoi(limit) > 0 ? (unsigned)atoi(limit) : seconds);
}

static bool play(int argc, char **argv, int ranks, uint64_t seed)
{
    const struct troupe_run_options options = {.transport = "self", .ranks = ranks, .seed = seed};
    group.order = seed;
    test_time_limit(60);
    printf("%s: TROUPE_RANKS=%d TROUPE_SEED=%llu\n", group.name, ranks, (unsigned long long)seed);
    fflush(stdout);
    if (troupe_run(argc, argv, driver, &options) == 0)
        return true;
    printf("%s FAILED; to see it again: TROUPE_RANKS=%d TROUPE_SEED=%llu %s\n", group.name, ranks,
           (unsigned long long)seed, argv[0]);
    return false;
}

int test_play(int argc, char **argv, const char *name, const struct CMUnitTest *tests, size_t count,
              uint64_t seeds)
{
    const char *slash = strrchr(name, '/');
    group.name = slash ? slash + 1 : name;
    group.tests = tests;
    group.count = count;
    if (!test_alone() || getenv("TROUPE_RANKS") || getenv("TROUPE_SEED"))
        return troupe_run(argc, argv, driver, NULL);
    for (int ranks = 1; ranks <= 4; ranks *= 2)
        if (!play(argc, argv, ranks, 0))
            return 1;
    for (uint64_t seed = 1; seed <= seeds; seed++)
        if (!play(argc, argv, 2 + (int)(seed % 3), seed))
            return 1;
    return 0;
}

uint64_t test_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* ---- what is expected ------------------------------------------------------------------------ */

static const char *status_name(int status)
{
    switch (status) {
#define X(name, number, text)                                                                      \
    case number:                                                                                   \
        return "TROUPE_" #name;
        TROUPE_STATUSES(X)
#undef X
    default:
        return "a status of the program's own";
    }
}

void test_status(troupe_status got, int status, const char *file, int line)
{
    if ((int)got == status)
        return;
    print_error("%s (%d), not %s (%d); the story is \"%s\"\n", status_name(got), got,
                status_name(status), status, troupe_story());
    _fail(file, line);
}

void test_failure(troupe_status got, int status, const char *text, const char *file, int line)
{
    test_status(got, status, file, line);
    if (strstr(troupe_story(), text))
        return;
    print_error("the story \"%s\" does not have \"%s\"\n", troupe_story(), text);
    _fail(file, line);
}
