/*
 * Actors as they are listed: gathered from all ranks, filtered, sorted, and a page of them written.
 */
#define _GNU_SOURCE /* strcasestr, qsort_r */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "actor/classes.h"
#include "base/clock.h"
#include "gateway/clerk.h"
#include "gateway/find.h"
#include "gateway/list.h"
#include "gateway/routes.h"
#include "gateway/tally.h"
#include "troupe/method.h"

static const char *const states[] = {"none", "waiting", "alive", "ending", "ended"};

/* ---- one ------------------------------------------------------------------------------------- */

static void put_text_or_null(struct trp_json_text *out, const char *text)
{
    if (*text)
        trp_put_string(out, text);
    else
        trp_put(out, "null");
}

static void put_where(struct trp_json_text *out, struct troupe_ref ref)
{
    const int host = trp_ref_host(ref);
    trp_put(out, ",\"rank\":");
    trp_put_integer(out, host);
    trp_put(out, ",\"node\":");
    trp_put_integer(out, trp_rank_node(trp_gate.rank->resources, host));
    trp_put(out, ",\"creator\":\"rank ");
    trp_put_integer(out, trp_ref_creator(ref));
    trp_put(out, "\"");
}

static void put_calls(struct trp_json_text *out, const struct trp_writing *w, const trp_row *row)
{
    trp_put(out, ",\"calls\":{\"received\":");
    trp_put_unsigned(out, w, row->received);
    trp_put(out, ",\"done\":");
    trp_put_unsigned(out, w, row->done);
    trp_put(out, ",\"failed\":");
    trp_put_unsigned(out, w, row->failed);
    trp_put(out, "},\"mailbox\":{\"now\":");
    trp_put_unsigned(out, w, row->mailbox);
    trp_put(out, ",\"highest\":");
    trp_put_unsigned(out, w, row->mailbox_highest);
    trp_put(out, "}");
}

/* Null where none was measured. */
static void put_brief(struct trp_json_text *out, const struct trp_writing *w, const char *key,
                      const trp_brief *times)
{
    trp_put(out, key);
    if (!times->count) {
        trp_put(out, "null");
        return;
    }
    trp_put(out, "{\"p50\":");
    trp_put_seconds(out, times->p50);
    trp_put(out, ",\"p99\":");
    trp_put_seconds(out, times->p99);
    trp_put(out, ",\"max\":");
    trp_put_seconds(out, times->max);
    trp_put(out, ",\"count\":");
    trp_put_unsigned(out, w, times->count);
    trp_put(out, "}");
}

static void put_times(struct trp_json_text *out, const struct trp_writing *w, const trp_row *row)
{
    trp_put(out, ",\"age\":");
    trp_put_seconds(out, row->age);
    trp_put(out, ",\"busy\":");
    trp_put_seconds(out, row->busy < 0 ? NAN : row->busy);
    put_brief(out, w, ",\"run\":", &row->run);
    put_brief(out, w, ",\"wait\":", &row->wait);
}

static void put_needs(struct trp_json_text *out, const struct trp_writing *w, const trp_row *row)
{
    trp_put(out, ",\"cpus\":");
    trp_put_integer(out, row->cpus);
    trp_put(out, ",\"gpus\":");
    trp_put_real(out, row->gpus);
    trp_put(out, ",\"memory\":");
    trp_put_unsigned(out, w, row->memory);
    trp_put(out, ",\"resources\":");
    trp_put_string(out, row->resources);
}

static void put_actor(struct trp_json_text *out, const struct trp_writing *w, const trp_row *row)
{
    struct troupe_ref ref = {row->place, row->serial};
    char id[TRP_ID_SIZE];
    trp_put(out, "{\"id\":");
    trp_put_string(out, trp_id_of(ref, w->ranks, id));
    trp_put(out, ",\"class\":");
    trp_put_string(out, trp_class_name(row->class_id));
    trp_put(out, ",\"name\":");
    put_text_or_null(out, row->name);
    trp_put(out, ",\"repr\":");
    trp_put_string(out, row->repr);
    put_where(out, ref);
    trp_put(out, ",\"state\":");
    trp_put_string(out, states[row->state]);
    trp_put(out, ",\"depth\":");
    trp_put_integer(out, row->depth);
    trp_put(out, ",\"restarts\":");
    trp_put_integer(out, row->restarts);
    trp_put(out, ",\"running\":");
    put_text_or_null(out, row->running);
    put_calls(out, w, row);
    put_times(out, w, row);
    put_needs(out, w, row);
    trp_put(out, ",\"reason\":");
    put_text_or_null(out, row->reason);
    trp_put(out, "}");
}

json_t *trp_actor_json(const struct trp_writing *writing, const trp_row *row)
{
    struct trp_json_text out = {.text = NULL};
    put_actor(&out, writing, row);
    json_t *actor = out.failed ? NULL : json_loads(out.text, 0, NULL);
    free(out.text);
    return actor;
}

