#include "report_option.h"

#include <stddef.h>
#include <string.h>

static const char name[] = "--report";

/* Its words on the command line: 1 or 2; 0: it is none. */
static int words_at(char **at, const char **value)
{
    const size_t length = sizeof name - 1;
    if (strncmp(at[0], name, length))
        return 0;
    if (at[0][length] == '=')
        *value = at[0] + length + 1;
    else if (at[0][length] || !at[1])
        return 0;
    else
        *value = at[1];
    return at[0][length] ? 1 : 2;
}

const char *report_option(int *argc, char **argv)
{
    const char *file = NULL;
    int kept = 0, words;
    for (int i = 0; i < *argc; i += words ? words : 1) {
        words = i ? words_at(argv + i, &file) : 0;
        if (!words)
            argv[kept++] = argv[i];
    }
    *argc = kept;
    argv[kept] = NULL;
    return file;
}
