/*
 * Step 1 of docs/tutorial.md: a program that only starts and ends.
 */
#include <stdio.h>

#include "troupe.h"

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    printf("Hello from rank %d of %d\n", troupe_rank(), troupe_ranks());
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
