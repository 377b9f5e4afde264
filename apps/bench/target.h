/*
 * The actor that the kernels call, and the one that calls it from its own rank.
 */
#ifndef BENCH_TARGET_H
#define BENCH_TARGET_H

#include "troupe.h"

TROUPE_CLASS(target);
TROUPE_TELL(target, add, (uint64_t, a), (uint64_t, b));
TROUPE_ASK(target, echo, uint64_t, (uint64_t, value));
TROUPE_ASK(target, sum, uint64_t); /* of all that was added; begins anew */

/* They return the seconds that n calls took. */
TROUPE_CLASS(prodder);
TROUPE_ASK(prodder, tell, double, (target, to), (uint64_t, n));
TROUPE_ASK(prodder, ask, double, (target, to), (uint64_t, n));

/* The same ones at every call. Driver only. */
target target_on(int rank);

/* The driver, or the method, fails if `got` is not `wanted`. */
void target_expect(const char *what, uint64_t got, uint64_t wanted);

#endif
