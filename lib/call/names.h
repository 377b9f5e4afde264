/*
 * Getting a name for a new actor.
 */
#ifndef TRP_CALL_NAMES_H
#define TRP_CALL_NAMES_H

#include "call/caller.h"

/* Claims the name for an actor that is about to be created. With `or_existing` waits, and returns
   who has it: the new one, or another. A caller that ends before the claim is settled gives it up:
   its name is free again, and calls that are on their way to the actor fail. */
struct troupe_ref trp_claim(struct trp_caller caller, const struct troupe_class *class_,
                            struct troupe_ref ref, const char *name, bool or_existing);

/* The actor has been created, or another one has the name. */
void trp_claim_settled(struct trp_caller caller);

#endif
