/*
 * Records of many calls, or answers: delivered in a loop that does for each what its kind needs and
 * nothing else, so that the processor has the memory of several on its way at once.
 */
#ifndef TRP_MANY_H
#define TRP_MANY_H

#include "schedule/rank.h"

/* Such a record has been taken: the parcel is read one by one from now on. False: it is damaged. */
bool trp_many_begin(struct trp_parcel *parcel, struct trp_record *record);

/* Delivers the next of them, some or all; returns how many calls that were. */
unsigned trp_many_deliver(struct trp_rank *rank, struct trp_parcel *parcel);

#endif
