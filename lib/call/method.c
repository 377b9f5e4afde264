/*
 * What methods, tasks and the driver may do besides calling: see troupe/method.h.
 */
#include "troupe/method.h"

#include <omp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "call/driver.h"
#include "call/caller.h"
#include "schedule/execute.h"
#include "schedule/role.h"
#include "schedule/send.h"
#include "schedule/wait.h"
#include "schedule/who.h"
#include "schedule/workers.h"
#include "troupe/status.h"

#define STORY_SIZE 3072 /* of a chain of failures */

/* ---- failing --------------------------------------------------------------------------------- */

/* Ends a method or task: its frames are given up. */
__attribute__((noreturn)) static void leave(struct trp_context *c, int status, const char *story)
{
    if (!c->method || c->releasing)
        trp_die("a %s failed: %s", c->method ? "deferred function" : "destructor", story);
    if (c->worker)
        trp_worker_fail(c, status, story);
    char *kept = strdup(story); /* it may be the context's own */
    struct trp_carrier *carrier = &c->rank->carrier;
    trp_conclude(c, status, kept ? kept : "");
    free(kept);
    trp_set_current(NULL);
    trp_carrier_abandon(carrier);
}

/* "who: story". Of a chain that is too long the middle is left out: its end is the cause. */
static void tell(char *told, size_t size, const char *who, const char *story)
{
    static const char gap[] = " [...] ";
    size_t length = strlen(story), half = size / 2;
    if ((size_t)snprintf(told, size, "%s: %s", who, story) < size)
        return;
    memcpy(told + half - (sizeof gap - 1), gap, sizeof gap - 1);
    memcpy(told + half, story + length + 1 - half, half);
}

void trp_fail(struct trp_context *c, int status, const char *story)
{
    char who[TRP_WHO_SIZE], told[STORY_SIZE];
    if (omp_in_parallel())
        trp_die("a failure inside an OpenMP parallel region cannot be answered: %s", story);
    trp_context_name(c, who, sizeof who);
    tell(told, sizeof told, who, story);
    if (c->kind == TRP_CONTEXT_DRIVER)
        trp_driver_failed(c, story);
    leave(c, status, told);
}

void trp_caller_check(struct trp_context *c)
{
    if (!c->cancelled)
        return;
    if (c->kind == TRP_CONTEXT_DRIVER)
        trp_driver_leave(c);
    leave(c, c->cancelled, c->cancelled_by);
}

void troupe_exit(int status)
{
    trp_call_enter();
    struct trp_caller caller = trp_caller();
    struct trp_context *c = caller.context;
    int kept = status < 0 || status > 255 ? 1 : status;
    if (c && c->kind == TRP_CONTEXT_DRIVER && !omp_in_parallel()) {
        caller.rank->status = kept;
        trp_driver_leave(c);
    }
    const struct trp_record head = {.kind = TRP_RECORD_EXIT, .number = kept};
    trp_send_bytes_from(caller.rank, c, 0, &head, "", 0);
    if (c && (!c->method || c->releasing))
        trp_die("troupe_exit in a destructor or a deferred function: call it from a method");
    if (c && !omp_in_parallel())
        leave(c, TROUPE_CANCELLED, "the program has called troupe_exit");
    for (;;)
        pause(); /* a thread of an OpenMP team: the process ends around it */
}

void troupe_fail(int code, const char *format, ...)
{
    char story[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(story, sizeof story, format, args);
    va_end(args);
    trp_call_enter();
    struct trp_context *c = trp_caller().context;
    if (!c)
        trp_die("a failure in a thread that is not troupe's cannot be answered: %s", story);
    code = code == TROUPE_TIMEOUT ? TROUPE_LATE : code; /* of a future it would say: not yet */
    trp_fail(c, code < 0 ? code : TROUPE_FAILED, story);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static struct trp_context *context_for(const char *what)
{
    struct trp_context *c = trp_caller().context;
    if (!c)
        trp_die("%s in a thread that is not troupe's, such as one of an OpenMP team", what);
    return c;
}

void *troupe_alloc(size_t bytes)
{
    struct trp_context *c = context_for("troupe_alloc");
    void *memory = trp_arena_alloc(&c->arena, bytes);
    if (!memory)
        troupe_fail(TROUPE_NO_MEMORY, "no memory for %zu bytes", bytes);
    return memory;
}

void troupe_defer(void (*fn)(void *), void *p)
{
    if (!trp_context_defer(context_for("troupe_defer"), fn, p))
        troupe_fail(TROUPE_NO_MEMORY, "no memory to defer a function");
}

/* ---- time and place -------------------------------------------------------------------------- */

void troupe_sleep(double seconds)
{
    bool outside = trp_call_enter();
    struct trp_context *c = trp_caller_waiting();
    if (!c)
        trp_die("troupe_sleep inside an OpenMP parallel region, a thread that is not troupe's, a "
                "destructor, or between troupe_mpi_begin and troupe_mpi_end");
    trp_caller_check(c); /* while it computed */
    trp_wait_prepare(c);
    trp_wait(c, trp_now() + (seconds > 0 ? seconds : 0));
    trp_caller_check(c);
    trp_role_leave(outside);
}

/* On the scheduler's thread all of it is as in the runtime: the role stays where it is. */
void troupe_mpi_begin(void)
{
    struct trp_context *c = context_for("troupe_mpi_begin");
    bool outside = trp_call_enter();
    if (c->worker && c->guest)
        troupe_fail(TROUPE_INVALID, "troupe_mpi_begin a second time before troupe_mpi_end");
    if (c->worker)
        trp_guests_enter(c->rank);
    else
        trp_flush_all(c->rank); /* whom MPI waits for may have been called just now */
    if (!c->guest)
        c->outside = outside;
    c->guest = true;
}

void troupe_mpi_end(void)
{
    struct trp_context *c = context_for("troupe_mpi_end");
    if (!c->guest)
        troupe_fail(TROUPE_INVALID, "troupe_mpi_end without troupe_mpi_begin");
    c->guest = false;
    if (c->worker)
        trp_guests_leave(c->rank);
    trp_role_leave(c->outside);
}

int troupe_cpus(void)
{
    return context_for("troupe_cpus")->cpus;
}

int troupe_rank(void)
{
    return trp_caller().rank->rank;
}

int troupe_ranks(void)
{
    return trp_caller().rank->ranks;
}
