/*
 * Actors: state, mailbox and life of those that this rank hosts, and the tables that find them.
 *
 * It knows instances and the letters that wait for them; it refuses to know where letters come from
 * and when they are read. The thread in the scheduler role is the only one here. An actor owns its
 * mailbox; a letter is a parcel of one record.
 */
#ifndef TRP_ACTOR_H
#define TRP_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "troupe/types.h"
#include "wire/parcel.h"

struct trp_context;

enum trp_life {
    TRP_LIFE_EXPECTED, /* called before its creation has come: letters wait */
    TRP_LIFE_ALIVE,
    TRP_LIFE_FAILED, /* its constructor failed: letters are answered with the story */
};

struct trp_actor {
    struct troupe_class *class_; /* NULL while expected */
    struct trp_context *running; /* the call that it is in; others wait */
    struct trp_parcel_queue mailbox;
    struct trp_actor *next_mail; /* in the scheduler's list of actors with letters */
    struct troupe_ref ref;
    char *story;                 /* of a failure, from malloc */
    uint8_t life;
    bool listed; /* in that list */
    _Alignas(16) unsigned char state[];
};

/* The actors of one rank: by creator and index; chunks that never move. */
struct trp_actors {
    int ranks;
    struct trp_actor_list *lists; /* [ranks], by creator */
    uint32_t *next_index;         /* [ranks]: of those that this rank makes, by host */
};

void trp_actors_open(struct trp_actors *actors, int ranks);

/* Calls `destroy` on each actor, latest first, and frees all. */
void trp_actors_close(struct trp_actors *actors, void (*destroy)(struct trp_actor *, void *),
                      void *arg);

/* The handle of a new actor on `host`, made by rank `creator`. Any thread. */
struct troupe_ref trp_actors_name(struct trp_actors *actors, int host, int creator);

/* The actor, or the place where letters wait for it. */
struct trp_actor *trp_actors_find(struct trp_actors *actors, struct troupe_ref ref);

/* An actor of the class with zeroed state; letters that came before it are in its mailbox. */
struct trp_actor *trp_actors_create(struct trp_actors *actors, struct troupe_ref ref,
                                    struct troupe_class *class_);

/* ---- handles --------------------------------------------------------------------------------- */

static inline struct troupe_ref trp_ref(int host, uint32_t creator, uint32_t index,
                                        uint32_t generation)
{
    return (struct troupe_ref){(uint64_t)(host + 1) << 32 | creator,
                               (uint64_t)index << 32 | generation};
}

static inline bool trp_ref_none(struct troupe_ref ref)
{
    return ref.place >> 32 == 0;
}

static inline int trp_ref_host(struct troupe_ref ref)
{
    return (int)(ref.place >> 32) - 1;
}

static inline uint32_t trp_ref_creator(struct troupe_ref ref)
{
    return (uint32_t)ref.place;
}

static inline uint32_t trp_ref_index(struct troupe_ref ref)
{
    return (uint32_t)(ref.serial >> 32);
}

static inline uint32_t trp_ref_generation(struct troupe_ref ref)
{
    return (uint32_t)ref.serial;
}

/* A number for people, the same on every rank: its host counts no other actor by it. */
static inline uint64_t trp_ref_number(struct troupe_ref ref, int ranks)
{
    return (uint64_t)trp_ref_index(ref) * (uint64_t)ranks + trp_ref_creator(ref);
}

static inline struct trp_actor *trp_actor_of_state(const void *state)
{
    return (struct trp_actor *)((uintptr_t)state - offsetof(struct trp_actor, state));
}

#endif
