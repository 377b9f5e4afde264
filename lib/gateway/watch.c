#include "gateway/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "gateway/clerk.h"
#include "gateway/list.h"
#include "gateway/request.h"
#include "gateway/routes.h"
#include "gateway/tally.h"
#include "schedule/news.h"
#include "troupe/method.h"

#define POINTS 600              /* seconds of history */
#define EVENT_BYTES (64 * 1024) /* of the list in one event, about */
#define LOOK_BYTES (256 * 1024) /* of each kind in one look: what is more is for the next ones */

/* What was seen of an actor: whether it has changed since. */
struct seen {
    uint64_t place, serial, hash;
};

static struct {
    pthread_mutex_t lock; /* of the history, which is read by other clerks */
    struct point {
        double at, calls, cpu, memory, slots, tasks;
    } points[POINTS]; /* a ring */
    size_t count; /* ever */
    double *cpu;    /* [ranks], of the last second */
    double *before; /* [ranks], CPU seconds when it was looked at last, */
    uint64_t calls; /* of all ranks likewise, */
    double looked;  /* and when that was; 0: never */
    _Atomic bool busy;   /* a clerk looks: what stands here is his */
    _Atomic bool closed; /* nobody looks any more */
    struct seen *seen; /* sorted */
    size_t seen_count;
    uint64_t line; /* the last that was told of */
    bool told; /* of actors, since somebody listens */
    uint64_t *ends; /* [ranks], that were told of */
    size_t from_actor; /* where the last look stopped, which had too much to tell of */
    int from_rank, from_end;
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void free_last(void)
{
    free(watch.cpu);
    free(watch.before);
    free(watch.ends);
    free(watch.seen);
    watch.seen = NULL;
    watch.seen_count = 0;
}

bool trp_watch_open(void)
{
    size_t ranks = (size_t)trp_gate.rank->ranks;
    free_last();
    watch.count = 0;
    watch.looked = 0;
    watch.busy = watch.closed = watch.told = false;
    watch.cpu = calloc(ranks, sizeof *watch.cpu);
    watch.before = calloc(ranks, sizeof *watch.before);
    watch.ends = calloc(ranks, sizeof *watch.ends);
    for (size_t i = 0; watch.cpu && i < ranks; i++)
        watch.cpu[i] = -1;
    return watch.cpu && watch.before && watch.ends;
}

/* Who looks right now goes on while the job ends, or on another thread: what he uses stays until
   the next job. */
void trp_watch_close(void)
{
    atomic_store(&watch.closed, true);
}

/* ---- history --------------------------------------------------------------------------------- */

/* Ranks of one process have its CPU time and memory together. */
static bool counts(int rank)
{
    return rank == 0 || !trp_gate.rank->wire->ops->one_process;
}

static void keep_point(const trp_rank_of *ranks, const bool *answered)
{
    double now = trp_now(), passed = watch.looked > 0 ? now - watch.looked : 0;
    struct point point = {.at = now - trp_gate.opened};
    uint64_t calls = 0;
    for (int r = 0; r < trp_gate.rank->ranks; r++) {
        if (!answered[r])
            continue;
        if (passed > 0)
            watch.cpu[r] = 100 * (ranks[r].cpu_seconds - watch.before[r]) / passed;
        watch.before[r] = ranks[r].cpu_seconds;
        calls += ranks[r].calls;
        point.slots += ranks[r].slots_used;
        point.tasks += (double)ranks[r].tasks_running;
        if (counts(r)) {
            point.memory += (double)ranks[r].memory_rss;
            point.cpu += watch.cpu[r] > 0 ? watch.cpu[r] : 0;
        }
    }
    if (passed > 0 && calls > watch.calls)
        point.calls = (double)(calls - watch.calls) / passed;
    watch.calls = calls;
    watch.looked = now;
    pthread_mutex_lock(&watch.lock);
    watch.points[watch.count++ % POINTS] = point;
    pthread_mutex_unlock(&watch.lock);
}

double trp_watch_cpu(int rank)
{
    return watch.cpu ? watch.cpu[rank] : -1;
}

void trp_serve_history(struct trp_visit *v)
{
    static const char *const names[] = {"at", "calls", "cpu", "memory", "slots", "tasks"};
    json_t *lists[6], *body = json_object();
    for (int i = 0; i < 6; i++)
        json_object_set_new(body, names[i], lists[i] = json_array());
    pthread_mutex_lock(&watch.lock);
    for (size_t i = watch.count > POINTS ? watch.count - POINTS : 0; i < watch.count; i++) {
        const struct point *p = &watch.points[i % POINTS];
        const double of[] = {p->at, p->calls, p->cpu, p->memory, p->slots, p->tasks};
        for (int k = 0; k < 6; k++)
            json_array_append_new(lists[k], json_real(of[k]));
    }
    pthread_mutex_unlock(&watch.lock);
    trp_respond(v, 200, body);
}

/* ---- what is long ---------------------------------------------------------------------------- */

/* A list that goes into as many events as it takes. */
struct telling {
    const char *event, *list;
    const char *more; /* and what else is in each: a number; NULL: nothing */
    json_int_t number;
    json_t *now; /* of the next event */
    size_t bytes, all;
};

static void begin_event(struct telling *t)
{
    t->now = json_array();
    t->bytes = 0;
}

static void say_event(struct telling *t)
{
    json_t *data = json_pack("{so}", t->list, t->now);
    if (t->more)
        json_object_set_new(data, t->more, json_integer(t->number));
    trp_event(t->event, data);
}

/* Takes the element over. */
static void tell(struct telling *t, json_t *element)
{
    size_t bytes = json_dumpb(element, NULL, 0, JSON_COMPACT) + 1;
    if (t->bytes && t->bytes + bytes > EVENT_BYTES) {
        say_event(t);
        begin_event(t);
    }
    json_array_append_new(t->now, element);
    t->bytes += bytes;
    t->all += bytes;
}

static bool is_too_much(const struct telling *t)
{
    return t->all >= LOOK_BYTES;
}

static void end_telling(struct telling *t, bool even_of_nothing)
{
    if (json_array_size(t->now) || even_of_nothing)
        say_event(t);
    else
        json_decref(t->now);
}

/* ---- events ---------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

static uint64_t add_text(uint64_t hash, const char *text)
{
    return trp_hash(hash, text, strlen(text) + 1);
}

static uint64_t hash_of(const trp_row *row)
{
    uint64_t hash = trp_hash(TRP_HASH_BEGIN, &row->state, sizeof row->state);
    hash = trp_hash(hash, &row->mailbox, sizeof row->mailbox);
    hash = trp_hash(hash, &row->received, sizeof row->received);
    return add_text(add_text(add_text(hash, row->repr), row->running), row->reason);
}

static bool has_changed(const struct seen *now)
{
    if (!watch.seen_count) /* and then no array either, which bsearch wants */
        return true;
    const struct seen *before = bsearch(now, watch.seen, watch.seen_count, sizeof *now, compare);
    return !before || before->hash != now->hash;
}

