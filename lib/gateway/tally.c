#include "gateway/tally.h"

#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "gateway/clerk.h"
#include "gateway/routes.h"
#include "troupe/method.h"

typedef TROUPE_SPAN(uint8_t) bytes_of;

/* ---- putting together ------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    const struct trp_method_counts *x = a, *y = b;
    if (x->class_id != y->class_id)
        return x->class_id < y->class_id ? -1 : 1;
    return x->slot < y->slot ? -1 : x->slot > y->slot;
}

/* Those of one method stand together. */
static void sum(struct trp_tally *t)
{
    size_t kept = 0;
    qsort(t->all, t->count, sizeof *t->all, compare);
    for (size_t i = 0; i < t->count; i++) {
        if (kept && !compare(&t->all[kept - 1], &t->all[i]))
            trp_counts_merge(&t->all[kept - 1], &t->all[i]);
        else
            t->all[kept++] = t->all[i];
    }
    t->count = kept;
}

struct trp_tally trp_tally_methods(bool summed)
{
    const bytes_of *all = trp_ask_all(&trp_monitor_counts_method, "", NULL);
    struct trp_tally t = {.count = 0};
    size_t total = 0;
    for (int r = 0; r < trp_gate.rank->ranks; r++)
        total += all[r].count / sizeof *t.all;
    t.all = troupe_alloc((total + 1) * sizeof *t.all);
    t.ranks = troupe_alloc((total + 1) * sizeof *t.ranks);
    for (int r = 0; r < trp_gate.rank->ranks; r++) {
        size_t count = all[r].count / sizeof *t.all;
        memcpy(t.all + t.count, all[r].data, count * sizeof *t.all);
        for (size_t i = 0; i < count; i++)
            t.ranks[t.count++] = summed ? -1 : r;
    }
    if (summed)
        sum(&t);
    return t;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* [[its upper end, calls]] of those that are not empty. */
static json_t *buckets_json(const struct trp_histogram *h)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < TRP_HISTOGRAM_BUCKETS; i++)
        if (h->buckets[i])
            json_array_append_new(list, json_pack("[fI]", trp_histogram_top(i),
                                                  (json_int_t)h->buckets[i]));
    return list;
}

static json_t *times_json(const struct trp_histogram *h, bool buckets)
{
    json_t *times = json_pack("{sf sf sf sf sI}", "p50", trp_histogram_percentile(h, 0.5), "p99",
                              trp_histogram_percentile(h, 0.99), "max", h->max, "mean",
                              trp_histogram_mean(h), "count", (json_int_t)h->count);
    if (buckets)
        json_object_set_new(times, "buckets", buckets_json(h));
    return times;
}

static json_t *counts_json(const struct trp_writing *w, const struct trp_method_counts *of,
                           bool buckets)
{
    return json_pack("{so so so so so so so so si so so}", "received",
                     trp_unsigned(w, of->received), "done", trp_unsigned(w, of->done), "failed",
                     trp_unsigned(w, of->failed), "waiting", trp_unsigned(w, of->waiting),
                     "waiting_highest", trp_unsigned(w, of->waiting_highest), "running",
                     trp_unsigned(w, of->running), "bytes_in", trp_unsigned(w, of->bytes_in),
                     "bytes_out", trp_unsigned(w, of->bytes_out), "sampled", (int)of->sampled,
                     "wait", times_json(&of->wait, buckets), "run",
                     times_json(&of->run, buckets));
}

/* Whose they are, first. */
static json_t *named(json_t *whose, json_t *counts)
{
    json_object_update(whose, counts);
    json_decref(counts);
    return whose;
}

json_t *trp_figures_json(const struct trp_writing *w, const struct trp_method_counts *of,
                         bool buckets)
{
    const char *class_, *method;
    trp_counts_name(of->class_id, of->slot, &class_, &method);
    return named(json_pack("{ss ss}", "class", class_, "method", method),
                 counts_json(w, of, buckets));
}

static json_t *edge_json(const struct trp_writing *w, const struct trp_edge *edge, int rank)
{
    char from[128];
    const char *class_, *method;
    trp_from_name(edge->from, from, sizeof from);
    trp_counts_name(edge->class_id, edge->slot, &class_, &method);
    return json_pack("{so si ss ss si so}", "from", trp_text(from), "from_rank",
                     (int)edge->from_rank, "class", class_, "method", method, "to_rank", rank,
                     "calls", trp_unsigned(w, edge->calls));
}

json_t *trp_figures_all(const struct trp_writing *w, bool tasks, bool buckets)
{
    struct trp_tally t = trp_tally_methods(true);
    json_t *list = json_array();
    for (size_t i = 0; i < t.count; i++)
        if ((t.all[i].class_id == TRP_COUNTS_TASK) == tasks)
            json_array_append_new(list, trp_figures_json(w, &t.all[i], buckets));
    return list;
}

json_t *trp_figures_of(const struct trp_writing *w, uint32_t class_id, int rank)
{
    bytes_of bytes = troupe_await(trp_monitor_counts(trp_gate.monitors[rank]));
    const struct trp_method_counts *all = (const void *)bytes.data;
    json_t *list = json_array();
    for (size_t i = 0; i < bytes.count / sizeof *all; i++)
        if (all[i].class_id == class_id)
            json_array_append_new(list, trp_figures_json(w, &all[i], true));
    return list;
}

