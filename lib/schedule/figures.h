/*
 * Counting: what is called, how often, by whom, and how long it takes. counts.h is for who reads.
 *
 * Figures are kept for each method of each class, and each task; those of methods belong to the
 * thread in the scheduler role, those of tasks are guarded by the workers' lock. Calls are counted
 * a record, or a row of many, at a time: when they begin, and when they end.
 */
#ifndef TRP_FIGURES_H
#define TRP_FIGURES_H

#include "base/clock.h"
#include "schedule/counts.h"
#include "schedule/rank.h"
#include "schedule/trace.h"

#define TRP_CALLS_A_SAMPLE 64

/* How long calls have taken. */
struct trp_times {
    struct trp_histogram run, wait; /* the latter of letters alone */
};

/* Of one method of one class, or one task. What the frequent call needs comes first. */
struct trp_figures {
    uint64_t begun;     /* and not put back */
    uint64_t done;      /* of these: well, */
    uint64_t sample_at; /* so many begun: how long the next takes is measured */
    uint64_t from;      /* who called last, from where: see trp_figures_key; */
    uint64_t from_calls; /* that often in a row; not in the table of edges yet */
    uint64_t others;    /* from those that the table has no room for */
    uint64_t failed;    /* begun, and so they ended */
    uint64_t refused;   /* never begun */
    uint64_t bytes_in, bytes_out; /* of values with pointers; the others follow from the counts */
    uint64_t waiting, waiting_highest;
    uint64_t letters;   /* begun out of a mailbox, or a line */
    uint64_t samples;
    uint64_t sampled;   /* begun up to the latest sample */
    struct trp_times *times; /* NULL: none were measured */
    uint32_t class_id, slot; /* as in struct trp_method_counts */
};

/* In the table of who called what. */
struct trp_edge_place {
    struct trp_edge edge;
    bool taken;
};
#define TRP_EDGE_PLACES (2 * TRP_EDGES_MOST)

struct trp_failures;
struct trp_measured;

struct trp_counts {
    struct trp_figures **of; /* by class's id, then slot; the constructor's behind the last */
    struct trp_figures *tasks; /* by number */
    struct trp_figures unknown; /* of actors of which the class is not known */
    uint64_t cancelled; /* tasks */
    struct trp_measured **measured; /* see there; NULL: nothing was */
    size_t measured_count;
    struct trp_failures *failures; /* likewise */
    struct trp_edge_place *edges; /* a table by hash; NULL: none yet */
    size_t edge_count;
};

void trp_counts_open(struct trp_rank *rank);
void trp_counts_close(struct trp_rank *rank);

/* ---- who calls ------------------------------------------------------------------------------- */

static inline unsigned trp_from_number(uint32_t number)
{
    return number <= TRP_FROM_MOST ? number : TRP_FROM_OTHER;
}

static inline unsigned trp_from_class(const struct troupe_class *class_)
{
    return trp_from_number(TRP_FROM_CLASSES + class_->id);
}

unsigned trp_from_task(const struct troupe_method *task);

static inline uint64_t trp_figures_key(unsigned from, int rank)
{
    return (uint64_t)from << 32 | (uint32_t)rank;
}

