/*
 * The job, its ranks, what they do, and tasks, as they are listed.
 */
#define _GNU_SOURCE /* program_invocation_short_name */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actor/classes.h"
#include "base/clock.h"
#include "gateway/clerk.h"
#include "gateway/find.h"
#include "gateway/list.h"
#include "gateway/routes.h"
#include "gateway/tally.h"
#include "gateway/watch.h"
#include "troupe/method.h"

#define TASKS_OF_A_RANK 10000

void trp_serve_job(struct trp_visit *v)
{
    const struct trp_rank *rank = trp_gate.rank;
    char host[256] = "";
    const char *id = getenv("SLURM_JOB_ID");
    char job[320];
    gethostname(host, sizeof host - 1);
    if (id && *id)
        snprintf(job, sizeof job, "%.64s", id);
    else
        snprintf(job, sizeof job, "%s-%d", host, (int)getpid());
    json_t *body = json_pack(
        "{ss si so ss so si si si ss sf sf ss}", "troupe", PACKAGE_VERSION, "api", 1, "job",
        trp_text(job), "program", program_invocation_short_name, "host", trp_text(host), "pid",
        (int)getpid(), "ranks", rank->ranks, "nodes", rank->resources->nodes, "transport",
        rank->wire->ops->name, "started_at", trp_gate.opened_at, "uptime",
        trp_now() - trp_gate.opened, "scope", v->may_call ? "call" : "read");
    trp_respond(v, 200, body);
}

/* ---- ranks ----------------------------------------------------------------------------------- */

static json_t *resources_json(const trp_rank_of *rank)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rank->resources.count; i++) {
        const trp_resource_of *r = &rank->resources.data[i];
        json_array_append_new(list, json_pack("{so sf sf}", "name", trp_text(r->name), "amount",
                                              r->amount, "used", r->used));
    }
    return list;
}

static double amount_of(const trp_rank_of *rank, const char *name)
{
    for (size_t i = 0; i < rank->resources.count; i++)
        if (!strcmp(rank->resources.data[i].name, name))
            return rank->resources.data[i].amount;
    return 0;
}

json_t *trp_rank_json(const struct trp_writing *writing, int number, const trp_rank_of *rank)
{
    double cpu = trp_watch_cpu(number);
    json_t *json = json_pack(
        "{si si so si si si sf so sf sI sI sI so so}", "rank", number, "node", rank->node, "host",
        trp_text(rank->host), "pid", rank->pid, "cpus", rank->cpus, "slots_used", rank->slots_used,
        "gpus", amount_of(rank, "gpus"), "memory_rss", trp_unsigned(writing, rank->memory_rss),
        "cpu_seconds", rank->cpu_seconds, "actors", (json_int_t)rank->actors, "tasks_running",
        (json_int_t)rank->tasks_running, "tasks_waiting", (json_int_t)rank->tasks_waiting, "doing",
        trp_text(rank->doing), "resources", resources_json(rank));
    json_object_set_new(json, "calls", trp_unsigned(writing, rank->calls));
    json_object_set_new(json, "messages_out", trp_unsigned(writing, rank->messages_out));
    json_object_set_new(json, "bytes_out", trp_unsigned(writing, rank->bytes_out));
    if (cpu >= 0)
        json_object_set_new(json, "cpu_percent", json_real(cpu));
    return json;
}

static json_t *silent_rank(int number)
{
    return json_pack("{si si ss}", "rank", number, "node",
                     trp_rank_node(trp_gate.rank->resources, number), "doing",
                     "does not answer: a method or task of its scheduler blocks it");
}

void trp_serve_ranks(struct trp_visit *v)
{
    int ranks = trp_gate.rank->ranks;
    struct trp_page page;
    if (!trp_read_page(v, &page))
        return;
    bool *answered = troupe_alloc((size_t)ranks);
    const trp_rank_of *all = trp_ask_all(&trp_monitor_figures_method, "", answered);
    json_t *list = json_array();
    for (size_t r = page.offset; r < (size_t)ranks && r - page.offset < page.limit; r++)
        json_array_append_new(list, answered[r] ? trp_rank_json(&v->writing, (int)r, &all[r])
                                                : silent_rank((int)r));
    trp_respond(v, 200, json_pack("{so si}", "ranks", list, "total", ranks));
}

/* ---- what they do ---------------------------------------------------------------------------- */

static json_t *doing_json(const trp_doing *doing, bool waits)
{
    json_t *json =
        json_pack("{so so}", "who", trp_text(doing->who), "what", trp_text(doing->what));
    if (waits)
        json_object_set_new(json, "for", trp_text(doing->waits_for));
    if (doing->since >= 0)
        json_object_set_new(json, "seconds", json_real(doing->since));
    return json;
}

