#include "schedule/resources.h"

#include <glob.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "schedule/cpus.h"
#include "schedule/memory.h"

static struct trp_survey survey;       /* of this process */
static struct trp_resources *opened;   /* of all its ranks */

bool trp_resources_read(void)
{
    bool good = trp_survey_read(&survey, (trp_getenv *)getenv);
    if (!good)
        trp_log(TRP_LOG_ERROR, "%s", survey.error);
    return good;
}

/* ---- what this process has ------------------------------------------------------------------- */

/* Where no variable says which GPUs there are: those that the machine has, but in a job of Slurm's,
   which would have said so. */
static void find_gpus(void)
{
    glob_t found;
    if (survey.gpus_said || getenv("SLURM_JOB_ID"))
        return;
    if (glob("/dev/nvidia[0-9]*", 0, NULL, &found) == 0) {
        survey.gpus = found.gl_pathc < TRP_GPUS_MAX ? (int)found.gl_pathc : TRP_GPUS_MAX;
        globfree(&found);
    }
}

/* What Slurm only counts stands in no variable. */
static bool ask_slurm(char *text, size_t size)
{
    char command[128], answer[8192];
    const char *job = getenv("SLURM_JOB_ID"), *nodes = getenv("SLURM_JOB_NUM_NODES");
    if (!job || strspn(job, "0123456789") != strlen(job) || getenv("TROUPE_RESOURCES"))
        return false;
    snprintf(command, sizeof command, "timeout 5 scontrol -o show job -d %.20s 2>/dev/null", job);
    FILE *out = popen(command, "r");
    if (!out)
        return false;
    answer[fread(answer, 1, sizeof answer - 1, out)] = 0;
    pclose(out);
    return trp_survey_gres(answer, nodes ? atoi(nodes) : 1, text, size);
}

/* Rank 0 asks for all. */
static void learn_from_slurm(struct trp_wire *wire)
{
    enum { SIZE = 512 };
    char mine[SIZE] = "", *all = calloc((size_t)wire->ranks, SIZE);
    if (!all)
        trp_die("no memory to tell %d ranks what Slurm says", wire->ranks);
    if (wire->rank == 0 && !ask_slurm(mine, sizeof mine))
        mine[0] = 0;
    wire->ops->share_all(wire, mine, sizeof mine, all);
    if (!trp_survey_customs(&survey, "Slurm's GRES", all))
        trp_log(TRP_LOG_WARNING, "%s", survey.error);
    free(all);
}

/* ---- shared out among the ranks -------------------------------------------------------------- */

/* The part of the one that comes after `before` others. */
static uint64_t part(uint64_t total, int sharing, int before)
{
    uint64_t n = (uint64_t)sharing;
    return total / n + ((uint64_t)before < total % n);
}

/* And what those before it have. */
static uint64_t parts_before(uint64_t total, int sharing, int before)
{
    uint64_t n = (uint64_t)sharing, b = (uint64_t)before;
    return total / n * b + (b < total % n ? b : total % n);
}

/* Ranks of the node that see the same GPUs, and how many of them come before this one. */
struct mates {
    int sharing, before;
};

static struct mates mates_at_gpus(struct trp_wire *wire)
{
    struct mates mates = {wire->node_ranks, 0};
    if (wire->ops->one_process)
        return mates;
    uint64_t *all = calloc((size_t)wire->node_ranks, sizeof *all);
    if (!all)
        trp_die("no memory for the GPUs of %d ranks", wire->node_ranks);
    wire->ops->share(wire, &survey.gpus_are, sizeof survey.gpus_are, all);
    mates.sharing = 0;
    for (int i = 0; i < wire->node_ranks; i++) {
        mates.sharing += all[i] == survey.gpus_are;
        mates.before += all[i] == survey.gpus_are && i < wire->node_rank;
    }
    free(all);
    return mates;
}

/* What a rank tells the others. */
struct has {
    uint64_t of[TRP_CUSTOM];
    uint64_t custom[TRP_CUSTOM_MAX];
    char names[TRP_CUSTOM_MAX][TRP_NAME_SIZE];
};

struct place {
    int rank, ranks, node_rank, node_ranks;
};

