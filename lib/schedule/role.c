#include "schedule/role.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "actor/classes.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "schedule/many.h"
#include "schedule/send.h"
#include "schedule/wait.h"
#include "schedule/who.h"
#include "schedule/workers.h"
#include "troupe/status.h"

#define TICK 1e-3      /* seconds from one look to the next where somebody might compute; or else */
#define LOOKS 400      /* as many times what one takes of the CPU, */
#define SLOWEST 8e-3   /* but no more than this */
#define FAST 64        /* calls from one look to the next: nobody computes */
#define LATELY 1.0     /* since somebody did: he might again */
#define BUDGET 0.9e-3  /* of CPU, for code of the user's between two calls */
#define LONG 20e-3     /* of CPU without the role: then it is named, and the driver moves */
#define RARE 4         /* times that is doubled while others compute */
#define CALM 10        /* looks at which nothing went on, then */
#define DOZE 25e-3     /* the next one comes as late as this */
#define FORCED 100e-6  /* where hand-overs are forced: the longest time between them, */
#define TRIES 2000     /* and looks, to find somebody in code of the user's */
#define SEATS 64
#define BENCH (64 * 1024)       /* bytes of a bench, */
#define THREAD_STACK (256 * 1024) /* and of a thread, which runs nothing else on its own stack */

/* A thread that may have the role: the main one, or a stand-by. */
struct trp_seat {
    struct trp_here *here;
    struct troupe_lanes *lanes;
    pthread_t thread;
    clockid_t clock; /* its CPU time */
    pthread_cond_t called;
    struct trp_stack *bench; /* what it stands on when it runs no loop */
    struct trp_rank *rank;   /* whose loop it is to run, or whose context it goes on with */
    struct trp_context *computes; /* without the role */
    double since;                 /* its CPU time when it lost that */
    bool late;                    /* that was long ago */
    uint64_t wants;               /* in this turn; 0: it does not */
    bool anywhere;                /* it wants a loop, of any rank */
    struct trp_seat *heir;        /* of the role, when the loop has been left */
};

_Atomic bool trp_role_wanted;

static struct {
    pthread_mutex_t lock;
    bool on;
    uint64_t forced; /* hand-overs are, at moments drawn from this */
    struct trp_seat *seats[SEATS]; /* the first is the main thread's */
    int count, away;               /* of seats */
    struct trp_seat *holder, *watcher;
    double taken; /* when the role was taken away last */
    double look;  /* CPU time that one takes, the mean of the latest */
    uint64_t turns;
    _Atomic bool dozes;
    bool stop;
} role;

/* ---- the barrier ----------------------------------------------------------------------------- */

static bool barrier_ready(void)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

/* Every thread of the process has passed a full fence when it returns. */
static void barrier(void)
{
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
        trp_die("membarrier has failed");
}

/* ---- seats: with the lock held, like all up to the door -------------------------------------- */

