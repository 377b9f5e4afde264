/*
 * The search: counts the nodes of a tree, alone or by tasks.
 */
#ifndef SEARCH_H
#define SEARCH_H

#include "tree.h"

/* depth: of the deepest node; the root's is 0. */
TROUPE_STRUCT(uts_count, (uint64_t, nodes), (uint64_t, leaves), (uint32_t, depth));

/* Counts what lies under these nodes, and them. Whenever it has seen `grain` nodes it gives half of
   those that it has found and not yet looked at to a new task. */
TROUPE_TASK(uts_search, uts_count, (uts_tree, tree), (TROUPE_SPAN(uts_node), from),
            (uint64_t, grain));

/* The whole tree, on the caller's thread. */
uts_count uts_search_alone(const uts_tree *tree);

/* The whole tree by tasks. */
uts_count uts_search_by_tasks(const uts_tree *tree, uint64_t grain);

#endif
