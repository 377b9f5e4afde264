/*
 * What a worker is made of: for workers.c, which runs them, and own_worker.c, which gives actors
 * theirs. trp_workers.lock guards it, but for the carrier, which is the thread's own.
 */
#ifndef TRP_WORKER_H
#define TRP_WORKER_H

#include "schedule/figures.h"
#include "schedule/stock.h"
#include "schedule/workers.h"

struct trp_bundle;

/* What waits for CPU slots: an order, the call of an actor's own worker, or a place of a group. */
struct turn {
    struct turn *next;
    struct trp_worker *owner; /* who alone can take it; NULL: any worker of tasks */
    struct trp_bundle *bundle; /* that is to have them, or whose they are; NULL: the rank's */
    int cpus;                 /* slots */
    int16_t priority;         /* those of a higher one stand before it */
    uint8_t overtaken;        /* by ones behind it that needed fewer */
    bool moves : 1;           /* an order: it may go to another rank */
    bool reserves : 1;        /* for its bundle, for good */
    double since;             /* a trp_now_roughly() time */
};

/* CPU slots, and those that wait for them: a rank's, or a part of them that is reserved. */
struct trp_slots {
    int cpus, free;           /* all, and those that nothing runs on */
    struct turn *head, **end; /* who waits */
    int queued, movable;      /* orders among them, and those that another rank may take */
};

/* A task that has not begun; when it does, its block goes with its context, arguments and all. */
struct order {
    struct turn turn;        /* the first: it is the order */
    struct trp_block *block; /* that this is in */
    struct trp_parcel *parcel; /* that the record is in instead of here, or NULL */
    struct trp_claim *claim; /* on what it needs beside CPUs, or NULL */
    int64_t since; /* a trp_now_ns(): in line since then; 0: that is not measured */
    int caller;
    uint8_t retries;  /* that are left */
    uint8_t failures; /* that it has had */
    uint64_t words[]; /* a record */
};

static inline const struct trp_record *trp_order_record(const struct order *order)
{
    return order->parcel ? (const void *)order->parcel->bytes : (const void *)order->words;
}

/* The method that an actor's own worker is to run. */
struct call {
    struct trp_actor *actor; /* NULL: none */
    const struct troupe_method *method;
    void *args;
    int caller;
    uint64_t answer;
};

struct trp_worker {
    struct trp_rank *rank;
    pthread_t thread;
    pthread_cond_t called;
    struct trp_worker *next; /* of the rank's */
    struct trp_carrier carrier;
    struct trp_context_queue ready; /* what it began, parked, that goes on */
    struct trp_context *parked;     /* all of that, gone on or not */
    struct trp_timers timers;
    bool idle, stop;
    bool owes_wake;             /* the scheduler has something in its inbox from it: its own */
    struct trp_bundle *bundle;  /* of an actor's own worker: whose slots it takes, or NULL */
    int calls;                  /* of an actor's own worker: handed to it and not wholly done */
    int cpus;                   /* of an actor's own worker; 0: of all tasks */
    struct trp_worker *mate;    /* the next one of the same actor, */
    struct trp_parcel *lent;    /* and what is lent to it until DONE has come: the scheduler's */
    struct turn turn;
    struct call call;           /* of an actor's own worker: to be begun, in its turn, */
    struct call begun;          /* with its slots taken, */
    struct trp_context *method; /* and running */
    struct trp_worked worked;   /* how the one that has ended went */
    int killed;                 /* begun, and to fail with this status */
    char *killed_story;
};

