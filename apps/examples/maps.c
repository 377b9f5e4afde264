/*
 * A task for each index of a range; and one that fails.
 */
#include <stdio.h>

#include "troupe.h"

TROUPE_TASK(inverse, double, (size_t, index), (double, of));

static double on_inverse(size_t index, double of)
{
    if (index == 0)
        troupe_fail(TROUPE_INVALID, "there is no inverse of 0");
    return of / (double)index;
}

TROUPE_BODY(inverse, on_inverse);

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    double values[100];
    troupe_map(inverse, 1, 101, values, .of = 100, .with = {.timeout = 60});
    printf("%g %g %g\n", values[0], values[1], values[99]);

    troupe_status status = troupe_get_map(inverse, 0, 100, values, .of = 1);
    printf("%s: %s\n", troupe_status_text(status), troupe_story());
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
