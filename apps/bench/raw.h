/*
 * The kernels without troupe, written as one would for a living: each n times, and returns the
 * seconds it took, or NAN where there is no MPI or no shared memory to do it with. Where more ranks
 * take part, rank 0 calls the first function and the others the mate, with the same n.
 */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <stdint.h>

#define RAW_PAUSE 0.05  /* seconds that a wake-up is preceded by */
#define RAW_BEAT 1e-3   /* those of a rank that is busy otherwise */
#define RAW_ASKED 500    /* times, for a quantile */
#define RAW_P99 0.99
#define RAW_WINDOW 1000 /* requests in flight */

double raw_floor(uint64_t n);
void raw_floor_mate(uint64_t n);

double raw_pi_tutorial(uint64_t n);

double raw_ask_rtt(uint64_t n);
void raw_ask_rtt_mate(uint64_t n);
double raw_ask_rate(uint64_t n);
void raw_ask_rate_mate(uint64_t n);

double raw_tell_rate(uint64_t n);
void raw_tell_rate_mate(uint64_t n);

double raw_tell_rate_many(uint64_t n);
void raw_tell_rate_many_mate(uint64_t n);

double raw_histogram(uint64_t n);
void raw_histogram_mate(uint64_t n);

double raw_indexgather(uint64_t n);
void raw_indexgather_mate(uint64_t n);

double raw_thread_ring(uint64_t n);
void raw_thread_ring_mate(uint64_t n);

double raw_bulk(uint64_t n);
void raw_bulk_mate(uint64_t n);

/* raw_latency.c */
double raw_latency(uint64_t n);
void raw_latency_mate(uint64_t n);

double raw_idle_wake(uint64_t n);
void raw_idle_wake_mate(uint64_t n);

/* Not the mean of n times, but a quantile of RAW_ASKED. */
double raw_deaf(uint64_t n);
void raw_deaf_mate(uint64_t n);
double raw_deaf_median(uint64_t n);
void raw_deaf_median_mate(uint64_t n);
double raw_quantile(double *times, uint64_t n, double part); /* sorts them */

double raw_local_tell(uint64_t n);
double raw_local_ask(uint64_t n);

double raw_task_latency(uint64_t n);

double raw_create_local(uint64_t n);
double raw_create_remote(uint64_t n);
void raw_create_remote_mate(uint64_t n);

#endif