struct trp_workers {
    pthread_mutex_t lock;
    struct trp_worker *all;
    int pool;       /* how many of them are for tasks */
    int cpus; /* slots of the rank, reserved or not, */
    int free; /* and those that nothing runs on; others read it without the lock */
    int team_limit; /* OMP_NUM_THREADS, or the slots */
    struct trp_slots slots; /* those that are not reserved */
    struct trp_bundle *bundles; /* those that are; see groups.h */
    struct trp_bundle *waiting_bundles; /* those that are to be */
    struct trp_group *groups;   /* that this rank has asked for */
    uint64_t groups_made;
    struct trp_keeper *keeper;  /* on rank 0, of all groups; or NULL */
    int queued; /* orders that wait for slots; read so by who looks for one */
    bool looks; /* a worker of tasks does */
    struct trp_worker *called; /* one of tasks, who is still to be woken; or NULL */
    struct trp_task *running; /* tasks that have begun */
    int coming; /* chosen to run here, and not here yet; without the lock */
    bool restocked; /* claims have come free since other ranks were asked for tasks */
    struct trp_peers *peers; /* see steal.h */
    struct trp_stock stock; /* what is held beside slots */
    _Atomic int unfinished; /* tasks and methods queued, running or waiting; read so, too */
    int resuming;   /* woken ones that still need their slots */
    int stuck;      /* unfinished ones that wait, without a limit, for something to come */
    int unwinding;  /* unfinished ones that were given up and are about to end */
    int shipping;   /* those that wait until their bytes are sent */
    bool stop;      /* the job has ended: what waits is given up */
};

/* Wakes that worker, now or when the lock is given back: woken at once, on the CPU of who calls, it
   would find the lock taken. Of this rank's: futures are awaited by those of one rank. */
void trp_worker_call(struct trp_workers *workers, struct trp_worker *worker);

static inline void trp_workers_unlock(struct trp_workers *workers)
{
    struct trp_worker *called = workers->called;
    workers->called = NULL;
    pthread_mutex_unlock(&workers->lock);
    if (called)
        pthread_cond_signal(&called->called);
}

/* Those that a turn takes, or that what runs has taken. */
struct trp_slots *trp_slots_of(struct trp_workers *workers, const struct trp_bundle *bundle);

static inline bool trp_turn_is_order(const struct turn *turn)
{
    return !turn->owner && !turn->reserves;
}

/* How many slots, and threads, one that wants so many CPUs gets. */
int trp_workers_slots(const struct trp_workers *workers, int wanted);

/* With the lock held: a thread. `cpus`: of an actor's own worker; 0: for tasks. */
struct trp_worker *trp_worker_begin(struct trp_rank *rank, int cpus);

/* It has been told to stop. */
void trp_worker_join(struct trp_worker *worker);
/* It has been joined, and is in no list any more. */
void trp_worker_free(struct trp_worker *worker);

/* With the lock held, too: a turn that will not be taken leaves the line. */
void trp_worker_forgo(struct trp_workers *workers, struct turn *turn);

/* With the lock held, too: the same, and whoever can take the next one has still to be called. */
void trp_worker_unlink(struct trp_workers *workers, struct trp_slots *slots, struct turn **link);

/* With the lock held: slots are taken, or given back if fewer than 0. */
void trp_slots_take(struct trp_workers *workers, struct trp_slots *slots, int cpus);

void trp_worker_call_next(struct trp_workers *workers);

/* With the lock held: the next turn, if it is this worker's to take. */
struct turn *trp_worker_take_turn(struct trp_workers *workers, struct trp_worker *worker);

/* With the lock held: a turn is waited for, behind those of its priority. */
void trp_worker_queue(struct trp_workers *workers, struct turn *turn);

/* With the parcel that its record is in. */
void trp_order_free(struct order *order);

/* With the lock held: the job has ended before it could. */
void trp_order_cancel(struct trp_workers *workers, struct order *order);

/* With the lock held: a task has all but its slots. */
void trp_workers_ready(struct trp_rank *rank, struct order *order);

/* With the lock held: it goes on. One that does not wait yet, or will not, finds that it was woken
   when it looks. */
void trp_worker_make_ready(struct trp_workers *workers, struct trp_context *context);

/* With the lock held: it is to fail where it waits, since the job has ended; */
void trp_worker_give_up(struct trp_context *context);

/* and it can. */
static inline void trp_worker_unwinds(struct trp_workers *workers, struct trp_context *context)
{
    workers->unwinding += !context->unwinding;
    context->unwinding = true;
}

#endif
