/*
 * Lists: pages of them, and how actors and their ends are written.
 */
#ifndef TRP_LIST_H
#define TRP_LIST_H

#include "gateway/monitor.h"
#include "gateway/visit.h"

struct trp_page {
    size_t limit, offset;
};

bool trp_read_page(struct trp_visit *visit, struct trp_page *page);

json_t *trp_actor_json(const struct trp_writing *writing, const trp_row *row);
json_t *trp_ended_json(const struct trp_writing *writing, const trp_ended *end);
json_t *trp_rank_json(const struct trp_writing *writing, int number, const trp_rank_of *rank);

/* {"lines", "last"} that are newer; {"progress"}. */
json_t *trp_news_json(uint64_t since, uint64_t *last);
json_t *trp_progress_json(void);

/* {"name", "from", "kind", "urgent", "args", "result"} and so on. */
json_t *trp_class_json(const struct troupe_class *class_, json_int_t alive);
json_t *trp_task_json(const struct troupe_method *task);

#endif
