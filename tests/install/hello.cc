// A user's program in C++17, of a class that is implemented in C (counter.c).
#include <troupe.h>

#include "counter.h"

static int driver(int, char **)
{
    counter c = counter_new();
    counter_add(c, 40);
    counter_add_call call = {};
    call.troupe_to = c;
    call.amount = 2;
    counter_add_with(call);
    return troupe_await(counter_sum(c)) != 42;
}

int main(int argc, char **argv)
{
    troupe_run_options options = {};
    options.log = TROUPE_LOG_ERROR;
    return troupe_run(argc, argv, driver, &options);
}
