/*
 * What goes on, as it does: the log of all ranks, and a picture of the job that is drawn anew.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "door.h"
#include "text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define LOOKS_EVERY 250 /* milliseconds, for new lines */
#define DRAWS_EVERY 1000

/* ---- logs ------------------------------------------------------------------------------------ */

static void print_log(const json_t *line)
{
    const char *level = json_string_value(json_object_get(line, "level"));
    const char *colour = !level || !text_has_colour() ? "" :
                         !strcmp(level, "error")      ? "\033[31m" :
                         !strcmp(level, "warning")    ? "\033[33m" : "";
    char *who = text_of(json_object_get(line, "who"));
    char *text = text_of(json_object_get(line, "text"));
    char *plain = text_plain(level ? level : "-");
    json_int_t repeated = json_integer_value(json_object_get(line, "repeated"));
    printf("%s%10.3f %3d %-7s %s: %s%s", colour,
           json_number_value(json_object_get(line, "at")),
           (int)json_integer_value(json_object_get(line, "rank")), plain, who, text,
           *colour ? "\033[0m" : "");
    if (repeated > 1)
        printf(" [repeated %" JSON_INTEGER_FORMAT "x]", repeated);
    putchar('\n');
    free(who);
    free(text);
    free(plain);
}

/* The lines after *last, which is moved on. */
static bool print_logs(struct door *door, const struct options *options, json_int_t *last)
{
    char since[32], *path = strdup("/v1/logs");
    size_t i;
    json_t *line;
    snprintf(since, sizeof since, "%" JSON_INTEGER_FORMAT, *last);
    door_query(&path, "since", *last ? since : NULL);
    door_query(&path, "rank", options->rank);
    door_query(&path, "limit", options->limit);
    json_t *answer = door_get(door, path), *lines = json_object_get(answer, "lines");
    free(path);
    if (!answer)
        return false;
    if (options->json && !options->follow)
        text_print_json(answer);
    else
        json_array_foreach (lines, i, line)
            options->json ? text_print_json(line) : print_log(line);
    if (json_is_integer(json_object_get(answer, "last")))
        *last = json_integer_value(json_object_get(answer, "last"));
    json_decref(answer);
    fflush(stdout);
    return true;
}

enum status command_logs(struct door *door, const struct options *options, int argc, char **argv)
{
    (void)argc, (void)argv;
    json_int_t last = 0;
    bool good = print_logs(door, options, &last);
    while (good && options->follow && !ferror(stdout)) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000L * LOOKS_EVERY}, NULL);
        good = print_logs(door, options, &last);
    }
    return good ? DONE : FAILED;
}

/* ---- top ------------------------------------------------------------------------------------- */

static const struct column rank_columns[] = {
    {"RANK", "rank", text_of, RIGHT},
    {"HOST", "host", text_of, LEFT},
    {"CPU%", "cpu_percent", text_of, RIGHT},
    {"MEMORY", "memory_rss", text_of_bytes, RIGHT},
    {"USED", "slots_used", text_of, RIGHT},
    {"CPUS", "cpus", text_of, RIGHT},
    {"ACTORS", "actors", text_of, RIGHT},
    {"RUNNING", "tasks_running", text_of, RIGHT},
    {"WAITING", "tasks_waiting", text_of, RIGHT},
    {"DOING", "doing", text_of, LEFT},
};
static const struct column method_columns[] = {
    {"CLASS", "class", text_of, LEFT},
    {"METHOD", "method", text_of, LEFT},
    {"CALLS/S", "rate", text_of, RIGHT},
    {"RECEIVED", "received", text_of, RIGHT},
    {"FAILED", "failed", text_of, RIGHT},
    {"WAITING", "waiting", text_of, RIGHT},
    {"WAIT P99", "wait.p99", text_of_seconds, RIGHT},
    {"RUN P99", "run.p99", text_of_seconds, RIGHT},
};

static struct termios as_it_was;

static void restore(void)
{
    static const char normal[] = "\033[?25h\033[?1049l";
    tcsetattr(STDIN_FILENO, TCSANOW, &as_it_was);
    if (write(STDOUT_FILENO, normal, sizeof normal - 1) < 0)
        return;
}

static void stop(int number)
{
    restore();
    signal(number, SIG_DFL);
    raise(number);
}

static void take_terminal(void)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    tcgetattr(STDIN_FILENO, &as_it_was);
    struct termios raw = as_it_was;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    atexit(restore);
    for (size_t i = 0; i < COUNT(ends); i++)
        signal(ends[i], stop);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    fputs("\033[?1049h\033[?25l", stdout);
}

