#include "kernels.h"

#include <ctype.h>
#include <string.h>

#include "ours.h"
#include "raw.h"
#include "troupe.h" /* for TROUPE_HAVE_GIVE */

static const struct bench_unit ns = {"ns", 1e9, false}, us = {"us", 1e6, false},
                               mega = {"M/s", 1e-6, true}, giga = {"G/s", 1e-9, true},
                               gigabytes = {"GB/s", 1e-9, true}, bytes = {"B", 1, false},
                               mebibytes = {"MiB", 1, false}, times = {"times", 1, false};

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define CREATED 100000 /* at most in one go: they are all there at once */
#define SUBMITTED 100000 /* likewise */

/* clang-format off */
#define ALONE(kernel) .ours = ours_##kernel, .raw = raw_##kernel
#define PAIR(kernel) ALONE(kernel), .raw_mate = raw_##kernel##_mate
#define ALL(kernel, side) \
    .ours = ours_##kernel, .raw = raw_##side, .raw_mate = raw_##side##_mate, .all = true

#define PI(kernel, test, least) \
    {"pi_kernel/" #kernel, 1, &giga, .ours = ours_pi_##kernel, .raw = raw_pi_tutorial, \
     .runs_here = test, .bar = {.bound = least}, \
     .what = "samples on one core, against the tutorial's loop in C with erand48"}

#define BULK(name, size, least) \
    {name, 2, &gigabytes, PAIR(bulk), .bytes = size, .bar = {.bound = least}, \
     .what = "one argument, every byte summed by the method, against MPI_Send and MPI_Recv"}

#define LATENCY(name, size) \
    {name, 2, &us, PAIR(latency), .bytes = size, \
     .what = "so many bytes to rank 1 and 8 back, awaited by the driver, against MPI_Send"}

#define DEAF(name, kernel, side, least, ours_alone, who) \
    {"deaf/" name, 2, &us, .ours = ours_deaf_##kernel, .raw = raw_##side, \
     .raw_mate = raw_##side##_mate, .most = 1, \
     .bar = {.bound = least, .of_ours = ours_alone}, \
     .what = "p99 of asks to a rank while " who " computes, against a futex beside a thread"}

#define BULK_LOCAL(name, size) \
    {name, 1, &us, .ours = ours_bulk_local, .bytes = size, \
     .what = "an argument handed over on one rank: no time for its size"}

