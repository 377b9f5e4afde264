/*
 * How much memory a node has for the job.
 */
#ifndef TRP_MEMORY_H
#define TRP_MEMORY_H

#include <stdint.h>

/* Bytes of the machine, or of the smallest control group that the process is in. */
uint64_t trp_memory_of_node(void);

/* The smallest limit of the groups that `groups` (as /proc/self/cgroup) names and those above them,
   below `mount`; UINT64_MAX: none. */
uint64_t trp_memory_limit(const char *groups, const char *mount);

#endif
