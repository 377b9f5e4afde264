#include "board.h"

struct filling {
    struct board *board;
    int end;
    board_reached *reached;
    void *with;
};

/* What the queens above attack in a row: a bit for each square, the first column's is 1. */
struct attacked {
    uint32_t columns, rising, falling;
};

static inline struct attacked one_more(struct attacked a, uint32_t square)
{
    return (struct attacked){a.columns | square, (a.rising | square) << 1,
                             (a.falling | square) >> 1};
}

static bool fill(const struct filling *f, int row, struct attacked a)
{
    if (row == f->end)
        return f->reached(f->board, f->with);
    const uint32_t all = (UINT32_C(1) << f->board->size) - 1;
    for (uint32_t free = all & ~(a.columns | a.rising | a.falling); free; free &= free - 1) {
        f->board->queens[row] = (uint8_t)__builtin_ctz(free);
        if (!fill(f, row + 1, one_more(a, free & -free)))
            return false;
    }
    return true;
}

bool board_fill(struct board *board, int row, int end, board_reached *reached, void *with)
{
    const struct filling f = {board, end, reached, with};
    struct attacked a = {0};
    for (int i = 0; i < row; i++)
        a = one_more(a, UINT32_C(1) << board->queens[i]);
    return fill(&f, row, a);
}
