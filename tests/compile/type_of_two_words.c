/* A type is one word: unsigned long is size_t, or uint64_t. */
#include "classes.h"

TROUPE_TELL(other, count, (unsigned long, calls)); /* wrong */
