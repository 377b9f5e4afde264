/*
 * Queens on a board, one in each row, so that none attacks another.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stdint.h>

#define BOARD_MAX 20

struct board {
    int size;
    uint8_t queens[BOARD_MAX]; /* by row, the column of each */
};

/* What to do with a board whose rows are filled; false: look no further. */
typedef bool board_reached(const struct board *board, void *with);

/* Fills the rows from `row` on, below those that are filled, up to `end`, in every way there is. Is
   false when `reached` was, and the board is the same again only in the rows above. */
bool board_fill(struct board *board, int row, int end, board_reached *reached, void *with);

#endif
