#include "mode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
