#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/farewell.h"

void (*trp_die_hook)(void);

static int log_rank = -1;
static enum troupe_log_level log_level = TROUPE_LOG_WARNING;

static const char *const level_names[] = {"", "error", "warning", "info", "debug"};

void trp_log_open(int rank, enum troupe_log_level level)
{
    log_rank = rank;
    log_level = level ? level : TROUPE_LOG_WARNING;
    const char *wanted = getenv("TROUPE_LOG");
    for (int i = TROUPE_LOG_ERROR; wanted && i <= TROUPE_LOG_DEBUG; i++)
        if (!strcmp(wanted, level_names[i]))
            log_level = (enum troupe_log_level)i;
}

bool trp_log_wanted(enum troupe_log_level level)
{
    return level >= TROUPE_LOG_ERROR && level <= log_level;
}

static void write_line(const char *level, const char *format, va_list args)
{
    char line[4096];
    int at = log_rank < 0 ? snprintf(line, sizeof line, "troupe: %s: ", level)
                          : snprintf(line, sizeof line, "troupe[%d]: %s: ", log_rank, level);
    at += vsnprintf(line + at, sizeof line - (size_t)at - 1, format, args);
    size_t length = (size_t)at < sizeof line - 1 ? (size_t)at : sizeof line - 2;
    line[length++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line, length);
    (void)ignored;
}

void trp_log(enum troupe_log_level level, const char *format, ...)
{
    if (!trp_log_wanted(level))
        return;
    va_list args;
    va_start(args, format);
    write_line(level_names[level], format, args);
    va_end(args);
}

void trp_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line("fatal", format, args);
    va_end(args);
    trp_farewell();
    if (trp_die_hook)
        trp_die_hook();
    abort();
}