/* Of all ranks. */
static const trp_row **all_rows(size_t *count)
{
    typedef TROUPE_SPAN(trp_row) rows_of;
    const rows_of *of = trp_ask_all(&trp_monitor_actors_method, "", NULL);
    *count = 0;
    for (int r = 0; r < trp_gate.rank->ranks; r++)
        *count += of[r].count;
    const trp_row **rows = troupe_alloc((*count + 1) * sizeof *rows);
    for (int r = 0, n = 0; r < trp_gate.rank->ranks; r++)
        for (size_t i = 0; i < of[r].count; i++)
            rows[n++] = &of[r].data[i];
    return rows;
}

/* What there is to be seen of it now; what could not be told has changed the next time, too. */
static struct seen see(struct telling *t, const struct trp_writing *writing, const trp_row *row)
{
    struct seen now = {row->place, row->serial, hash_of(row)};
    if (!has_changed(&now))
        return now;
    if (is_too_much(t))
        now.hash = ~now.hash;
    else
        tell(t, trp_actor_json(writing, row));
    return now;
}

static void tell_actors(void)
{
    const struct trp_writing plain = {.ranks = trp_gate.rank->ranks};
    size_t count, from = watch.from_actor;
    const trp_row **rows = all_rows(&count);
    struct seen *seen = malloc((count + 1) * sizeof *seen);
    struct telling t = {
        .event = "actors", .list = "actors", .more = "total", .number = (json_int_t)count};
    begin_event(&t);
    for (size_t i = 0; seen && i < count; i++) {
        bool could = !is_too_much(&t);
        seen[i] = see(&t, &plain, rows[(from + i) % count]);
        if (could)
            watch.from_actor = (from + i + 1) % count;
    }
    end_telling(&t, false);
    if (seen)
        qsort(seen, count, sizeof *seen, compare);
    free(watch.seen);
    watch.seen = seen;
    watch.seen_count = seen ? count : 0;
}

