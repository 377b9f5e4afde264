/*
 * Records of many calls, or answers: delivered in a loop that does for each what its kind needs and
 * nothing else, so that the processor has the memory of several on its way at once.
 */
#ifndef TRP_MANY_H
#define TRP_MANY_H

#include "schedule/rank.h"

#define TRP_ROW_MOST 32 /* calls, whose actors are looked up together */

/* Some of them, of actors of one class that nothing keeps from running the method. While they run
   the context knows of none of them: whoever looks (a function of troupe that the method calls, or
   a thread that takes the scheduler role away) sees to it that it knows of the one that runs, by
   trp_row_show, and then the row ends with that one. */
struct trp_row {
    struct troupe_row calls;
    struct trp_context *context;
    struct trp_parcel *parcel;
    const struct trp_record *many;
    const struct troupe_method *method;
    char *at;             /* the first of them, in the record */
    unsigned count, done; /* of the latter nothing is left to do */
    unsigned begun;       /* so many are counted as begun */
    int64_t began;        /* a trp_now_ns(), if that is measured; or 0 */
    struct trp_actor *shown; /* NULL: nobody has looked */
    uint64_t results[TRP_ROW_MOST][2];
    void *states[TRP_ROW_MOST];
};

/* In the runtime, with the role; or of a thread that has just lost it. It runs a row. */
void trp_row_show(struct trp_here *here);

/* Such a record has been taken: the parcel is read one by one from now on. False: it is damaged. */
bool trp_many_begin(struct trp_parcel *parcel, struct trp_record *record);

/* Delivers the next of them, some or all; returns how many calls that were. */
unsigned trp_many_deliver(struct trp_rank *rank, struct trp_parcel *parcel);

#endif
