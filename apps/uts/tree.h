/*
 * The trees of the Unbalanced Tree Search benchmark (Olivier et al., UTS: An Unbalanced Tree Search
 * Benchmark, LCPC 2006). A node is a SHA-1 digest and says itself how many children it has, so that
 * nobody knows how large a subtree is before it was searched.
 */
#ifndef TREE_H
#define TREE_H

#include "troupe.h"

#define UTS_STATE 20 /* bytes of a digest */

/* Geometric, fixed shape: each node above `depth` has `branching` children on average. Binomial:
   the root has `branching`, the others `children` with probability `chance`. */
TROUPE_STRUCT(uts_tree, (bool, geometric), (double, branching), (uint32_t, depth),
              (double, chance), (uint32_t, children), (uint32_t, seed));

TROUPE_STRUCT(uts_node, (TROUPE_ARRAY(uint8_t, UTS_STATE), state), (uint32_t, depth));

/* One that was published under this name, or NULL; uts_names are all of them. */
const uts_tree *uts_tree_by_name(const char *name);
extern const char uts_names[];

/* Makes nodes: the caller's, given back when he ends. Without SHA-1, or memory, he fails. */
struct uts_hash;
struct uts_hash *uts_hash_open(void);

void uts_root(struct uts_hash *hash, const uts_tree *tree, uts_node *root);
uint32_t uts_children(const uts_tree *tree, const uts_node *node);
void uts_child(struct uts_hash *hash, const uts_node *parent, uint32_t number, uts_node *child);

#endif
