/* The driver does nothing: what remains is the start and the end of a job. */
#include "troupe.h"

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
