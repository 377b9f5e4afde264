/*
 * Step 12 of docs/tutorial.md: a supervisor that shares work out among its children, and replaces
 * those that fail.
 */
#include <stdio.h>

#include "troupe.h"

enum { CHILDREN = 3, TRIES = 10 };

TROUPE_CLASS(child, (bool, is_broken));
TROUPE_ASK(child, square, int64_t, (int64_t, number));

TROUPE_CLASS(supervisor);
TROUPE_ASK(supervisor, sum_of_squares, int64_t, (int64_t, up_to));

struct child_state {
    bool is_broken;
};

static void on_init_child(struct child_state *self, bool is_broken)
{
    self->is_broken = is_broken;
}

static int64_t on_square(struct child_state *self, int64_t number)
{
    if (self->is_broken)
        troupe_fail(TROUPE_FAILED, "it was born broken");
    return number * number;
}

TROUPE_IMPLEMENT(child, (init, on_init_child), (square, on_square));

struct supervisor_state {
    child children[CHILDREN];
};

/* Tied: the children end with their supervisor. */
static child new_child(bool is_broken)
{
    return troupe_new(child, .is_broken = is_broken, .with = {.tied = true});
}

static void on_init(struct supervisor_state *self)
{
    for (int i = 0; i < CHILDREN; i++)
        self->children[i] = new_child(i == 1);
}

static int64_t square_by(struct supervisor_state *self, int which, int64_t number)
{
    int64_t square = 0;
    for (int tries = 1; troupe_get(child_square(self->children[which], number), &square); tries++) {
        if (tries == TRIES)
            troupe_fail(TROUPE_FAILED, "%d children failed, at last: %s", tries, troupe_story());
        printf("replaced: %s\n", troupe_story());
        troupe_kill(self->children[which]);
        self->children[which] = new_child(false);
    }
    return square;
}

static int64_t on_sum_of_squares(struct supervisor_state *self, int64_t up_to)
{
    int64_t sum = 0;
    for (int64_t number = 1; number <= up_to; number++)
        sum += square_by(self, (int)(number % CHILDREN), number);
    return sum;
}

TROUPE_IMPLEMENT(supervisor, (init, on_init), (sum_of_squares, on_sum_of_squares));

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    supervisor boss = supervisor_new();
    int64_t sum = troupe_await(supervisor_sum_of_squares(boss, 10));
    printf("1 + 4 + … + 100 = %d\n", (int)sum);
    return sum == 385 ? 0 : 1;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
