/*
 * One rank: everything its scheduler knows. There is no other state of the scheduler.
 *
 * A process is one rank; under transport self it plays several, each with a struct of its own. The
 * thread in the scheduler role owns all of it, but for the inbox, the shared futures and the
 * workers, which have locks of their own.
 */
#ifndef TRP_RANK_H
#define TRP_RANK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "actor/actor.h"
#include "actor/ties.h"
#include "schedule/carrier.h"
#include "schedule/context.h"
#include "schedule/credit.h"
#include "schedule/futures.h"
#include "schedule/guests.h"
#include "schedule/resources.h"
#include "schedule/timers.h"
#include "troupe/stub.h"
#include "wire/record.h"
#include "wire/wire.h"

struct trp_workers;
struct trp_counts;
struct trp_names;
struct trp_alarm;
struct trp_deadline;
struct trp_line;

/* Methods that wait at once on a rank; a call that comes when so many do is kept. Each has a stack
   of two mappings, of which Linux allows 65530. While nothing else can go on more are let in, one
   at a time: they may be what the others wait for. */
#define TRP_PARKED_MAX 28000
#define TRP_PARKED_MOST 31000

/* Records that other threads of the rank hand to the scheduler. */
struct trp_inbox {
    pthread_mutex_t lock;
    struct trp_draft *head, *tail;
    _Atomic bool filled; /* read without the lock, to save taking it */
    bool closed; /* the job is over: what abandoned tasks still send is dropped */
    _Atomic size_t bytes; /* read without the lock, to wait until there are fewer */
    _Atomic int wakers;   /* threads that are about to wake the scheduler */
};

/* A parcel being filled for a rank. That for the rank itself is read while it is filled. */
struct trp_outlet {
    struct troupe_lane lane;   /* what may join the last record, and where; see send.h */
    struct trp_parcel *parcel; /* NULL: none */
    struct trp_record *last;   /* not closed yet; NULL: all are */
    struct trp_account account;
    uint64_t messages; /* records, ever */
};

_Static_assert(sizeof(struct trp_outlet) == TROUPE_LANES_APART, "generated code counts on it");

/* A queue of actors, in a ring that grows. */
struct trp_mail {
    struct trp_actor **actors; /* NULL: one that ended meanwhile */
    size_t first, count, room;
};

/* So much was placed there, one thing after the other. */
struct trp_packed {
    int rank;
    struct trp_amounts amounts;
};

/* What rank 0 learns when it asks everyone whether anything is left to do. */
struct trp_census {
    int awaited; /* answers still to come */
    uint64_t sent, received;
    bool busy;
    int64_t tasks; /* not finished */
    int64_t parked; /* light methods, the main routines not counted */
    int deepest;   /* of actors' depths */
};

struct trp_rank {
    int rank, ranks;
    struct trp_wire *wire;
    struct trp_carrier carrier;
    struct trp_context *main; /* the driver's, or of the main routine of other ranks */
    struct trp_context *idle; /* of the loop that runs: for the next method */
    unsigned polls;           /* looks at the wire */
    unsigned steps;           /* things done since the last */
    bool spun;                /* in vain, since something came */
    bool own_turn;            /* the next record is taken from this rank's own first */
    double turn;              /* since when somebody who was woken waits; 0: nobody was seen to */
    bool due;                 /* for a whole turn: they go on before anything else */

    struct trp_parcel_queue input;   /* received, not yet wholly read */
    struct trp_parcel_queue urgent;  /* the same, and before it */
    struct trp_parcel *spent;        /* read last: of one record, which others may keep */
    struct trp_context_queue ready;  /* woken, to be resumed */
    struct trp_mail mail; /* actors that are free and have letters */
    struct trp_timers timers;
    struct trp_context *parked;
    size_t parked_count;
    size_t parked_most; /* TRP_PARKED_MOST, or fewer when memory is short */
    struct trp_alarm *alarms; /* tells for later */
    size_t alarm_count;
    struct trp_deadline *deadlines; /* time-outs of calls */
    size_t deadline_count, deadlines_swept; /* how many there are, and were after the last sweep */
    int away; /* contexts that compute without the scheduler role */
    struct trp_inbox inbox;
    struct trp_guests guests;
    bool watched; /* somebody wants to know since when who runs, or waits; set in the role */
    _Atomic bool naps; /* asleep, but not for long: a tell of a task need not wake it */

    struct trp_actors actors;
    struct trp_ties ties;
    struct trp_futures futures;
    struct trp_workers *workers;
    struct trp_names *names; /* whose home is here */
    struct trp_counts *counts;

    struct trp_outlet *outlets; /* [ranks] */
    unsigned lanes_from;        /* a trp_from: whose calls may join the last one in a lane */
    int *dirty;                 /* the ranks, but this one, whose outlets have something */
    int dirty_count;
    struct trp_parcel_queue urgent_out; /* being filled, too; flushed before them */
    unsigned urgent_out_count;
    int own_queued; /* parcels in the input that came from this rank itself */
    size_t input_bytes;
    unsigned line_count;
    struct trp_line **lines; /* what waits for bulk; see bulk.c */
    uint64_t hauled;         /* bulk that was sent or received, ever */
    struct trp_credit credit;

    struct trp_resources *resources; /* of all ranks */
    int next_rank; /* of placement round robin */
    struct trp_packed packed; /* placed by this rank with troupe_packed; the workers' lock */
    unsigned submitted; /* tasks left to this rank in the scheduler role */
    uint64_t sent, received; /* records of the program, to and from other ranks */
    struct trp_census census;
    bool leaving; /* the status is fixed: nobody's troupe_exit is heard any more */
    size_t visitors; /* waits with a limit that the end of the job does not wait for; atomic */
    double linger; /* seconds that work goes on after the driver has returned */
    bool over;     /* the job is */
    int status;
    struct trp_rank *abandoned; /* before it, when it is so itself */
};

/* The rank of threads that are nobody's context: those of an OpenMP team. */
extern struct trp_rank *trp_home;

/* Futures of tasks and their teams, of all ranks that the process plays: a thread of a team knows
   no rank. */
extern struct trp_futures trp_shared_futures;

/* `native` is the stack that the rank's main routine runs on; `stack_bytes` is for methods, 0: the
   default. */
struct trp_rank *trp_rank_open(struct trp_wire *wire, struct trp_stack *native,
                               size_t stack_bytes);

/* Everything that the program can see of it ends: parked calls are given up, actors destroyed. */
void trp_rank_end(struct trp_rank *rank);

/* After the wire has been closed. */
void trp_rank_close(struct trp_rank *rank);

/* One was left to a task that goes on: it keeps what it uses. */
bool trp_rank_abandoned(void);

static inline bool trp_on_scheduler(const struct trp_context *context)
{
    return context && !context->worker;
}

/* Where it waits to be read. */
static inline struct trp_parcel_queue *trp_input_of(struct trp_rank *rank,
                                                    const struct trp_parcel *parcel)
{
    return parcel->urgent ? &rank->urgent : &rank->input;
}

static inline struct trp_futures *trp_futures_of(struct trp_rank *rank, uint64_t id)
{
    return trp_future_is_shared(id) ? &trp_shared_futures : &rank->futures;
}

#endif
