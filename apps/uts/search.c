#include "search.h"

#include <string.h>

/* Nodes that have been found and not yet looked at: the latest is looked at first. */
struct walk {
    const uts_tree *tree;
    struct uts_hash *hash;
    uts_node *open;
    size_t count, room;
    uts_count seen;
};

/* What was given to other tasks. */
struct gifts {
    TROUPE_FUTURE(uts_count) * of;
    size_t count, room;
};

/* The array if it has room for one more, else a copy with more; the caller's memory. */
static void *with_room(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? 2 * *room : 64;
    void *larger = troupe_alloc(*room * size);
    if (count)
        memcpy(larger, array, count * size);
    return larger;
}

/* ---- looking at nodes ------------------------------------------------------------------------ */

static uts_node *find(struct walk *w)
{
    w->open = with_room(w->open, w->count, &w->room, sizeof *w->open);
    return &w->open[w->count++];
}

static void look(struct walk *w)
{
    const uts_node node = w->open[--w->count];
    const uint32_t children = uts_children(w->tree, &node);
    w->seen.nodes++;
    w->seen.leaves += children == 0;
    w->seen.depth = node.depth > w->seen.depth ? node.depth : w->seen.depth;
    for (uint32_t i = 0; i < children; i++)
        uts_child(w->hash, &node, i, find(w));
}

static void add(uts_count *sum, uts_count more)
{
    sum->nodes += more.nodes;
    sum->leaves += more.leaves;
    sum->depth = more.depth > sum->depth ? more.depth : sum->depth;
}

/* ---- tasks ----------------------------------------------------------------------------------- */

/* Every other one, so that both have some near the root, with much below them, and some far. */
static void give_half(struct walk *w, struct gifts *gifts, uint64_t grain)
{
    const size_t half = w->count / 2;
    uts_node *given = troupe_alloc(half * sizeof *given);
    for (size_t i = 0; i < half; i++) {
        given[i] = w->open[2 * i + 1];
        w->open[i] = w->open[2 * i];
    }
    if (w->count % 2)
        w->open[half] = w->open[w->count - 1];
    w->count -= half;
    gifts->of = with_room(gifts->of, gifts->count, &gifts->room, sizeof *gifts->of);
    gifts->of[gifts->count++] =
        uts_search(*w->tree, (TROUPE_SPAN(uts_node)){given, half}, grain);
}

static uts_count on_search(uts_tree tree, TROUPE_SPAN(uts_node) from, uint64_t grain)
{
    struct walk w = {.tree = &tree, .hash = uts_hash_open()};
    struct gifts gifts = {0};
    for (size_t i = 0; i < from.count; i++)
        *find(&w) = from.data[i];
    while (w.count) {
        for (uint64_t i = 0; i < grain && w.count; i++)
            look(&w);
        if (w.count > 1)
            give_half(&w, &gifts, grain);
    }
    for (size_t i = 0; i < gifts.count; i++)
        add(&w.seen, troupe_await(gifts.of[i]));
    return w.seen;
}

TROUPE_BODY(uts_search, on_search);

/* ---- the whole tree -------------------------------------------------------------------------- */

uts_count uts_search_alone(const uts_tree *tree)
{
    struct walk w = {.tree = tree, .hash = uts_hash_open()};
    uts_root(w.hash, tree, find(&w));
    while (w.count)
        look(&w);
    return w.seen;
}

uts_count uts_search_by_tasks(const uts_tree *tree, uint64_t grain)
{
    uts_node root;
    uts_root(uts_hash_open(), tree, &root);
    return troupe_await(uts_search(*tree, (TROUPE_SPAN(uts_node)){&root, 1}, grain));
}
