/*
 * What all ranks say to rank 0: lines of the log, and how far named jobs of work are.
 *
 * Rank 0 keeps the latest of both, folds lines that repeat, and draws bars where stderr is a
 * terminal. Functions but the first two are for the thread in the scheduler role of rank 0.
 */
#ifndef TRP_NEWS_H
#define TRP_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRP_LINES_KEPT 1000
#define TRP_LINE_TEXT 240 /* bytes that are kept of one, and its NUL */
#define TRP_JOBS_KEPT 64
#define TRP_JOB_NAME 64

/* A line of the log; control characters have been made harmless. */
struct trp_line_kept {
    uint64_t number; /* from 1 */
    double at;       /* seconds since the job's start */
    int32_t rank;    /* who said it first, */
    int32_t ranks;   /* and how many have */
    uint32_t level;  /* a troupe_log_level */
    uint32_t repeated; /* times, beyond the first */
    char who[64];    /* "progress 1:4", "driver", "task t"; "": the runtime */
    char text[TRP_LINE_TEXT];
};

/* Those with a number above `since`, oldest first, or that were repeated since; up to `room`. How
   many that were. */
size_t trp_news_lines(uint64_t since, struct trp_line_kept *lines, size_t room);
/* The number of the latest. */
uint64_t trp_news_last(void);

struct trp_job_of_work {
    char name[TRP_JOB_NAME];
    double done, total;
    double rate;    /* done a second, since its beginning */
    double seconds; /* since then, up to its end */
    int32_t rank;   /* that spoke last */
};
size_t trp_news_progress(struct trp_job_of_work *jobs, size_t room);

#endif
