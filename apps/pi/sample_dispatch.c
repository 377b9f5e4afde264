/* Which sampling kernel runs: the best one this CPU has, or the one that was asked for. */
#include "sample.h"

#include "sample_lanes.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool always(void)
{
    return true;
}

#if defined __x86_64__
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}
#endif

/* The best first. */
static const struct choice {
    const char *name;
    pi_kernel *kernel;
    bool (*runs_here)(void);
} choices[] = {
#if defined __x86_64__
    { "avx512", pi_outside_avx512, has_avx512 },
    { "avx2",   pi_outside_avx2,   has_avx2 },
    { "sse2",   pi_outside_sse2,   always },
#elif defined __aarch64__
    { "neon",   pi_outside_neon,   always },
#endif
    { "scalar", pi_outside_scalar, always },
};

/* Relaxed: it only ever points to constants, and threads that race to fill it store the same. */
static _Atomic(const struct choice *) chosen;

static const struct choice *find(const char *name)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        bool wanted = !name || strcmp(name, choices[i].name) == 0;
        if (wanted && choices[i].runs_here())
            return &choices[i];
    }
    return NULL;
}

static const struct choice *now(void)
{
    const struct choice *choice = atomic_load_explicit(&chosen, memory_order_relaxed);

    if (!choice) {
        choice = find(NULL);
        atomic_store_explicit(&chosen, choice, memory_order_relaxed);
    }
    return choice;
}

pi_kernel *pi_kernel_now(void)
{
    return now()->kernel;
}

const char *pi_kernel_name(void)
{
    return now()->name;
}

int pi_kernel_select(const char *name)
{
    const struct choice *choice = find(name);

    if (!choice)
        return -1;
    atomic_store_explicit(&chosen, choice, memory_order_relaxed);
    return 0;
}
