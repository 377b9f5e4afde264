/*
 * A pool of actors: all of a list, in order; and one by one, as they are done.
 */
#include <stdio.h>

#include "troupe.h"

TROUPE_CLASS(squarer, (int, bias));
TROUPE_ASK(squarer, square, int, (int, number));

struct squarer_state {
    int bias;
};

static void on_init(struct squarer_state *self, int bias)
{
    self->bias = bias;
}

static int on_square(struct squarer_state *self, int number)
{
    return number * number + self->bias;
}

TROUPE_IMPLEMENT(squarer, (init, on_init), (square, on_square));

enum { COUNT = 10 };

static int all_in_order(TROUPE_POOL(squarer) crew)
{
    struct squarer_square_args args[COUNT];
    int squares[COUNT], sum = 0;
    for (int i = 0; i < COUNT; i++)
        args[i].number = i;
    troupe_pool_map(crew, squarer_square, args, COUNT, squares, NULL);
    for (int i = 0; i < COUNT; i++)
        sum += squares[i];
    return sum;
}

/* Submits when somebody is idle, takes what is done otherwise. */
static int one_by_one(TROUPE_POOL(squarer) crew)
{
    int sum = 0, sent = 0, square;
    size_t number;
    while (sent < COUNT || troupe_pool_has_next(crew.any))
        if (sent < COUNT && troupe_pool_idle(crew.any))
            troupe_pool_submit(crew, squarer_square, .number = sent++);
        else if (troupe_pool_next(crew, squarer_square, &square, &number) == TROUPE_OK)
            sum += square;
    return sum;
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    TROUPE_POOL(squarer) crew = troupe_pool_new(squarer, 3, .bias = 1);
    squarer guest = squarer_new(1);
    troupe_pool_add(crew, guest);
    printf("%d actors: %d\n", (int)troupe_pool_size(crew.any), all_in_order(crew));
    troupe_pool_remove(crew, guest);
    printf("%d actors: %d\n", (int)troupe_pool_size(crew.any), one_by_one(crew));
    troupe_pool_end(crew.any);
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
