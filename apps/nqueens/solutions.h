/*
 * An actor that collects the first solutions, and says when there are enough.
 */
#ifndef SOLUTIONS_H
#define SOLUTIONS_H

#include "troupe.h"

#define SOLUTIONS_MAX 1000000

/* size: queens of a solution. */
TROUPE_CLASS(solutions, (uint32_t, size), (uint64_t, wanted));
/* The columns of the queens, by row; whether more are wanted. One too many is not kept. */
TROUPE_ASK(solutions, add, bool, (TROUPE_SPAN(uint8_t), queens));
/* One after the other, as they came. */
TROUPE_ASK(solutions, all, TROUPE_SPAN(uint8_t));

#endif
