/*
 * FIELD=VALUE of the command line, as JSON of the type that the job describes.
 */
#ifndef ARGUMENT_H
#define ARGUMENT_H

#include <jansson.h>

/* The arguments by name, a new reference. `fields`: as described. NULL: one is wrong, which has
   been said. Whether all are there and in range, the job says. */
json_t *arguments_read(int argc, char **argv, const json_t *fields);

#endif
