/*
 * What a call asks for.
 */
#ifndef TRP_CALL_RESOURCES_H
#define TRP_CALL_RESOURCES_H

#include "call/place.h"
#include "schedule/rank.h"

/* What the options and, where they say nothing, the declared needs ask for; returns the rank that
   is to have it; -1 if that cannot be, and the story why. */
int trp_asked_place(struct trp_rank *rank, const struct troupe_options *with,
                    const struct troupe_needs *declared, const char *whose, bool task,
                    struct trp_asked *asked, char story[TRP_REFUSAL_SIZE]);

/* The needs of a class, or of the first of its bases that has any. */
const struct troupe_needs *trp_class_needs(const struct troupe_class *class_);

#endif
