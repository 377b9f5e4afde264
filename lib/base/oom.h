/*
 * Whether the kernel has killed processes of a cgroup for lack of memory.
 */
#ifndef TRP_OOM_H
#define TRP_OOM_H

/* A file descriptor of what counts them, found by a file as /proc/PID/cgroup and where cgroups are
   mounted; -1: it cannot be read. */
int trp_oom_open(const char *groups, const char *mount);

/* How many so far; -1: that cannot be read, or not any more. */
long trp_oom_kills(int fd);

#endif
