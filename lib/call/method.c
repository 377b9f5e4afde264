/*
 * What methods, tasks and the driver may do besides calling: see troupe/method.h.
 */
#include "troupe/method.h"

#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "call/driver.h"
#include "call/caller.h"
#include "schedule/deliver.h"
#include "schedule/wait.h"
#include "schedule/workers.h"
#include "troupe/status.h"

/* ---- failing --------------------------------------------------------------------------------- */

void trp_fail(struct trp_context *c, int status, const char *story)
{
    char who[256], told[2048];
    if (omp_in_parallel())
        trp_die("a failure inside an OpenMP parallel region cannot be answered: %s", story);
    trp_context_name(c, who, sizeof who);
    snprintf(told, sizeof told, "%s: %s", who, story);
    if (c->kind == TRP_CONTEXT_DRIVER)
        trp_driver_failed(c, story);
    if (!c->method)
        trp_die("a destructor failed: %s", told);
    trp_conclude(c, status, told);
    if (c->kind == TRP_CONTEXT_TASK)
        trp_worker_abandon(c);
    trp_set_current(NULL);
    trp_carrier_abandon(&c->rank->carrier);
}

void troupe_fail(int code, const char *format, ...)
{
    char story[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(story, sizeof story, format, args);
    va_end(args);
    struct trp_context *c = trp_caller().context;
    if (!c)
        trp_die("a failure in a thread that is not troupe's cannot be answered: %s", story);
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
    struct trp_context *c = trp_caller_waiting();
    if (!c)
        trp_die("troupe_sleep inside an OpenMP parallel region, a thread that is not troupe's, or "
                "a destructor");
    trp_wait_prepare(c);
    trp_wait(c, trp_now() + (seconds > 0 ? seconds : 0));
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

int troupe_rank_cpus(int rank)
{
    const struct trp_rank *here = trp_caller().rank;
    return rank >= 0 && rank < here->ranks ? here->cpus[rank] : 0;
}
