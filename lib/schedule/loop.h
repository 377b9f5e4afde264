/*
 * The loop of a rank: what has come is delivered, who was woken is resumed, what was gathered is
 * flushed; then it polls, spins a little, and sleeps until something comes.
 */
#ifndef TRP_LOOP_H
#define TRP_LOOP_H

#include <stdbool.h>

#include "schedule/rank.h"

/* What a loop stack of the rank runs: for ever. */
void trp_loop(void *rank);

enum trp_loop_seen { TRP_LOOP_NOTHING, TRP_LOOP_ANSWERS, TRP_LOOP_OTHERS };

/* The steps of it, for those who wait in place. */
/* Delivers the next records if they are answers; says what there was, OTHERS if no answer was
   before them. */
enum trp_loop_seen trp_loop_takes_answers(struct trp_rank *rank);
bool trp_loop_can_run(struct trp_rank *rank); /* there is anything but answers */
bool trp_loop_refill_or_spin(struct trp_rank *rank); /* false: nothing came for a while */
void trp_loop_refill_or_sleep(struct trp_rank *rank);

/* In the middle of many calls: looks at the wire, and whether others should have a turn. */
bool trp_loop_others_wait(struct trp_rank *rank);

#endif