json_t *trp_callers_of(const struct trp_writing *w, uint32_t class_id, int rank)
{
    bytes_of bytes = troupe_await(trp_monitor_edges(trp_gate.monitors[rank]));
    const struct trp_edge *all = (const void *)bytes.data;
    json_t *list = json_array();
    for (size_t i = 0; i < bytes.count / sizeof *all; i++)
        if (all[i].class_id == class_id)
            json_array_append_new(list, edge_json(w, &all[i], rank));
    return list;
}

/* ---- what is served -------------------------------------------------------------------------- */

/* Those of a class, or of a rank, in one. */
static void add_up(struct trp_method_counts *sum, bool *any, const struct trp_method_counts *of)
{
    if (*any)
        trp_counts_merge(sum, of);
    else
        *sum = *of;
    *any = true;
}

static json_t *figures_by_class(struct trp_visit *v, bool buckets)
{
    struct trp_tally t = trp_tally_methods(true); /* those of a class stand together */
    json_t *list = json_array();
    for (size_t i = 0, next; i < t.count; i = next) {
        struct trp_method_counts sum = t.all[i];
        for (next = i + 1; next < t.count && t.all[next].class_id == sum.class_id; next++)
            trp_counts_merge(&sum, &t.all[next]);
        if (trp_class_by_id(sum.class_id))
            json_array_append_new(
                list, named(json_pack("{ss}", "class", trp_class_by_id(sum.class_id)->name),
                            counts_json(&v->writing, &sum, buckets)));
    }
    return json_pack("{so}", "classes", list);
}

static json_t *figures_by_rank(struct trp_visit *v, bool buckets)
{
    const struct trp_tally t = trp_tally_methods(false);
    json_t *list = json_array();
    for (int r = 0; r < v->writing.ranks; r++) {
        struct trp_method_counts *sum = troupe_alloc(sizeof *sum);
        bool any = false;
        for (size_t i = 0; i < t.count; i++)
            if (t.ranks[i] == r && t.all[i].class_id != TRP_COUNTS_TASK)
                add_up(sum, &any, &t.all[i]);
        json_array_append_new(list, named(json_pack("{si}", "rank", r),
                                          counts_json(&v->writing, sum, buckets)));
    }
    return json_pack("{so}", "ranks", list);
}

void trp_serve_summary(struct trp_visit *v)
{
    const char *by = trp_query(v, "by"), *buckets = trp_query(v, "buckets");
    const bool shown = buckets && !strcmp(buckets, "1");
    if (!by || !*by || !strcmp(by, "method"))
        trp_respond(v, 200,
                    json_pack("{so}", "methods", trp_figures_all(&v->writing, false, shown)));
    else if (!strcmp(by, "class"))
        trp_respond(v, 200, figures_by_class(v, shown));
    else if (!strcmp(by, "rank"))
        trp_respond(v, 200, figures_by_rank(v, shown));
    else
        trp_refuse_visit(v, 400, "out_of_range", "by", 0, NULL,
                         "figures are summed by method, class or rank");
}

void trp_serve_calls(struct trp_visit *v)
{
    const bytes_of *of = trp_ask_all(&trp_monitor_edges_method, "", NULL);
    json_t *list = json_array();
    for (int r = 0; r < trp_gate.rank->ranks; r++) {
        const struct trp_edge *all = (const void *)of[r].data;
        for (size_t i = 0; i < of[r].count / sizeof *all; i++)
            json_array_append_new(list, edge_json(&v->writing, &all[i], r));
    }
    trp_respond(v, 200, json_pack("{so}", "edges", list));
}

/* A row of zeros, and what was sent to whom. */
static void add_row(const struct trp_writing *w, json_t *messages, json_t *bytes, bytes_of of)
{
    const struct trp_traffic *all = (const void *)of.data;
    json_t *row = json_array(), *sizes = json_array();
    for (int to = 0; to < w->ranks; to++) {
        json_array_append_new(row, json_integer(0));
        json_array_append_new(sizes, json_integer(0));
    }
    for (size_t i = 0; i < of.count / sizeof *all; i++) {
        json_array_set_new(row, (size_t)all[i].to, trp_unsigned(w, all[i].messages));
        json_array_set_new(sizes, (size_t)all[i].to, trp_unsigned(w, all[i].bytes));
    }
    json_array_append_new(messages, row);
    json_array_append_new(bytes, sizes);
}

void trp_serve_traffic(struct trp_visit *v)
{
    const bytes_of *of = trp_ask_all(&trp_monitor_traffic_method, "", NULL);
    json_t *messages = json_array(), *bytes = json_array();
    for (int r = 0; r < v->writing.ranks; r++)
        add_row(&v->writing, messages, bytes, of[r]);
    trp_respond(v, 200, json_pack("{si so so}", "ranks", v->writing.ranks, "messages", messages,
                                  "bytes", bytes));
}