static double cpu_time(const struct trp_seat *seat)
{
    struct timespec t;
    clock_gettime(seat->clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool is_main(const struct trp_seat *seat)
{
    return seat == role.seats[0];
}

static struct trp_seat *seat_new(void)
{
    struct trp_seat *seat = calloc(1, sizeof *seat);
    pthread_condattr_t monotonic;
    if (!seat)
        return NULL;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&seat->called, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return seat;
}

static void seat_free(struct trp_seat *seat)
{
    pthread_cond_destroy(&seat->called);
    trp_stack_free(seat->bench);
    free(seat);
}

static void take_seat(struct trp_seat *seat)
{
    seat->here = &trp_here;
    seat->lanes = &troupe_lanes;
    seat->thread = pthread_self();
    pthread_getcpuclockid(seat->thread, &seat->clock);
    trp_here.seat = seat;
    trp_here.calls = 1;
}

static void hold(struct trp_seat *seat)
{
    role.holder = seat;
    seat->here->away = false;
}

/* ---- who wants it ---------------------------------------------------------------------------- */

static void want(struct trp_seat *seat, struct trp_rank *rank, bool anywhere)
{
    seat->wants = ++role.turns;
    seat->rank = rank;
    seat->anywhere = anywhere;
    trp_role_wanted = true;
    trp_inbox_wake(rank); /* its loop may sleep */
}

/* Who goes on with that rank, the first who came; NULL: nobody. */
static struct trp_seat *first_for(const struct trp_rank *rank)
{
    struct trp_seat *first = NULL;
    for (int i = 0; i < role.count; i++) {
        struct trp_seat *seat = role.seats[i];
        if (seat->wants && (seat->anywhere || seat->rank == rank) &&
            (!first || seat->wants < first->wants))
            first = seat;
    }
    return first;
}

static void grant(struct trp_seat *seat, struct trp_rank *rank)
{
    bool wanted = false;
    seat->wants = 0;
    seat->rank = rank;
    hold(seat);
    for (int i = 0; i < role.count; i++)
        wanted |= role.seats[i]->wants != 0;
    trp_role_wanted = wanted;
    pthread_cond_signal(&seat->called);
    if (is_main(seat) && rank != trp_home)
        trp_inbox_wake(trp_home); /* the driver may be waiting for this thread there */
}

/* ---- taking it away -------------------------------------------------------------------------- */

/* What the thread has begun and ended; odd: it is in the runtime, or in a tell of its own. */
struct count {
    uint32_t calls, told;
};

static struct count count_of(const struct trp_seat *seat)
{
    return (struct count){atomic_load_explicit(&seat->here->calls, memory_order_acquire),
                          __atomic_load_n(&seat->lanes->told, __ATOMIC_ACQUIRE)};
}

static bool is_inside(struct count count)
{
    return (count.calls | count.told) & 1;
}

static bool is_same(struct count a, struct count b)
{
    return a.calls == b.calls && a.told == b.told;
}

/* The holder loses it, if it is still in that code of the user's. The rank it ran. */
static struct trp_rank *take_away(struct count count)
{
    struct trp_seat *seat = role.holder;
    seat->here->away = true;
    __atomic_store_n(&seat->lanes->ranks, 0, __ATOMIC_RELAXED);
    /* Partner of the plain lines in trp_call_begin and trp_call_context, troupe_tells and
       troupe_tell_again, and in troupe_row_goes_on. */
    barrier();
    if (!is_same(count_of(seat), count)) {
        seat->here->away = false;
        return NULL;
    }
    if (seat->here->row)
        trp_row_show(seat->here);
    struct trp_context *c = seat->here->current;
    c->away = c->rank->carrier.running;
    c->since = trp_now_ns();
    c->rank->away++;
    seat->computes = c;
    trp_who_computes(c->rank, trp_who_context_code(c));
    seat->since = cpu_time(seat);
    seat->late = false;
    role.away++;
    role.holder = NULL;
    role.taken = trp_now();
    return c->rank;
}

/* It goes on where it stood, with the role. */
static void come_back(struct trp_seat *seat)
{
    struct trp_context *c = seat->computes;
    trp_who_computed(c->rank, trp_who_context_code(c));
    c->rank->carrier.running = c->away;
    c->rank->away--;
    c->away = NULL;
    seat->computes = NULL;
    role.away--;
}

/* ---- watching -------------------------------------------------------------------------------- */

struct look {
    struct trp_seat *seat; /* that has the role */
    struct count count;
    double cpu;
    int inside; /* looks one after the other at which it was in the runtime, */
    int same;   /* and nothing went on */
    bool slow;  /* it was in code of the user's, and few calls had been since the look before */
};

static double draw(double most)
{
    role.forced = role.forced * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return most * (double)(role.forced >> 40) / (double)(1 << 24);
}

/* A virtual machine may take ten times as long to wake somebody up as its host. */
static double pace(const struct look *look)
{
    if (look->slow || trp_now() - role.taken < LATELY)
        return TICK;
    double pace = LOOKS * role.look;
    return pace < TICK ? TICK : pace < SLOWEST ? pace : SLOWEST;
}

/* Where others compute, who wakes up while the watcher looks may have to wait for their turn. */
static bool is_crowded(void)
{
    return role.away || trp_workers_fill_cpus(trp_home);
}

static double tick_after(const struct look *look)
{
    if (role.forced && look->same <= CALM)
        return draw(FORCED);
    return is_crowded() ? TICK * (1 << (look->inside < RARE ? look->inside : RARE)) : pace(look);
}

static void nap(struct trp_seat *me, const struct look *look)
{
    bool dozes = look->same > CALM && !role.away;
    double until = trp_now() + (dozes ? DOZE : tick_after(look));
    struct timespec t = {.tv_sec = (time_t)until};
    t.tv_nsec = (long)(1e9 * (until - (double)t.tv_sec));
    role.dozes = dozes;
    pthread_cond_timedwait(&me->called, &role.lock, &t);
    role.dozes = false;
}

static struct look look_at_holder(void)
{
    struct trp_seat *seat = role.holder;
    struct look look = {.seat = seat, .count = {.calls = 1}};
    for (int tries = role.forced ? TRIES : 1; tries && is_inside(look.count); tries--)
        look.count = count_of(seat);
    look.cpu = is_inside(look.count) ? 0 : cpu_time(seat);
    return look;
}

static bool is_slow(struct count from, struct count to)
{
    return (uint32_t)(to.calls - from.calls) + (uint32_t)(to.told - from.told) < 2 * FAST;
}

/* Code of the user's computes for too long. */
static bool overstays(struct look *last)
{
    struct look now = look_at_holder();
    bool same = now.seat == last->seat && is_same(now.count, last->count);
    bool inside = is_inside(now.count);
    now.inside = inside ? last->inside + 1 : 0;
    now.same = same && inside ? last->same + 1 : 0;
    now.slow = !inside && is_slow(last->count, now.count);
    bool over = !inside && (role.forced || (same && now.cpu - last->cpu >= BUDGET));
    if (!same || inside)
        *last = now;
    last->slow = now.slow;
    if (over)
        last->count = now.count;
    return over;
}

/* Once for each method. */
static void name(struct trp_seat *seat)
{
    const struct trp_context *c = seat->computes;
    struct troupe_method *method = (struct troupe_method *)(uintptr_t)c->method;
    char who[TRP_WHO_SIZE];
    if (c->kind == TRP_CONTEXT_DRIVER || method->computes)
        return;
    method->computes = true;
    trp_ref_name(c->rank, trp_actor_ref(c->actor), c->actor->class_, who, sizeof who);
    trp_log(TRP_LOG_WARNING,
            "%s.%s computes for long without a call; others on rank %d go on meanwhile. Give its "
            "actor a CPU of its own: .cpus = 1",
            who, method->signature->name, c->rank->rank);
}

static void look_at(struct trp_seat *seat)
{
    if (seat->late || cpu_time(seat) - seat->since < LONG)
        return;
    seat->late = true;
    trp_inbox_wake(seat->computes->rank); /* the driver may have waited for this */
    name(seat);
}

static void look_at_the_away(void)
{
    for (int i = 0; i < role.count && role.away; i++)
        if (role.seats[i]->computes)
            look_at(role.seats[i]);
}

static void *stand_by(void *seat);

static bool begin_thread(struct trp_seat *seat)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, THREAD_STACK);
    int error = pthread_create(&seat->thread, &attr, stand_by, seat);
    pthread_attr_destroy(&attr);
    return !error;
}

