#include "schedule/memory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A file without a number, as "max", sets none. */
static uint64_t number_in(const char *path)
{
    uint64_t value = UINT64_MAX;
    FILE *file = fopen(path, "r");
    if (!file)
        return UINT64_MAX;
    if (fscanf(file, "%" SCNu64, &value) != 1)
        value = UINT64_MAX;
    fclose(file);
    return value;
}

/* Of a group, and of all that it is in: a limit counts for everything below it. */
static uint64_t limit_of(const char *base, char *group, const char *name)
{
    uint64_t least = UINT64_MAX;
    for (;;) {
        char path[2 * PATH_MAX];
        snprintf(path, sizeof path, "%s%s/%s", base, group, name);
        uint64_t limit = number_in(path);
        least = limit < least ? limit : least;
        char *slash = strrchr(group, '/');
        if (!slash)
            return least;
        *slash = 0;
    }
}

/* A line is NUMBER:CONTROLLERS:GROUP; of version 2 there is one, without controllers. */
static uint64_t limit_of_line(char *line, const char *mount)
{
    char base[PATH_MAX];
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group)
        return UINT64_MAX;
    *group++ = 0;
    if (!*++controllers)
        return limit_of(mount, group, "memory.max");
    if (strcmp(controllers, "memory") != 0)
        return UINT64_MAX;
    snprintf(base, sizeof base, "%s/memory", mount);
    return limit_of(base, group, "memory.limit_in_bytes");
}

uint64_t trp_memory_limit(const char *groups, const char *mount)
{
    uint64_t least = UINT64_MAX;
    char line[PATH_MAX];
    FILE *file = fopen(groups, "r");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        uint64_t limit = limit_of_line(line, mount);
        least = limit < least ? limit : least;
    }
    if (file)
        fclose(file);
    return least;
}

uint64_t trp_memory_of_node(void)
{
    uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t limit = trp_memory_limit("/proc/self/cgroup", "/sys/fs/cgroup");
    return limit < machine ? limit : machine;
}
