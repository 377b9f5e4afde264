#include "gateway/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/farewell.h"
#include "base/log.h"

#define UNREADABLE_SECONDS 60 /* that a file without an entry may be one that is being written */
#define NAME 320              /* bytes: a host's name, a process's number, an ending */

static struct {
    int folder; /* -1: not open */
    char path[PATH_MAX], host[HOST_NAME_MAX + 1], job[HOST_NAME_MAX + 32];
    char file[NAME], socket[NAME]; /* for the signal handler, which cannot make them */
} here = {.folder = -1};

/* ---- the folder ------------------------------------------------------------------------------ */

/* A folder of this user's. On some machines the variable names one for all, such as /tmp. */
static bool is_own_folder(const char *path)
{
    struct stat s;
    return path && *path == '/' && !stat(path, &s) && S_ISDIR(s.st_mode) &&
           s.st_uid == geteuid();
}

static const char *home(void)
{
    const char *path = getenv("HOME");
    if (path && *path)
        return path;
    const struct passwd *user = getpwuid(geteuid());
    return user ? user->pw_dir : "/";
}

static void choose_folder(char *path, size_t size)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (is_own_folder(runtime))
        snprintf(path, size, "%s/troupe", runtime);
    else
        snprintf(path, size, "%s/.troupe", home());
}