/* Those of a rank that are new, the oldest first; nothing of what was before somebody listened. */
static void tell_ended_of(struct telling *t, int rank, bool first)
{
    typedef TROUPE_SPAN(trp_ended) ended_of;
    const struct trp_writing plain = {.ranks = trp_gate.rank->ranks};
    ended_of ended = troupe_await(trp_monitor_ended(trp_gate.monitors[rank], watch.ends[rank]));
    for (size_t i = ended.count; i-- && !is_too_much(t);) {
        if (!first)
            tell(t, trp_ended_json(&plain, &ended.data[i]));
        watch.ends[rank] = ended.data[i].number;
    }
}

static void tell_ended(bool first)
{
    struct telling t = {.event = "ended", .list = "ended"};
    int ranks = trp_gate.rank->ranks, from = watch.from_end;
    begin_event(&t);
    for (int i = 0; i < ranks && !is_too_much(&t); i++) {
        tell_ended_of(&t, (from + i) % ranks, first);
        watch.from_end = (from + i + 1) % ranks;
    }
    end_telling(&t, false);
}

static void tell_ranks(const trp_rank_of *of, const bool *answered)
{
    const struct trp_writing plain = {.ranks = trp_gate.rank->ranks};
    struct telling t = {.event = "ranks", .list = "ranks"};
    int from = watch.from_rank;
    begin_event(&t);
    for (int i = 0; i < plain.ranks && !is_too_much(&t); i++) {
        int r = (from + i) % plain.ranks;
        if (answered[r])
            tell(&t, trp_rank_json(&plain, r, &of[r]));
        watch.from_rank = (r + 1) % plain.ranks;
    }
    end_telling(&t, false);
}

/* The latest lines come to who has just begun to listen, too. */
static void tell_log(bool first)
{
    struct telling t = {.event = "log", .list = "lines", .more = "last"};
    json_t *line, *news = trp_news_json(first ? 0 : watch.line, &watch.line);
    size_t i;
    t.number = (json_int_t)watch.line;
    begin_event(&t);
    json_array_foreach (json_object_get(news, "lines"), i, line)
        tell(&t, json_incref(line));
    end_telling(&t, true);
    json_decref(news);
}

static void tell_news(bool first)
{
    if (first || trp_news_last() > watch.line)
        tell_log(first);
    trp_event("progress", trp_progress_json());
}

static void not_busy(void *nothing)
{
    (void)nothing;
    atomic_store(&watch.busy, false);
}

void trp_watch_look(void)
{
    if (atomic_load(&watch.closed) || atomic_exchange(&watch.busy, true))
        return;
    troupe_defer(not_busy, NULL);
    bool *answered = troupe_alloc((size_t)trp_gate.rank->ranks);
    const trp_rank_of *ranks = trp_ask_all(&trp_monitor_figures_method, "", answered);
    if (atomic_load(&watch.closed))
        return;
    keep_point(ranks, answered);
    if (!trp_events_wanted()) {
        watch.told = false;
        return;
    }
    const struct trp_writing plain = {.ranks = trp_gate.rank->ranks};
    tell_ranks(ranks, answered);
    trp_event("figures", json_pack("{so}", "methods", trp_figures_all(&plain, false, false)));
    tell_ended(!watch.told);
    tell_news(!watch.told);
    if (!watch.told)
        watch.seen_count = 0; /* all of them are new to who has just come */
    tell_actors();
    watch.told = true;
}
