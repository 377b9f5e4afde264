/*
 * What a job has: actors, tasks, ranks, classes, methods; the counts of calls; what runs and waits.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "door.h"
#include "text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *member(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text ? text : "?";
}

/* ---- cells ----------------------------------------------------------------------------------- */

/* As a program says it; "point[]" and "int[3]" for lists. */
static void put_type(FILE *to, const json_t *type)
{
    const json_t *element = json_object_get(type, "element");
    const json_t *length = json_object_get(type, "length");
    if (element) {
        put_type(to, element);
        json_is_integer(length) ? fprintf(to, "[%d]", (int)json_integer_value(length))
                                : fprintf(to, "[]");
    } else if (json_object_get(type, "class")) {
        fputs(member(type, "class"), to);
    } else {
        fputs(member(type, json_object_get(type, "c") ? "c" : "type"), to);
    }
}

static void put_fields(FILE *to, const json_t *fields)
{
    size_t i;
    json_t *field;
    json_array_foreach (fields, i, field) {
        fputs(i ? ", " : "", to);
        put_type(to, json_object_get(field, "type"));
        fprintf(to, " %s", member(field, "name"));
    }
}

static char *show_with(void (*put)(FILE *to, const json_t *value), const json_t *value)
{
    size_t length;
    char *text;
    FILE *to = open_memstream(&text, &length);
    if (!to)
        exit(complain(FAILED, "no memory"));
    put(to, value);
    fclose(to);
    char *plain = text_plain(text);
    free(text);
    return plain;
}

static char *show_fields(const json_t *fields)
{
    return show_with(put_fields, fields);
}

static char *show_type(const json_t *type)
{
    return show_with(put_type, type);
}

/* ---- the lists ------------------------------------------------------------------------------- */

static const struct column actor_columns[] = {
    {"ACTOR", "id", text_of, LEFT},
    {"NAME", "name", text_of, LEFT},
    {"CLASS", "class", text_of, LEFT},
    {"STATE", "state", text_of, LEFT},
    {"RANK", "rank", text_of, RIGHT},
    {"RECEIVED", "calls.received", text_of, RIGHT},
    {"FAILED", "calls.failed", text_of, RIGHT},
    {"MAILBOX", "mailbox.now", text_of, RIGHT},
    {"AGE", "age", text_of_seconds, RIGHT},
    {"BUSY", "busy", text_of_seconds, RIGHT},
    {"RUN P99", "run.p99", text_of_seconds, RIGHT},
    {"RESTARTS", "restarts", text_of, RIGHT},
    {"RUNNING", "running", text_of, LEFT},
    {"REPR", "repr", text_of, LEFT},
};
static const struct column task_columns[] = {
    {"TASK", "name", text_of, LEFT},
    {"RANK", "rank", text_of, RIGHT},
    {"STATE", "state", text_of, LEFT},
    {"SINCE", "seconds", text_of_seconds, RIGHT},
    {"REASON", "reason", text_of, LEFT},
};
static const struct column rank_columns[] = {
    {"RANK", "rank", text_of, RIGHT},
    {"HOST", "host", text_of, LEFT},
    {"PID", "pid", text_of, RIGHT},
    {"CPUS", "cpus", text_of, RIGHT},
    {"USED", "slots_used", text_of, RIGHT},
    {"CPU%", "cpu_percent", text_of, RIGHT},
    {"MEMORY", "memory_rss", text_of_bytes, RIGHT},
    {"ACTORS", "actors", text_of, RIGHT},
    {"RUNNING", "tasks_running", text_of, RIGHT},
    {"WAITING", "tasks_waiting", text_of, RIGHT},
    {"DOING", "doing", text_of, LEFT},
};
static const struct column class_columns[] = {
    {"CLASS", "name", text_of, LEFT},
    {"BASE", "base", text_of, LEFT},
    {"ACTORS", "actors", text_of, RIGHT},
    {"MADE WITH", "fields", show_fields, LEFT},
};
static const struct column method_columns[] = {
    {"CLASS", "class", text_of, LEFT},
    {"METHOD", "name", text_of, LEFT},
    {"KIND", "kind", text_of, LEFT},
    {"RESULT", "result", show_type, LEFT},
    {"ARGUMENTS", "args", show_fields, LEFT},
};
static const struct column summary_columns[] = {
    {"METHOD", "name", text_of, LEFT},
    {"RECEIVED", "received", text_of, RIGHT},
    {"DONE", "done", text_of, RIGHT},
    {"FAILED", "failed", text_of, RIGHT},
    {"WAITING", "waiting", text_of, RIGHT},
    {"WAIT P50", "wait.p50", text_of_seconds, RIGHT},
    {"WAIT P99", "wait.p99", text_of_seconds, RIGHT},
    {"RUN P50", "run.p50", text_of_seconds, RIGHT},
    {"RUN P99", "run.p99", text_of_seconds, RIGHT},
};
static const struct column stack_columns[] = {
    {"RANK", "rank", text_of, RIGHT},
    {"STATE", "state", text_of, LEFT},
    {"WHO", "who", text_of, LEFT},
    {"WHAT", "what", text_of, LEFT},
    {"FOR", "for", text_of, LEFT},
    {"SINCE", "seconds", text_of_seconds, RIGHT},
};

