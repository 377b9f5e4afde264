#include "schedule/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "schedule/rank.h"

#define EVENTS (1u << 18) /* that are kept */
#define THREADS 1024      /* that are told apart */
#define SENT 255          /* as the kind of an event */

bool trp_trace_on;

struct event {
    int64_t at;      /* a trp_now_ns() */
    uint64_t future; /* that is answered, or was asked for; 0: none */
    const struct troupe_method *method; /* NULL: the driver */
    const struct troupe_class *class_;  /* NULL: a task */
    uint64_t number; /* of the actor, for people */
    int32_t rank, caller;
    uint32_t calls;
    uint16_t thread;
    uint8_t kind;
};

static struct {
    const char *path;
    struct event *events;
    uint64_t count;  /* ever */
    uint32_t threads;
    int64_t since;   /* what is to be added to a trp_now_ns() to have the time of day */
} trace;

static __thread uint16_t thread; /* its number; 0: none yet */

static struct event *next(void)
{
    if (!thread)
        thread = (uint16_t)(__atomic_add_fetch(&trace.threads, 1, __ATOMIC_RELAXED) % THREADS);
    uint64_t n = __atomic_fetch_add(&trace.count, 1, __ATOMIC_RELAXED);
    return &trace.events[n % EVENTS];
}

void trp_trace_event(const struct trp_context *c, enum trp_trace_event kind)
{
    if (c->kind == TRP_CONTEXT_DRIVER && c->rank->rank != 0)
        return; /* its main routine only waits for the end */
    struct event e = {.at = trp_now_ns(),
                      .future = kind == TRP_TRACE_BEGINS ? c->answer : 0,
                      .method = c->method,
                      .rank = c->rank->rank,
                      .caller = c->caller,
                      .calls = c->calls,
                      .kind = (uint8_t)kind};
    if (c->actor) {
        e.class_ = c->actor->class_;
        e.number = trp_ref_number(trp_actor_ref(c->actor), c->rank->ranks);
    }
    struct event *place = next();
    e.thread = thread;
    *place = e;
}

void trp_trace_sent(const struct trp_rank *rank, uint64_t future)
{
    struct event e = {.at = trp_now_ns(),
                      .future = future,
                      .rank = rank->rank,
                      .caller = rank->rank,
                      .kind = SENT};
    struct event *place = next();
    e.thread = thread;
    *place = e;
}

void trp_trace_open(void)
{
    struct timespec day;
    trace.path = getenv("TROUPE_TRACE");
    trp_trace_on = false;
    if (!trace.path || !*trace.path)
        return;
    if (!trace.events) /* kept: an abandoned task may still write there */
        trace.events = calloc(EVENTS, sizeof *trace.events);
    if (!trace.events) {
        trp_log(TRP_LOG_WARNING, "TROUPE_TRACE: no memory for %u events", EVENTS);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &day);
    trace.since = INT64_C(1000000000) * day.tv_sec + day.tv_nsec - trp_now_ns();
    trace.count = 0;
    trp_trace_on = true;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void part_path(int rank, char *path, size_t size)
{
    snprintf(path, size, "%s.%d", trace.path, rank);
}

/* Microseconds, as Chrome counts. A day's worth is taken off, so that a double can hold them. */
static double time_of(int64_t at)
{
    return 1e-3 * (double)((trace.since + at) % INT64_C(86400000000000));
}

static void write_slice(FILE *file, const struct event *begin, const struct event *end)
{
    const char *name = begin->method ? begin->method->signature->name : "driver";
    fprintf(file, "{\"ph\":\"X\",\"cat\":\"%s\",\"name\":\"%s%s%s\",\"pid\":%d,\"tid\":%u,"
                  "\"ts\":%.3f,\"dur\":%.3f,\"args\":{\"calls\":%u",
            begin->class_ ? "method" : begin->method ? "task" : "driver",
            begin->class_ ? begin->class_->name : "", begin->class_ ? "." : "", name, begin->rank,
            begin->thread, time_of(begin->at), 1e-3 * (double)(end->at - begin->at), begin->calls);
    if (begin->class_)
        fprintf(file, ",\"actor\":\"%d:%llu\"", begin->rank, (unsigned long long)begin->number);
    fprintf(file, ",\"then\":\"%s\"}},\n", end->kind == TRP_TRACE_WAITS ? "waits" : "ends");
}

static void write_arrow(FILE *file, const struct event *e, const char *end)
{
    fprintf(file, "{\"ph\":\"%s\",\"cat\":\"call\",\"name\":\"call\",\"id\":\"%d.%llx\",\"pid\":%d,"
                  "\"tid\":%u,\"ts\":%.3f},\n",
            end, e->caller, (unsigned long long)e->future, e->rank, e->thread, time_of(e->at));
}

/* One thread has one slice at a time. */
static void write_events(FILE *file)
{
    static struct event open[THREADS];
    memset(open, 0, sizeof open);
    uint64_t first = trace.count > EVENTS ? trace.count - EVENTS : 0;
    struct event last = {.at = trp_now_ns()};
    for (uint64_t i = first; i < trace.count; i++) {
        const struct event *e = &trace.events[i % EVENTS];
        if (e->kind == SENT) {
            write_arrow(file, e, "s");
            continue;
        }
        if (open[e->thread].at)
            write_slice(file, &open[e->thread], e);
        open[e->thread].at = 0;
        if (e->kind == TRP_TRACE_WAITS || e->kind == TRP_TRACE_ENDS)
            continue;
        open[e->thread] = *e;
        if (e->future)
            write_arrow(file, e, "f\",\"bp\":\"e");
    }
    for (int t = 0; t < THREADS; t++)
        if (open[t].at)
            write_slice(file, &open[t], &last);
    if (first)
        trp_log(TRP_LOG_WARNING, "TROUPE_TRACE: the oldest %llu events are lost, %u are kept",
                (unsigned long long)first, EVENTS);
}

void trp_trace_write(int rank)
{
    char path[4096];
    if (!trp_trace_on)
        return;
    trp_trace_on = false;
    part_path(rank, path, sizeof path);
    FILE *file = fopen(path, "w");
    if (file) {
        fprintf(file, "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,\"tid\":0,"
                      "\"args\":{\"name\":\"rank %d\"}},\n", rank, rank);
        write_events(file);
    }
    if (!file || fclose(file))
        trp_log(TRP_LOG_WARNING, "TROUPE_TRACE: %s cannot be written: %s", path, strerror(errno));
}

static bool append(FILE *to, const char *path)
{
    char bytes[64 * 1024];
    FILE *from = fopen(path, "r");
    if (!from)
        return false;
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, from)) > 0;)
        fwrite(bytes, 1, n, to);
    fclose(from);
    unlink(path);
    return true;
}

void trp_trace_merge(int processes)
{
    char path[4096];
    const bool wanted = trace.events && trace.path && *trace.path;
    FILE *file = wanted ? fopen(trace.path, "w") : NULL;
    if (file)
        fputs("[\n", file);
    for (int i = 0; file && i < processes; i++) {
        part_path(i, path, sizeof path);
        if (!append(file, path))
            trp_log(TRP_LOG_WARNING, "TROUPE_TRACE: %s is not to be seen from rank 0: rank %d is "
                    "missing", path, i);
    }
    if (file)
        fputs("{\"ph\":\"M\",\"name\":\"end\",\"pid\":0,\"tid\":0,\"args\":{}}\n]\n", file);
    if (wanted && (!file || fclose(file)))
        trp_log(TRP_LOG_WARNING, "TROUPE_TRACE: %s cannot be written: %s", trace.path,
                strerror(errno));
}
