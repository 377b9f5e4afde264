/*
 * The kernels as troupe does them: each n times, and returns the seconds it took. A wrong result
 * fails the driver.
 */
#ifndef BENCH_OURS_H
#define BENCH_OURS_H

#include <stdbool.h>
#include <stdint.h>

/* ours_pi.c */
double ours_pi_avx512(uint64_t n);
double ours_pi_avx2(uint64_t n);
double ours_pi_sse2(uint64_t n);
double ours_pi_neon(uint64_t n);
double ours_pi_scalar(uint64_t n);
bool ours_pi_has_avx512(void);
bool ours_pi_has_avx2(void);
bool ours_pi_has_sse2(void);
bool ours_pi_has_neon(void);

/* ours_ask.c */
double ours_ask_rtt(uint64_t n);
double ours_ask_rtt_light(uint64_t n);
double ours_ask_rate(uint64_t n);
double ours_idle_wake(uint64_t n);

/* ours_tell.c */
double ours_tell_rate(uint64_t n);
double ours_tell_rate_many(uint64_t n);

/* ours_histogram.c */
double ours_histogram(uint64_t n);
double ours_histogram_many(uint64_t n);

/* ours_gather.c */
double ours_indexgather(uint64_t n);

/* ours_gather_ask.c */
double ours_indexgather_ask(uint64_t n);

/* ours_ring.c */
double ours_thread_ring(uint64_t n);
double ours_thread_ring_local(uint64_t n);

/* ours_local.c */
double ours_local_tell(uint64_t n);
double ours_local_ask(uint64_t n);

/* ours_deaf.c: not the mean of n times, but a quantile of many */
double ours_deaf_light(uint64_t n);
double ours_deaf_cpus(uint64_t n);
double ours_deaf_driver(uint64_t n);
double ours_deaf_light_median(uint64_t n);
double ours_deaf_driver_median(uint64_t n);

/* ours_create.c */
double ours_create_local(uint64_t n);
double ours_create_remote(uint64_t n);

/* ours_task.c */
double ours_task_rate(uint64_t n);
double ours_task_latency(uint64_t n);
double ours_task_latency_remote(uint64_t n);
double ours_task_bytes(double seconds);
double ours_task_slowdown(double seconds);
double ours_task_mix(double seconds);

/* ours_bulk.c */
double ours_bulk(uint64_t n);
double ours_bulk_local(uint64_t n);
double ours_latency(uint64_t n);

/* ours_memory.c: figures, of what about so many seconds show */
double ours_actor_bytes(double seconds);
double ours_flood(double seconds);

#endif
