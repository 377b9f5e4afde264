/*
 * A node of the tree: a leaf works by itself, a supervisor creates children on other ranks, hands
 * out work to them, replaces those that fail, and ends them.
 */
#ifndef NODE_H
#define NODE_H

#include "troupe.h"

/* What a node can tell of itself and of those below it: a line of text each. */
TROUPE_STRUCT(node_line, (troupe_str, text), (uint32_t, depth));

/* depth: levels below it; 0 is a leaf. A call of a leaf fails with this probability. */
TROUPE_CLASS(node, (uint32_t, depth), (uint32_t, fanout), (double, fail), (uint64_t, seed));
/* Adds up the numbers from `first` to `last`. */
TROUPE_ASK(node, sum, uint64_t, (uint64_t, first), (uint64_t, last));
/* How many children it, and those below it, had to replace. */
TROUPE_ASK(node, replaced, uint64_t);
/* The tree from here down. */
TROUPE_ASK(node, lines, TROUPE_SPAN(node_line), (uint32_t, level));

#endif
