#include "actor/classes.h"
#include "gateway/look.h"
#include "schedule/counts.h"

static bool is_shown(uint32_t class_id)
{
    const struct troupe_class *class_ = trp_class_by_id(class_id);
    return !class_ || !trp_class_is_own(class_);
}

TROUPE_SPAN(uint8_t) trp_look_methods(struct trp_rank *rank, struct trp_arena *arena)
{
    size_t room = trp_counts_methods(rank, NULL, 0), shown = 0;
    struct trp_method_counts *all = trp_arena_alloc(arena, (room + 1) * sizeof *all);
    size_t count = all ? trp_counts_methods(rank, all, room) : 0;
    for (size_t i = 0; i < count && i < room; i++)
        if (is_shown(all[i].class_id))
            all[shown++] = all[i];
    return (TROUPE_SPAN(uint8_t)){(const uint8_t *)all, shown * sizeof *all};
}

TROUPE_SPAN(uint8_t) trp_look_edges(struct trp_rank *rank, struct trp_arena *arena)
{
    size_t room = trp_counts_edges(rank, NULL, 0), shown = 0;
    struct trp_edge *all = trp_arena_alloc(arena, (room + 1) * sizeof *all);
    size_t count = all ? trp_counts_edges(rank, all, room) : 0;
    for (size_t i = 0; i < count && i < room; i++)
        if (is_shown(all[i].class_id))
            all[shown++] = all[i];
    return (TROUPE_SPAN(uint8_t)){(const uint8_t *)all, shown * sizeof *all};
}

TROUPE_SPAN(uint8_t) trp_look_traffic(struct trp_rank *rank, struct trp_arena *arena)
{
    size_t room = trp_counts_traffic(rank, NULL, 0);
    struct trp_traffic *all = trp_arena_alloc(arena, (room + 1) * sizeof *all);
    size_t count = all ? trp_counts_traffic(rank, all, room) : 0;
    return (TROUPE_SPAN(uint8_t)){(const uint8_t *)all,
                                  (count < room ? count : room) * sizeof *all};
}

uint64_t trp_look_calls(struct trp_rank *rank, struct trp_arena *arena)
{
    TROUPE_SPAN(uint8_t) span = trp_look_methods(rank, arena);
    const struct trp_method_counts *all = (const void *)span.data;
    uint64_t calls = 0;
    for (size_t i = 0; i < span.count / sizeof *all; i++)
        calls += all[i].received;
    return calls;
}

void trp_look_sent(struct trp_rank *rank, struct trp_arena *arena, uint64_t *messages,
                   uint64_t *bytes)
{
    TROUPE_SPAN(uint8_t) span = trp_look_traffic(rank, arena);
    const struct trp_traffic *all = (const void *)span.data;
    *messages = *bytes = 0;
    for (size_t i = 0; i < span.count / sizeof *all; i++)
        if (all[i].to != rank->rank) {
            *messages += all[i].messages;
            *bytes += all[i].bytes;
        }
}