/* `calls` of it, which may be fewer than 0, join those of another caller. */
void trp_figures_turn(struct trp_rank *rank, struct trp_figures *f, uint64_t key);
static inline void trp_figures_from(struct trp_rank *rank, struct trp_figures *f, unsigned from,
                                    int caller, int64_t calls)
{
    uint64_t key = trp_figures_key(from, caller);
    if (__builtin_expect(f->from != key, 0))
        trp_figures_turn(rank, f, key);
    f->from_calls += (uint64_t)calls;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static inline struct trp_figures *trp_figures_of(const struct trp_rank *rank,
                                                 const struct troupe_class *class_, unsigned slot)
{
    return &rank->counts->of[class_->id][slot];
}

/* Of that record, for an actor of the class; NULL: nobody's, not counted. */
struct trp_figures *trp_figures_for(const struct trp_rank *rank, const struct troupe_class *class_,
                                    const struct trp_record *record);

/* How many calls are in a record for one. */
uint64_t trp_figures_calls(const struct troupe_class *class_, const struct trp_record *record);

static inline bool trp_figures_due(const struct trp_figures *f)
{
    return __builtin_expect(f->begun >= f->sample_at, 0);
}

/* `calls` that began then, in a row, have ended: how long each took, and so many calls have taken,
   as far as one can tell. */
struct trp_sample {
    int64_t took; /* ns */
    uint64_t weight;
};
struct trp_sample trp_figures_sample(struct trp_figures *f, int64_t began, uint64_t calls);

/* The same of the context's, which are measured, for their actor too. */
void trp_figures_measured(struct trp_context *c);

/* The context begins with as many calls. */
static inline void trp_figures_begin(struct trp_context *c, struct trp_figures *f, unsigned from,
                                     uint64_t calls)
{
    f->begun += calls;
    trp_figures_from(c->rank, f, from, c->caller, (int64_t)calls);
    c->actor->calls += calls;
    c->figures = f;
    c->calls = (uint32_t)calls;
    c->from = (uint8_t)from;
    c->calls_as = (uint8_t)trp_from_class(c->actor->class_);
    c->began = trp_figures_due(f) ? trp_now_ns() : 0;
    trp_trace(c, TRP_TRACE_BEGINS);
}

/* All of them have ended well. */
static inline void trp_figures_done(struct trp_context *c)
{
    struct trp_figures *f = c->figures;
    f->done += c->calls;
    if (__builtin_expect(c->began != 0, 0))
        trp_figures_measured(c);
    trp_trace(c, TRP_TRACE_ENDS);
}

/* So many of them have not begun after all; */
void trp_figures_put_back(struct trp_context *c, uint64_t calls);
/* and the others have ended, the last of them like this. */
void trp_figures_ended(struct trp_context *c, int status);

/* ---- letters --------------------------------------------------------------------------------- */

void trp_figures_keep(struct trp_rank *rank, struct trp_actor *actor, struct trp_parcel *letter);
/* It is about to begin; it is refused. */
void trp_figures_take(struct trp_rank *rank, struct trp_actor *actor, struct trp_parcel *letter);
/* Its class is known now: letters that came before are counted. */
void trp_figures_keep_all(struct trp_rank *rank, struct trp_actor *actor);

/* The call, or calls, of that record will not begin. No class: unknown. */
void trp_figures_refuse(struct trp_rank *rank, const struct troupe_class *class_,
                        struct trp_actor *actor, const struct trp_record *record, int caller);

/* ---- actors with workers of their own -------------------------------------------------------- */

/* How one went. */
struct trp_worked {
    int64_t took, ran; /* ns, the latter without what it waited for; negative: it has not begun */
    int status;
    uint64_t answered; /* bytes of its result, as in its context */
};

/* A call was handed to a worker; it has ended there. */
void trp_figures_handed(struct trp_rank *rank, struct trp_actor *actor,
                        const struct trp_record *record, int caller);
void trp_figures_worked(struct trp_rank *rank, struct trp_actor *actor,
                        const struct troupe_method *method, const struct trp_worked *worked);

/* ---- tasks ----------------------------------------------------------------------------------- */

/* From the scheduler's thread: one has come, or (-1) goes on to another rank. */
void trp_figures_task_comes(struct trp_rank *rank, const struct trp_record *record, int caller,
                            int change);

/* With the workers' lock held: it is in line, or (-1) not any more. Returns since when, if that is
   to be measured, or 0. */
int64_t trp_figures_task_waits(struct trp_rank *rank, const struct trp_record *record, int change);
/* Begins; returns when, if it is to be measured, or 0. */
int64_t trp_figures_task_begins(struct trp_rank *rank, const struct trp_record *record,
                                int64_t since);
/* It is run again: it has not begun. */
void trp_figures_task_again(const struct trp_context *c);
void trp_figures_task_ends(const struct trp_context *c, int status);
/* It has been cancelled, in line. */
void trp_figures_task_refused(struct trp_rank *rank, const struct trp_record *record);

#endif