/* Somebody is to watch: who sits idle, or a new thread; or nobody until one comes back. */
static void call_watcher(void)
{
    for (int i = 1; i < role.count; i++) {
        struct trp_seat *seat = role.seats[i];
        if (seat != role.holder && !seat->computes && !seat->wants) {
            pthread_cond_signal(&seat->called);
            return;
        }
    }
    struct trp_seat *seat = role.count < SEATS ? seat_new() : NULL;
    if (!seat)
        return;
    role.seats[role.count++] = seat;
    if (!begin_thread(seat)) {
        role.count--;
        seat_free(seat);
    }
}

/* One look more since it had used so much of the CPU; what it has used now. */
static double weigh(const struct trp_seat *me, double before)
{
    double now = cpu_time(me);
    role.look += (now - before - role.look) / 8;
    return now;
}

/* Returns when the role is this thread's, or at the end. */
static void watch(struct trp_seat *me)
{
    struct look last = {0};
    double used = cpu_time(me);
    role.watcher = me;
    while (!role.stop) {
        nap(me, &last);
        used = weigh(me, used);
        struct trp_rank *rank =
            !role.stop && role.holder && overstays(&last) ? take_away(last.count) : NULL;
        struct trp_seat *next = rank ? first_for(rank) : NULL;
        if (next) {
            grant(next, rank);
        } else if (rank) {
            me->rank = rank;
            hold(me);
            break;
        }
        look_at_the_away();
    }
    role.watcher = NULL;
    if (!role.stop)
        call_watcher();
}

/* ---- the bench ------------------------------------------------------------------------------- */

/* Returns with the role; false at the end. */
static bool sit(struct trp_seat *me)
{
    pthread_mutex_lock(&role.lock);
    if (me->heir) {
        atomic_store(&trp_here.away, true);
        grant(me->heir, me->rank);
        me->heir = NULL;
        if (is_main(me))
            want(me, me->rank, true);
    }
    while (role.holder != me && !role.stop)
        if (!is_main(me) && !role.watcher)
            watch(me);
        else
            pthread_cond_wait(&me->called, &role.lock);
    bool held = role.holder == me;
    pthread_mutex_unlock(&role.lock);
    return held;
}

/* Whoever leaves a loop is here again. */
static void bench(void *arg)
{
    struct trp_seat *me = arg;
    while (sit(me)) {
        me->rank->carrier.running = me->bench;
        trp_carrier_park(&me->rank->carrier, &me->bench);
    }
}

