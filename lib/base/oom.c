#include "base/oom.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line is NUMBER:CONTROLLERS:GROUP; of version 2 there is one, without controllers. */
static int open_by_line(char *line, const char *mount)
{
    char path[2 * PATH_MAX];
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(++controllers, ':') : NULL;
    if (!group)
        return -1;
    *group++ = 0;
    if (!*controllers)
        snprintf(path, sizeof path, "%s%s/memory.events", mount, group);
    else if (!strcmp(controllers, "memory"))
        snprintf(path, sizeof path, "%s/memory%s/memory.oom_control", mount, group);
    else
        return -1;
    return open(path, O_RDONLY | O_CLOEXEC);
}

int trp_oom_open(const char *groups, const char *mount)
{
    int fd = -1;
    char line[PATH_MAX];
    FILE *file = fopen(groups, "r");
    while (file && fd < 0 && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        fd = open_by_line(line, mount);
    }
    if (file)
        fclose(file);
    return fd;
}

/* Never its first line. */
long trp_oom_kills(int fd)
{
    static const char name[] = "\noom_kill ";
    char text[1024];
    ssize_t size = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
    if (size < 0)
        return -1;
    text[size] = 0;
    const char *at = strstr(text, name);
    return at ? strtol(at + sizeof name - 1, NULL, 10) : -1;
}
