#include "node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 1000 /* of one part of the work, before the node gives up itself */

struct node_state {
    uint32_t depth, fanout;
    double fail;
    uint64_t seed;
    uint64_t replaced; /* its own children */
    node *children;    /* [fanout] */
};

/* ---- children -------------------------------------------------------------------------------- */

/* Round the ranks, from the next one on: a child lives elsewhere if there is an elsewhere. */
static node new_child(struct node_state *self, uint32_t i)
{
    int rank = (troupe_rank() + 1 + (int)i) % troupe_ranks();
    uint64_t seed = 6364136223846793005u * (self->seed + i + 1) + self->replaced + 1;
    return troupe_new(node, .depth = self->depth - 1, .fanout = self->fanout, .fail = self->fail,
                      .seed = seed, .with = {.place = troupe_on(rank), .tied = true});
}

static void on_init(struct node_state *self, uint32_t depth, uint32_t fanout, double fail,
                    uint64_t seed)
{
    *self = (struct node_state){.depth = depth, .fanout = fanout, .fail = fail, .seed = seed};
    if (!depth)
        return;
    self->children = calloc(fanout, sizeof *self->children);
    if (!self->children)
        troupe_fail(TROUPE_NO_MEMORY, "no memory for %u children", fanout);
    for (uint32_t i = 0; i < fanout; i++)
        self->children[i] = new_child(self, i);
}

/* A child that failed is ended and another takes its place. */
static void replace(struct node_state *self, uint32_t i)
{
    troupe_log(TROUPE_LOG_INFO, "replaces a child: %s", troupe_story());
    troupe_kill(self->children[i]);
    self->replaced++;
    self->children[i] = new_child(self, i);
}

/* ---- work ------------------------------------------------------------------------------------ */

static double draw(struct node_state *self)
{
    self->seed = 6364136223846793005u * self->seed + 1442695040888963407u;
    return (double)(self->seed >> 11) / (double)(UINT64_C(1) << 53);
}

static uint64_t leaf_sum(struct node_state *self, uint64_t first, uint64_t last)
{
    uint64_t sum = 0;
    if (draw(self) < self->fail)
        troupe_fail(-100, "this leaf was unlucky");
    for (uint64_t i = first; i <= last; i++)
        sum += i;
    return sum;
}

/* Part i of n of the numbers from first to last. */
static TROUPE_FUTURE(uint64_t) ask_part(struct node_state *self, uint32_t i, uint64_t first,
                                        uint64_t last)
{
    uint64_t count = last - first + 1, n = self->fanout;
    return node_sum(self->children[i], first + count * i / n, first + count * (i + 1) / n - 1);
}

static uint64_t on_sum(struct node_state *self, uint64_t first, uint64_t last)
{
    if (!self->depth)
        return leaf_sum(self, first, last);
    TROUPE_FUTURE(uint64_t) *parts = troupe_alloc(self->fanout * sizeof *parts);
    for (uint32_t i = 0; i < self->fanout; i++)
        parts[i] = ask_part(self, i, first, last);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < self->fanout; i++) {
        uint64_t part;
        for (int tries = 1; troupe_get(parts[i], &part) != TROUPE_OK; tries++) {
            if (tries == TRIES)
                troupe_fail(-101, "a part failed %d times, at last: %s", tries, troupe_story());
            replace(self, i);
            parts[i] = ask_part(self, i, first, last);
        }
        sum += part;
    }
    return sum;
}

static uint64_t on_replaced(struct node_state *self)
{
    uint64_t sum = self->replaced;
    for (uint32_t i = 0; self->depth && i < self->fanout; i++)
        sum += troupe_await(node_replaced(self->children[i]));
    return sum;
}

/* ---- telling --------------------------------------------------------------------------------- */

static void on_repr(const struct node_state *self, char *text, size_t size)
{
    node here = node_self(self);
    snprintf(text, size, "%s(%d:%llu)", self->depth ? "supervisor" : "leaf", troupe_rank(),
             (unsigned long long)(here.ref.serial >> 32));
}

static TROUPE_SPAN(node_line) on_lines(struct node_state *self, uint32_t level)
{
    char *text = troupe_alloc(128);
    node_line *lines = troupe_alloc(sizeof *lines);
    size_t count = 1;
    on_repr(self, text, 128);
    lines[0] = (node_line){text, level};
    for (uint32_t i = 0; self->depth && i < self->fanout; i++) {
        TROUPE_SPAN(node_line) below = troupe_await(node_lines(self->children[i], level + 1));
        node_line *grown = troupe_alloc((count + below.count) * sizeof *grown);
        memcpy(grown, lines, count * sizeof *grown);
        memcpy(grown + count, below.data, below.count * sizeof *grown);
        lines = grown;
        count += below.count;
    }
    return (TROUPE_SPAN(node_line)){lines, count};
}

static void on_destroy(struct node_state *self)
{
    free(self->children);
}

TROUPE_IMPLEMENT(node, (init, on_init), (sum, on_sum), (replaced, on_replaced), (lines, on_lines),
                 (repr, on_repr), (destroy, on_destroy));
