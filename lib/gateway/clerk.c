#include "gateway/clerk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/kept.h"
#include "gateway/routes.h"
#include "gateway/watch.h"
#include "schedule/counts.h"
#include "schedule/send.h"
#include "troupe/method.h"

#define PATIENCE 5.0 /* seconds that a monitor is waited for */

TROUPE_CLASS(trp_desk);
TROUPE_TELL(trp_desk, take, (uint64_t, visit));
TROUPE_TELL(trp_desk, tick);

struct trp_desk_state {
    char nothing;
};

struct trp_clerk_state {
    uint32_t number;
};

struct trp_gate trp_gate;

static struct {
    trp_desk desk;
    troupe_timer ticks;
    pthread_mutex_t lock; /* of what follows: methods may run at a time where one computes */
    trp_clerk clerks[TRP_CLERKS_MOST];
    uint32_t idle[TRP_CLERKS_MOST]; /* the latest last */
    uint32_t made, idle_count;
} staff = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- who is idle ----------------------------------------------------------------------------- */

static bool take_clerk(trp_clerk *clerk)
{
    uint32_t number = 0;
    pthread_mutex_lock(&staff.lock);
    bool idle = staff.idle_count, new = !idle && staff.made < TRP_CLERKS_MOST;
    if (idle)
        number = staff.idle[--staff.idle_count];
    else if (new)
        number = staff.made++;
    pthread_mutex_unlock(&staff.lock);
    if (new)
        staff.clerks[number] =
            troupe_new(trp_clerk, .number = number, .with = {.place = troupe_on(0)});
    *clerk = staff.clerks[number];
    return idle || new;
}

static void now_idle(void *state)
{
    const struct trp_clerk_state *self = state;
    pthread_mutex_lock(&staff.lock);
    staff.idle[staff.idle_count++] = self->number;
    pthread_mutex_unlock(&staff.lock);
}

/* ---- the desk -------------------------------------------------------------------------------- */

static void on_take(struct trp_desk_state *self, uint64_t visit)
{
    struct trp_visit *v = (struct trp_visit *)(uintptr_t)visit;
    trp_clerk clerk;
    (void)self;
    if (take_clerk(&clerk)) {
        trp_clerk_serve(clerk, visit);
        return;
    }
    trp_refuse_visit(v, 503, "full", NULL, 0, NULL, "%d requests are under way: try again later",
                     TRP_CLERKS_MOST);
    trp_visit_free(v);
}

static void on_tick(struct trp_desk_state *self)
{
    trp_clerk clerk;
    (void)self;
    if (take_clerk(&clerk))
        trp_clerk_look(clerk);
}

TROUPE_IMPLEMENT(trp_desk, (take, on_take), (tick, on_tick));

/* ---- the clerks ------------------------------------------------------------------------------ */

static void on_init(struct trp_clerk_state *self, uint32_t number)
{
    self->number = number;
}

static void free_visit(void *visit)
{
    trp_visit_free(visit);
}

static void on_serve(struct trp_clerk_state *self, uint64_t visit)
{
    struct trp_visit *v = (struct trp_visit *)(uintptr_t)visit;
    troupe_defer(now_idle, self);
    troupe_defer(free_visit, v);
    trp_counts_as_gateway(trp_current());
    v->route->serve(v);
}

static void on_look(struct trp_clerk_state *self)
{
    troupe_defer(now_idle, self);
    trp_watch_look();
}

struct attempt {
    void (*fn)(void *arg);
    void *arg;
};

static void on_attempt(struct trp_clerk_state *self, uint64_t what)
{
    struct attempt *attempt = (struct attempt *)(uintptr_t)what;
    troupe_defer(now_idle, self);
    trp_counts_as_gateway(trp_current());
    attempt->fn(attempt->arg);
}

TROUPE_IMPLEMENT(trp_clerk, (init, on_init), (serve, on_serve), (look, on_look),
                 (attempt, on_attempt));

troupe_status trp_attempt(void (*fn)(void *arg), void *arg)
{
    struct attempt attempt = {fn, arg};
    troupe_void nothing;
    trp_clerk other;
    if (!take_clerk(&other))
        return TROUPE_FULL;
    return troupe_get(trp_clerk_attempt(other, (uintptr_t)&attempt), &nothing);
}

/* ---- asking ---------------------------------------------------------------------------------- */

