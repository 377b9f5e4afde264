/* There is nothing of it to send. */
#include "classes.h"

typedef struct {
    int none[0];
} nothing;
TROUPE_BYTES(nothing); /* wrong */
