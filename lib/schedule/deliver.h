/*
 * A record arrives: at the actor, the worker, the future or the runtime that it is for.
 */
#ifndef TRP_DELIVER_H
#define TRP_DELIVER_H

#include "schedule/rank.h"

/* The parcel holds the record; who needs it for longer holds the parcel. */
void trp_deliver(struct trp_rank *rank, struct trp_record *record, struct trp_parcel *parcel);

/* Fetches into the cache what the next records of a parcel are for. */
void trp_deliver_soon(struct trp_rank *rank, struct trp_parcel *parcel);

#endif
