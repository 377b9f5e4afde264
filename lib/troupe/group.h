/** @file
 * Groups of places that are reserved together: all of them, or none.
 *
 *     troupe_group g =
 *         troupe_group_reserve(&(struct troupe_group_options){.places = 4, .cpus = 2});
 *     for (int i = 0; i < g.places; i++)
 *         team[i] = troupe_new(solver, .with = {.place = troupe_in(g, i), .cpus = 2});
 */
#ifndef TROUPE_GROUP_H
#define TROUPE_GROUP_H

#include "troupe/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup groups
    @{ */

/** Where the places of a group are to be. */
enum troupe_group_strategy {
    TROUPE_PACK,            /**< on one rank, else on one node, else on as many as it takes */
    TROUPE_PACK_STRICTLY,   /**< on one rank, else on one node */
    TROUPE_SPREAD,          /**< on different ranks, as far as there are so many with room */
    TROUPE_SPREAD_STRICTLY, /**< each on a rank of its own */
};

/** What is to be reserved. */
struct troupe_group_options {
    int places;            /**< how many, at least 1; each has: */
    int cpus;              /**< slots for what runs there; default: none, for actors that share
                                their rank's scheduler */
    double gpus;           /**< as in troupe_options */
    size_t memory;         /**< bytes, likewise */
    const char *resources; /**< likewise */
    enum troupe_group_strategy strategy; /**< default: TROUPE_PACK */
    double seconds;        /**< to wait for all of it; default: for ever */
};

/** A group that is reserved. By value; all zero is none. For use on the rank that reserved it. */
typedef struct troupe_group {
    uint64_t number; /**< in the job */
    int places;      /**< from 0 on; 0: they could not be had in time */
} troupe_group;

/**
 * Reserves places on ranks, all or none. What they have is set aside there, until
 * troupe_group_release or the end of the job, for tasks and actors that are sent to them
 * (troupe_in); these wait for each other only, and hold of the place what they ask for. Waits, as
 * troupe_await, until other groups have been released, and what runs where the places are to be has
 * ended. Groups are granted in the order in which they were asked for, but one that there is room
 * for passes one that there is none for, 16 times at most. Where ordinary actors hold for good what
 * is needed, the wait has no end but that of `seconds`. What this job could never grant fails the
 * caller with TROUPE_INVALID, and says how many places there could be.
 * @param options what is to be reserved; read before the return
 * @return `places` 0: the time has passed, and nothing is held
 * @note Threads: waiting callers; elsewhere it fails the caller with TROUPE_NOT_HERE.
 */
troupe_group troupe_group_reserve(const struct troupe_group_options *options);

/**
 * Gives the places back: now, or when what was sent there before has ended. What is sent there
 * later fails its caller.
 * @param group of this rank; none, or one that was given back before, is ignored
 * @note Threads: any.
 */
void troupe_group_release(troupe_group group);

/**
 * In a place of a group, for `.with = { .place = troupe_in(group, i) }`: a task takes as many of
 * its CPUs as it asks for (at least one), and an actor with CPUs while it runs. No such place, and
 * one that never has what is asked for, fail the caller with TROUPE_INVALID when used.
 * @param group reserved by this rank
 * @param place from 0
 * @return for troupe_options.place
 * @note Threads: any.
 */
struct troupe_place troupe_in(troupe_group group, int place);

/** @param group reserved by this rank @param place from 0 @return its rank; -1: there is none
    @note Threads: any. */
int troupe_group_rank(troupe_group group, int place);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