static json_t *doings_json(TROUPE_SPAN(trp_doing) span, bool waits)
{
    json_t *list = json_array();
    for (size_t i = 0; i < span.count; i++)
        json_array_append_new(list, doing_json(&span.data[i], waits));
    return list;
}

void trp_serve_stack(struct trp_visit *v)
{
    const trp_stack_of *all = trp_ask_all(&trp_monitor_stack_method, "", NULL);
    json_t *list = json_array();
    for (int r = 0; r < trp_gate.rank->ranks; r++)
        json_array_append_new(list, json_pack("{si so so}", "rank", r, "running",
                                              doings_json(all[r].running, false), "waiting",
                                              doings_json(all[r].waiting, true)));
    trp_respond(v, 200, json_pack("{so}", "ranks", list));
}

/* The latest last, of all ranks. */
void trp_serve_ended(struct trp_visit *v)
{
    typedef TROUPE_SPAN(trp_ended) ended_of;
    const struct trp_monitor_ended_args after = {0};
    struct trp_page page;
    double since;
    if (!trp_read_page(v, &page) || !trp_query_number(v, "since", 0, 0, 1e12, &since))
        return;
    const ended_of *all = trp_ask_all(&trp_monitor_ended_method, &after, NULL);
    json_t *list = json_array();
    size_t total = 0;
    double now = trp_now() - trp_gate.opened;
    for (int r = 0; r < trp_gate.rank->ranks; r++)
        for (size_t i = 0; i < all[r].count && now - all[r].data[i].ago > since; i++) {
            if (total >= page.offset && total - page.offset < page.limit)
                json_array_append_new(list, trp_ended_json(&v->writing, &all[r].data[i]));
            total++;
        }
    trp_respond(v, 200, json_pack("{so sI}", "ended", list, "total", (json_int_t)total));
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static void answer_declared(struct trp_visit *v)
{
    const struct troupe_method *task;
    json_t *list = json_array();
    for (uint32_t n = 0; (task = trp_task_by_number(n)); n++)
        json_array_append_new(list, trp_task_json(task));
    trp_respond(v, 200, json_pack("{so}", "declared", list));
}

static const char *without_task(const char *who)
{
    return strncmp(who, "task ", 5) ? who : who + 5;
}

struct tasks {
    struct trp_page page;
    json_t *list;
    size_t total;
};

static bool is_on_page(struct tasks *t)
{
    size_t at = t->total++;
    return at >= t->page.offset && at - t->page.offset < t->page.limit;
}

static void add_tasks(struct tasks *t, int rank, const trp_tasks_of *of)
{
    for (size_t i = 0; i < of->queue.count; i++) {
        const trp_queued *q = &of->queue.data[i];
        if (strncmp(q->who, "task ", 5) || !is_on_page(t))
            continue;
        json_array_append_new(t->list,
                              json_pack("{so si ss so sf}", "name", trp_text(without_task(q->who)),
                                        "rank", rank, "state", "waiting", "reason",
                                        trp_text(q->reason), "seconds", q->seconds));
    }
    for (size_t i = 0; i < of->names.count; i++)
        if (is_on_page(t))
            json_array_append_new(t->list, json_pack("{so si ss}", "name",
                                                     trp_text(of->names.data[i]), "rank", rank,
                                                     "state", "running"));
}

void trp_serve_tasks(struct trp_visit *v)
{
    const struct trp_monitor_tasks_args most = {TASKS_OF_A_RANK};
    const char *declared = trp_query(v, "declared");
    struct tasks tasks = {.total = 0};
    trp_tasks_of all_of = {.waiting = 0};
    if (declared && !strcmp(declared, "1")) {
        answer_declared(v);
        return;
    }
    if (!trp_read_page(v, &tasks.page))
        return;
    const trp_tasks_of *all = trp_ask_all(&trp_monitor_tasks_method, &most, NULL);
    tasks.list = json_array();
    for (int r = 0; r < trp_gate.rank->ranks; r++) {
        all_of.waiting += all[r].waiting;
        all_of.running += all[r].running;
        all_of.done += all[r].done;
        all_of.failed += all[r].failed;
        all_of.cancelled += all[r].cancelled;
        add_tasks(&tasks, r, &all[r]);
    }
    json_t *by_state = json_pack(
        "{sI sI sI sI sI}", "waiting", (json_int_t)all_of.waiting, "running",
        (json_int_t)all_of.running, "done", (json_int_t)all_of.done, "failed",
        (json_int_t)all_of.failed, "cancelled", (json_int_t)all_of.cancelled);
    trp_respond(v, 200, json_pack("{so so sI so}", "by_state", by_state, "tasks", tasks.list,
                                  "total", (json_int_t)tasks.total, "kinds",
                                  trp_figures_all(&v->writing, true, false)));
}
