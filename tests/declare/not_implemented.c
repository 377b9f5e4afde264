/* Declares more than it implements: the linker names what is called, the start what is not. */
#include "troupe.h"

TROUPE_CLASS(sensor, (int, number));
TROUPE_TELL(sensor, store, (double, value));
TROUPE_ASK(sensor, mean, double);
TROUPE_TASK(measure, double, (sensor, from));

struct sensor_state {
    double sum;
};

static void on_store(struct sensor_state *self, double value)
{
    self->sum += value;
}

TROUPE_IMPLEMENT(sensor, (store, on_store));

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
#ifdef CALLS_A_METHOD
    return (int)troupe_await(sensor_mean((sensor){0}));
#elif defined CALLS_A_TASK
    return (int)troupe_await(measure((sensor){0}));
#else
    return 0;
#endif
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
