/*
 * The count of processes that the kernel has killed for memory, in both versions of cgroups.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/oom.h"

static char folder[] = "/tmp/troupe-oom-XXXXXX";
static char groups[64];

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void make(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static int prepare(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(groups, sizeof groups, "%s/groups", folder);
    make("job");
    make("memory");
    make("memory/job");
    return 0;
}

static int clean(void **state)
{
    static const char *const names[] = {"groups", "job/memory.events", "job",
                                        "memory/job/memory.oom_control", "memory/job", "memory",
                                        ""};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    return 0;
}

static void kills_are_counted_in_version_two(void **state)
{
    (void)state;
    write_file("groups", "0::/job\n");
    write_file("job/memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n");
    int fd = trp_oom_open(groups, folder);
    assert_true(fd >= 0);
    assert_int_equal(trp_oom_kills(fd), 4);
    write_file("job/memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 6\n");
    assert_int_equal(trp_oom_kills(fd), 6);
    close(fd);
}

static void kills_are_counted_in_version_one(void **state)
{
    (void)state;
    write_file("groups", "5:cpu,cpuacct:/elsewhere\n4:memory:/job\n");
    write_file("memory/job/memory.oom_control", "oom_kill_disable 7\nunder_oom 0\noom_kill 2\n");
    int fd = trp_oom_open(groups, folder);
    assert_true(fd >= 0);
    assert_int_equal(trp_oom_kills(fd), 2);
    close(fd);
}

static void what_cannot_be_read_counts_nothing(void **state)
{
    (void)state;
    assert_int_equal(trp_oom_open("/nowhere/groups", folder), -1);
    write_file("groups", "nonsense\n4:memory:/missing\n");
    assert_int_equal(trp_oom_open(groups, folder), -1);
    assert_int_equal(trp_oom_kills(-1), -1);
    write_file("groups", "0::/job\n");
    write_file("job/memory.events", "low 0\n");
    int fd = trp_oom_open(groups, folder);
    assert_int_equal(trp_oom_kills(fd), -1);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kills_are_counted_in_version_two),
        cmocka_unit_test(kills_are_counted_in_version_one),
        cmocka_unit_test(what_cannot_be_read_counts_nothing),
    };
    return cmocka_run_group_tests(tests, prepare, clean);
}
