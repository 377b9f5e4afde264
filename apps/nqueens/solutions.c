#include "solutions.h"

#include <stdlib.h>
#include <string.h>

struct solutions_state {
    size_t size;
    uint64_t wanted, count;
    uint8_t *queens; /* [wanted * size] */
};

static void on_init(struct solutions_state *self, uint32_t size, uint64_t wanted)
{
    *self = (struct solutions_state){.size = size, .wanted = wanted};
    self->queens = calloc(wanted, size);
    if (!self->queens)
        troupe_fail(TROUPE_NO_MEMORY, "no memory for %llu solutions", (unsigned long long)wanted);
}

static void on_destroy(struct solutions_state *self)
{
    free(self->queens);
}

static bool more_wanted(const struct solutions_state *self)
{
    return self->count < self->wanted;
}

static bool on_add(struct solutions_state *self, TROUPE_SPAN(uint8_t) queens)
{
    if (more_wanted(self))
        memcpy(self->queens + self->size * self->count++, queens.data, self->size);
    return more_wanted(self);
}

static TROUPE_SPAN(uint8_t) on_all(struct solutions_state *self)
{
    return (TROUPE_SPAN(uint8_t)){self->queens, self->size * self->count};
}

TROUPE_IMPLEMENT(solutions, (init, on_init), (destroy, on_destroy), (add, on_add), (all, on_all));
