/* A user's program: it is built and run against the installed library. */
#include <stdio.h>

#include <troupe.h>

#include "counter.h"

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    counter c = counter_new();
    counter_add(c, 40);
    counter_add(c, 2);
    int32_t sum = troupe_await(counter_sum(c));
    printf("40 + 2 = %d\n", (int)sum);
    return sum != 42;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
