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

#define POINTS 600  /* seconds of history */
#define CHANGES 1000 /* actors that one event tells of */

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

static void tell_actors(void)
{
    typedef TROUPE_SPAN(trp_row) rows_of;
    const struct trp_writing plain = {.ranks = trp_gate.rank->ranks};
    const rows_of *all = trp_ask_all(&trp_monitor_actors_method, "", NULL);
    size_t total = 0, count = 0;
    for (int r = 0; r < plain.ranks; r++)
        total += all[r].count;
    struct seen *seen = malloc((total + 1) * sizeof *seen);
    json_t *changed = json_array();
    for (int r = 0; seen && r < plain.ranks; r++)
        for (size_t i = 0; i < all[r].count; i++) {
            const trp_row *row = &all[r].data[i];
            seen[count] = (struct seen){row->place, row->serial, hash_of(row)};
            if (has_changed(&seen[count++]) && json_array_size(changed) < CHANGES)
                json_array_append_new(changed, trp_actor_json(&plain, row));
        }
    qsort(seen, count, sizeof *seen, compare);
    free(watch.seen);
    watch.seen = seen;
    watch.seen_count = count;
    if (json_array_size(changed))
        trp_event("actors", json_pack("{so sI}", "actors", changed, "total", (json_int_t)total));
    else
        json_decref(changed);
}

/* Nothing of what was before somebody listened. */
static void tell_ended(bool first)
{
    typedef TROUPE_SPAN(trp_ended) ended_of;
    const struct trp_writing plain = {.ranks = trp_gate.rank->ranks};
    json_t *list = json_array();
    for (int r = 0; r < plain.ranks; r++) {
        ended_of ended = troupe_await(trp_monitor_ended(trp_gate.monitors[r], watch.ends[r]));
        for (size_t i = 0; i < ended.count && !first; i++)
            json_array_append_new(list, trp_ended_json(&plain, &ended.data[i]));
        if (ended.count)
            watch.ends[r] = ended.data[0].number;
    }
    if (json_array_size(list))
        trp_event("ended", json_pack("{so}", "ended", list));
    else
        json_decref(list);
}

static void tell_ranks(const trp_rank_of *ranks, const bool *answered)
{
    const struct trp_writing plain = {.ranks = trp_gate.rank->ranks};
    json_t *list = json_array();
    for (int r = 0; r < plain.ranks; r++)
        if (answered[r])
            json_array_append_new(list, trp_rank_json(&plain, r, &ranks[r]));
    trp_event("ranks", json_pack("{so}", "ranks", list));
}

/* The latest lines come to who has just begun to listen, too. */
static void tell_news(bool first)
{
    uint64_t before = first ? 0 : watch.line;
    if (first || trp_news_last() > before)
        trp_event("log", trp_news_json(before, &watch.line));
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
