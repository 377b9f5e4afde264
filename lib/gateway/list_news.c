/*
 * What rank 0 was told: lines of the log, and how far named jobs of work are.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/clerk.h"
#include "gateway/list.h"
#include "gateway/routes.h"
#include "schedule/news.h"
#include "troupe/method.h"

static const char *const levels[] = {"", "error", "warning", "info", "debug"};
#define LEVELS (sizeof levels / sizeof *levels)

static json_t *line_json(const struct trp_line_kept *line)
{
    return json_pack("{sI sf si si ss so so sI}", "number",
                     (json_int_t)(line->again > line->number ? line->again : line->number), "at",
                     line->at, "rank", (int)line->rank, "ranks", (int)line->ranks, "level",
                     levels[line->level < LEVELS ? line->level : LEVELS - 1], "who",
                     trp_text(line->who), "text", trp_text(line->text), "repeated",
                     (json_int_t)line->repeated);
}

/* Those that are wanted of what is newer; `level` and what is graver. */
static json_t *lines_json(uint64_t since, int rank, uint32_t level)
{
    struct trp_line_kept *lines = troupe_alloc(TRP_LINES_KEPT * sizeof *lines);
    size_t count = trp_news_lines(since, lines, TRP_LINES_KEPT);
    json_t *list = json_array();
    for (size_t i = 0; i < count && i < TRP_LINES_KEPT; i++)
        if ((rank < 0 || lines[i].rank == rank) && lines[i].level <= level)
            json_array_append_new(list, line_json(&lines[i]));
    return list;
}

json_t *trp_news_json(uint64_t since, uint64_t *last)
{
    *last = trp_news_last();
    return json_pack("{so sI}", "lines", lines_json(since, -1, LEVELS), "last",
                     (json_int_t)*last);
}

void trp_serve_logs(struct trp_visit *v)
{
    const char *name = trp_query(v, "level");
    uint32_t level = name && *name ? 0 : LEVELS;
    double since, rank;
    if (!trp_query_number(v, "since", 0, 0, 1e15, &since) ||
        !trp_query_number(v, "rank", -1, 0, trp_gate.rank->ranks - 1, &rank))
        return;
    while (name && *name && level < LEVELS && strcmp(levels[level], name))
        level++;
    if (name && *name && level == LEVELS) {
        trp_refuse_visit(v, 400, "out_of_range", "level", 0, NULL,
                         "a level is error, warning, info or debug");
        return;
    }
    uint64_t last = trp_news_last();
    trp_respond(v, 200, json_pack("{so sI}", "lines", lines_json((uint64_t)since, (int)rank, level),
                                  "last", (json_int_t)last));
}

json_t *trp_progress_json(void)
{
    struct trp_job_of_work *jobs = troupe_alloc(TRP_JOBS_KEPT * sizeof *jobs);
    size_t count = trp_news_progress(jobs, TRP_JOBS_KEPT);
    json_t *list = json_array();
    for (size_t i = 0; i < count && i < TRP_JOBS_KEPT; i++) {
        const struct trp_job_of_work *j = &jobs[i];
        json_t *job = json_pack("{so sf sf sf si sf}", "name", trp_text(j->name), "done", j->done,
                                "total", j->total, "rate", j->rate, "rank", (int)j->rank,
                                "seconds", j->seconds);
        if (j->total > 0)
            json_object_set_new(job, "fraction", json_real(j->done / j->total));
        if (j->rate > 0 && j->total >= j->done)
            json_object_set_new(job, "eta", json_real((j->total - j->done) / j->rate));
        json_array_append_new(list, job);
    }
    return json_pack("{so}", "progress", list);
}

void trp_serve_progress(struct trp_visit *v)
{
    trp_respond(v, 200, trp_progress_json());
}
