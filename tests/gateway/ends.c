/*
 * A job with a door that ends in one of many ways, for tests/gateway.sh.
 *
 *     ends MODE [FILE]
 *
 * It says what it finds in the gateway's folder, and copies the job's file to FILE.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mode.h"
#include "troupe.h"

TROUPE_CLASS(victim);
TROUPE_ASK(victim, crash, void);
TROUPE_ASK(victim, leave, void);

struct victim_state {
    char unused;
};

static void on_crash(struct victim_state *self)
{
    (void)self;
    raise(is("killed") ? SIGKILL : SIGSEGV);
}

static void on_leave(struct victim_state *self)
{
    (void)self;
    troupe_exit(7);
}

TROUPE_IMPLEMENT(victim, (crash, on_crash), (leave, on_leave));

static void copy_file(const char *from, const char *to)
{
    char text[4096];
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    size_t bytes = in ? fread(text, 1, sizeof text, in) : 0;
    if (out)
        fwrite(text, 1, bytes, out);
    if (in)
        fclose(in);
    if (out)
        fclose(out);
}

static void show_folder(const char *copy)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/troupe", getenv("XDG_RUNTIME_DIR"));
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        const char *ending = strrchr(entry->d_name, '.');
        if (!ending || !ending[1])
            continue;
        printf("found a file %s\n", ending);
        snprintf(path, sizeof path, "%s/troupe/%s", getenv("XDG_RUNTIME_DIR"), entry->d_name);
        if (!strcmp(ending, ".json") && copy)
            copy_file(path, copy);
    }
    if (folder)
        closedir(folder);
}

static void show_threads(void)
{
    DIR *threads = opendir("/proc/self/task");
    for (const struct dirent *entry; threads && (entry = readdir(threads));) {
        char path[300], name[64] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "r");
        if (file && fgets(name, sizeof name, file) && !strcmp(name, "troupe-gateway\n"))
            printf("found the door's thread\n");
        if (file)
            fclose(file);
    }
    if (threads)
        closedir(threads);
}

static victim victim_on(int rank)
{
    return troupe_new(victim, .with = {.place = troupe_on(rank)});
}

static int driver(int argc, char **argv)
{
    show_folder(argc > 2 ? argv[2] : NULL);
    show_threads();
    say("ready", troupe_rank());
    if (is("fail"))
        troupe_fail(TROUPE_FAILED, "as it was told");
    if (is("troupe_exit"))
        troupe_exit(5);
    if (is("exit"))
        exit(6);
    if (is("sleep"))
        troupe_sleep(1000);
    for (volatile int stop = 0; is("compute") && !stop;)
        stop = 0; /* until it is killed: without a call of troupe's */
    if (is("crash") || is("killed"))
        troupe_await(victim_crash(victim_on(troupe_ranks() - 1)));
    if (is("leave"))
        troupe_await(victim_leave(victim_on(troupe_ranks() - 1)));
    return is("return") ? 4 : 0;
}

int main(int argc, char **argv)
{
    mode_open(argc, argv);
    return troupe_run(argc, argv, driver,
                      &(struct troupe_run_options){.gateway = is("option") ? "unix" : NULL});
}
