#include "gateway/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "base/clock.h"
#include "gateway/clerk.h"
#include "gateway/find.h"
#include "gateway/routes.h"
#include "gateway/tally.h"
#include "troupe/method.h"

/* ---- the form -------------------------------------------------------------------------------- */

void trp_metric_family(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* As the format says: a backslash before a backslash, a quote, and for a new line. */
static void put_value(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            fputs("\\n", out);
            continue;
        }
        if (*text == '\\' || *text == '"')
            fputc('\\', out);
        fputc((unsigned char)*text < 0x80 ? *text : '?', out);
    }
}

static void put_number(FILE *out, double value)
{
    if (isnan(value))
        fputs(" NaN\n", out);
    else if (isinf(value))
        fputs(value < 0 ? " -Inf\n" : " +Inf\n", out);
    else if (fabs(value) < 9007199254740992.0 && value == rint(value))
        fprintf(out, " %" PRId64 "\n", (int64_t)value);
    else
        fprintf(out, " %.9g\n", value);
}

void trp_metric(FILE *out, const char *name, double value, int labels, ...)
{
    va_list pairs;
    va_start(pairs, labels);
    fputs(name, out);
    for (int i = 0; i < labels; i++) {
        fprintf(out, "%c%s=\"", i ? ',' : '{', va_arg(pairs, const char *));
        put_value(out, va_arg(pairs, const char *));
        fputc('"', out);
    }
    if (labels)
        fputc('}', out);
    put_number(out, value);
    va_end(pairs);
}

/* ---- the figures of ranks -------------------------------------------------------------------- */

struct figure {
    const char *name, *type, *help;
    double (*of)(const trp_rank_of *rank);
};

static double memory_of(const trp_rank_of *rank)
{
    return (double)rank->memory_rss;
}

static double cpu_of(const trp_rank_of *rank)
{
    return rank->cpu_seconds;
}

static double cpus_of(const trp_rank_of *rank)
{
    return rank->cpus;
}

static double slots_of(const trp_rank_of *rank)
{
    return rank->slots_used;
}

static double running_of(const trp_rank_of *rank)
{
    return (double)rank->tasks_running;
}

static double waiting_of(const trp_rank_of *rank)
{
    return (double)rank->tasks_waiting;
}

static const struct figure figures[] = {
    {"troupe_rank_memory_bytes", "gauge", "Resident memory of the rank's process.", memory_of},
    {"troupe_rank_cpu_seconds_total", "counter", "CPU time of the rank's process.", cpu_of},
    {"troupe_rank_cpu_slots", "gauge", "CPU slots that the rank has.", cpus_of},
    {"troupe_rank_cpu_slots_used", "gauge", "CPU slots that something runs on.", slots_of},
    {"troupe_tasks_running", "gauge", "Tasks that have begun.", running_of},
    {"troupe_tasks_waiting", "gauge", "Tasks that wait for what they ask for.", waiting_of},
};

static void put_ranks(FILE *out)
{
    int ranks = trp_gate.rank->ranks;
    char number[16];
    bool *answered = troupe_alloc((size_t)ranks);
    const trp_rank_of *all = trp_ask_all(&trp_monitor_figures_method, "", answered);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        trp_metric_family(out, figures[i].name, figures[i].type, figures[i].help);
        for (int r = 0; r < ranks; r++) {
            snprintf(number, sizeof number, "%d", r);
            if (answered[r])
                trp_metric(out, figures[i].name, figures[i].of(&all[r]), 1, "rank", number);
        }
    }
}

static void put_actors(FILE *out)
{
    typedef TROUPE_SPAN(trp_alive) alive_of;
    const alive_of *all = trp_ask_all(&trp_monitor_alive_method, "", NULL);
    char number[16];
    trp_metric_family(out, "troupe_actors", "gauge", "Actors that live.");
    for (int r = 0; r < trp_gate.rank->ranks; r++)
        for (size_t i = 0; i < all[r].count; i++) {
            snprintf(number, sizeof number, "%d", r);
            trp_metric(out, "troupe_actors", (double)all[r].data[i].count, 2, "class",
                       trp_class_name(all[r].data[i].class_id), "rank", number);
        }
}

/* ---- calls ----------------------------------------------------------------------------------- */

