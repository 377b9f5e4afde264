/*
 * What a rank has counted, for whoever shows it: calls by class and method, actors, tasks, who
 * called what, messages to other ranks, progress of named jobs of work, and lines of the log.
 *
 * Functions here are for the thread in the scheduler role of that rank (a light method, say). They
 * fill plain structs without pointers, which mean the same on every rank, so that they can be sent
 * as their bytes. Counts are exact; times are sampled, and weighted by how many calls a sample
 * stands for. figures.h is the side that counts.
 */
#ifndef TRP_COUNTS_H
#define TRP_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trp_actor;
struct trp_context;
struct trp_rank;

/* ---- callers --------------------------------------------------------------------------------- */

/* Who calls, in a number that is the same on every rank; what is beyond TRP_FROM_MOST is OTHER. */
enum trp_from {
    TRP_FROM_OTHER, /* a thread of a team, the runtime, or what there was no room to tell apart */
    TRP_FROM_DRIVER,
    TRP_FROM_GATEWAY,
    TRP_FROM_CLASSES, /* + the class's id; behind the last class: + the task's number */
    TRP_FROM_MOST = 255,
};

/* "progress", "driver", "task sample_circle", "gateway", "other". */
void trp_from_name(unsigned from, char *text, size_t size);

/* From now on the calls of that context, a light method of the gateway's, are the gateway's. */
void trp_counts_as_gateway(struct trp_context *context);

/* ---- histograms ------------------------------------------------------------------------------ */

#define TRP_HISTOGRAM_BUCKETS 164 /* four for each power of two nanoseconds, up to 73 minutes */

/* Of times; all zero is empty. A percentile is within an eighth of the exact one. */
struct trp_histogram {
    uint64_t count; /* calls that it stands for */
    double sum, max; /* seconds */
    uint64_t buckets[TRP_HISTOGRAM_BUCKETS];
};

/* A time that `weight` calls have taken each. */
void trp_histogram_add(struct trp_histogram *histogram, double seconds, uint64_t weight);
void trp_histogram_merge(struct trp_histogram *into, const struct trp_histogram *other);
/* The upper end of a bucket, in seconds. */
double trp_histogram_top(unsigned bucket);
/* Seconds that the share of calls, 0 to 1, has not gone beyond; 0 when it is empty. */
double trp_histogram_percentile(const struct trp_histogram *histogram, double share);
double trp_histogram_mean(const struct trp_histogram *histogram);

/* ---- methods and tasks ----------------------------------------------------------------------- */

#define TRP_COUNTS_TASK UINT32_MAX    /* as class: `slot` is the number of a task */
#define TRP_COUNTS_UNKNOWN (UINT32_MAX - 1) /* as class: of actors that nothing is known of */
#define TRP_COUNTS_INIT UINT32_MAX    /* as slot: the constructor */

/* Of one method of the actors of one class (their own, not a base's), or of one task, on this rank.
   received = done + failed + waiting + running. */
struct trp_method_counts {
    uint32_t class_id, slot;
    uint64_t received, done, failed; /* failed: refused, and cancelled, too */
    uint64_t waiting, waiting_highest; /* in mailboxes, of tasks in line; the latter is of a moment
                                          on one rank, so sums of it are an upper bound */
    uint64_t running; /* begun, and neither done nor failed */
    uint64_t bytes_in, bytes_out; /* arguments, results */
    uint32_t sampled; /* times are of one call in so many at most */
    struct trp_histogram wait; /* from its arrival on this rank */
    struct trp_histogram run;  /* what it waits for included */
};

/* "progress" and "report" (or "init"), of a task its name twice, of unknown ones "other". */
void trp_counts_name(uint32_t class_id, uint32_t slot, const char **class_name,
                     const char **method_name);

/* Those that were called ever; fills up to `room` of them and returns how many there are. */
size_t trp_counts_methods(struct trp_rank *rank, struct trp_method_counts *all, size_t room);

/* The figures of the same method on another rank are added. */
void trp_counts_merge(struct trp_method_counts *into, const struct trp_method_counts *other);

/* Tasks of this rank by state; `done`, `failed`, `cancelled` ever. */
struct trp_task_counts {
    uint64_t waiting, running, done, failed, cancelled;
};
struct trp_task_counts trp_counts_tasks(struct trp_rank *rank);

/* ---- actors ---------------------------------------------------------------------------------- */

struct trp_actor_counts {
    uint64_t received, done, failed, running;
    uint64_t waiting, waiting_highest;
};
struct trp_actor_counts trp_counts_actor(const struct trp_actor *actor);

/* Of calls that were measured, in seconds; a percentile is within a quarter of the exact one. */
struct trp_brief_times {
    uint64_t count; /* calls that they stand for; 0: none was measured */
    double p50, p99, max;
};

/* `busy`: for how long its methods ran, the one of now included, without what they wait for. Calls
   that take 20 us and more are all measured, of shorter ones one in so many: each measured may add
   up to 2 ms too much, and those between them as much too little. */
struct trp_actor_times {
    double busy;
    bool unknown; /* it is one of more actors than are measured */
    struct trp_brief_times run;  /* what it waits for included */
    struct trp_brief_times wait; /* from its arrival on this rank */
};
struct trp_actor_times trp_counts_times(const struct trp_rank *rank, const struct trp_actor *actor);

/* ---- who called what ------------------------------------------------------------------------- */

/* Calls that have come to this rank and do not wait: those of a method sum up to received less
   waiting, those of a task to received. At most TRP_EDGES_MOST are told apart; the rest is from
   OTHER of rank -1. */
struct trp_edge {
    uint32_t from; /* a trp_from */
    int32_t from_rank;
    uint32_t class_id, slot; /* as in trp_method_counts */
    uint64_t calls;
};
#define TRP_EDGES_MOST 4096

/* Fills up to `room` of them and returns how many there are. */
size_t trp_counts_edges(struct trp_rank *rank, struct trp_edge *all, size_t room);

/* To another rank, ever; a message is a record: a call, an answer, or many of them in a row. */
struct trp_traffic {
    int32_t to;
    uint64_t messages, bytes;
};

/* Ranks that something was sent to, this one too; up to `room`, returns how many there are. */
size_t trp_counts_traffic(struct trp_rank *rank, struct trp_traffic *all, size_t room);

#endif
