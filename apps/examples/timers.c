/*
 * Tells for later, and every so often.
 */
#include <stdio.h>

#include "troupe.h"

TROUPE_CLASS(alarm_clock);
TROUPE_TELL(alarm_clock, tick, (int, weight));
TROUPE_ASK(alarm_clock, ticks, int);

struct alarm_clock_state {
    int ticks;
};

static void on_tick(struct alarm_clock_state *self, int weight)
{
    self->ticks += weight;
}

static int on_ticks(struct alarm_clock_state *self)
{
    return self->ticks;
}

TROUPE_IMPLEMENT(alarm_clock, (tick, on_tick), (ticks, on_ticks));

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    alarm_clock a = alarm_clock_new();
    troupe_timer never = troupe_after(3600, alarm_clock_tick, a, .weight = 1000000);
    troupe_cancel_timer(never);
    troupe_after(0.02, alarm_clock_tick, a, .weight = 100);
    troupe_timer beat = troupe_every(0.005, alarm_clock_tick, a, .weight = 1);
    while (troupe_await(alarm_clock_ticks(a)) < 103)
        troupe_sleep(0.005);
    troupe_cancel_timer(beat);
    printf("it has ticked\n");
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
