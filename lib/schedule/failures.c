#include "schedule/failures.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "schedule/figures.h"

/* As much of it as there is room for, and no part of a character. */
static void copy(char *to, size_t size, const char *text)
{
    size_t bytes = strlen(text);
    if (bytes >= size)
        for (bytes = size - 1; bytes && ((unsigned char)text[bytes] & 0xc0) == 0x80; bytes--) {
        }
    memcpy(to, text, bytes);
    to[bytes] = 0;
}

void trp_failures_add(struct trp_rank *rank, const struct trp_actor *actor,
                      const struct troupe_method *method, int status, const char *story)
{
    struct trp_counts *counts = rank->counts;
    if (!counts->failures && !(counts->failures = calloc(1, sizeof *counts->failures)))
        return;
    struct trp_failures *all = counts->failures;
    struct trp_failure *one = &all->latest[all->count % TRP_FAILURES_KEPT];
    *one = (struct trp_failure){.number = ++all->count,
                                .at = trp_now_roughly(),
                                .actor = trp_actor_ref(actor),
                                .class_ = actor->class_,
                                .method = method,
                                .status = status};
    copy(one->story, sizeof one->story, story);
}

const struct trp_failure *trp_failures_latest(const struct trp_rank *rank, size_t n)
{
    const struct trp_failures *all = rank->counts->failures;
    if (!all || n >= all->count || n >= TRP_FAILURES_KEPT)
        return NULL;
    return &all->latest[(all->count - 1 - n) % TRP_FAILURES_KEPT];
}
