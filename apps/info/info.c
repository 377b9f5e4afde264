/*
 * troupe-info: what each rank of a job has, for who wants to know before the job is run. Started as
 * the job will be, by mpirun, by srun, or alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "troupe.h"

#define KINDS 16 /* more than there are */

TROUPE_STRUCT(host_name, (TROUPE_ARRAY(char, 64), text));
TROUPE_TASK(name_host, host_name);

static host_name on_name_host(void)
{
    host_name name = {.text = ""};
    gethostname(name.text, sizeof name.text - 1);
    return name;
}

TROUPE_BODY(name_host, on_name_host);

struct row {
    host_name host;
    struct troupe_resource has[KINDS];
};

static void read_rows(struct row *rows, int ranks)
{
    TROUPE_FUTURE(host_name) *hosts = troupe_alloc((size_t)ranks * sizeof *hosts);
    for (int rank = 0; rank < ranks; rank++)
        hosts[rank] = troupe_submit(name_host, .with = {.place = troupe_on(rank)});
    for (int rank = 0; rank < ranks; rank++) {
        rows[rank].host = troupe_await(hosts[rank]);
        troupe_resources(rank, rows[rank].has, KINDS);
    }
}

static int same(const struct row *a, const struct row *b, size_t kinds)
{
    for (size_t i = 0; i < kinds; i++)
        if (a->has[i].amount < b->has[i].amount || a->has[i].amount > b->has[i].amount)
            return 0;
    return !strcmp(a->host.text, b->host.text);
}

static void print_amount(const struct troupe_resource *r)
{
    if (strcmp(r->name, "memory") != 0)
        printf(" %8.4g", r->amount);
    else
        printf(" %8.4g GiB", r->amount / (1 << 30));
}

/* Neighbours that have the same stand in one line. */
static void print_rows(const struct row *rows, int ranks, size_t kinds)
{
    for (int from = 0, to; from < ranks; from = to) {
        char label[32];
        for (to = from + 1; to < ranks && same(&rows[from], &rows[to], kinds); to++)
            continue;
        snprintf(label, sizeof label, to - from > 1 ? "%d-%d" : "%d", from, to - 1);
        printf("%-9s %-20s", label, rows[from].host.text);
        for (size_t i = 0; i < kinds; i++)
            print_amount(&rows[from].has[i]);
        putchar('\n');
    }
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    int ranks = troupe_ranks();
    size_t kinds = troupe_resources(0, NULL, 0);
    struct row *rows = troupe_alloc((size_t)ranks * sizeof *rows);
    read_rows(rows, ranks);
    printf("%-9s %-20s", "ranks", "host");
    for (size_t i = 0; i < kinds; i++)
        printf(!strcmp(rows[0].has[i].name, "memory") ? " %12s" : " %8s", rows[0].has[i].name);
    putchar('\n');
    print_rows(rows, ranks, kinds);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        int help = !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h");
        fprintf(help ? stdout : stderr,
                "usage: troupe-info\n"
                "Prints what each rank has for the tasks and actors of a program that is\n"
                "started as this one is: mpirun -n 4 troupe-info, srun -n 4 troupe-info,\n"
                "or troupe-info alone.\n");
        return help ? 0 : 2;
    }
    return troupe_run(argc, argv, driver, NULL);
}
