/*
 * Groups of places: CPUs and all else that is set aside on ranks for those who are sent there.
 *
 * A place of a group is, on its rank, a bundle: slots and a stock of its own, taken out of the
 * rank's. What is sent to it holds and waits for these alone.
 *
 * Groups are granted as a whole by one keeper, rank 0, who keeps a ledger of what groups hold of
 * each rank (see group_keeper.c). A group that the ledger has no room for holds nothing: who asks
 * for all at once cannot be in a cycle of waits (Havender 1968). One that has been entered waits
 * on its ranks only for what runs there, in their lines, whose rule lets nobody starve.
 */
#ifndef TRP_GROUPS_H
#define TRP_GROUPS_H

#include "schedule/worker.h"
#include "troupe/group.h"

/* ---- on the rank of a place: with the workers' lock held ------------------------------------- */

struct trp_bundle {
    struct trp_bundle *next; /* of the rank's that are ready */
    struct trp_rank *rank;
    uint64_t group;
    int64_t place;
    struct trp_slots slots;
    struct trp_stock stock;
    struct trp_claim *claim; /* on the rank's stock */
    struct turn turn;        /* for the rank's slots */
    enum { TRP_BUNDLE_CLAIMS, TRP_BUNDLE_WAITS, TRP_BUNDLE_READY } state;
    struct trp_bundle *waiting; /* the next that is not ready */
    int users;               /* claims on its stock, held or not */
    bool over;               /* to be given back when there are none */
};

/* The claim is on the place of that group, if there is one here; 0 is no group. Takes the lock. */
void trp_bundle_join(struct trp_rank *rank, struct trp_claim *claim, uint64_t group,
                     int64_t place);

void trp_bundle_claimed(struct trp_bundle *bundle); /* it holds all but its slots */
void trp_bundle_ready(struct trp_bundle *bundle);   /* and these */
void trp_bundle_leave(struct trp_bundle *bundle);   /* a claim on its stock has ended */
void trp_bundle_look(struct trp_bundle *bundle);    /* slots of it have come free */

/* ---- records --------------------------------------------------------------------------------- */

enum trp_group_word {
    TRP_GROUP_RESERVE, /* to the keeper: body: struct trp_wish */
    TRP_GROUP_PREPARE, /* to the rank of a place: number; body: amounts */
    TRP_GROUP_READY,   /* back: it is; future: the place */
    TRP_GROUP_GRANTED, /* to who asked: body: the rank of each place */
    TRP_GROUP_RELEASE, /* to the keeper: it is wanted no more, */
    TRP_GROUP_LEAVE,   /* to the rank of a place, */
    TRP_GROUP_LEFT,    /* and back: it is free */
};

struct trp_wish {
    int32_t places;
    int32_t strategy; /* enum troupe_group_strategy */
    struct trp_amounts each;
};

void trp_groups_deliver(struct trp_rank *rank, const struct trp_record *record, int from);

/* From any thread: a word about that group. */
void trp_group_say(struct trp_rank *rank, int to, enum trp_group_word word, uint64_t group,
                   int64_t number, uint64_t future, const void *bytes, size_t size);

/* The keeper's part. */
void trp_keeper_hears(struct trp_rank *rank, const struct trp_record *record, int from);
void trp_keeper_close(struct trp_workers *workers);

/* Which ranks the places would have if these held nothing but `held` [ranks]; false: there is no
   room. */
bool trp_group_assign(const struct trp_resources *resources, const struct trp_wish *wish,
                      const struct trp_amounts *held, int32_t *ranks);

/* ---- on the rank that asked ------------------------------------------------------------------ */

struct trp_group {
    struct trp_group *next;
    uint64_t number; /* in the job */
    uint64_t future; /* of its being granted */
    bool granted;
    int32_t places;
    struct trp_amounts each;
    int32_t ranks[];
};

/* What is known of a place; false: there is none. */
bool trp_group_place(struct trp_rank *rank, uint64_t number, int64_t place, int *host,
                     struct trp_amounts *has);

/* Asks for it: its number, 0 when memory is short. */
uint64_t trp_group_ask(struct trp_rank *rank, const struct trp_wish *wish, uint64_t future);

/* Gives it back, granted or not. */
void trp_group_release(struct trp_rank *rank, uint64_t number);

void trp_groups_close(struct trp_workers *workers);

#endif