static int refuse_folder(int fd, const char *why)
{
    trp_log(TRP_LOG_ERROR, "the gateway's folder %s %s", here.path, why);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* What is checked is what is used: all else goes by way of this descriptor. */
static int open_folder(void)
{
    struct stat s;
    choose_folder(here.path, sizeof here.path);
    if (mkdir(here.path, 0700) && errno != EEXIST)
        return refuse_folder(-1, strerror(errno));
    int fd = open(here.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
        return refuse_folder(-1, "is a symbolic link, or no folder: remove it");
    if (fd < 0 || fstat(fd, &s))
        return refuse_folder(fd, strerror(errno));
    if (s.st_uid != geteuid())
        return refuse_folder(fd, "belongs to somebody else");
    if (s.st_mode & 077)
        return refuse_folder(fd, "can be entered by others: chmod 700 it");
    return fd;
}

/* ---- what others have left ------------------------------------------------------------------- */

/* When the process was started, in ticks since boot; false: there is none. */
static bool start_of(json_int_t pid, json_int_t *ticks)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%" JSON_INTEGER_FORMAT "/stat", pid);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[length] = 0;
    /* The second field is a name in brackets, of any letters; this is the 20th after it. */
    const char *at = strrchr(text, ')');
    for (int field = 0; at && field < 20; field++)
        at = strchr(at + 1, ' ');
    *ticks = at ? strtoll(at, NULL, 10) : 0;
    return at;
}

static bool is_of_the_dead(const json_t *entry)
{
    const char *host = json_string_value(json_object_get(entry, "host"));
    json_int_t pid = json_integer_value(json_object_get(entry, "pid")), ticks;
    json_int_t started = json_integer_value(json_object_get(entry, "started"));
    return host && !strcmp(host, here.host) && (!start_of(pid, &ticks) || ticks != started);
}

static bool is_stale(const char *name)
{
    int fd = openat(here.folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat s;
    if (fd < 0 || fstat(fd, &s) || !S_ISREG(s.st_mode)) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    json_t *entry = json_loadfd(fd, 0, NULL);
    bool stale = entry ? is_of_the_dead(entry) : time(NULL) - s.st_mtime > UNREADABLE_SECONDS;
    json_decref(entry);
    close(fd);
    return stale;
}

static void remove_stale(const char *name, size_t stem)
{
    char other[NAME];
    snprintf(other, sizeof other, "%.*s.sock", (int)stem, name);
    unlinkat(here.folder, name, 0);
    unlinkat(here.folder, other, 0);
}

static void sweep(void)
{
    int copy = openat(here.folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name);
        if (length > 5 && length < NAME - 5 && !strcmp(entry->d_name + length - 5, ".json") &&
            is_stale(entry->d_name))
            remove_stale(entry->d_name, length - 5);
    }
    if (folder)
        closedir(folder);
    else if (copy >= 0)
        close(copy);
}

/* ---- the job's name -------------------------------------------------------------------------- */

static bool claim(const char *format, const char *name)
{
    snprintf(here.job, sizeof here.job, format, name, (long)getpid());
    snprintf(here.file, sizeof here.file, "%s.json", here.job);
    snprintf(here.socket, sizeof here.socket, "%s.sock", here.job);
    int fd = openat(here.folder, here.file,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    fchmod(fd, 0600); /* whatever the umask */
    close(fd);
    unlinkat(here.folder, here.socket, 0); /* without a file it is nobody's */
    return true;
}

/* Of a job of Slurm there may be several: each srun in it is one. */
static bool claim_name(void)
{
    const char *slurm = getenv("SLURM_JOB_ID");
    bool usable = slurm && *slurm && strlen(slurm) < 32 &&
                  !slurm[strspn(slurm, "0123456789_")];
    return (usable && (claim("%s", slurm) || (errno == EEXIST && claim("%s-%ld", slurm)))) ||
           claim("%s-%ld", here.host);
}

bool trp_job_file_open(void)
{
    gethostname(here.host, sizeof here.host - 1);
    here.folder = open_folder();
    if (here.folder < 0)
        return false;
    sweep();
    if (claim_name()) {
        trp_farewell_open(trp_job_file_remove);
        return true;
    }
    trp_log(TRP_LOG_ERROR, "cannot make the job's file %s/%s: %s", here.path, here.file,
            strerror(errno));
    close(here.folder);
    here.folder = -1;
    return false;
}

int trp_job_file_folder(void)
{
    return here.folder;
}

const char *trp_job_file_name(const char *ending)
{
    static char name[NAME];
    snprintf(name, sizeof name, "%s%s", here.job, ending);
    return name;
}

const char *trp_job_file_path(const char *ending)
{
    static char path[PATH_MAX + NAME];
    snprintf(path, sizeof path, "%s/%s%s", here.path, here.job, ending);
    return path;
}

/* ---- what is in it --------------------------------------------------------------------------- */

static json_t *make_entry(const struct trp_job_entry *e)
{
    json_int_t started;
    start_of(getpid(), &started);
    return json_pack("{ss sI ss ss? ss? ss ss sI ss}", "job", here.job, "pid",
                     (json_int_t)getpid(), "host", here.host, "url", e->url, "socket", e->socket,
                     "token", e->token, "read_token", e->read_token, "started", started,
                     "program", e->program);
}

/* In one piece, so that nobody reads half of it. */
bool trp_job_file_write(const struct trp_job_entry *what)
{
    json_t *entry = make_entry(what);
    char *text = entry ? json_dumps(entry, JSON_INDENT(2)) : NULL;
    int fd = openat(here.folder, here.file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t length = text ? (ssize_t)strlen(text) : -1;
    bool good = fd >= 0 && length > 0 && write(fd, text, (size_t)length) == length;
    if (!good)
        trp_log(TRP_LOG_ERROR, "cannot write the job's file %s/%s: %s", here.path, here.file,
                strerror(errno));
    if (fd >= 0)
        close(fd);
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
    json_decref(entry);
    return good;
}

/* ---- the end --------------------------------------------------------------------------------- */

void trp_job_file_remove(void)
{
    int error = errno;
    if (here.folder >= 0) {
        unlinkat(here.folder, here.file, 0);
        unlinkat(here.folder, here.socket, 0);
    }
    errno = error;
}

void trp_job_file_close(void)
{
    trp_job_file_remove();
    trp_farewell_close(trp_job_file_remove);
    if (here.folder >= 0)
        close(here.folder);
    here.folder = -1;
}