struct rates {
    json_t *received; /* by "class.method", at the last look */
    double at;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double rate_of(const json_t *received, const json_t *before, double seconds)
{
    return (double)(json_integer_value(received) - json_integer_value(before)) / seconds;
}

/* Calls a second of each method since the last look. */
static void add_rates(json_t *methods, struct rates *rates)
{
    double seconds = now() - rates->at;
    size_t i;
    json_t *row;
    json_array_foreach (methods, i, row) {
        const char *class = json_string_value(json_object_get(row, "class"));
        const char *method = json_string_value(json_object_get(row, "method"));
        json_t *key = json_sprintf("%s.%s", class ? class : "", method ? method : "");
        json_t *received = json_object_get(row, "received");
        json_t *before = json_object_get(rates->received, json_string_value(key));
        if (before)
            json_object_set_new(row, "rate", json_real(rate_of(received, before, seconds)));
        json_object_set(rates->received, json_string_value(key), received);
        json_decref(key);
    }
    rates->at = now();
}

static void print_bars(const json_t *rows)
{
    size_t i;
    json_t *row;
    json_array_foreach (rows, i, row) {
        double fraction = json_number_value(json_object_get(row, "fraction"));
        int filled = fraction < 0 ? 0 : fraction > 1 ? 40 : (int)(40 * fraction);
        char *name = text_of(json_object_get(row, "name"));
        char *eta = text_of_seconds(json_object_get(row, "eta"));
        printf("%-20s [%.*s%.*s] %3.0f%%  left: %s\n", name, filled,
               "########################################", 40 - filled,
               "........................................", 100 * fraction, eta);
        free(name);
        free(eta);
    }
}

static void print_head(const json_t *about)
{
    char *job = text_of(json_object_get(about, "job"));
    char *program = text_of(json_object_get(about, "program"));
    char *uptime = text_of_seconds(json_object_get(about, "uptime"));
    printf("job %s: %s, %d ranks, up %s\n\n", job, program,
           (int)json_integer_value(json_object_get(about, "ranks")), uptime);
    free(job);
    free(program);
    free(uptime);
}

struct picture {
    json_t *about, *ranks, *progress, *summary;
};

static bool look(struct door *door, struct picture *picture)
{
    return (picture->about = door_get(door, "/v1")) &&
           (picture->ranks = door_get(door, "/v1/ranks")) &&
           (picture->progress = door_get(door, "/v1/progress")) &&
           (picture->summary = door_get(door, "/v1/summary"));
}

/* What does not fit below the ranks is left out: the methods that are called least. */
static void draw(const struct picture *picture, bool live)
{
    const json_t *ranks = json_object_get(picture->ranks, "ranks");
    const json_t *bars = json_object_get(picture->progress, "progress");
    size_t taken = json_array_size(ranks) + json_array_size(bars) + 8, most = SIZE_MAX;
    if (live)
        most = text_height() > taken ? text_height() - taken : 1;
    json_t *methods = rows_by(json_object_get(picture->summary, "methods"), "received", most);
    fputs(live ? "\033[H\033[J" : "", stdout);
    print_head(picture->about);
    print_bars(bars);
    table_print(rank_columns, COUNT(rank_columns), ranks);
    putchar('\n');
    table_print(method_columns, COUNT(method_columns), methods);
    fputs(live ? "\nq ends this" : "", stdout);
    fflush(stdout);
    json_decref(methods);
}

static void print_picture_json(const struct picture *picture)
{
    json_t *all = json_pack("{s:O, s:O, s:O, s:O}", "about", picture->about, "ranks",
                            json_object_get(picture->ranks, "ranks"), "progress",
                            json_object_get(picture->progress, "progress"), "methods",
                            json_object_get(picture->summary, "methods"));
    text_print_json(all);
    json_decref(all);
}

static bool draw_once(struct door *door, const struct options *options, struct rates *rates,
                      bool live)
{
    struct picture picture = {0};
    bool good = look(door, &picture);
    if (good)
        add_rates(json_object_get(picture.summary, "methods"), rates);
    if (good && options->json)
        print_picture_json(&picture);
    else if (good)
        draw(&picture, live);
    json_decref(picture.about);
    json_decref(picture.ranks);
    json_decref(picture.progress);
    json_decref(picture.summary);
    return good;
}

/* Whether 'q' was pressed in the time between two pictures. */
static bool is_over(void)
{
    struct pollfd keys = {.fd = STDIN_FILENO, .events = POLLIN};
    char key;
    return poll(&keys, 1, DRAWS_EVERY) > 0 && read(STDIN_FILENO, &key, 1) == 1 && key == 'q';
}

/* Live on a terminal; elsewhere one picture. */
enum status command_top(struct door *door, const struct options *options, int argc, char **argv)
{
    (void)argc, (void)argv;
    bool live = isatty(STDOUT_FILENO) && isatty(STDIN_FILENO) && !options->json, good;
    struct rates rates = {.received = json_object()};
    if (live)
        take_terminal();
    do
        good = draw_once(door, options, &rates, live);
    while (good && live && !is_over());
    json_decref(rates.received);
    if (good)
        return DONE;
    /* What was said of it was on the screen that is gone. */
    if (live)
        restore();
    return live ? complain(FAILED, "job %s is not reached any more", door->job->name) : FAILED;
}
