/* The memory of this process, as Linux counts it: PSS, in which shared pages are shared out. */
#ifndef BENCH_PSS_H
#define BENCH_PSS_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

/* 0: it cannot be read. */
static inline uint64_t pss_kib(void)
{
    char line[256];
    uint64_t kib = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    if (!file)
        return 0;
    while (!kib && fgets(line, sizeof line, file))
        if (sscanf(line, "Pss: %" SCNu64, &kib) != 1)
            kib = 0;
    fclose(file);
    return kib;
}

#endif
