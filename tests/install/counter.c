#include "counter.h"

struct counter_state {
    int32_t sum;
};

static void on_add(struct counter_state *self, int32_t amount)
{
    self->sum += amount;
}

static int32_t on_sum(struct counter_state *self)
{
    return self->sum;
}

TROUPE_IMPLEMENT(counter, (add, on_add), (sum, on_sum));