const struct bench_kernel bench_kernels[] = {
    {"floor", 1, &ns, .raw = raw_floor, .raw_mate = raw_floor_mate,
     .what = "the machine: a cache line handed over between two ranks, or threads of one rank"},
    PI(avx512, ours_pi_has_avx512, 60),
    PI(avx2, ours_pi_has_avx2, 30),
    PI(sse2, ours_pi_has_sse2, 0),
    PI(neon, ours_pi_has_neon, 0),
    PI(scalar, NULL, 0),
    {"ask_rtt", 2, &us, PAIR(ask_rtt), .bar = {.bound = 0.8, .on_p2p = 1.5},
     .what = "8 bytes to rank 1 and back, awaited by the driver, against MPI_Send and receives"},
    {"ask_rtt_light", 2, &us, .ours = ours_ask_rtt_light, .raw = raw_ask_rtt,
     .raw_mate = raw_ask_rtt_mate, .bar = {.bound = 0.9},
     .what = "the same, awaited within a light method"},
    {"tell_rate", 1, &mega, ALL(tell_rate, tell_rate),
     .bar = {.bound = 0.7, .on_p2p = 0.4, .ranks = 2},
     .what = "16 bytes from rank 0 to one actor (--destinations), against packed records"},
    {"tell_rate_many", 2, &mega, ALL(tell_rate_many, tell_rate_many), .bar = {.bound = 0.4},
     .what = "the same to 100,000 actors on rank 1 in random order"},
    {"ask_rate", 2, &mega, PAIR(ask_rate), .bar = {.bound = 0.35, .on_p2p = 0.2},
     .what = "8 bytes to rank 1 and back, 1000 in flight, against packed requests and replies"},
    {"histogram", 1, &mega, ALL(histogram, histogram),
     .bar = {.bound = 0.9, .on_many = 0.6, .ranks = 2},
     .what = "random increments from each rank to a table on each, a rank, against 4 KiB buffers"},
    {"histogram_many", 1, &mega, ALL(histogram_many, histogram),
     .bar = {.bound = 0.25, .ranks = 2},
     .what = "the same, an actor for every 64 counters"},
    {"indexgather", 1, &mega, ALL(indexgather, indexgather),
     .bar = {.bound = 0.45, .ranks = 2},
     .what = "random reads from each rank of a table on each, a rank, against 4 KiB buffers"},
    {"indexgather_ask", 1, &mega, ALL(indexgather_ask, indexgather),
     .what = "the same by asks, whose answers are awaited one by one"},
    {"thread_ring", 2, &ns, PAIR(thread_ring), .bar = {.bound = 0.9},
     .what = "a hop of a token round 100 actors on two ranks in turn, against MPI_Send"},
    {"thread_ring_local", 1, &ns, .ours = ours_thread_ring_local,
     .bar = {.bound = 30, .of_ours = true},
     .what = "the same on one rank"},
    {"local_tell", 1, &ns, ALONE(local_tell), .bar = {.bound = 20, .of_ours = true},
     .what = "16 bytes from actor to actor on one rank, against a ring and a function pointer"},
    {"local_ask", 1, &ns, ALONE(local_ask), .bar = {.bound = 100, .of_ours = true},
     .what = "8 bytes and back from actor to actor on one rank, against the same"},
    {"actor_bytes", 1, &bytes, .gauge = ours_actor_bytes, .bar = {.bound = 64, .of_ours = true},
     .what = "memory of one of up to a million idle actors, beyond its state"},
    {"create_local", 1, &mega, ALONE(create_local), .most = CREATED,
     .bar = {.bound = 15, .of_ours = true},
     .what = "actors made on rank 0 until the last has answered, against malloc and a constructor"},
    {"create_remote", 2, &mega, PAIR(create_remote), .most = CREATED,
     .bar = {.bound = 8, .of_ours = true},
     .what = "actors made on rank 1 from rank 0, against records packed into messages"},
    {"task_rate", 1, &mega, .ours = ours_task_rate, .most = SUBMITTED,
     .bar = {.bound = 1, .on_many = 0.8, .of_ours = true},
     .what = "empty tasks submitted by the driver, then awaited"},
    {"task_latency", 1, &us, ALONE(task_latency), .bar = {.bound = 3},
     .what = "an empty task on the same rank awaited, against a futex to a thread and one back"},
    {"task_latency_remote", 2, &us, .ours = ours_task_latency_remote, .raw = raw_task_latency,
     .bar = {.bound = 3},
     .what = "the same on rank 1"},
    {"task_bytes", 1, &bytes, .gauge = ours_task_bytes, .bar = {.bound = 256, .of_ours = true},
     .what = "memory of one of a million tasks that wait"},
    {"task_slowdown", 1, &times, .gauge = ours_task_slowdown,
     .bar = {.bound = 1.5, .of_ours = true},
     .what = "submitting the last tenth of a million that wait, against the first"},
    {"task_mix", 1, &times, .gauge = ours_task_mix, .bar = {.bound = 1.05, .of_ours = true},
     .what = "10,000 tasks of 1 to 1000 lengths, against their CPU time spread over the cores"},
    LATENCY("latency_8B", 8),
    LATENCY("latency_64B", 64),
    LATENCY("latency_512B", 512),
    LATENCY("latency_4KiB", 4 * KIB),
    LATENCY("latency_32KiB", 32 * KIB),
    LATENCY("latency_256KiB", 256 * KIB),
    LATENCY("latency_2MiB", 2 * MIB),
    BULK("bulk_1KiB", 1 * KIB, 1.1),
    BULK("bulk_4KiB", 4 * KIB, 1.1),
    BULK("bulk_16KiB", 16 * KIB, 1.1),
    BULK("bulk_64KiB", 64 * KIB, 0.95),
    BULK("bulk_256KiB", 256 * KIB, 0.95),
    BULK("bulk_1MiB", 1 * MIB, 0.95),
    BULK("bulk_4MiB", 4 * MIB, 0.95),
    BULK("bulk_16MiB", 16 * MIB, 0.95),
    BULK("bulk_64MiB", 64 * MIB, 0.95),
    BULK("bulk_256MiB", 256 * MIB, 0.95),
#ifdef TROUPE_HAVE_GIVE
    BULK_LOCAL("bulk_local_64KiB", 64 * KIB),
    BULK_LOCAL("bulk_local_256MiB", 256 * MIB),
#endif
    {"idle_wake", 2, &us, PAIR(idle_wake), .most = 1, .bar = {.bound = 1.5},
     .what = "an ask to a rank that has slept 50 ms, against a futex and a word in shared memory"},
    DEAF("light", light, deaf, 1.5, false, "a light method there"),
    DEAF("driver", driver, deaf, 1.5, false, "the driver there"),
    DEAF("cpus", cpus, deaf, 1.5, false, "an actor with a CPU there"),
    DEAF("light_p50", light_median, deaf_median, 1000, true, "a light method there, the median"),
    DEAF("driver_p50", driver_median, deaf_median, 1000, true, "the driver there, the median"),
    {"flood", 1, &mebibytes, .gauge = ours_flood, .bar = {.bound = 64, .of_ours = true},
     .what = "growth of memory while tells to an actor that takes 1 us for each flood it"},
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
    if (strncmp(kernel->name, word, length) != 0)
        return false;
    const char *rest = kernel->name + length;
    return *rest == 0 || *rest == '/' || (*rest == '_' && isdigit((unsigned char)rest[1]));
}