json_t *trp_ended_json(const struct trp_writing *writing, const trp_ended *end)
{
    struct troupe_ref ref = {end->place, end->serial};
    char id[TRP_ID_SIZE];
    double at = trp_now() - trp_gate.opened - end->ago;
    return json_pack("{ss so si ss so sf}", "id", trp_id_of(ref, writing->ranks, id), "class",
                     json_string(trp_class_name(end->class_id)), "rank", trp_ref_host(ref),
                     "reason", trp_reason_name(end->reason), "story", trp_text(end->story), "at",
                     at > 0 ? at : 0.0);
}

/* ---- which of them --------------------------------------------------------------------------- */

struct filter {
    const struct troupe_class *class_;
    const char *name, *state, *search;
    int rank; /* -1: any */
    int ranks;
};

static bool read_filter(struct trp_visit *v, struct filter *f)
{
    const char *class_ = trp_query(v, "class");
    double rank;
    *f = (struct filter){.name = trp_query(v, "name"),
                         .state = trp_query(v, "state"),
                         .search = trp_query(v, "search"),
                         .ranks = trp_gate.rank->ranks};
    if (!trp_query_number(v, "rank", -1, 0, f->ranks - 1, &rank))
        return false;
    f->rank = (int)rank;
    f->class_ = class_ && *class_ ? trp_class_named(class_) : NULL;
    if (class_ && *class_ && !f->class_)
        return trp_refuse_visit(v, 404, "not_found", "class", 0, NULL,
                                "there is no class %.200s", class_);
    return true;
}

static bool holds(const struct filter *f, const trp_row *row)
{
    struct troupe_ref ref = {row->place, row->serial};
    char id[TRP_ID_SIZE];
    return strcasestr(trp_id_of(ref, f->ranks, id), f->search) ||
           strcasestr(trp_class_name(row->class_id), f->search) ||
           strcasestr(row->name, f->search) || strcasestr(row->repr, f->search);
}

static bool is_wanted(const struct filter *f, const trp_row *row)
{
    struct troupe_ref ref = {row->place, row->serial};
    return (!f->class_ || trp_class_is_a(trp_class_by_id(row->class_id), f->class_)) &&
           (f->rank < 0 || trp_ref_host(ref) == f->rank) &&
           (!f->name || !*f->name || !strcmp(row->name, f->name)) &&
           (!f->state || !*f->state || !strcmp(states[row->state], f->state)) &&
           (!f->search || !*f->search || holds(f, row));
}

/* ---- in what order --------------------------------------------------------------------------- */

