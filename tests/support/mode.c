#include "mode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "troupe.h"

const char *mode;
int number;

void mode_open(int argc, char **argv)
{
    mode = argc > 1 ? argv[1] : "";
    number = argc > 2 ? atoi(argv[2]) : 0;
}

bool is(const char *name)
{
    return strcmp(mode, name) == 0;
}

void say(const char *what, int value)
{
    printf("%s %d\n", what, value);
    fflush(stdout);
}

int say_process(int argc, char **argv)
{
    (void)argc, (void)argv;
    printf("rank %d is process %ld\n", troupe_rank(), (long)getpid());
    fflush(stdout);
    return 0;
}
