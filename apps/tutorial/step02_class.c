/*
 * Step 2 of docs/tutorial.md: a class, an actor of it, a tell, an ask, a future.
 */
#include <stdio.h>

#include "troupe.h"

/* What others may call. */
TROUPE_CLASS(counter);
TROUPE_TELL(counter, method);
TROUPE_ASK(counter, calls, int64_t);

/* What one counter knows; it is zero when the actor begins. */
struct counter_state {
    int64_t calls;
};

/* What it does. */
static void on_method(struct counter_state *self)
{
    self->calls++;
}

static int64_t on_calls(struct counter_state *self)
{
    return self->calls;
}

TROUPE_IMPLEMENT(counter, (method, on_method), (calls, on_calls));

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    counter one = counter_new();
    for (int i = 0; i < 3; i++)
        counter_method(one);

    TROUPE_FUTURE(int64_t) answer = counter_calls(one);
    int64_t calls = troupe_await(answer);
    printf("method was called %d times\n", (int)calls);
    return calls == 3 ? 0 : 1;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
