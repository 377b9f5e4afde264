/* Values lie in a message at multiples of 8 bytes. */
#include "classes.h"

typedef struct {
    _Alignas(16) double pair[2];
} two_at_once;
TROUPE_BYTES(two_at_once); /* wrong */
