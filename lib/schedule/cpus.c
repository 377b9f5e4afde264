#include "schedule/cpus.h"

#include <hwloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define MASK_WORDS 64 /* of 64 CPUs: what ranks tell each other of their binding */

struct mask {
    uint64_t words[MASK_WORDS];
};

/* The binding of the whole process: under OMP_PROC_BIND the main thread's is one CPU. */
static void read_binding(struct mask *mask)
{
    hwloc_topology_t topology;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    memset(mask, 0, sizeof *mask);
    hwloc_topology_init(&topology);
    hwloc_topology_set_all_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_load(topology);
    if (hwloc_get_cpubind(topology, set, HWLOC_CPUBIND_PROCESS) != 0)
        hwloc_bitmap_copy(set, hwloc_topology_get_allowed_cpuset(topology));
    hwloc_bitmap_and(set, set, hwloc_topology_get_allowed_cpuset(topology));
    for (unsigned i = 0; i < MASK_WORDS; i++)
        mask->words[i] = hwloc_bitmap_to_ith_ulong(set, i);
    hwloc_topology_destroy(topology);
    hwloc_bitmap_free(set);
}

static int weight(const struct mask *mask)
{
    int n = 0;
    for (unsigned i = 0; i < MASK_WORDS; i++)
        n += __builtin_popcountll(mask->words[i]);
    return n;
}

int trp_cpus_of_rank(struct trp_wire *wire)
{
    static struct mask mine; /* read once by a process that plays several ranks */
    size_t ranks = (size_t)wire->node_ranks;
    struct mask *all = malloc(ranks * sizeof *all);
    if (!all)
        trp_die("no memory for the bindings of %zu ranks", ranks);
    if (!wire->ops->one_process || wire->rank == 0)
        read_binding(&mine);
    wire->ops->share(wire, &mine, sizeof mine, all);
    int sharing = 0, before = 0;
    for (int i = 0; i < wire->node_ranks; i++)
        if (!memcmp(&all[i], &mine, sizeof mine)) {
            sharing++;
            before += i < wire->node_rank;
        }
    free(all);
    int total = weight(&mine);
    int cpus = total / sharing + (before < total % sharing);
    const char *slurm = getenv("SLURM_CPUS_PER_TASK");
    if (slurm && atoi(slurm) > 0 && atoi(slurm) < cpus)
        cpus = atoi(slurm);
    return cpus > 0 ? cpus : 1;
}
