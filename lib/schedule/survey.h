/*
 * What a process was given, as its environment says: the variables of Slurm and of the makers of
 * GPUs, and TROUPE_RESOURCES. It refuses to know of other ranks; resources.h shares all of it out.
 */
#ifndef TRP_SURVEY_H
#define TRP_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRP_NAME_SIZE 24   /* of a resource's name, the NUL included */
#define TRP_CUSTOM_MAX 13  /* names of resources in a job */
#define TRP_GPUS_MAX 64    /* of a rank */

enum trp_scope {
    TRP_SCOPE_RANK, /* each rank that reads it has so much */
    TRP_SCOPE_NODE, /* the ranks of the node have it together, */
    TRP_SCOPE_JOB,  /* or those of the job */
};

struct trp_custom {
    char name[TRP_NAME_SIZE];
    enum trp_scope scope;
    uint64_t amount;
};

struct trp_survey {
    int most_cpus;            /* SLURM_CPUS_PER_TASK; 0: no limit */
    int node_cpus;            /* of the job on this node, SLURM_CPUS_ON_NODE; 0: not said */
    int team_limit;           /* OMP_NUM_THREADS; 0: no limit */
    int gpus;                 /* that the process sees, */
    bool gpus_said;           /* because a variable says so */
    uint64_t gpus_are;        /* a hash of which: ranks of a node with the same one share them */
    uint64_t node_memory;     /* bytes that Slurm gives the job on this node; 0: it does not say */
    int customs;
    struct trp_custom custom[TRP_CUSTOM_MAX];
    bool bound_by_default; /* Open MPI's mpirun has chosen by itself what to bind this rank to */
    char error[256];       /* which variable is wrong, and where; "": none */
};

typedef const char *trp_getenv(const char *name);

/* Reads the variables that `get` gives; false with *survey's error. */
bool trp_survey_read(struct trp_survey *survey, trp_getenv *get);

/* "fpga:1,node:nic:2,job:license:4": adds to *survey; false with its error, which begins with
   `variable`. */
bool trp_survey_customs(struct trp_survey *survey, const char *variable, const char *text);

/* What `scontrol show job` says of resources that are only counted, as TROUPE_RESOURCES has it:
   "JOB_GRES=gpu:4,fpga:2" of two nodes is "node:fpga:1". False when that is not in it. */
bool trp_survey_gres(const char *scontrol, int nodes, char *text, size_t size);

#endif
