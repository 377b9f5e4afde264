/* There are at most 32. */
#include "classes.h"

#define EIGHT(x)                                                                                   \
    (int, x##1), (int, x##2), (int, x##3), (int, x##4), (int, x##5), (int, x##6), (int, x##7),     \
        (int, x##8)
TROUPE_STRUCT(wide, EIGHT(a), EIGHT(b), EIGHT(c), EIGHT(d), (int, more)); /* wrong */
