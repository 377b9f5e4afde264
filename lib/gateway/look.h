/*
 * What a rank has and does, as it lies in the scheduler's tables: for its monitor, on the thread in
 * the scheduler role. What is given lies in the arena.
 */
#ifndef TRP_LOOK_H
#define TRP_LOOK_H

#include "gateway/monitor.h"
#include "schedule/rank.h"

/* Actors that users made: all of them, or that one. */
TROUPE_SPAN(trp_row) trp_look_actors(struct trp_rank *rank, struct trp_arena *arena);
TROUPE_SPAN(trp_row) trp_look_actor(struct trp_rank *rank, struct trp_arena *arena,
                                    struct troupe_ref ref);

/* The latest failures of one, the latest first. */
TROUPE_SPAN(trp_failed) trp_look_failures(struct trp_rank *rank, struct trp_arena *arena,
                                          struct troupe_ref ref);

/* How many of each class, users' alone, without those that are only expected. */
TROUPE_SPAN(trp_alive) trp_look_alive(struct trp_rank *rank, struct trp_arena *arena);

trp_stack_of trp_look_stack(struct trp_rank *rank, struct trp_arena *arena);
trp_tasks_of trp_look_tasks(struct trp_rank *rank, struct trp_arena *arena, uint32_t most);
trp_rank_of trp_look_rank(struct trp_rank *rank, struct trp_arena *arena);

/* What was counted, as the bytes of its structs. */
TROUPE_SPAN(uint8_t) trp_look_methods(struct trp_rank *rank, struct trp_arena *arena);
TROUPE_SPAN(uint8_t) trp_look_edges(struct trp_rank *rank, struct trp_arena *arena);
TROUPE_SPAN(uint8_t) trp_look_traffic(struct trp_rank *rank, struct trp_arena *arena);

/* Calls that have come to this rank, and messages and bytes that it has sent to others. */
uint64_t trp_look_calls(struct trp_rank *rank, struct trp_arena *arena);
void trp_look_sent(struct trp_rank *rank, struct trp_arena *arena, uint64_t *messages,
                   uint64_t *bytes);

/* A copy of the text; "" when memory is short. */
const char *trp_look_text(struct trp_arena *arena, const char *text);

#endif
