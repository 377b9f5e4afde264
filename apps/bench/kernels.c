#include "kernels.h"

#include <string.h>

#include "ours.h"
#include "raw.h"

static const struct bench_unit ns = {"ns", 1e9, false}, us = {"us", 1e6, false},
                               mega = {"M/s", 1e-6, true}, giga = {"G/s", 1e-9, true};

/* clang-format off */
#define CREATED 20000 /* at most in one go: actors stay until the job ends */

const struct bench_kernel bench_kernels[] = {
    {"floor", 1, &ns, NULL, raw_floor, raw_floor_mate, 0, NULL,
     "the machine: a cache line handed over between two ranks, or threads if there is one rank"},
    {"pi_kernel/avx512", 1, &giga, ours_pi_avx512, raw_pi_tutorial, NULL, 0, ours_pi_has_avx512,
     "samples on one core, against the tutorial's loop in C with erand48"},
    {"pi_kernel/avx2", 1, &giga, ours_pi_avx2, raw_pi_tutorial, NULL, 0, ours_pi_has_avx2, "same"},
    {"pi_kernel/sse2", 1, &giga, ours_pi_sse2, raw_pi_tutorial, NULL, 0, ours_pi_has_sse2, "same"},
    {"pi_kernel/neon", 1, &giga, ours_pi_neon, raw_pi_tutorial, NULL, 0, ours_pi_has_neon, "same"},
    {"pi_kernel/scalar", 1, &giga, ours_pi_scalar, raw_pi_tutorial, NULL, 0, NULL, "same"},
    {"ask_rtt", 2, &us, ours_ask_rtt, raw_ask_rtt, raw_ask_rtt_mate, 0, NULL,
     "8 bytes to rank 1 and back, awaited by the driver, against MPI_Send and receives"},
    {"ask_rate", 2, &mega, ours_ask_rate, raw_ask_rate, raw_ask_rate_mate, 0, NULL,
     "the same with 1000 in flight, against requests and replies packed into messages"},
    {"tell_rate", 2, &mega, ours_tell_rate, raw_tell_rate, raw_tell_rate_mate, 0, NULL,
     "16 bytes to one actor on rank 1, against records packed into messages of 16 KiB"},
    {"wake", 2, &us, ours_wake, raw_wake, raw_wake_mate, 1, NULL,
     "an ask to a rank that has slept 50 ms, against a futex and a word in shared memory"},
    {"local_tell", 1, &ns, ours_local_tell, raw_local_tell, NULL, 0, NULL,
     "16 bytes from actor to actor on one rank, against a ring and a function pointer"},
    {"local_ask", 1, &ns, ours_local_ask, raw_local_ask, NULL, 0, NULL,
     "8 bytes and back from actor to actor on one rank, against the same"},
    {"create_local", 1, &mega, ours_create_local, raw_create_local, NULL, CREATED, NULL,
     "actors made on rank 0 until the last has answered, against malloc and a constructor"},
    {"create_remote", 2, &mega, ours_create_remote, raw_create_remote, raw_create_remote_mate,
     CREATED, NULL, "actors made on rank 1 from rank 0, against records packed into messages"},
};
/* clang-format on */

const size_t bench_kernel_count = sizeof bench_kernels / sizeof *bench_kernels;

bool bench_kernel_fits(const struct bench_kernel *kernel, int ranks)
{
    return ranks >= kernel->ranks && (!kernel->runs_here || kernel->runs_here());
}

bool bench_kernel_is(const struct bench_kernel *kernel, const char *word)
{
    size_t length = strlen(word);
    return !strncmp(kernel->name, word, length) &&
           (kernel->name[length] == 0 || kernel->name[length] == '/');
}
