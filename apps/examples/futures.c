/*
 * What can be done with futures besides waiting for them: wait for some, for a while, look, drop,
 * cancel; and memory that a long loop gives back.
 */
#include <stdio.h>

#include "troupe.h"

TROUPE_CLASS(clock_of);
TROUPE_ASK(clock_of, strike, int, (int, hour), (double, after));

TROUPE_TASK(endless, int);

struct clock_of_state {
    int strikes;
};

static int on_strike(struct clock_of_state *self, int hour, double after)
{
    self->strikes++;
    troupe_sleep(after);
    return hour;
}

TROUPE_IMPLEMENT(clock_of, (strike, on_strike));

static int on_endless(void)
{
    while (!troupe_cancelled())
        troupe_sleep(0.001);
    return 7; /* what it returns is the answer nevertheless */
}

TROUPE_BODY(endless, on_endless);

static void wait_for_the_first(clock_of quick, clock_of slow)
{
    TROUPE_FUTURE(int) first = clock_of_strike(quick, 1, 0), second = clock_of_strike(slow, 2, 60);
    troupe_future both[2] = {first.any, second.any};
    troupe_wait(both, 2, TROUPE_ANY, TROUPE_FOREVER);
    printf("%s strikes first\n", troupe_done(first) ? "one" : "two");
    printf("it was %d\n", troupe_await(first));

    int hour;
    troupe_status status = troupe_get_within(second, &hour, 0.01);
    printf("the other: %s\n", troupe_status_text(status));
    troupe_drop(second);
}

static void cancel_a_task(void)
{
    TROUPE_FUTURE(int) task = endless();
    troupe_sleep(0.02);
    troupe_cancel(task);
    int value;
    troupe_status status = troupe_get(task, &value);
    if (status == TROUPE_OK)
        printf("the task has seen it\n");
    else if (status == TROUPE_CANCELLED)
        printf("the task never began\n");
}

/* What is awaited lives until the driver ends, if nobody says otherwise. */
static void loop_for_long(clock_of of)
{
    for (int i = 0; i < 1000; i++) {
        struct troupe_scope scope = troupe_scope_begin();
        troupe_await(clock_of_strike(of, i, 0));
        troupe_scope_end(scope);
    }
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    clock_of quick = clock_of_new(), slow = clock_of_new();
    wait_for_the_first(quick, slow);
    cancel_a_task();
    loop_for_long(quick);
    if (!troupe_same(quick, slow))
        troupe_exit(0); /* the slow one still strikes: not waited for */
    return 1;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