/* The methods of all classes, as rows with their class. */
static json_t *methods_of(const json_t *classes)
{
    size_t i, k;
    json_t *cls, *method, *rows = json_array();
    json_array_foreach (classes, i, cls)
        json_array_foreach (json_object_get(cls, "methods"), k, method) {
            json_object_set(method, "class", json_object_get(cls, "name"));
            json_array_append(rows, method);
        }
    return rows;
}

static const struct list {
    const char *name, *path, *key;
    const struct column *columns;
    size_t count;
    json_t *(*rows)(const json_t *answer);
} lists[] = {
    {"actors", "/v1/actors", "actors", actor_columns, COUNT(actor_columns), NULL},
    {"tasks", "/v1/tasks", "tasks", task_columns, COUNT(task_columns), NULL},
    {"ranks", "/v1/ranks", "ranks", rank_columns, COUNT(rank_columns), NULL},
    {"classes", "/v1/classes", "classes", class_columns, COUNT(class_columns), NULL},
    {"methods", "/v1/classes", "classes", method_columns, COUNT(method_columns), methods_of},
};

/* The rest of a list of which the first page is in `answer`. */
static bool read_on(struct door *door, const char *path, const char *key, json_t *answer)
{
    json_t *rows = json_object_get(answer, key);
    json_int_t total = json_integer_value(json_object_get(answer, "total"));
    size_t had = 0, has;
    while ((has = json_array_size(rows)) > had && (json_int_t)has < total) {
        char offset[32], *next = strdup(path);
        had = has;
        snprintf(offset, sizeof offset, "%zu", had);
        door_query(&next, "offset", offset);
        json_t *more = door_get(door, next);
        free(next);
        if (!more)
            return false;
        json_array_extend(rows, json_object_get(more, key));
        json_decref(more);
    }
    return true;
}

static enum status print_list(struct door *door, const struct options *options,
                              const struct list *list)
{
    char *path = strdup(list->path);
    door_query(&path, "class", options->class_name);
    door_query(&path, "rank", options->rank);
    door_query(&path, "limit", options->limit);
    json_t *answer = door_get(door, path);
    bool good = answer && (options->limit || read_on(door, path, list->key, answer));
    if (good && options->json) {
        text_print_json(answer);
    } else if (good) {
        json_t *found = json_object_get(answer, list->key);
        json_t *rows = list->rows ? list->rows(found) : json_incref(found);
        table_print(list->columns, list->count, rows);
        json_decref(rows);
    }
    json_decref(answer);
    free(path);
    return good ? DONE : FAILED;
}

enum status command_list(struct door *door, const struct options *options, int argc, char **argv)
{
    (void)argc;
    for (size_t i = 0; i < COUNT(lists); i++)
        if (!strcmp(argv[0], lists[i].name))
            return print_list(door, options, &lists[i]);
    return complain(MISUSED, "there are no lists of %s, but of actors, tasks, ranks, classes, "
                             "methods",
                    argv[0]);
}

/* ---- counts, and what goes on ---------------------------------------------------------------- */

enum status command_summary(struct door *door, const struct options *options, int argc, char **argv)
{
    (void)argc, (void)argv;
    json_t *answer = door_get(door, "/v1/summary"), *row;
    size_t i;
    if (answer && options->json) {
        text_print_json(answer);
    } else if (answer) {
        json_t *rows = rows_by(json_object_get(answer, "methods"), "received", SIZE_MAX);
        json_array_foreach (rows, i, row)
            json_object_set_new(row, "name",
                                json_sprintf("%s.%s", member(row, "class"), member(row, "method")));
        table_print(summary_columns, COUNT(summary_columns), rows);
        json_decref(rows);
    }
    enum status status = answer ? DONE : FAILED;
    json_decref(answer);
    return status;
}

/* What runs and what waits on each rank, one after the other. */
static json_t *stack_rows(const json_t *ranks)
{
    static const char *const states[] = {"running", "waiting"};
    size_t i, k;
    json_t *rank, *row, *rows = json_array();
    json_array_foreach (ranks, i, rank)
        for (size_t state = 0; state < COUNT(states); state++)
            json_array_foreach (json_object_get(rank, states[state]), k, row) {
                json_object_set(row, "rank", json_object_get(rank, "rank"));
                json_object_set_new(row, "state", json_string(states[state]));
                json_array_append(rows, row);
            }
    return rows;
}

enum status command_stack(struct door *door, const struct options *options, int argc, char **argv)
{
    (void)argc, (void)argv;
    json_t *answer = door_get(door, "/v1/stack");
    if (answer && options->json) {
        text_print_json(answer);
    } else if (answer) {
        json_t *rows = stack_rows(json_object_get(answer, "ranks"));
        table_print(stack_columns, COUNT(stack_columns), rows);
        json_decref(rows);
    }
    enum status status = answer ? DONE : FAILED;
    json_decref(answer);
    return status;
}
