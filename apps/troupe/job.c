#define _GNU_SOURCE
#include "job.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST_FILE 65536

static bool is_ours_alone(const struct stat *s)
{
    return s->st_uid == geteuid() && !(s->st_mode & 077);
}

/* ---- a file ---------------------------------------------------------------------------------- */

/* When the process started, in clock ticks since boot; -1: there is none. */
static json_int_t started(long pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return -1;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    /* The name may hold blanks and parentheses; field 3 stands behind its last one. */
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? atoll(at) : -1;
}

/* What the file holds, if it is ours alone and no link; a reference is given. */
static json_t *read_keys(int folder, const char *name, struct stat *status)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    char text[LARGEST_FILE];
    ssize_t length = -1;
    if (fstat(fd, status) == 0 && S_ISREG(status->st_mode) && is_ours_alone(status))
        length = read(fd, text, sizeof text);
    close(fd);
    return length < 0 ? NULL : json_loadb(text, (size_t)length, 0, NULL);
}

static bool read_job(int folder, const char *name, struct job *job, struct stat *status)
{
    json_int_t pid = 0, start = 0;
    char here[256] = "";
    gethostname(here, sizeof here - 1);
    *job = (struct job){.keys = read_keys(folder, name, status)};
    if (!job->keys)
        return false;
    if (json_unpack(job->keys, "{s:s, s:I, s:s, s:s, s:I, s:s}", "job", &job->name, "pid", &pid,
                    "host", &job->host, "token", &job->token, "started", &start, "program",
                    &job->program)) {
        json_decref(job->keys);
        return false;
    }
    job->url = json_string_value(json_object_get(job->keys, "url"));
    job->socket = json_string_value(json_object_get(job->keys, "socket"));
    job->pid = (long)pid;
    job->is_here = !strcmp(job->host, here);
    return true;
}

static bool is_stale(const struct job *job)
{
    return job->is_here &&
           started(job->pid) != json_integer_value(json_object_get(job->keys, "started"));
}

/* Removes what a job that is gone has left: its file if it is still the same, and its socket. */
static void remove_stale(int folder, const char *name, const struct stat *seen)
{
    struct stat now;
    if (fstatat(folder, name, &now, AT_SYMLINK_NOFOLLOW) || now.st_ino != seen->st_ino)
        return;
    unlinkat(folder, name, 0);
    char *other = NULL;
    int stem = (int)(strlen(name) - strlen(".json"));
    static const char *const left[] = {"sock", "html"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        if (asprintf(&other, "%.*s.%s", stem, name, left[i]) < 0)
            return;
        unlinkat(folder, other, 0);
        free(other);
    }
}

/* ---- the folders ----------------------------------------------------------------------------- */

struct found {
    struct job *jobs;
    size_t count;
};

static void add(struct found *found, struct job *job, const char *folder)
{
    struct job *grown = realloc(found->jobs, (found->count + 1) * sizeof *grown);
    job->folder = strdup(folder);
    if (!grown || !job->folder) {
        fputs("troupe: no memory\n", stderr);
        exit(FAILED);
    }
    found->jobs = grown;
    found->jobs[found->count++] = *job;
}

static void look_into(const char *path, struct found *found)
{
    struct stat status;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    if (!entries)
        return;
    if (fstat(folder, &status) || !is_ours_alone(&status)) {
        complain(FAILED, "%s is not a folder of yours alone (mode 0700): not looking into it",
                 path);
        closedir(entries);
        return;
    }
    for (struct dirent *entry; (entry = readdir(entries));) {
        const char *ending = strrchr(entry->d_name, '.');
        struct job job;
        if (!ending || strcmp(ending, ".json") ||
            !read_job(folder, entry->d_name, &job, &status))
            continue;
        if (is_stale(&job)) {
            remove_stale(folder, entry->d_name, &status);
            json_decref(job.keys);
        } else {
            add(found, &job, path);
        }
    }
    closedir(entries);
}

/* A batch job often has no runtime folder where its owner's shell has one: both are looked into. */
struct job *jobs_find(size_t *count)
{
    struct found found = {0};
    const char *runtime = getenv("XDG_RUNTIME_DIR"), *home = getenv("HOME");
    char *path = NULL;
    if (runtime && *runtime && asprintf(&path, "%s/troupe", runtime) >= 0) {
        look_into(path, &found);
        free(path);
    }
    if (home && *home && asprintf(&path, "%s/.troupe", home) >= 0) {
        look_into(path, &found);
        free(path);
    }
    *count = found.count;
    return found.jobs;
}

void jobs_free(struct job *jobs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_decref(jobs[i].keys);
        free(jobs[i].folder);
    }
    free(jobs);
}

/* ---- one of them ----------------------------------------------------------------------------- */

static enum status choose(const char *name, struct job *jobs, size_t count, struct job *job)
{
    size_t fitting = 0;
    for (size_t i = 0; i < count; i++)
        if (!name || !strcmp(jobs[i].name, name)) {
            *job = jobs[i];
            fitting++;
        }
    if (fitting == 1)
        return DONE;
    if (!count)
        complain(FAILED, "no job of yours is running; start it with TROUPE_GATEWAY=1");
    else if (!fitting)
        complain(FAILED, "no job %s is running; there are:", name);
    else
        complain(FAILED, "several jobs are running; choose one with --job:");
    for (size_t i = 0; i < count; i++)
        complain(FAILED, "    %s  (%s on %s)", jobs[i].name, jobs[i].program, jobs[i].host);
    return FAILED;
}

enum status job_find(const char *name, struct job *job)
{
    size_t count;
    struct job *jobs = jobs_find(&count);
    enum status status = choose(name, jobs, count, job);
    if (status == DONE) {
        json_incref(job->keys);
        job->folder = strdup(job->folder);
    }
    jobs_free(jobs, count);
    return status == DONE && !job->folder ? complain(FAILED, "no memory") : status;
}