struct count {
    const char *name, *type, *help;
    double (*of)(const struct trp_method_counts *counts);
};

static double received_of(const struct trp_method_counts *counts)
{
    return (double)counts->received;
}

static double failed_of(const struct trp_method_counts *counts)
{
    return (double)counts->failed;
}

static double in_mailboxes_of(const struct trp_method_counts *counts)
{
    return (double)counts->waiting;
}

static double bytes_in_of(const struct trp_method_counts *counts)
{
    return (double)counts->bytes_in;
}

static double bytes_out_of(const struct trp_method_counts *counts)
{
    return (double)counts->bytes_out;
}

static const struct count counts[] = {
    {"troupe_calls_total", "counter", "Calls and tasks that have come to the rank.", received_of},
    {"troupe_calls_failed_total", "counter", "Those that have failed.", failed_of},
    {"troupe_calls_waiting", "gauge", "Those that wait in mailboxes.", in_mailboxes_of},
    {"troupe_call_argument_bytes_total", "counter", "Bytes of their arguments.", bytes_in_of},
    {"troupe_call_result_bytes_total", "counter", "Bytes of their results.", bytes_out_of},
};

static void put_counts(FILE *out)
{
    struct trp_tally t = trp_tally_methods(false);
    const char *class_, *method;
    char rank[16];
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        trp_metric_family(out, counts[i].name, counts[i].type, counts[i].help);
        for (size_t k = 0; k < t.count; k++) {
            trp_counts_name(t.all[k].class_id, t.all[k].slot, &class_, &method);
            snprintf(rank, sizeof rank, "%d", t.ranks[k]);
            trp_metric(out, counts[i].name, counts[i].of(&t.all[k]), 3, "class", class_, "method",
                       method, "rank", rank);
        }
    }
}

/* Of all ranks together. */
static void put_times(FILE *out, const char *name, const char *help, bool runs)
{
    static const struct {
        double share;
        const char *text;
    } quantiles[] = {{0.5, "0.5"}, {0.99, "0.99"}};
    struct trp_tally t = trp_tally_methods(true);
    const char *class_, *method;
    char sum[64], count[64];
    snprintf(sum, sizeof sum, "%s_sum", name);
    snprintf(count, sizeof count, "%s_count", name);
    trp_metric_family(out, name, "summary", help);
    for (size_t i = 0; i < t.count; i++) {
        const struct trp_histogram *h = runs ? &t.all[i].run : &t.all[i].wait;
        trp_counts_name(t.all[i].class_id, t.all[i].slot, &class_, &method);
        for (size_t q = 0; q < sizeof quantiles / sizeof *quantiles; q++)
            trp_metric(out, name, trp_histogram_percentile(h, quantiles[q].share), 3, "class",
                       class_, "method", method, "quantile", quantiles[q].text);
        trp_metric(out, sum, h->sum, 2, "class", class_, "method", method);
        trp_metric(out, count, (double)h->count, 2, "class", class_, "method", method);
    }
}

/* ---- the page -------------------------------------------------------------------------------- */

void trp_serve_metrics(struct trp_visit *v)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    if (!out) {
        trp_refuse_visit(v, 503, "full", NULL, 0, NULL, "no memory for the figures");
        return;
    }
    trp_metric_family(out, "troupe_info", "gauge", "The version of troupe that the job runs.");
    trp_metric(out, "troupe_info", 1, 1, "version", PACKAGE_VERSION);
    trp_metric_family(out, "troupe_ranks", "gauge", "Ranks of the job.");
    trp_metric(out, "troupe_ranks", trp_gate.rank->ranks, 0);
    trp_metric_family(out, "troupe_uptime_seconds", "gauge", "Seconds since the job began.");
    trp_metric(out, "troupe_uptime_seconds", trp_now() - trp_gate.opened, 0);
    put_ranks(out);
    put_actors(out);
    put_counts(out);
    put_times(out, "troupe_call_wait_seconds", "Time from a call's arrival to its begin, sampled.",
              false);
    put_times(out, "troupe_call_run_seconds", "Time that calls and tasks take, sampled.", true);
    fclose(out);
    struct trp_request *request = v->request;
    v->request = NULL;
    trp_reply_text(request, 200, "text/plain; version=0.0.4; charset=utf-8", text, bytes);
}
