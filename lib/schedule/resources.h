/*
 * What the ranks of the job have, and what is asked of them.
 *
 * All ranks know all of it from the start, so that a request which no rank can ever satisfy is
 * refused where it is made. It refuses to know what is in use: see stock.h.
 */
#ifndef TRP_RESOURCES_H
#define TRP_RESOURCES_H

#include "schedule/survey.h"
#include "troupe/types.h"
#include "wire/wire.h"

enum { TRP_CPUS, TRP_GPUS, TRP_MEMORY, TRP_CUSTOM, TRP_KINDS = TRP_CUSTOM + TRP_CUSTOM_MAX };

#define TRP_WHOLE 10000 /* a GPU is counted in such parts */

/* So much of each kind: CPUs, parts of GPUs, bytes, and as users count what they have named. */
struct trp_amounts {
    uint64_t of[TRP_KINDS];
};

/* What stands behind arguments: so much, for a place of a group, or of the rank (0). */
struct trp_wants {
    struct trp_amounts amounts;
    uint64_t group;
    int64_t place;
};

struct trp_resources {
    int ranks, kinds;                   /* kinds that there are in this job */
    char names[TRP_KINDS][TRP_NAME_SIZE];
    uint64_t *has;                      /* [ranks][kinds] */
    int *node;                          /* [ranks], from 0, in the order of their first ranks */
    int nodes;
    uint64_t least_cpus;                /* that a rank has */
    int gpu_mates, gpu_mates_before;    /* ranks that share this one's GPUs, and how many of them
                                           come before it; under self all, and 0 */
    int gpus_seen;                      /* by them */
    int team_limit;                     /* of OMP_NUM_THREADS; 0: none */
    int users;                          /* ranks of this process */
};

/* Reads what this process was given; false after saying which variable is wrong. Before MPI. */
bool trp_resources_read(void);

/* What the ranks have: all together. One for all ranks of a process. */
struct trp_resources *trp_resources_open(struct trp_wire *wire);
void trp_resources_close(struct trp_resources *resources);

static inline uint64_t trp_rank_has(const struct trp_resources *resources, int rank, int kind)
{
    return resources->has[(size_t)rank * (size_t)resources->kinds + (size_t)kind];
}

static inline int trp_rank_node(const struct trp_resources *resources, int rank)
{
    return resources->node[rank];
}

/* The number that the process has for the first GPU of its rank. */
int trp_rank_first_gpu(const struct trp_resources *resources, const struct trp_wire *wire);

/* The kind of that name (cpus, gpus, memory, or a user's), -1: there is none in this job. */
int trp_kind_by_name(const struct trp_resources *resources, const char *name);

/* ---- what is asked for ----------------------------------------------------------------------- */

/* What needs say; false with the story of what is wrong with it. */
bool trp_request_read(const struct trp_resources *resources, const struct troupe_needs *needs,
                      struct trp_amounts *request, char *story, size_t size);

/* It could be satisfied there, if nothing else went on. */
bool trp_rank_could(const struct trp_resources *resources, int rank,
                    const struct trp_amounts *request);

/* The same, and so much beside it. */
bool trp_rank_could_with(const struct trp_resources *resources, int rank,
                         const struct trp_amounts *request, const struct trp_amounts *beside);

/* "2 CPUs, 0.25 GPUs, 1.5 GiB of memory, fpga:1" of what is not zero. Returns text. */
const char *trp_amounts_text(const struct trp_resources *resources, const uint64_t *of, char *text,
                             size_t size);
#define TRP_AMOUNTS_SIZE 512

/* Why a request is refused: with the largest place there is. `who`: "rank 3 has not", "no rank of
   this job has". */
void trp_request_refusal(const struct trp_resources *resources, const char *who, const char *whose,
                         const struct trp_amounts *request, char *story, size_t size);

/* It asks for something that is held, apart from CPUs. */
bool trp_request_holds(const struct trp_amounts *request);

/* ---- on its way: behind the arguments -------------------------------------------------------- */

#define TRP_ASKS_MORE (INT64_C(1) << 32) /* in a record's number, beside the CPUs */
#define TRP_TASK_MOVES (INT64_C(1) << 33) /* and of a task: another rank may take it; */
#define TRP_MOVES_SHIFT 34 /* it has been given on so often */
#define TRP_MOVES_MAX 63
#define TRP_MOVE (INT64_C(1) << TRP_MOVES_SHIFT)
#define TRP_RETRIES_SHIFT 40 /* how often it is run again, at most */
#define TRP_RETRIES_MAX 255
#define TRP_PRIORITY_SHIFT 48 /* and its priority, to the top */
#define TRP_AT_ONCE_SHIFT 48 /* of an actor there: how many methods may run at a time */
#define TRP_AT_ONCE_MAX 1000

/* The type of arguments with a request behind them. */
struct trp_asking {
    struct troupe_type type;
    struct troupe_field fields[2];
};
const struct troupe_type *trp_asking_type(struct trp_asking *asking,
                                          const struct troupe_type *args);

/* Where the request is, behind arguments of that size. */
static inline size_t trp_asking_offset(const struct troupe_type *args)
{
    return ((size_t)args->size + 7) & ~(size_t)7;
}

#endif
