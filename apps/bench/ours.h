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
double ours_ask_rate(uint64_t n);
double ours_wake(uint64_t n);

/* ours_tell.c */
double ours_tell_rate(uint64_t n);

/* ours_local.c */
double ours_local_tell(uint64_t n);
double ours_local_ask(uint64_t n);

/* ours_create.c */
double ours_create_local(uint64_t n);
double ours_create_remote(uint64_t n);

#endif