troupe_status trp_get(troupe_future future, void *value, size_t size, double seconds)
{
    size_t *visitors = &trp_gate.rank->visitors;
    bool limited = seconds >= 0;
    if (limited)
        __atomic_fetch_add(visitors, 1, __ATOMIC_RELAXED);
    troupe_status status = troupe_get_any(future, value, size, seconds);
    if (limited)
        __atomic_fetch_sub(visitors, 1, __ATOMIC_RELAXED);
    return status;
}

void trp_nap(double seconds)
{
    __atomic_fetch_add(&trp_gate.rank->visitors, 1, __ATOMIC_RELAXED);
    troupe_sleep(seconds);
    __atomic_fetch_sub(&trp_gate.rank->visitors, 1, __ATOMIC_RELAXED);
}

void *trp_ask_all(const struct troupe_method *method, const void *args, bool *answered)
{
    size_t ranks = (size_t)trp_gate.rank->ranks, size = method->signature->result->size;
    char *values = troupe_alloc(ranks * size + 1);
    troupe_future *futures = troupe_alloc(ranks * sizeof *futures);
    for (size_t i = 0; i < ranks; i++)
        futures[i] = troupe_stub_ask(trp_gate.monitors[i].ref, method, args, NULL);
    double deadline = trp_now() + PATIENCE;
    if (trp_gate.until > 0 && trp_gate.until < deadline)
        deadline = trp_gate.until;
    for (size_t i = 0; i < ranks; i++) {
        double left = deadline - trp_now();
        troupe_status status = trp_get(futures[i], values + i * size, size, left > 0 ? left : 0);
        if (status == TROUPE_TIMEOUT)
            troupe_drop_any(futures[i]);
        if (answered)
            answered[i] = status == TROUPE_OK;
    }
    return values;
}

/* ---- from the door --------------------------------------------------------------------------- */

static void begin_clerks(void)
{
    staff.made = staff.idle_count = 0;
    /* Of these nobody is to be told that they compute. */
    trp_clerk_serve_method.computes = trp_clerk_look_method.computes = true;
    trp_clerk_attempt_method.computes = trp_desk_take_method.computes = true;
}

bool trp_api_open(struct trp_rank *rank)
{
    struct timespec t;
    trp_gate.rank = rank;
    rank->watched = true; /* before the driver waits */
    free(trp_gate.monitors); /* of a run before this one */
    trp_gate.monitors = calloc((size_t)rank->ranks, sizeof *trp_gate.monitors);
    if (!trp_gate.monitors || !trp_watch_open()) {
        trp_log(TRP_LOG_ERROR, "no memory for the gateway");
        return false;
    }
    trp_gate.opened = trp_now();
    trp_gate.until = 0;
    clock_gettime(CLOCK_REALTIME, &t);
    trp_gate.opened_at = (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
    begin_clerks();
    for (int i = 0; i < rank->ranks; i++)
        trp_gate.monitors[i] = troupe_new(trp_monitor, .with = {.place = troupe_on(i)});
    staff.desk = troupe_new(trp_desk, .with = {.place = troupe_on(0)});
    staff.ticks = troupe_every(1.0, trp_desk_tick, staff.desk);
    return true;
}

static void no_memory(struct trp_request *request)
{
    trp_reply_error(request, 503, "full", NULL, NULL, "no memory for one more request");
}

/* Any thread: what it sends goes through the rank's inbox. */
void trp_api_take(struct trp_request *request)
{
    struct trp_visit *v = trp_visit_new(request, trp_gate.rank->ranks);
    if (!v) {
        no_memory(request);
        return;
    }
    if (!trp_route(v, request)) {
        trp_visit_free(v);
        return;
    }
    const struct trp_desk_take_args args = {(uintptr_t)v};
    struct trp_record head = trp_record_for(staff.desk.ref, TRP_RECORD_TELL);
    head.slot = trp_desk_take_method.slot;
    if (trp_send(trp_gate.rank, NULL, 0, &head, &trp_desk_take_signature.args, &args) !=
        TROUPE_OK) {
        v->request = NULL;
        trp_visit_free(v);
        no_memory(request);
    }
}

void trp_api_close(void)
{
    if (!staff.ticks.number)
        return;
    troupe_cancel_timer(staff.ticks);
    staff.ticks = (troupe_timer){0};
    trp_kept_clear();
    trp_watch_close();
}
