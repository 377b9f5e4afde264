#define _GNU_SOURCE /* of the C library: sched_setaffinity */
#include "schedule/cpus.h"

#include <hwloc.h>
#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define MASK_WORDS 64 /* of 64 CPUs: what ranks tell each other of their binding */

struct mask {
    uint64_t words[MASK_WORDS];
};

static struct mask binding;
static int allowed;

static void add_to(struct mask *mask, int cpu)
{
    if (cpu >= 0 && cpu < 64 * MASK_WORDS)
        mask->words[cpu / 64] |= UINT64_C(1) << cpu % 64;
}

static bool has(const struct mask *mask, int cpu)
{
    return mask->words[cpu / 64] >> cpu % 64 & 1;
}

static int weight(const struct mask *mask)
{
    int n = 0;
    for (unsigned i = 0; i < MASK_WORDS; i++)
        n += __builtin_popcountll(mask->words[i]);
    return n;
}

/* Under OMP_PROC_BIND the first thread was bound to one CPU before main, and the others began with
   that; but OpenMP says which there were. */
static void add_places(struct mask *mask)
{
    int cpus[64 * MASK_WORDS];
    for (int place = 0; place < omp_get_num_places(); place++) {
        int count = omp_get_place_num_procs(place);
        if (count > 64 * MASK_WORDS)
            continue;
        omp_get_place_proc_ids(place, cpus);
        for (int i = 0; i < count; i++)
            add_to(mask, cpus[i]);
    }
}

/* The binding of the whole process, not of the thread that asks. */
static void read_binding(void)
{
    hwloc_topology_t topology;
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    memset(&binding, 0, sizeof binding);
    hwloc_topology_init(&topology);
    hwloc_topology_set_all_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_load(topology);
    hwloc_const_bitmap_t all = hwloc_topology_get_allowed_cpuset(topology);
    if (hwloc_get_cpubind(topology, set, HWLOC_CPUBIND_PROCESS) != 0)
        hwloc_bitmap_copy(set, all);
    hwloc_bitmap_and(set, set, all);
    for (unsigned i = 0; i < MASK_WORDS; i++)
        binding.words[i] = hwloc_bitmap_to_ith_ulong(set, i);
    allowed = hwloc_bitmap_weight(all);
    hwloc_topology_destroy(topology);
    hwloc_bitmap_free(set);
    add_places(&binding);
}

void trp_cpus_loosen(void)
{
    cpu_set_t *set = CPU_ALLOC(64 * MASK_WORDS);
    size_t size = CPU_ALLOC_SIZE(64 * MASK_WORDS);
    if (!set)
        return;
    CPU_ZERO_S(size, set);
    for (int cpu = 0; cpu < 64 * MASK_WORDS; cpu++)
        if (has(&binding, cpu))
            CPU_SET_S((size_t)cpu, size, set);
    sched_setaffinity(0, size, set); /* where that is forbidden it keeps what it has */
    CPU_FREE(set);
}

struct trp_cpus trp_cpus_read(struct trp_wire *wire)
{
    read_binding();
    int total = weight(&binding);
    if (wire->ops->one_process)
        return (struct trp_cpus){total, wire->node_ranks, 0, total, allowed};
    size_t ranks = (size_t)wire->node_ranks;
    struct mask any = {{0}}, *all = malloc(ranks * sizeof *all);
    if (!all)
        trp_die("no memory for the bindings of %zu ranks", ranks);
    wire->ops->share(wire, &binding, sizeof binding, all);
    struct trp_cpus cpus = {.bound = total, .allowed = allowed};
    for (int i = 0; i < wire->node_ranks; i++) {
        bool same = !memcmp(&all[i], &binding, sizeof binding);
        cpus.sharing += same;
        cpus.before += same && i < wire->node_rank;
        for (unsigned k = 0; k < MASK_WORDS; k++)
            any.words[k] |= all[i].words[k];
    }
    free(all);
    cpus.on_node = weight(&any);
    return cpus;
}
