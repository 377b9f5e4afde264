/*
 * What is measured: a table with a row for each kernel.
 *
 * A kernel does the same thing twice, `ours` with troupe and `raw` as one would write it without;
 * each is told how many times and says how long it took. A new kernel is a row in kernels.c and
 * the functions that it names: ours_*.c knows troupe and no MPI, raw_*.c knows MPI and no troupe.
 */
#ifndef BENCH_KERNELS_H
#define BENCH_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_unit {
    const char *name;
    double scale;
    bool rate; /* times a second, and not seconds a time */
};

/* Seconds that `n` times took; NAN: this cannot be done here. */
typedef double bench_side(uint64_t n);

/* What the ratio, or the figure itself, should reach; 0: no such bar. */
struct bench_bar {
    double bound;
    double on_p2p;  /* another one there */
    double on_many; /* another one on four ranks or more */
    int ranks;      /* on fewer there is none */
    bool of_ours;   /* of the figure, not of the ratio */
};

struct bench_kernel {
    const char *name; /* "group/variant", or "group_1KiB", is also chosen by its group */
    int ranks;        /* at least */
    const struct bench_unit *unit;
    bench_side *ours;             /* called by the driver; NULL: only the machine is measured */
    bench_side *raw;              /* called on rank 0; NULL: there is no counterpart */
    void (*raw_mate)(uint64_t n); /* what the other ranks do meanwhile; NULL: nothing */
    bool all;                     /* the mates are all others, and not rank 1 alone */
    double (*gauge)(double seconds); /* instead of sides: a figure in the unit, taken once */
    uint64_t most;                   /* times in one go, 0: no limit */
    uint64_t bytes;                  /* each time, where a rate is one of bytes */
    bool (*runs_here)(void);         /* NULL: wherever there are enough ranks */
    struct bench_bar bar;
    const char *what;
};

extern const struct bench_kernel bench_kernels[];
extern const size_t bench_kernel_count;

bool bench_kernel_fits(const struct bench_kernel *kernel, int ranks);

/* Whether `word` names the kernel or its group. */
bool bench_kernel_is(const struct bench_kernel *kernel, const char *word);

#endif
