/*
 * Messages to the person who runs the program, on stderr, one line each in one write, so that
 * lines of several ranks do not mix. Knows the rank's number and nothing else of what is above.
 * Control characters are written as \x1b, since what a line says may be anybody's.
 */
#ifndef TRP_LOG_H
#define TRP_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "troupe/log.h"

#define TRP_LOG_ERROR TROUPE_LOG_ERROR
#define TRP_LOG_WARNING TROUPE_LOG_WARNING
#define TRP_LOG_INFO TROUPE_LOG_INFO
#define TRP_LOG_DEBUG TROUPE_LOG_DEBUG

/* The number put before each line, -1 for none; and the level, unless TROUPE_LOG says another. */
void trp_log_open(int rank, enum troupe_log_level level);

bool trp_log_wanted(enum troupe_log_level level);

__attribute__((format(printf, 2, 3))) void trp_log(enum troupe_log_level level,
                                                   const char *format, ...);

/* Writes a line at once, whatever the hook says, as if that rank said it. The text is harmless. */
void trp_log_write(int rank, enum troupe_log_level level, const char *text);

/* That line, with its end, as bytes that are no string; how many of them. */
size_t trp_log_line(int rank, enum troupe_log_level level, const char *text, char *line,
                    size_t size);

/* TROUPE_LOG_FILE has the lines. */
bool trp_log_to_file(void);

/* Says why and ends the process: for what cannot be reported in any other way. */
__attribute__((noreturn, format(printf, 1, 2))) void trp_die(const char *format, ...);

/* Asked before a line is written, if set; false: it is not to be. The text is harmless. */
extern bool (*trp_log_hook)(enum troupe_log_level level, const char *text);

/* Copies a text of any bytes, cut to fit in, with control characters made harmless. */
void trp_log_harmless(const char *from, char *to, size_t size);

/* Called by trp_die instead of abort, when set: the transport's way to end the whole job. */
extern void (*trp_die_hook)(void);

#endif