static void *stand_by(void *arg)
{
    struct trp_seat *me = arg;
    trp_crash_enter_thread();
    me->bench = trp_stack_native();
    if (!me->bench)
        trp_die("no memory for a stand-by thread");
    pthread_mutex_lock(&role.lock);
    take_seat(me);
    pthread_mutex_unlock(&role.lock);
    bench(me);
    trp_crash_leave_thread();
    return NULL;
}

__attribute__((noinline)) bool trp_role_suits_driver(const struct trp_context *context)
{
    if (context->rank != trp_home || !trp_here.seat || is_main(trp_here.seat))
        return true;
    pthread_mutex_lock(&role.lock);
    bool suits = role.seats[0]->computes && role.seats[0]->late;
    pthread_mutex_unlock(&role.lock);
    return suits;
}

void trp_role_yield(struct trp_rank *rank)
{
    struct trp_seat *me = trp_here.seat;
    pthread_mutex_lock(&role.lock);
    me->heir = first_for(rank);
    me->rank = rank;
    pthread_mutex_unlock(&role.lock);
    if (me->heir)
        trp_carrier_resume(&rank->carrier, me->bench);
}

/* ---- the door: the rest of it is in door.c --------------------------------------------------- */

/* A thread that may have the role has not, or that is being tried. */
static bool may_be_sent_away(void)
{
    return trp_here.seat && atomic_load_explicit(&trp_here.away, memory_order_relaxed);
}

/* What runs here, whoever takes the role away writes, so it is not read before the lock is held. */
static void wait_for_role(struct trp_seat *me)
{
    pthread_mutex_lock(&role.lock);
    if (role.holder != me && me->computes) { /* or else it was only tried */
        want(me, me->computes->rank, false);
        while (role.holder != me)
            pthread_cond_wait(&me->called, &role.lock);
        come_back(me);
    }
    pthread_mutex_unlock(&role.lock);
}

__attribute__((noinline)) void trp_role_regain(void)
{
    if (may_be_sent_away())
        wait_for_role(trp_here.seat);
    if (trp_here.row)
        trp_row_show(&trp_here);
}

void trp_role_stir(void)
{
    if (!atomic_load_explicit(&role.dozes, memory_order_relaxed))
        return;
    pthread_mutex_lock(&role.lock);
    if (role.watcher)
        pthread_cond_signal(&role.watcher->called);
    pthread_mutex_unlock(&role.lock);
}

/* ---- the beginning and the end --------------------------------------------------------------- */

static bool unwanted(int handover, uint64_t seed)
{
    const char *text = getenv("TROUPE_HANDOVER");
    if (text && *text)
        handover = atoi(text) ? atoi(text) : -1;
    role.forced = handover > 1 ? (uint64_t)handover : 0;
    return handover < 0 || (seed && !role.forced);
}

void trp_role_open(int handover, uint64_t seed)
{
    memset(&role, 0, sizeof role);
    pthread_mutex_init(&role.lock, NULL);
    struct trp_seat *main = seat_new();
    if (!main)
        trp_die("no memory for the scheduler");
    take_seat(main);
    role.seats[role.count++] = main;
    hold(main);
    if (unwanted(handover, seed))
        return;
    role.on = barrier_ready() && (main->bench = trp_stack_new(BENCH, bench, main));
    if (!role.on) {
        trp_log(TRP_LOG_INFO, "no membarrier: who computes for long keeps others of its rank "
                              "waiting");
        return;
    }
    pthread_mutex_lock(&role.lock);
    call_watcher();
    pthread_mutex_unlock(&role.lock);
}

/* They fail when they call next. */
static void cancel_all(void)
{
    pthread_mutex_lock(&role.lock);
    for (int i = 0; i < role.count; i++)
        if (role.seats[i]->computes && !role.seats[i]->computes->cancelled)
            trp_cancel(role.seats[i]->computes, TROUPE_CANCELLED, strdup("the job has ended"));
    pthread_mutex_unlock(&role.lock);
}

static bool all_at_home(void)
{
    pthread_mutex_lock(&role.lock);
    bool home = !role.away && is_main(role.holder);
    role.stop = home;
    for (int i = 0; i < role.count; i++)
        pthread_cond_signal(&role.seats[i]->called);
    pthread_mutex_unlock(&role.lock);
    return home;
}

void trp_role_close(struct trp_rank *rank)
{
    while (!all_at_home()) {
        cancel_all();
        trp_wait_prepare(rank->main);
        trp_wait(rank->main, trp_now() + TICK);
    }
    for (int i = 1; i < role.count; i++)
        pthread_join(role.seats[i]->thread, NULL);
    while (role.count)
        seat_free(role.seats[--role.count]);
    trp_here.seat = NULL;
    pthread_mutex_destroy(&role.lock);
}