static struct has part_of(const struct place *at, const struct trp_cpus *cpus,
                          const struct mates *gpus, uint64_t memory)
{
    struct has has = {.of = {0}};
    /* Where Slurm binds nobody, what the job was given on the node is what is shared. */
    int given = survey.node_cpus && survey.node_cpus < cpus->bound ? survey.node_cpus : cpus->bound;
    uint64_t mine = part((uint64_t)given, cpus->sharing, cpus->before);
    uint64_t most = survey.most_cpus ? (uint64_t)survey.most_cpus : mine;
    mine = mine < most ? mine : most;
    has.of[TRP_CPUS] = mine ? mine : 1;
    has.of[TRP_GPUS] = TRP_WHOLE * part((uint64_t)survey.gpus, gpus->sharing, gpus->before);
    has.of[TRP_MEMORY] = memory / (uint64_t)at->node_ranks;
    for (int i = 0; i < survey.customs; i++) {
        const struct trp_custom *c = &survey.custom[i];
        memcpy(has.names[i], c->name, sizeof c->name);
        has.custom[i] = c->scope == TRP_SCOPE_RANK ? c->amount
                        : c->scope == TRP_SCOPE_NODE
                            ? part(c->amount, at->node_ranks, at->node_rank)
                            : part(c->amount, at->ranks, at->rank);
    }
    return has;
}

/* ---- the table ------------------------------------------------------------------------------- */

int trp_kind_by_name(const struct trp_resources *r, const char *name)
{
    int kind = 0;
    while (kind < r->kinds && strcmp(r->names[kind], name) != 0)
        kind++;
    return kind < r->kinds ? kind : -1;
}

static int add_kind(struct trp_resources *r, const char *name)
{
    int kind = trp_kind_by_name(r, name);
    if (kind >= 0)
        return kind;
    if (r->kinds == TRP_KINDS)
        trp_die("the ranks of this job name more than %d resources: '%s' is one too many",
                TRP_CUSTOM_MAX, name);
    memcpy(r->names[r->kinds], name, TRP_NAME_SIZE);
    return r->kinds++;
}

static void fill_row(struct trp_resources *r, int rank, const struct has *has)
{
    uint64_t *row = r->has + (size_t)rank * (size_t)r->kinds;
    memcpy(row, has->of, sizeof has->of);
    for (int i = 0; i < TRP_CUSTOM_MAX && has->names[i][0]; i++)
        row[trp_kind_by_name(r, has->names[i])] = has->custom[i];
    if (!rank || row[TRP_CPUS] < r->least_cpus)
        r->least_cpus = row[TRP_CPUS];
}

static void make_table(struct trp_resources *r, const struct has *all)
{
    static const char *const first[TRP_CUSTOM] = {"cpus", "gpus", "memory"};
    for (int kind = 0; kind < TRP_CUSTOM; kind++)
        snprintf(r->names[r->kinds++], TRP_NAME_SIZE, "%s", first[kind]);
    for (int rank = 0; rank < r->ranks; rank++)
        for (int i = 0; i < TRP_CUSTOM_MAX && all[rank].names[i][0]; i++)
            add_kind(r, all[rank].names[i]);
    r->has = calloc((size_t)r->ranks * (size_t)r->kinds, sizeof *r->has);
    if (!r->has)
        trp_die("no memory for what %d ranks have", r->ranks);
    for (int rank = 0; rank < r->ranks; rank++)
        fill_row(r, rank, &all[rank]);
}

static void gather(struct trp_resources *r, struct trp_wire *wire, const struct trp_cpus *cpus)
{
    struct place at = {wire->rank, wire->ranks, wire->node_rank, wire->node_ranks};
    struct mates gpus = mates_at_gpus(wire);
    uint64_t memory = trp_memory_of_node();
    if (survey.node_memory && survey.node_memory < memory)
        memory = survey.node_memory;
    struct has *all = calloc((size_t)wire->ranks, sizeof *all);
    if (!all)
        trp_die("no memory for what %d ranks have", wire->ranks);
    if (wire->ops->one_process) {
        for (int rank = 0; rank < wire->ranks; rank++) {
            const struct place there = {rank, wire->ranks, rank, wire->ranks};
            const struct mates mates = {wire->ranks, rank};
            struct trp_cpus shared = *cpus;
            shared.before = rank;
            all[rank] = part_of(&there, &shared, &mates, memory);
        }
    } else {
        struct has mine = part_of(&at, cpus, &gpus, memory);
        wire->ops->share_all(wire, &mine, sizeof mine, all);
    }
    r->gpus_seen = survey.gpus;
    r->gpu_mates = gpus.sharing;
    r->gpu_mates_before = gpus.before;
    make_table(r, all);
    free(all);
}