static int by_number(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_id(const trp_row *a, const trp_row *b)
{
    int hosts = by_number(a->place >> 32, b->place >> 32);
    int index = hosts ? hosts : by_number(a->serial >> 32, b->serial >> 32);
    int creator = index ? index : by_number(a->place, b->place);
    return creator ? creator : by_number(a->serial, b->serial);
}

static int by_class(const trp_row *a, const trp_row *b)
{
    return strcmp(trp_class_name(a->class_id), trp_class_name(b->class_id));
}

static int by_name(const trp_row *a, const trp_row *b)
{
    return strcmp(a->name, b->name);
}

static int by_repr(const trp_row *a, const trp_row *b)
{
    return strcmp(a->repr, b->repr);
}

static int by_state(const trp_row *a, const trp_row *b)
{
    return a->state - b->state;
}

static int by_mailbox(const trp_row *a, const trp_row *b)
{
    return by_number(a->mailbox, b->mailbox);
}

static int by_received(const trp_row *a, const trp_row *b)
{
    return by_number(a->received, b->received);
}

static int by_failed(const trp_row *a, const trp_row *b)
{
    return by_number(a->failed, b->failed);
}

static int by_time(double a, double b)
{
    return a < b ? -1 : a > b;
}

static int by_age(const trp_row *a, const trp_row *b)
{
    return by_time(a->age, b->age);
}

static int by_busy(const trp_row *a, const trp_row *b)
{
    return by_time(a->busy, b->busy);
}

static int by_p99(const trp_row *a, const trp_row *b)
{
    return by_time(a->run.p99, b->run.p99);
}

static int by_restarts(const trp_row *a, const trp_row *b)
{
    return by_number(a->restarts, b->restarts);
}

static int by_running(const trp_row *a, const trp_row *b)
{
    return strcmp(a->running, b->running);
}

typedef int order_fn(const trp_row *a, const trp_row *b);

static const struct {
    const char *name;
    order_fn *fn;
} orders[] = {{"id", by_id},           {"rank", by_id},         {"class", by_class},
              {"name", by_name},       {"repr", by_repr},       {"state", by_state},
              {"mailbox", by_mailbox}, {"running", by_running}, {"received", by_received},
              {"failed", by_failed},   {"age", by_age},         {"busy", by_busy},
              {"p99", by_p99},         {"restarts", by_restarts}};

struct order {
    order_fn *fn;
    int sign;
};

static int compare(const void *a, const void *b, void *arg)
{
    const trp_row *const *x = a, *const *y = b;
    const struct order *order = arg;
    int result = order->sign * order->fn(*x, *y);
    return result ? result : by_id(*x, *y);
}

static bool read_order(struct trp_visit *v, struct order *order)
{
    const char *name = trp_query(v, "sort"), *way = trp_query(v, "order");
    *order = (struct order){by_id, way && !strcmp(way, "desc") ? -1 : 1};
    if (!name || !*name)
        return true;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (!strcmp(orders[i].name, name)) {
            order->fn = orders[i].fn;
            return true;
        }
    return trp_refuse_visit(v, 400, "out_of_range", "sort", 0, NULL,
                            "actors are sorted by id, rank, class, name, repr, state, mailbox, "
                            "running, received, failed, age, busy, p99 or restarts");
}

/* ---- the list -------------------------------------------------------------------------------- */

bool trp_read_page(struct trp_visit *v, struct trp_page *page)
{
    double limit, offset;
    if (!trp_query_number(v, "limit", 1000, 0, 1e6, &limit) ||
        !trp_query_number(v, "offset", 0, 0, 1e15, &offset))
        return false;
    *page = (struct trp_page){(size_t)limit, (size_t)offset};
    return true;
}

/* Of all ranks; those that are wanted are counted by their states before these are looked at. */
static const trp_row **gather(const struct filter *f, size_t *count, size_t *by)
{
    typedef TROUPE_SPAN(trp_row) rows_of;
    const rows_of *all = trp_ask_all(&trp_monitor_actors_method, "", NULL);
    struct filter any = *f;
    size_t total = 0;
    any.state = NULL;
    for (int r = 0; r < f->ranks; r++)
        total += all[r].count;
    const trp_row **rows = troupe_alloc((total + 1) * sizeof *rows);
    *count = 0;
    for (int r = 0; r < f->ranks; r++)
        for (size_t i = 0; i < all[r].count; i++) {
            const trp_row *row = &all[r].data[i];
            bool counts = is_wanted(&any, row);
            by[row->state] += counts;
            if (counts && is_wanted(f, row))
                rows[(*count)++] = row;
        }
    return rows;
}

struct shown {
    const struct trp_writing *writing;
    const trp_row **rows;
};

static void put_shown(struct trp_json_text *out, void *arg, size_t i)
{
    const struct shown *shown = arg;
    put_actor(out, shown->writing, shown->rows[i]);
}

void trp_serve_actors(struct trp_visit *v)
{
    struct filter filter;
    struct order order;
    struct trp_page page;
    size_t count, by[sizeof states / sizeof *states] = {0};
    if (!read_filter(v, &filter) || !read_order(v, &order) || !trp_read_page(v, &page))
        return;
    const trp_row **rows = gather(&filter, &count, by);
    qsort_r(rows, count, sizeof *rows, compare, &order);
    json_t *by_states = json_object();
    for (int s = TRP_STATE_WAITING; s <= TRP_STATE_ENDING; s++)
        json_object_set_new(by_states, states[s], json_integer((json_int_t)by[s]));
    size_t left = count > page.offset ? count - page.offset : 0;
    struct shown shown = {&v->writing, rows + (left ? page.offset : 0)};
    trp_respond_list(v, "actors", left < page.limit ? left : page.limit, put_shown, &shown,
                     json_pack("{sI so}", "total", (json_int_t)count, "by_state", by_states));
}

/* The latest first. */
static json_t *failures_of(struct troupe_ref ref)
{
    typedef TROUPE_SPAN(trp_failed) failures_of;
    failures_of all = troupe_await(
        trp_monitor_failures(trp_gate.monitors[trp_ref_host(ref)], ref.place, ref.serial));
    const double now = trp_now() - trp_gate.opened;
    json_t *list = json_array();
    for (size_t i = 0; i < all.count; i++) {
        double at = now - all.data[i].ago;
        json_array_append_new(list, json_pack("{sI sf so si so}", "number",
                                              (json_int_t)all.data[i].number, "at",
                                              at > 0 ? at : 0.0, "method",
                                              trp_text(all.data[i].method), "status",
                                              (int)all.data[i].status, "story",
                                              trp_text(all.data[i].story)));
    }
    return list;
}

void trp_serve_actor(struct trp_visit *v)
{
    typedef TROUPE_SPAN(trp_row) rows_of;
    trp_found found;
    if (!trp_find_living(v, v->part[0], &found))
        return;
    struct troupe_ref ref = trp_found_ref(&found);
    uint64_t place = ref.place & ~TRP_REF_SAYS;
    troupe_future_troupe_span_trp_row future =
        trp_monitor_actor(trp_gate.monitors[trp_ref_host(ref)], place, ref.serial);
    rows_of rows = troupe_await(future);
    if (rows.count) {
        uint32_t class_id = rows.data->class_id;
        json_t *actor = trp_actor_json(&v->writing, rows.data);
        json_object_set_new(actor, "methods",
                            trp_figures_of(&v->writing, class_id, trp_ref_host(ref)));
        json_object_set_new(actor, "callers",
                            trp_callers_of(&v->writing, class_id, trp_ref_host(ref)));
        json_object_set_new(actor, "failures",
                            failures_of((struct troupe_ref){place, ref.serial}));
        trp_respond(v, 200, actor);
        return;
    }
    trp_refuse_visit(v, 410, "ended", NULL, 0, NULL, "actor %.200s has just ended", v->part[0]);
}
