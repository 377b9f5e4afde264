/*
 * What the ranks have counted, put together: figures of methods, who called what, traffic.
 */
#ifndef TRP_TALLY_H
#define TRP_TALLY_H

#include <jansson.h>

#include "gateway/values.h"
#include "schedule/counts.h"

/* Of methods and tasks: in memory of the clerk's method. */
struct trp_tally {
    struct trp_method_counts *all;
    int *ranks; /* of each */
    size_t count;
};

/* Of all ranks: each by itself, or, with `summed`, those of a method added, at rank -1. */
struct trp_tally trp_tally_methods(bool summed);

/* FIGURES; with the buckets of their times, where these are wanted. */
json_t *trp_figures_json(const struct trp_writing *writing, const struct trp_method_counts *of,
                         bool buckets);

/* [FIGURES] of a class's methods on a rank, with buckets; [EDGE] that lead to them. */
json_t *trp_figures_of(const struct trp_writing *writing, uint32_t class_id, int rank);
json_t *trp_callers_of(const struct trp_writing *writing, uint32_t class_id, int rank);

/* [FIGURES] of all methods, or of all tasks, summed over ranks. */
json_t *trp_figures_all(const struct trp_writing *writing, bool tasks, bool buckets);

#endif
