/*
 * The actors that several kernels call, and the one that calls them from its own rank.
 */
#ifndef BENCH_TARGET_H
#define BENCH_TARGET_H

#include "troupe.h"

TROUPE_CLASS(target);
TROUPE_TELL(target, add, (uint64_t, a), (uint64_t, b));
TROUPE_ASK(target, echo, uint64_t, (uint64_t, value));
TROUPE_ASK(target, sum, uint64_t); /* of all that was added; begins anew */

/* One of very many: it counts for its rank what comes, which the rank's tally tells. */
TROUPE_CLASS(cell, (uint64_t, value));
TROUPE_TELL(cell, add, (uint64_t, a), (uint64_t, b));
TROUPE_ASK(cell, sum, uint64_t); /* of its value and all that was added; begins anew from 0 */
TROUPE_CLASS(tally);
TROUPE_ASK(tally, count, uint64_t); /* since the program began */

/* They return the seconds that n calls took. */
TROUPE_CLASS(prodder);
TROUPE_ASK(prodder, tell, double, (target, to), (uint64_t, n));
TROUPE_ASK(prodder, ask, double, (target, to), (uint64_t, n));

/* Of all of them, many asked at once. */
uint64_t cell_sum_all(const cell *cells, uint64_t n);

/* The following is for the driver, and gives the same actors at every call. */
target target_on(int rank);             /* 0 or 1 */
target target_at(uint32_t destination); /* of tell_rate */
prodder prodder_on_0(void);

/* A rank's count of what comes to the many: see tally_await. */
uint64_t *tally_here(void);

/* Until all ranks together have counted so much since the last time; driver only. Fails if nothing
   more comes for a while. */
void tally_await(const char *what, uint64_t wanted);

/* The driver, or the method, fails if `got` is not `wanted`. */
void target_expect(const char *what, uint64_t got, uint64_t wanted);

/* Zeroed memory for the rest of the program, or the driver, or method, fails. */
void *target_memory(size_t bytes);

#endif