int trp_rank_first_gpu(const struct trp_resources *r, const struct trp_wire *wire)
{
    int before = wire->ops->one_process ? wire->rank : r->gpu_mates_before;
    return (int)parts_before((uint64_t)r->gpus_seen, r->gpu_mates, before);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* The first rank of this one's node. */
static int first_mate(struct trp_wire *wire)
{
    int *mates = calloc((size_t)wire->node_ranks, sizeof *mates);
    if (!mates)
        trp_die("no memory for the ranks of a node");
    wire->ops->share(wire, &wire->rank, sizeof wire->rank, mates);
    int first = mates[0];
    free(mates);
    return first;
}

static void find_nodes(struct trp_resources *r, struct trp_wire *wire)
{
    r->node = calloc((size_t)wire->ranks, sizeof *r->node);
    if (!r->node)
        trp_die("no memory for the nodes of %d ranks", wire->ranks);
    r->nodes = 1;
    if (wire->ops->one_process)
        return;
    int first = first_mate(wire);
    wire->ops->share_all(wire, &first, sizeof first, r->node);
    r->nodes = 0;
    for (int rank = 0; rank < wire->ranks; rank++)
        r->node[rank] = r->node[rank] == rank ? r->nodes++ : r->node[r->node[rank]];
}

/* ---- what is said of it at the start --------------------------------------------------------- */

/* Ranks that have the same stand in one line. */
static void log_table(const struct trp_resources *r)
{
    char text[TRP_AMOUNTS_SIZE];
    size_t row = (size_t)r->kinds * sizeof *r->has;
    for (int from = 0, to; from < r->ranks; from = to) {
        const uint64_t *has = r->has + (size_t)from * (size_t)r->kinds;
        for (to = from + 1; to < r->ranks; to++)
            if (memcmp(has, r->has + (size_t)to * (size_t)r->kinds, row) != 0)
                break;
        trp_amounts_text(r, has, text, sizeof text);
        if (to == from + 1)
            trp_log(TRP_LOG_INFO, "rank %d has %s", from, text);
        else
            trp_log(TRP_LOG_INFO, "ranks %d to %d have each %s", from, to - 1, text);
    }
}

static void warn_of_binding(const struct trp_wire *wire, const struct trp_cpus *cpus)
{
    const char *slurm = getenv("SLURM_CPUS_ON_NODE");
    int there = slurm && atoi(slurm) > 0 && atoi(slurm) < cpus->allowed ? atoi(slurm)
                                                                        : cpus->allowed;
    if (survey.bound_by_default && cpus->on_node < there)
        trp_log(TRP_LOG_WARNING,
                "mpirun has bound what runs on this node to %d of its %d CPUs, as it does when it "
                "is not told otherwise: the others stay idle. Start it with --bind-to none, or "
                "with --map-by slot:pe=%d",
                cpus->on_node, there,
                there > wire->node_ranks ? there / wire->node_ranks : 1);
    if (omp_get_proc_bind() != omp_proc_bind_false && cpus->bound > 1)
        trp_log(TRP_LOG_WARNING, "OMP_PROC_BIND puts the OpenMP teams of all tasks of a rank on "
                                 "the same CPUs: leave it unset if several run at once");
}

/* ---- opening --------------------------------------------------------------------------------- */

struct trp_resources *trp_resources_open(struct trp_wire *wire)
{
    if (wire->ops->one_process && wire->rank > 0) { /* by the first rank of this process */
        opened->users++;
        return opened;
    }
    opened = calloc(1, sizeof *opened);
    if (!opened)
        trp_die("no memory for what the ranks have");
    opened->users = 1;
    opened->ranks = wire->ranks;
    opened->team_limit = survey.team_limit;
    find_gpus();
    learn_from_slurm(wire);
    struct trp_cpus cpus = trp_cpus_read(wire);
    gather(opened, wire, &cpus);
    find_nodes(opened, wire);
    if (wire->rank == 0) {
        warn_of_binding(wire, &cpus);
        log_table(opened);
    }
    return opened;
}

void trp_resources_close(struct trp_resources *resources)
{
    if (--resources->users)
        return;
    if (opened == resources)
        opened = NULL; /* or else it was of a job before, that has left a task behind */
    free(resources->has);
    free(resources->node);
    free(resources);
}
