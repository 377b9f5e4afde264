/*
 * troupe: sees and asks the running jobs of this user. The command line; what is done is in the
 * other files.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "door.h"
#include "text.h"

static const struct {
    const char *name;
    command_fn *run;
    int least, most; /* arguments */
    bool needs_door;
    const char *usage;
} commands[] = {
    {"list", command_list, 1, 1, true, "list actors|tasks|ranks|classes|methods"},
    {"show", command_show, 1, 1, true, "show ACTOR"},
    {"call", command_call, 2, 1000, true, "call ACTOR METHOD [FIELD=VALUE]... [--timeout SECONDS]"},
    {"new", command_new, 1, 1000, true,
     "new CLASS [FIELD=VALUE]... [--name NAME] [--or-existing] [--rank RANK]"},
    {"end", command_end, 1, 1, true, "end ACTOR [--kill]"},
    {"top", command_top, 0, 0, true, "top"},
    {"logs", command_logs, 0, 0, true, "logs [-f] [--rank RANK]"},
    {"summary", command_summary, 0, 0, true, "summary"},
    {"stack", command_stack, 0, 0, true, "stack"},
    {"jobs", command_jobs, 0, 0, false, "jobs"},
    {"open", command_open, 0, 0, true, "open"},
    {"tunnel", command_tunnel, 0, 0, false, "tunnel"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

enum status complain(enum status status, const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) >= 0) {
        fputs("troupe: ", stderr);
        text_print(stderr, text);
        fputc('\n', stderr);
        free(text);
    }
    va_end(arguments);
    return status;
}

static void print_usage(FILE *file)
{
    for (int i = 0; i < COMMANDS; i++)
        fprintf(file, "%s troupe %s\n", i ? "      " : "usage:", commands[i].usage);
    fputs("Options of all:\n"
          "  --job JOB       which job, if several are running (troupe jobs)\n"
          "  --url URL       the near end of a tunnel to it, http://127.0.0.1:PORT\n"
          "  --json          what the job says, as JSON\n"
          "Of lists: --class CLASS, --rank RANK, --limit NUMBER\n"
          "ACTOR is a name or an id (1:4). VALUE is JSON; a text may go without quotes.\n"
          "The job is one of yours that was started with TROUPE_GATEWAY=1.\n",
          file);
}

enum { OPT_JOB = 256, OPT_URL, OPT_JSON, OPT_KILL, OPT_NAME, OPT_OR, OPT_CLASS, OPT_RANK,
       OPT_TIMEOUT, OPT_LIMIT };

static const struct option known[] = {
    {"job", required_argument, NULL, OPT_JOB},     {"url", required_argument, NULL, OPT_URL},
    {"json", no_argument, NULL, OPT_JSON},         {"kill", no_argument, NULL, OPT_KILL},
    {"name", required_argument, NULL, OPT_NAME},   {"or-existing", no_argument, NULL, OPT_OR},
    {"class", required_argument, NULL, OPT_CLASS}, {"rank", required_argument, NULL, OPT_RANK},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"limit", required_argument, NULL, OPT_LIMIT}, {"follow", no_argument, NULL, 'f'},
    {"help", no_argument, NULL, 'h'},              {NULL, 0, NULL, 0},
};

static void take_option(int which, struct options *options)
{
    switch (which) {
    case OPT_JOB: options->job = optarg; break;
    case OPT_URL: options->url = optarg; break;
    case OPT_JSON: options->json = true; break;
    case OPT_KILL: options->kill = true; break;
    case OPT_NAME: options->name = optarg; break;
    case OPT_OR: options->or_existing = true; break;
    case OPT_CLASS: options->class_name = optarg; break;
    case OPT_RANK: options->rank = optarg; break;
    case OPT_TIMEOUT: options->timeout = optarg; break;
    case OPT_LIMIT: options->limit = optarg; break;
    case 'f': options->follow = true; break;
    }
}

static enum status run(int which, const struct options *options, int argc, char **argv)
{
    struct job job;
    struct door door;
    if (!commands[which].needs_door)
        return commands[which].run(NULL, options, argc, argv);
    enum status status = job_find(options->job, &job);
    if (status != DONE)
        return status;
    status = door_open(&job, options->url, &door);
    if (status == DONE) {
        status = commands[which].run(&door, options, argc, argv);
        door_close(&door);
    }
    json_decref(job.keys);
    free(job.folder);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    opterr = 0;
    for (int which; (which = getopt_long(argc, argv, ":fh", known, NULL)) != -1;) {
        if (which == 'h') {
            print_usage(stdout);
            return DONE;
        }
        if (which == '?' || which == ':')
            return complain(MISUSED, "%s '%s' (--help lists the options)",
                            which == ':' ? "a value is missing for" : "unknown option",
                            argv[optind - 1]);
        take_option(which, &options);
    }
    if (optind == argc) {
        print_usage(stderr);
        return MISUSED;
    }
    const char *name = argv[optind];
    argc -= optind + 1, argv += optind + 1;
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(name, commands[i].name))
            continue;
        if (argc < commands[i].least || argc > commands[i].most)
            return complain(MISUSED, "usage: troupe %s", commands[i].usage);
        enum status status = run(i, &options, argc, argv);
        return fflush(stdout) || ferror(stdout) ? complain(FAILED, "the output cannot be written")
                                                : status;
    }
    return complain(MISUSED, "there is no command '%s' (troupe --help lists them)", name);
}
