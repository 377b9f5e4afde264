/*
 * What all ranks say: lines of the log, and how far named jobs of work are.
 *
 * Rank 0 is sent the lines of all others, folds what several ranks say, writes them (lines.h has
 * the exceptions), and keeps the latest; and the progress of jobs, for which it draws bars where
 * stderr is a terminal. All of it is guarded by one lock: any thread.
 */
#ifndef TRP_NEWS_H
#define TRP_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trp_rank;
struct trp_record;

#define TRP_LINES_KEPT 1000
#define TRP_LINE_TEXT 240 /* bytes that are kept of one, and its NUL */
#define TRP_JOBS_KEPT 64
#define TRP_JOB_NAME 64

/* A line of the log; control characters have been made harmless. */
struct trp_line_kept {
    uint64_t number; /* from 1 */
    double at;       /* seconds since the job's start */
    int32_t rank;    /* who said it first, */
    int32_t ranks;   /* and how many have; 64 at most are told apart */
    uint32_t level;  /* a troupe_log_level */
    uint32_t repeated; /* times, beyond the first, */
    uint64_t again;  /* and then its number is this, or 0 */
    uint64_t heard;  /* of which ranks, modulo 64 */
    char who[64];    /* "progress 1:4", "driver", "task t"; "": the runtime */
    char text[TRP_LINE_TEXT];
};

struct trp_job_of_work {
    char name[TRP_JOB_NAME];
    double done, total;
    double rate;    /* done a second, since its beginning */
    double seconds; /* since then, up to the last word on it */
    int32_t rank;   /* that spoke last */
};

/* From now on the process's lines are folded, and sent to rank 0; and back, before the wire is
   closed: what was folded, or not heard there, is written. */
void trp_news_open(struct trp_rank *home);
void trp_news_close(void);

/* Something has come: on rank 0 what others say, there that rank 0 has heard a line. */
void trp_news_deliver(struct trp_rank *rank, const struct trp_record *record, int from);

/* What was folded is written, or sent to rank 0, when it is due; or all that is to be sent. */
void trp_news_look(struct trp_rank *rank, bool all);

/* So much of a job is done; `rank` is who says it. More often than every 50 ms is not heard, but
   for the first word and the last. */
void trp_news_progress_is(struct trp_rank *rank, const char *name, double done, double total);

/* ---- on rank 0 ------------------------------------------------------------------------------- */

/* Lines with a number above `since`, or that were repeated since, oldest first; up to `room`. How
   many that were. */
size_t trp_news_lines(uint64_t since, struct trp_line_kept *lines, size_t room);
/* The latest number. */
uint64_t trp_news_last(void);

size_t trp_news_progress(struct trp_job_of_work *jobs, size_t room);

#endif
