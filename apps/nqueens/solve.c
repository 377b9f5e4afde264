#include "solve.h"

#include <string.h>

#include "board.h"

#define ROWS 3 /* that are filled before a task begins: a thousand tasks or more from 12 on */

static struct board board_of(uint32_t size, TROUPE_SPAN(uint8_t) queens)
{
    struct board board = {.size = (int)size};
    memcpy(board.queens, queens.data, queens.count);
    return board;
}

/* ---- the tasks ------------------------------------------------------------------------------- */

static bool count_one(const struct board *board, void *with)
{
    (void)board;
    ++*(uint64_t *)with;
    return true;
}

static uint64_t on_count(uint32_t size, TROUPE_SPAN(uint8_t) queens)
{
    struct board board = board_of(size, queens);
    uint64_t count = 0;
    board_fill(&board, (int)queens.count, board.size, count_one, &count);
    return count;
}

TROUPE_BODY(count_solutions, on_count);

struct collecting {
    solutions to;
    uint64_t count;
};

static bool collect_one(const struct board *board, void *with)
{
    struct collecting *c = with;
    c->count++;
    bool more = troupe_await(
        solutions_add(c->to, (TROUPE_SPAN(uint8_t)){board->queens, (size_t)board->size}));
    return more && !troupe_cancelled();
}

static uint64_t on_collect(uint32_t size, TROUPE_SPAN(uint8_t) queens, solutions to)
{
    struct board board = board_of(size, queens);
    struct collecting c = {.to = to};
    board_fill(&board, (int)queens.count, board.size, collect_one, &c);
    return c.count;
}

TROUPE_BODY(collect_solutions, on_collect);

/* ---- the whole board ------------------------------------------------------------------------- */

uint64_t solve_alone(uint32_t size)
{
    struct board board = {.size = (int)size};
    uint64_t count = 0;
    board_fill(&board, 0, board.size, count_one, &count);
    return count;
}

/* Tasks that run or wait; one that adds its solutions somewhere if `to` is an actor. */
struct submitted {
    int rows;
    solutions to;
    TROUPE_FUTURE(uint64_t) * of;
    size_t count;
};

static bool submit_one(const struct board *board, void *with)
{
    struct submitted *s = with;
    TROUPE_SPAN(uint8_t) queens = {board->queens, (size_t)s->rows};
    uint32_t size = (uint32_t)board->size;
    s->of[s->count++] = s->to.ref.place ? collect_solutions(size, queens, s->to)
                                        : count_solutions(size, queens);
    return true;
}

/* Once enough have been found the tasks that are left are cancelled: most have not begun. */
static uint64_t solve(uint32_t size, solutions to, uint64_t enough)
{
    struct board board = {.size = (int)size};
    struct submitted s = {.rows = board.size < ROWS ? board.size : ROWS, .to = to};
    size_t most = 1;
    for (int i = 0; i < s.rows; i++)
        most *= size;
    s.of = troupe_alloc(most * sizeof *s.of);
    board_fill(&board, 0, s.rows, submit_one, &s);
    uint64_t sum = 0;
    size_t done = 0;
    while (done < s.count && sum < enough)
        sum += troupe_await(s.of[done++]);
    for (; done < s.count; done++) {
        troupe_cancel(s.of[done]);
        troupe_drop(s.of[done]);
    }
    return sum;
}

uint64_t solve_by_tasks(uint32_t size)
{
    return solve(size, (solutions){0}, UINT64_MAX);
}

void solve_first(uint32_t size, solutions to, uint64_t wanted)
{
    solve(size, to, wanted);
}
