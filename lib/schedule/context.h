/*
 * Contexts: who is running. The driver, a method of an actor, or a task.
 *
 * A context knows what it must answer, what memory and deferred functions go with it, and where it
 * stands while it waits. It lives on the stack that runs it. The thread that runs it is the only
 * one to touch it, but for `woken`, `next`, `cancelled`: of one on a worker a lock guards them, of
 * one that computes without the scheduler role they are the holder's.
 */
#ifndef TRP_CONTEXT_H
#define TRP_CONTEXT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "schedule/timers.h"
#include "troupe/types.h"

struct trp_actor;
struct trp_bundle;
struct trp_claim;
struct trp_figures;
struct trp_parcel;
struct trp_rank;
struct trp_row;
struct trp_stack;
struct trp_task;
struct trp_worker;

enum trp_context_kind { TRP_CONTEXT_DRIVER, TRP_CONTEXT_METHOD, TRP_CONTEXT_TASK };

struct trp_deferred; /* a function to be called at the end */

struct trp_context {
    enum trp_context_kind kind;
    struct trp_rank *rank;
    struct trp_worker *worker; /* whose thread runs it; NULL: the scheduler's */
    struct trp_actor *actor;   /* of a method */
    const struct troupe_method *method;
    char *args;                /* of a method, unpacked */
    char *args_end;            /* behind those of the tells that follow it in the same record, */
    const struct troupe_row *tells; /* which run in a row, the one at its `at` now; or NULL */
    struct trp_parcel *parcel; /* held: they are in it */
    struct trp_figures *figures; /* of a light method: where it is counted, */
    uint32_t calls;            /* as so many, in a row, */
    uint8_t from;              /* of that caller (a trp_from) */
    uint8_t calls_as;          /* a trp_from, too: what its own calls count as */
    int64_t began;             /* a trp_now_ns(), if that is measured; or 0 */
    int64_t waited;            /* ns since then, if so; while it waits less now: see there */
    uint64_t answered;         /* bytes of its result, if there are pointers in it */
    int32_t caller;            /* rank that gets the answer, */
    uint64_t answer;           /* for this future of it; 0: nobody asked */
    int cpus;                  /* threads of its OpenMP team */
    struct trp_claim *claim;   /* of a task: what it holds beside CPUs */
    struct trp_bundle *bundle; /* on a worker: whose slots it takes, or NULL */
    struct trp_task *task;     /* of a task */
    bool outside;              /* code of the user's began its MPI calls */
    bool releasing;            /* its deferred functions run */
    bool concluding;           /* on a worker: its function has come to its end */
    union {
        struct {
            int cancelled; /* status to fail with when the wait ends; 0: go on */
            bool exiting;  /* its actor ends with it */
            bool guest;    /* in MPI calls of its own */
        };
        uint64_t said; /* any of that */
    };

    struct trp_arena arena;
    struct trp_deferred *deferred;
    char *story;   /* of the last failure seen, from malloc */
    uint64_t value[2]; /* where await puts small values without pointers, */
    void *scratch;     /* and larger ones, from malloc */
    size_t scratch_room;

    struct trp_stack *stack; /* parked: where it stands; NULL: it runs or waits in place */
    struct trp_stack *away;  /* where it computes without the scheduler role; NULL: it does not */
    int64_t since; /* about a trp_now_ns(): it is away, or, if the rank is watched, waits, or, on a
                      worker, runs, since then; 0: that is not known */
    bool waiting;   /* on a worker: it does */
    bool unwinding; /* on a worker: given up at the end of the job */
    bool woken;
    bool shipping; /* waits, and what it waits for reads its memory: it cannot be given up */
    struct trp_timer timer;   /* of a wait that has a limit */
    struct trp_context *next; /* in a queue of contexts that go on */
    struct trp_context *parked_next, **parked_link; /* among the rank's parked ones */
    struct trp_context *short_next; /* among those that wait for credit */
    char *cancelled_by;       /* the story, from malloc */
};

struct trp_context_queue {
    struct trp_context *head, *tail;
};

struct trp_seat;

/* What a thread knows of itself. Not to be read in a function that may go on on another thread: the
   compiler keeps its address. */
struct trp_here {
    struct trp_context *current;
    union {
        struct {
            _Atomic uint32_t calls; /* even while it runs code of the user's; see role.h */
            _Atomic uint32_t away;  /* it has not the scheduler role */
        };
        uint64_t happened; /* both: they are the same as long as nothing has */
    };
    struct trp_row *row;   /* that runs, without a context yet: see many.h; or NULL */
    struct trp_seat *seat; /* of one that may have the role */
};
extern _Thread_local struct trp_here trp_here __attribute__((tls_model("initial-exec")));

/* The context of the calling thread; NULL in the runtime's own code and in threads that are not
   troupe's (those of an OpenMP team). Never kept over a switch by a compiler: it is a call. */
struct trp_context *trp_current(void);
void trp_set_current(struct trp_context *context);

/* Nothing goes with the context that must be released, and nothing has been said of it. */
static inline bool trp_context_is_bare(const struct trp_context *c)
{
    uint64_t now = __atomic_load_n(&c->said, __ATOMIC_RELAXED); /* by others, too: role.h */
    return !((uintptr_t)c->deferred | (uintptr_t)c->arena.top | (uintptr_t)c->story |
             (uintptr_t)c->scratch | now);
}

/* Runs what was deferred and frees everything that goes with the context. */
void trp_context_release(struct trp_context *context);

/* Releases it, and leaves it bare for the next call. */
void trp_context_reuse(struct trp_context *context);

/* It begins to wait, and goes on, at that time. */
static inline void trp_context_waits(struct trp_context *context, int64_t now)
{
    context->waited -= now;
}

static inline void trp_context_goes_on(struct trp_context *context, int64_t now)
{
    context->waited += now;
}

/* For how many ns one that is measured has run until now, without what it has waited. */
static inline int64_t trp_context_ran(const struct trp_context *context, int64_t now)
{
    int64_t waited = context->waited < 0 ? context->waited + now : context->waited;
    return now - context->began - waited;
}

/* False when memory is short. */
bool trp_context_defer(struct trp_context *context, void (*fn)(void *), void *p);

/* Forgets what was deferred last, and returns its argument. */
void *trp_context_undefer(struct trp_context *context);

static inline void trp_context_push(struct trp_context_queue *queue, struct trp_context *context)
{
    context->next = NULL;
    if (queue->head)
        queue->tail->next = context;
    else
        queue->head = context;
    queue->tail = context;
}

static inline struct trp_context *trp_context_pop(struct trp_context_queue *queue)
{
    struct trp_context *context = queue->head;
    if (context)
        queue->head = context->next;
    return context;
}

#endif
