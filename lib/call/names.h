/*
 * Getting a name for a new actor.
 */
#ifndef TRP_CALL_NAMES_H
#define TRP_CALL_NAMES_H

#include "call/caller.h"

/* Claims the name for an actor that is about to be created. With `or_existing` waits, and returns
   who has it: the new one, or another. */
struct troupe_ref trp_claim(struct trp_caller caller, const struct troupe_class *class_,
                            struct troupe_ref ref, const char *name, bool or_existing);

#endif
