/*
 * One actor: what is known of it, calling it, making one, ending it.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "argument.h"
#include "door.h"
#include "text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static enum status answered(json_t *answer, const struct options *options)
{
    if (answer && options->json)
        text_print_json(answer);
    json_decref(answer);
    return answer ? DONE : FAILED;
}

/* ---- show ------------------------------------------------------------------------------------ */

static const struct column lines[] = {
    {"id", "id", text_of, LEFT},
    {"name", "name", text_of, LEFT},
    {"class", "class", text_of, LEFT},
    {"repr", "repr", text_of, LEFT},
    {"state", "state", text_of, LEFT},
    {"reason", "reason", text_of, LEFT},
    {"rank", "rank", text_of, LEFT},
    {"host", "host", text_of, LEFT},
    {"made by", "creator", text_of, LEFT},
    {"age", "age", text_of_seconds, LEFT},
    {"restarts", "restarts", text_of, LEFT},
    {"busy", "busy", text_of_seconds, LEFT},
    {"run p50", "run.p50", text_of_seconds, LEFT},
    {"run p99", "run.p99", text_of_seconds, LEFT},
    {"run max", "run.max", text_of_seconds, LEFT},
    {"wait p99", "wait.p99", text_of_seconds, LEFT},
    {"wait max", "wait.max", text_of_seconds, LEFT},
    {"running", "running", text_of, LEFT},
    {"mailbox", "mailbox.now", text_of, LEFT},
    {"at most", "mailbox.highest", text_of, LEFT},
    {"received", "calls.received", text_of, LEFT},
    {"done", "calls.done", text_of, LEFT},
    {"failed", "calls.failed", text_of, LEFT},
    {"CPUs", "cpus", text_of, LEFT},
    {"GPUs", "gpus", text_of, LEFT},
    {"resources", "resources", text_of, LEFT},
};
static const struct column method_columns[] = {
    {"METHOD", "method", text_of, LEFT},
    {"RECEIVED", "received", text_of, RIGHT},
    {"DONE", "done", text_of, RIGHT},
    {"FAILED", "failed", text_of, RIGHT},
    {"WAIT P99", "wait.p99", text_of_seconds, RIGHT},
    {"RUN P50", "run.p50", text_of_seconds, RIGHT},
    {"RUN P99", "run.p99", text_of_seconds, RIGHT},
    {"RUN MAX", "run.max", text_of_seconds, RIGHT},
};
static const struct column caller_columns[] = {
    {"CALLED BY", "from", text_of, LEFT},
    {"ON RANK", "from_rank", text_of, RIGHT},
    {"METHOD", "method", text_of, LEFT},
    {"CALLS", "calls", text_of, RIGHT},
};

static const struct column failure_columns[] = {
    {"FAILED AT", "at", text_of_seconds, RIGHT},
    {"METHOD", "method", text_of, LEFT},
    {"STATUS", "status", text_of, RIGHT},
    {"STORY", "story", text_of, LEFT},
};

/* A table of its rows, if there are any. */
static void print_rows(const json_t *actor, const char *key, const struct column *columns,
                       size_t count)
{
    const json_t *rows = json_object_get(actor, key);
    if (!json_array_size(rows))
        return;
    putchar('\n');
    table_print(columns, count, rows);
}

static void print_actor(const json_t *actor)
{
    for (size_t i = 0; i < COUNT(lines); i++) {
        json_t *value = value_at(actor, lines[i].path);
        char *text = lines[i].show(value);
        if (value && strcmp(text, "-") != 0)
            printf("%-10s %s\n", lines[i].head, text);
        free(text);
    }
    print_rows(actor, "methods", method_columns, COUNT(method_columns));
    print_rows(actor, "callers", caller_columns, COUNT(caller_columns));
    print_rows(actor, "failures", failure_columns, COUNT(failure_columns));
}

enum status command_show(struct door *door, const struct options *options, int argc, char **argv)
{
    (void)argc;
    char *path = door_path("actors", argv[0], NULL);
    json_t *actor = door_get(door, path);
    free(path);
    if (actor && !options->json)
        print_actor(actor);
    return answered(actor, options);
}

/* ---- call ------------------------------------------------------------------------------------ */

static json_t *get(struct door *door, const char *first, const char *name)
{
    char *path = door_path(first, name, NULL);
    json_t *answer = door_get(door, path);
    free(path);
    return answer;
}

static const char *name_of(const json_t *described)
{
    const char *name = json_string_value(json_object_get(described, "name"));
    return name ? name : "";
}

