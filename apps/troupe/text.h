/*
 * Text for a terminal. What a job says may be anything: control characters, and those that turn
 * the direction of writing, are taken out of everything that goes through here.
 */
#ifndef TEXT_H
#define TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* `text` with a `?` for each such character; to be freed. */
char *text_plain(const char *text);

void text_print(FILE *file, const char *text);

/* Columns that it takes: its characters. */
size_t text_columns(const char *text);

/* Whether stdout is a terminal that shows colours. */
bool text_has_colour(void);

/* How wide a line may be; 0: as wide as it is. */
size_t text_width(void);

/* How many lines it has; 0: it is no terminal. */
size_t text_height(void);

/* A value for a table: to be freed. Null is "-", what is no number, bool or string is JSON. */
char *text_of(const json_t *value);
char *text_of_seconds(const json_t *value);
char *text_of_bytes(const json_t *value);

/* The JSON as it is, for --json; on a terminal without control characters. */
void text_print_json(const json_t *value);

/* ---- tables ---------------------------------------------------------------------------------- */

enum align { LEFT, RIGHT };

struct column {
    const char *head;
    const char *path; /* "calls.done": where it is in a row */
    char *(*show)(const json_t *value);
    enum align align;
};

/* A line of heads, and one for each of `rows`, an array of objects. */
void table_print(const struct column *columns, size_t count, const json_t *rows);

/* The value at a path. */
json_t *value_at(const json_t *row, const char *path);

/* The `most` rows in which the number at `key` is largest, in that order: a new reference. */
json_t *rows_by(const json_t *rows, const char *key, size_t most);

#endif
