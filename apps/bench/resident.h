/* The memory of this process that is there, in bytes: cheap enough to look at while measuring. */
#ifndef BENCH_RESIDENT_H
#define BENCH_RESIDENT_H

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

/* 0: it cannot be read. */
static inline int64_t resident_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    if (fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    fclose(file);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

/* The same, when what was freed before has been given back: so that it does not hide growth. */
static inline int64_t resident_at_start(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    return resident_bytes();
}

#endif
