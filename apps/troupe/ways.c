/*
 * Ways to a job: which there are, the page in a browser, a tunnel from another machine. What lets
 * one in goes to a terminal or to the browser, and nowhere else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "door.h"
#include "text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define TUNNEL_PORT "8265" /* the near end of one to a Unix socket */

/* ---- jobs ------------------------------------------------------------------------------------ */

enum status command_jobs(struct door *door, const struct options *options, int argc, char **argv)
{
    static const struct column columns[] = {
        {"JOB", "job", text_of, LEFT},   {"HOST", "host", text_of, LEFT},
        {"PID", "pid", text_of, RIGHT},  {"PROGRAM", "program", text_of, LEFT},
        {"URL", "url", text_of, LEFT},   {"SOCKET", "socket", text_of, LEFT},
    };
    (void)door, (void)argc, (void)argv;
    size_t count;
    struct job *jobs = jobs_find(&count);
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *row = json_object();
        for (size_t k = 0; k < COUNT(columns); k++)
            json_object_set(row, columns[k].path, json_object_get(jobs[i].keys, columns[k].path));
        json_array_append_new(rows, row);
    }
    if (options->json)
        text_print_json(rows);
    else
        table_print(columns, COUNT(columns), rows);
    json_decref(rows);
    jobs_free(jobs, count);
    return DONE;
}

/* ---- tunnel ---------------------------------------------------------------------------------- */

/* As one word of a shell. */
static void print_quoted(const char *text)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "_-./:@%+,";
    bool quotes = text[strspn(text, safe)];
    fputs(quotes ? "'" : "", stdout);
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    fputs(quotes ? "'" : "", stdout);
}

/* Where the door is, seen from its host. */
static const char *far_end(const char *url)
{
    return strncmp(url, "http://[::1]:", 13) ? "127.0.0.1" : "[::1]";
}

static void print_tunnel(const struct job *job)
{
    char *way = NULL;
    const char *port = job->url ? strrchr(job->url, ':') : NULL;
    int made = port ? asprintf(&way, "%s:%s:%s", port + 1, far_end(job->url), port + 1)
                    : asprintf(&way, TUNNEL_PORT ":%s", job->socket ? job->socket : "");
    if (made < 0)
        exit(complain(FAILED, "no memory"));
    fputs("ssh -L ", stdout);
    print_quoted(way);
    putchar(' ');
    print_quoted(job->host);
    putchar('\n');
    free(way);
}

enum status command_tunnel(struct door *door, const struct options *options, int argc, char **argv)
{
    (void)door, (void)argc, (void)argv;
    struct job job;
    enum status status = job_find(options->job, &job);
    if (status != DONE)
        return status;
    if (options->json) {
        json_t *way = json_pack("{s:s, s:O, s:O}", "host", job.host, "url",
                                json_object_get(job.keys, "url"), "socket",
                                json_object_get(job.keys, "socket"));
        text_print_json(way);
        json_decref(way);
    } else {
        print_tunnel(&job);
    }
    json_decref(job.keys);
    free(job.folder);
    return DONE;
}

/* ---- open ------------------------------------------------------------------------------------ */

/* The browser gets a file of ours alone that leads to the page: its command line can be read by
   everyone on this machine. */
static char *write_file(const struct job *job, const char *url)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s.html", job->folder, job->name) < 0)
        exit(complain(FAILED, "no memory"));
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool good = fd >= 0 && dprintf(fd,
                                   "<!doctype html><meta charset=utf-8>"
                                   "<meta http-equiv=refresh content=\"0; url=%s\">\n",
                                   url) > 0;
    if (fd >= 0)
        close(fd);
    if (good)
        return path;
    complain(FAILED, "%s cannot be written: %s", path, strerror(errno));
    free(path);
    return NULL;
}

static const char *browser(void)
{
    const char *named = getenv("BROWSER");
    const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    if (named && *named)
        return named;
    return (x && *x) || (wayland && *wayland) ? "xdg-open" : NULL;
}

static enum status start_browser(const struct job *job, const char *url)
{
    int status = -1;
    char *path = write_file(job, url);
    if (!path)
        return FAILED;
    pid_t child = fork();
    if (child == 0) {
        execlp(browser(), browser(), path, (char *)NULL);
        _exit(127);
    }
    if (child > 0)
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            continue;
    free(path);
    return status == 0 ? DONE : complain(FAILED, "'%s' could not show the page", browser());
}

static enum status show(struct door *door, const char *base, const char *code)
{
    char *url = NULL;
    enum status status = DONE;
    if (asprintf(&url, "%s/#code=%s", base, code) < 0)
        return complain(FAILED, "no memory");
    if (browser()) {
        status = start_browser(door->job, url);
    } else {
        text_print(stdout, url);
        fputs("\nGood once, within a minute. From another machine, first: ", stdout);
        print_tunnel(door->job);
    }
    free(url);
    return status;
}

enum status command_open(struct door *door, const struct options *options, int argc, char **argv)
{
    (void)argc, (void)argv;
    const char *base = options->url ? options->url : door->job->url;
    if (!base)
        return complain(FAILED,
                        "job %s has a Unix socket alone, which no browser reads: run what `troupe "
                        "tunnel` says, and give --url http://127.0.0.1:" TUNNEL_PORT,
                        door->job->name);
    if (!browser() && !isatty(STDOUT_FILENO))
        return complain(FAILED, "the way to the page is a secret: it is printed to a terminal "
                                "alone, or given to a browser (BROWSER, DISPLAY)");
    json_t *answer = door_ask(door, "POST", "/v1/codes", NULL);
    if (!answer)
        return FAILED;
    const char *code = json_string_value(json_object_get(answer, "code"));
    enum status status = code ? show(door, base, code) : complain(FAILED, "there is no code");
    json_decref(answer);
    return status;
}
