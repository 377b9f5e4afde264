#include "schedule/trace.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "actor/classes.h"
#include "base/clock.h"
#include "base/log.h"
#include "schedule/rank.h"

#define EVENTS (1u << 18) /* that are kept */
#define THREADS 1024      /* that are told apart */
#define SENT 255          /* as the kind of an event, */
#define TOLD 254          /* and another */
#define LINES (1u << 16)  /* of tells of a method from a rank to an actor, that are counted */
#define PROBES 32         /* places where one may be */

bool trp_trace_on;

struct event {
    int64_t at;      /* a trp_now_ns() */
    uint64_t future; /* that is answered, or was asked for; 0: none */
    const struct troupe_method *method; /* NULL: the driver */
    const struct troupe_class *class_;  /* NULL: a task */
    uint64_t number; /* of the actor, for people */
    uint64_t line, nth; /* of a tell, or the first of some: the line it stands in; 0: none */
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
    struct line {
        _Atomic uint64_t key;   /* 0: free */
        _Atomic uint64_t count; /* of tells that were sent, or have begun */
        uint64_t last;          /* event of those that began: one actor's, one after the other */
    } *lines;
    int64_t since;   /* what is to be added to a trp_now_ns() to have the time of day */
} trace;

static __thread uint16_t thread; /* its number; 0: none yet */

static uint64_t next_number(void)
{
    if (!thread)
        thread = (uint16_t)(__atomic_add_fetch(&trace.threads, 1, __ATOMIC_RELAXED) % THREADS);
    return __atomic_fetch_add(&trace.count, 1, __ATOMIC_RELAXED);
}

static struct event *event_at(uint64_t number)
{
    return &trace.events[number % EVENTS];
}

static struct event *next(void)
{
    return event_at(next_number());
}

/* ---- lines of tells -------------------------------------------------------------------------- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t z = (a ^ b) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 32)) * 0xbf58476d1ce4e5b9u;
    return z ^ (z >> 29);
}

/* The same on both sides, and not 0. */
static uint64_t line_of(int caller, struct troupe_ref to, uint32_t slot)
{
    uint64_t place = to.place & ~TRP_REF_SAYS;
    return mix(mix(mix((uint64_t)caller + 1, slot), place), to.serial) | 1;
}

/* NULL: there are too many. `begun`: of those that begin, which may be this process's, too. */
static struct line *find_line(uint64_t line, bool begun)
{
    const uint64_t key = begun ? ~line : line;
    for (unsigned i = 0; i < PROBES; i++) {
        struct line *place = &trace.lines[(key / 2 + i) % LINES];
        uint64_t there = atomic_load_explicit(&place->key, memory_order_relaxed);
        if (!there && atomic_compare_exchange_strong(&place->key, &there, key))
            return place;
        if (there == key)
            return place;
    }
    return NULL;
}

/* Many tells would drive all else out of the ring. */
static bool is_shown(uint64_t nth)
{
    return nth < 1024 || nth % 64 == 0;
}

void trp_trace_told(const struct trp_rank *rank, struct troupe_ref to, uint32_t slot, bool arrow)
{
    if (to.place & TRP_REF_SAYS) /* one may be refused */
        return;
    struct event e = {.line = line_of(rank->rank, to, slot),
                      .rank = rank->rank,
                      .caller = rank->rank,
                      .kind = TOLD};
    struct line *line = find_line(e.line, false);
    if (!line)
        return;
    e.nth = atomic_fetch_add_explicit(&line->count, 1, memory_order_relaxed);
    if (!arrow || !is_shown(e.nth))
        return;
    e.at = trp_now_ns();
    struct event *place = next();
    e.thread = thread;
    *place = e;
}

/* Of the method that begins, if it was told; NULL: none. */
static struct line *begun_line(const struct trp_context *c, uint64_t *line)
{
    if (!c->actor || c->answer || c->method == c->actor->class_->init ||
        (c->actor->more && c->actor->more->limit) || trp_class_is_own(c->actor->class_))
        return NULL;
    *line = line_of(c->caller, trp_actor_ref(c->actor), c->method->slot);
    return find_line(*line, true);
}

void trp_trace_put_back_event(const struct trp_context *c, uint32_t calls)
{
    uint64_t key;
    struct line *line = begun_line(c, &key);
    if (!line)
        return;
    atomic_fetch_sub_explicit(&line->count, calls, memory_order_relaxed);
    struct event *e = event_at(line->last);
    if (e->line == key && e->calls > calls)
        e->calls -= calls;
}

/* ---- events ---------------------------------------------------------------------------------- */

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
    const uint64_t number = next_number();
    struct line *line = kind == TRP_TRACE_BEGINS ? begun_line(c, &e.line) : NULL;
    if (line) {
        e.calls = c->calls ? c->calls : 1;
        e.nth = atomic_fetch_add_explicit(&line->count, e.calls, memory_order_relaxed);
        line->last = number;
    } else {
        e.line = 0;
    }
    e.thread = thread;
    *event_at(number) = e;
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
    if (!trace.lines)
        trace.lines = malloc(LINES * sizeof *trace.lines);
    if (!trace.events || !trace.lines) {
        trp_log(TRP_LOG_WARNING, "TROUPE_TRACE: no memory for %u events", EVENTS);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &day);
    trace.since = INT64_C(1000000000) * day.tv_sec + day.tv_nsec - trp_now_ns();
    trace.count = 0;
    memset(trace.lines, 0, LINES * sizeof *trace.lines);
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

static void write_tell(FILE *file, const struct event *e, uint64_t nth, const char *end)
{
    fprintf(file, "{\"ph\":\"%s\",\"cat\":\"tell\",\"name\":\"tell\",\"id\":\"t%llx.%llu\","
                  "\"pid\":%d,\"tid\":%u,\"ts\":%.3f},\n",
            end, (unsigned long long)e->line, (unsigned long long)nth, e->rank, e->thread,
            time_of(e->at));
}

static void write_arrows(FILE *file, const struct event *e)
{
    if (e->future)
        write_arrow(file, e, "f\",\"bp\":\"e");
    for (uint64_t i = 0; e->line && i < e->calls; i++)
        if (is_shown(e->nth + i))
            write_tell(file, e, e->nth + i, "f\",\"bp\":\"e");
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
        if (e->kind == SENT)
            write_arrow(file, e, "s");
        if (e->kind == TOLD)
            write_tell(file, e, e->nth, "s");
        if (e->kind == SENT || e->kind == TOLD)
            continue;
        if (open[e->thread].at)
            write_slice(file, &open[e->thread], e);
        open[e->thread].at = 0;
        if (e->kind == TRP_TRACE_WAITS || e->kind == TRP_TRACE_ENDS)
            continue;
        open[e->thread] = *e;
        write_arrows(file, e);
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
