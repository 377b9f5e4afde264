/*
 * Lines of the log on their way to the terminal, where those that repeat are folded.
 *
 * Rank 0's process writes the lines of all ranks, and says of one that many have said how often,
 * and on how many ranks. What must not be lost with a process is written by itself: errors, lines
 * that are too long to be sent, and all of them where each rank has a file. Any other line is kept
 * where the mates on the node see it until rank 0 has heard it; if the process ends before, on
 * whichever way, the line is written all the same, and perhaps twice then.
 *
 * The caller holds the lock of the news.
 */
#ifndef TRP_LINES_H
#define TRP_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "troupe/log.h"

struct trp_rank;

#define TRP_LINE_SENT 304 /* bytes of one that can be sent, and its NUL */

/* A line that was said so many times; or, `again`, that many times more. */
struct trp_line {
    int rank;
    enum troupe_log_level level;
    uint32_t times;
    bool again;
    bool is_written; /* by whom it comes from */
    char text[TRP_LINE_SENT];
};

/* `pass` sends one to rank 0, and is called on others. */
void trp_lines_open(struct trp_rank *home, void (*pass)(const struct trp_line *line));
/* What is held is written. */
void trp_lines_close(void);

/* The process says this. True: the caller is to write it, now. */
bool trp_lines_say(int rank, enum troupe_log_level level, const char *text);

/* "(progress 1:4) text": who, and what. */
void trp_lines_split(const char *said, char *who, size_t size, const char **text);
/* Said by the same, and of one class that is all the same. */
bool trp_lines_same_who(const char *a, const char *b);

/* ---- on rank 0 ------------------------------------------------------------------------------- */

/* A line of another process; true: it is to be told that this was heard. */
bool trp_lines_hear(const struct trp_line *line);

/* ---- on others ------------------------------------------------------------------------------- */

/* Rank 0 has heard one more of those that are not written yet. */
void trp_lines_heard(void);

/* ---- in time --------------------------------------------------------------------------------- */

/* Something is held, at least until trp_lines_due(), a trp_now(). Any thread. */
extern _Atomic bool trp_lines_held;
double trp_lines_due(void);

/* What is due is written, or sent to rank 0; or all that can be sent. */
void trp_lines_look(bool all);

/* On the way out of the process: what is nobody's yet is written; without the lock, that alone. */
void trp_lines_last(bool locked);

#endif
