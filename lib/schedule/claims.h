/*
 * Claims of tasks and actors on what their rank has beside CPUs: see stock.h, which keeps account.
 */
#ifndef TRP_CLAIMS_H
#define TRP_CLAIMS_H

#include "schedule/rank.h"
#include "schedule/stock.h"
#include "troupe/resources.h"

/* The claim that a record TASK or CREATE with TRP_ASKS_MORE makes, behind arguments of that type
   (NULL: of a class without a constructor); NULL when memory is short. */
struct trp_claim *trp_claim_of(struct trp_rank *rank, const struct trp_record *record,
                               const struct troupe_type *args, const char *name);

/* Where it is claimed: of the rank's, or of what is reserved for a place of a group. */
struct trp_stock *trp_stock_of(struct trp_workers *workers, const struct trp_bundle *bundle);

/* From the scheduler's thread. Whether it is held at once; if not, a record GRANTED for the claim's
   actor comes when it is. */
bool trp_claims_begin(struct trp_rank *rank, struct trp_claim *claim);

/* An actor's is over, held or not; it is freed. From the scheduler's thread. */
void trp_claims_leave(struct trp_rank *rank, struct trp_claim *claim);

/* The same of any claim, with the workers' lock held. */
void trp_claims_end(struct trp_rank *rank, struct trp_claim *claim);

/* What waits on this rank, for what: the first of them in `list`; returns how many wait. Any
   thread. */
size_t trp_claims_waiting(struct trp_rank *rank, struct troupe_waiting *list, size_t most);

#endif