/* The arguments of the actor's method, borrowed from *class; NULL: it has no such method. */
static const json_t *fields_of(struct door *door, const char *actor, const char *method,
                               json_t **class)
{
    json_t *found = get(door, "actors", actor), *other;
    const char *name = json_string_value(json_object_get(found, "class"));
    size_t i;
    *class = name ? get(door, "classes", name) : NULL;
    json_decref(found);
    if (!*class)
        return NULL;
    json_array_foreach (json_object_get(*class, "methods"), i, other)
        if (!strcmp(name_of(other), method))
            return json_object_get(other, "args");
    complain(FAILED, "%s has no method '%s'; it has:", name_of(*class), method);
    json_array_foreach (json_object_get(*class, "methods"), i, other)
        complain(FAILED, "    %s", name_of(other));
    return NULL;
}

static bool is_pending(const json_t *answer)
{
    const char *state = json_string_value(json_object_get(answer, "state"));
    return state && !strcmp(state, "pending");
}

/* Waits for a future, if it is one, as long as it takes. The reference is taken. */
static json_t *settle(struct door *door, json_t *answer)
{
    const char *future = json_string_value(json_object_get(answer, "future"));
    if (!future)
        return answer;
    char *path = door_path("futures", future, NULL);
    door_query(&path, "wait", "30");
    do {
        json_decref(answer);
        answer = door_get(door, path);
    } while (is_pending(answer));
    free(path);
    return answer;
}

/* With as few digits as give the same number back. */
static char *shortest(const json_t *real)
{
    char *text = NULL;
    for (size_t digits = 15; digits <= 17; digits++) {
        free(text);
        text = json_dumps(real, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
        double value = text ? strtod(text, NULL) : 0;
        if (!memcmp(&value, &(double){json_real_value(real)}, sizeof value))
            break;
    }
    return text;
}

static void print_result(const json_t *result)
{
    char *text = json_is_string(result) ? strdup(json_string_value(result))
                 : json_is_real(result) ? shortest(result)
                                        : json_dumps(result, JSON_ENCODE_ANY);
    if (text)
        text_print(stdout, text);
    putchar('\n');
    free(text);
}

static enum status call(struct door *door, const struct options *options, const char *actor,
                        const char *method, json_t *arguments)
{
    char *path = door_path("actors", actor, "methods", method, NULL);
    json_t *body = json_pack("{s:o, s:i}", "args", arguments, "wait", 30);
    if (options->timeout)
        json_object_set_new(body, "timeout", json_real(atof(options->timeout)));
    json_t *answer = settle(door, door_ask(door, "POST", path, body));
    json_t *result = json_object_get(answer, "result");
    if (result && !json_is_null(result) && !options->json)
        print_result(result);
    free(path);
    return answered(answer, options);
}

enum status command_call(struct door *door, const struct options *options, int argc, char **argv)
{
    json_t *class;
    enum status status = FAILED;
    door->numbers_as_strings = true;
    const json_t *fields = fields_of(door, argv[0], argv[1], &class);
    if (fields) {
        json_t *arguments = arguments_read(argc - 2, argv + 2, fields);
        status = arguments ? call(door, options, argv[0], argv[1], arguments) : MISUSED;
    }
    json_decref(class);
    return status;
}

/* ---- new, end -------------------------------------------------------------------------------- */

static enum status create(struct door *door, const struct options *options, const char *class,
                          json_t *arguments)
{
    json_t *body = json_pack("{s:s, s:o}", "class", class, "args", arguments);
    if (options->name)
        json_object_set_new(body, "name", json_string(options->name));
    if (options->or_existing)
        json_object_set_new(body, "or_existing", json_true());
    if (options->rank)
        json_object_set_new(body, "rank", json_integer(atoi(options->rank)));
    json_t *answer = door_ask(door, "POST", "/v1/actors", body);
    if (answer && !options->json)
        print_result(json_object_get(answer, "actor"));
    return answered(answer, options);
}

enum status command_new(struct door *door, const struct options *options, int argc, char **argv)
{
    json_t *class = get(door, "classes", argv[0]);
    if (!class)
        return FAILED;
    json_t *arguments = arguments_read(argc - 1, argv + 1, json_object_get(class, "fields"));
    enum status status = arguments ? create(door, options, argv[0], arguments) : MISUSED;
    json_decref(class);
    return status;
}

enum status command_end(struct door *door, const struct options *options, int argc, char **argv)
{
    (void)argc;
    char *path = door_path("actors", argv[0], NULL);
    door_query(&path, "kill", options->kill ? "1" : NULL);
    json_t *answer = door_ask(door, "DELETE", path, NULL);
    free(path);
    return answered(answer, options);
}
