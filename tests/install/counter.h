/* A class that the programs in C and in C++ share. */
#ifndef COUNTER_H
#define COUNTER_H

#include <troupe.h>

TROUPE_CLASS(counter);
TROUPE_TELL(counter, add, (int32_t, amount));
TROUPE_ASK(counter, sum, int32_t);

#endif
