/*
 * Names of actors. The home of a name is a rank chosen by its hash: it knows who has it, decides
 * who gets it, and keeps those who look for it waiting.
 */
#ifndef TRP_NAMES_H
#define TRP_NAMES_H

#include "schedule/rank.h"

struct trp_names;

void trp_names_open(struct trp_rank *rank);
void trp_names_close(struct trp_rank *rank);

int trp_name_home(const struct trp_rank *rank, const char *name);

/* At the home. CLAIM: `number` is the host's rank; with a future, the claimant is content with the
   one who has it and is told its handle. */
void trp_names_claim(struct trp_rank *rank, const struct trp_record *record, int from);
void trp_names_lookup(struct trp_rank *rank, const struct trp_record *record, int from);
void trp_names_forget(struct trp_rank *rank, const struct trp_record *record, int from);
void trp_names_release(struct trp_rank *rank, const struct trp_record *record);

/* Who has the name at this moment; false: nobody. At its home. */
bool trp_names_holder(struct trp_rank *rank, const char *text, struct troupe_ref *ref,
                      uint32_t *class_);

/* How a handle is answered. */
extern const struct troupe_type trp_handle_type;

#endif
