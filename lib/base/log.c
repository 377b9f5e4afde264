#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/farewell.h"

void (*trp_die_hook)(void);
bool (*trp_log_hook)(enum troupe_log_level level, const char *text);

static int log_rank = -1;
static int log_file = -1; /* TROUPE_LOG_FILE; -1: stderr */
static enum troupe_log_level log_level = TROUPE_LOG_WARNING;

static const char *const level_names[] = {"", "error", "warning", "info", "debug"};

/* One file for each rank. */
static void open_file(int rank)
{
    const char *prefix = getenv("TROUPE_LOG_FILE");
    char path[4096];
    if (log_file >= 0)
        close(log_file);
    log_file = -1;
    if (!prefix || !*prefix)
        return;
    snprintf(path, sizeof path, "%s.%d", prefix, rank < 0 ? 0 : rank);
    log_file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (log_file < 0)
        trp_log(TROUPE_LOG_ERROR, "TROUPE_LOG_FILE: %s cannot be written: %s", path,
                strerror(errno));
}

void trp_log_open(int rank, enum troupe_log_level level)
{
    log_rank = rank;
    log_level = level ? level : TROUPE_LOG_WARNING;
    const char *wanted = getenv("TROUPE_LOG");
    for (int i = TROUPE_LOG_ERROR; wanted && i <= TROUPE_LOG_DEBUG; i++)
        if (!strcmp(wanted, level_names[i]))
            log_level = (enum troupe_log_level)i;
    open_file(rank);
}

bool trp_log_wanted(enum troupe_log_level level)
{
    return level >= TROUPE_LOG_ERROR && level <= log_level;
}

/* Of UTF-8, too: U+0080 to U+009F. */
static bool is_control(const unsigned char *at)
{
    return *at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0);
}

void trp_log_harmless(const char *from, char *to, size_t size)
{
    const unsigned char *at = (const unsigned char *)from;
    for (; *at && size > sizeof "\\x1b"; at++) {
        size_t length = 1;
        if (is_control(at))
            length = (size_t)snprintf(to, size, "\\x%02x", *at >= 0x80 ? *++at : *at);
        else
            *to = (char)*at;
        to += length;
        size -= length;
    }
    *to = 0;
}

/* TROUPE_LOG_FILE: what is not grave goes there alone. */
static void write_bytes(bool grave, const char *bytes, size_t size)
{
    ssize_t ignored = 0;
    if (log_file >= 0)
        ignored = write(log_file, bytes, size);
    if (log_file < 0 || grave)
        ignored = write(STDERR_FILENO, bytes, size);
    (void)ignored;
}

/* Tagged with the rank where processes are several. */
static size_t make_line(int rank, const char *level, const char *text, char *line, size_t size)
{
    int at = log_rank < 0 ? snprintf(line, size, "troupe: %s: ", level)
                          : snprintf(line, size, "troupe[%d]: %s: ", rank, level);
    at += snprintf(line + at, size - (size_t)at - 1, "%s", text);
    size_t length = (size_t)at < size - 1 ? (size_t)at : size - 2;
    line[length++] = '\n';
    return length;
}

size_t trp_log_line(int rank, enum troupe_log_level level, const char *text, char *line,
                    size_t size)
{
    return make_line(rank, level_names[level], text, line, size);
}

bool trp_log_to_file(void)
{
    return log_file >= 0;
}

static void write_line(int rank, const char *level, bool grave, const char *text)
{
    char line[4096];
    write_bytes(grave, line, make_line(rank, level, text, line, sizeof line));
}

void trp_log(enum troupe_log_level level, const char *format, ...)
{
    char text[4096], harmless[4096];
    if (!trp_log_wanted(level))
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    trp_log_harmless(text, harmless, sizeof harmless);
    if (!trp_log_hook || trp_log_hook(level, harmless))
        trp_log_write(log_rank, level, harmless);
}

void trp_log_write(int rank, enum troupe_log_level level, const char *text)
{
    write_line(rank, level_names[level], level == TROUPE_LOG_ERROR, text);
}

void trp_die(const char *format, ...)
{
    char text[4096], harmless[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    trp_log_harmless(text, harmless, sizeof harmless);
    write_line(log_rank, "fatal", true, harmless);
    trp_farewell();
    if (trp_die_hook)
        trp_die_hook();
    abort();
}
