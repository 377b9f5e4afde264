/*
 * Actors: state, mailbox and life of those that this rank hosts, and the tables that find them.
 *
 * It knows instances, the letters that wait for them, and how the last few thousand ended; it
 * refuses to know where letters come from and when they are read. The thread in the scheduler role
 * is the only one here. An actor owns its mailbox; a letter is a parcel of one record.
 */
#ifndef TRP_ACTOR_H
#define TRP_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slab.h"
#include "troupe/types.h"
#include "wire/parcel.h"
#include "wire/record.h"

struct trp_claim;
struct trp_context;
struct trp_worker;

enum trp_life {
    TRP_LIFE_EXPECTED, /* called before its creation has come: letters wait */
    TRP_LIFE_ALIVE,
    TRP_LIFE_ENDING, /* when the method that is running is done */
};

/* Who is to be told of an actor's end: a future on a rank. */
struct trp_watcher {
    int rank;
    uint64_t future;
};

/* How many calls may wait; see schedule/limit.h. */
struct trp_limit {
    uint32_t most; /* 0: not known yet */
    bool refuses;
    int64_t pending; /* that have come and have not begun */
    struct trp_watcher *waiting; /* callers, a ring */
    size_t first, count, room;
};

/* What few actors have. */
struct trp_actor_more {
    struct trp_parcel *mailbox; /* the last letter, whose next is the first; NULL: none */
    struct trp_watcher *watchers;
    size_t watcher_count;
    uint32_t children; /* tied: they end with it; the first one's tie */
    uint32_t tie;      /* to its creator, 0: none */
    uint32_t lost;     /* tells that came after its end began */
    char *name;                /* it was created under, */
    uint32_t restarts;         /* and so many before it */
    struct trp_limit *limit;   /* NULL: none */
    struct trp_parcel *urgent; /* letters before those, likewise */
    uint32_t waiting, waiting_highest; /* calls in them */
    uint64_t failed;  /* calls that have begun, and failed; */
    uint64_t refused; /* that never began */
    struct trp_parcel *create; /* its creation, while it waits for its name or its claim */
    struct trp_claim *claim;   /* on what it needs of the rank, from malloc */
    bool name_granted;
    bool claiming;             /* its creation has come, and the word on its name has not */
    bool departing;            /* ENDING: over, but for the word that its name is free */
    struct trp_worker *worker; /* of its own: the first of them */
    uint16_t at_once;          /* methods that its workers may run at a time */
    uint16_t calls;            /* that they have; one that is to be alone counts for all */
    uint64_t *unasked;         /* calls of its own that it has taken back, by their futures */
    size_t unasked_count;
    int end_reason;            /* ENDING: why, and the story, from malloc */
    char *end_story;
};

/* What an idle actor costs beside its state: these 48 bytes, 12 for its place in the table and when
   it was created, and what rounds its state up to 8. A state that is to be aligned to 16 is of a
   size that is a multiple of that, so it is. */
struct trp_actor {
    struct troupe_class *class_; /* NULL while expected */
    struct trp_context *running; /* the call that it is in; others wait, but see at_once */
    struct trp_actor_more *more; /* NULL: nothing of that, no letters either */
    uint64_t calls;              /* that have begun */
    uint64_t serial;             /* of its handle */
    uint64_t creator : 20;       /* rank that made it */
    uint64_t host : 20;          /* rank that it is on */
    uint64_t depth : 16;         /* its creator's + 1: 1 for the driver's */
    struct { /* apart from the others, which the actor's own worker reads meanwhile */
        unsigned char life : 2;   /* a trp_life */
        unsigned char listed : 1; /* in the scheduler's list of actors with letters */
        unsigned char measured : 1; /* in the table of those: schedule/measured.h */
    };
    _Alignas(8) unsigned char state[];
};

_Static_assert(sizeof(struct trp_actor) == 48, "an idle actor costs more than is said");

/* How an actor ended. */
struct trp_end {
    struct troupe_ref ref;
    const struct troupe_class *class_; /* NULL: it never came to be */
    int reason;
    uint32_t lost; /* tells that came too late */
    double at;     /* a trp_now_roughly() time */
    char *story; /* from malloc */
};

#define TRP_ENDS_KEPT 4096 /* stories of ends that are remembered */

/* Where an actor is, or was: its address, or twice the generation that lives there next, plus one.
   0: nobody was there yet. */
typedef uint64_t trp_actor_place;

#define TRP_PLACES 1024 /* that are made together */

/* Those that one creator put here. Behind the places of a chunk stands when who lives there was
   created: apart from them, for calls read places alone. */
struct trp_actor_list {
    trp_actor_place **chunks; /* they never move */
    uint32_t chunk_count;
};

/* The actors of one rank: by creator and index. */
struct trp_actors {
    int ranks;
    struct trp_actor_list *lists;   /* [ranks], by creator */
    struct trp_slabs slabs;         /* what they live in */
    struct trp_actor_names *made;   /* [ranks]: of those that this rank makes, by host */
    struct trp_end *ends;           /* the latest, a ring */
    size_t end_count;               /* ever */
    size_t alive;
};

void trp_actors_open(struct trp_actors *actors, int ranks);
void trp_actors_close(struct trp_actors *actors);

/* The handle of a new actor on `host`, made by rank `creator`. Any thread. */
struct troupe_ref trp_actors_name(struct trp_actors *actors, int host, int creator);

/* The actor of that name has ended: its index may be used again, by another generation. */
void trp_actors_reuse(struct trp_actors *actors, struct troupe_ref ended);

/* The name was never used. Any thread. */
void trp_actors_unname(struct trp_actors *actors, struct troupe_ref unused);

/* The actor, or the place where letters wait for it; NULL if it has ended. */
struct trp_actor *trp_actors_find(struct trp_actors *actors, struct troupe_ref ref);

/* Its place, if there is one yet. */
static inline const trp_actor_place *trp_actors_place(const struct trp_actors *actors,
                                                      uint32_t creator, uint64_t serial)
{
    const struct trp_actor_list *list = &actors->lists[creator];
    uint32_t index = (uint32_t)(serial >> 32), chunk = index / TRP_PLACES;
    return chunk < list->chunk_count && list->chunks[chunk]
               ? &list->chunks[chunk][index % TRP_PLACES]
               : NULL;
}

/* The actor if it is there, at once: NULL says nothing. */
static inline struct trp_actor *trp_actors_peek(const struct trp_actors *actors, uint32_t creator,
                                                uint64_t serial)
{
    const trp_actor_place *place = trp_actors_place(actors, creator, serial);
    struct trp_actor *actor = (struct trp_actor *)(uintptr_t)(place ? *place : 0);
    return actor && !(*place & 1) && actor->serial == serial ? actor : NULL;
}

/* It has ended. */
bool trp_actors_ended(struct trp_actors *actors, struct troupe_ref ref);

/* An actor of the class with zeroed state; letters and watchers that came before are its own. */
struct trp_actor *trp_actors_create(struct trp_actors *actors, struct troupe_ref ref,
                                    struct troupe_class *class_);

/* Frees it; its handle is of an ended actor now, whose story is kept. The letters are gone before.
   `story` is from malloc and taken over. */
void trp_actors_remove(struct trp_actors *actors, struct trp_actor *actor, int reason, char *story);

/* Seconds since it was created, to a hundredth; 0: it is expected. */
double trp_actors_age(const struct trp_actors *actors, const struct trp_actor *actor);

/* How it ended; NULL if that is too long ago. */
struct trp_end *trp_actors_end_of(const struct trp_actors *actors, struct troupe_ref ref);

/* It takes no call now. */
static inline bool trp_actor_is_full(const struct trp_actor *actor)
{
    return actor->running && !(actor->more && actor->more->calls < actor->more->at_once);
}

/* Several methods of it may run at a time. */
static inline bool trp_actor_is_shared(const struct trp_actor *actor)
{
    return actor->more && actor->more->at_once > 1;
}

/* Calls fn on each actor of that depth (0: any), latest first. It may remove it. */
void trp_actors_each(struct trp_actors *actors, int depth,
                     void (*fn)(struct trp_actor *actor, void *arg), void *arg);

/* What few actors have, made if it was not there. */
struct trp_actor_more *trp_actor_more(struct trp_actor *actor);

/* The call of its own with that future is not to be run; false when memory is short. */
bool trp_actor_unask(struct trp_actor *actor, uint64_t future);
/* Whether that was said; from now on it was not. */
bool trp_actor_is_unasked(struct trp_actor *actor, uint64_t future);

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

/* In a handle's place beside the creator: what a caller must know of the actor. */
#define TRP_REF_WAITS ((uint64_t)1 << 31)   /* for room, after it has called; see limit.h */
#define TRP_REF_REFUSES ((uint64_t)1 << 30) /* what is too much: calls are single ones */
#define TRP_REF_SAYS (TRP_REF_WAITS | TRP_REF_REFUSES)

static inline bool trp_ref_same(struct troupe_ref a, struct troupe_ref b)
{
    return !((a.place ^ b.place) & ~TRP_REF_SAYS) && a.serial == b.serial;
}

static inline int trp_ref_host(struct troupe_ref ref)
{
    return (int)(ref.place >> 32) - 1;
}

static inline uint32_t trp_ref_creator(struct troupe_ref ref)
{
    return (uint32_t)(ref.place & ~TRP_REF_SAYS);
}

static inline uint32_t trp_ref_index(struct troupe_ref ref)
{
    return (uint32_t)(ref.serial >> 32);
}

static inline uint32_t trp_ref_generation(struct troupe_ref ref)
{
    return (uint32_t)ref.serial;
}

/* A number for people, the same on every rank: its host counts no other living actor by it. */
static inline uint64_t trp_ref_number(struct troupe_ref ref, int ranks)
{
    return (uint64_t)trp_ref_index(ref) * (uint64_t)ranks + trp_ref_creator(ref);
}

static inline struct troupe_ref trp_actor_ref(const struct trp_actor *actor)
{
    return (struct troupe_ref){(uint64_t)(actor->host + 1) << 32 | actor->creator, actor->serial};
}

/* ---- letters, the first first ---------------------------------------------------------------- */

static inline bool trp_letter_is_urgent(const struct trp_parcel *letter)
{
    const void *record = letter->bytes + letter->at;
    return trp_record_is_urgent(record);
}

/* Where a letter goes: what is urgent overtakes the others. */
static inline struct trp_parcel **trp_mailbox_for(struct trp_actor *actor,
                                                  const struct trp_parcel *letter)
{
    struct trp_actor_more *more = trp_actor_more(actor);
    return trp_letter_is_urgent(letter) ? &more->urgent : &more->mailbox;
}

static inline void trp_mailbox_push(struct trp_actor *actor, struct trp_parcel *letter)
{
    struct trp_parcel **last = trp_mailbox_for(actor, letter);
    letter->next = *last ? (*last)->next : letter;
    if (*last)
        (*last)->next = letter;
    *last = letter;
}

/* In front of all others. */
static inline void trp_mailbox_push_back(struct trp_actor *actor, struct trp_parcel *letter)
{
    struct trp_parcel **last = trp_mailbox_for(actor, letter), *before = *last;
    trp_mailbox_push(actor, letter);
    if (before)
        *last = before;
}

static inline bool trp_mailbox_has_urgent(const struct trp_actor *actor)
{
    return actor->more && actor->more->urgent;
}

static inline bool trp_mailbox_has_any(const struct trp_actor *actor)
{
    return actor->more && (actor->more->mailbox || actor->more->urgent);
}

static inline struct trp_parcel *trp_mailbox_pop(struct trp_actor *actor)
{
    if (!actor->more)
        return NULL;
    struct trp_parcel **box =
        trp_mailbox_has_urgent(actor) ? &actor->more->urgent : &actor->more->mailbox;
    struct trp_parcel *last = *box, *first = last ? last->next : NULL;
    if (first == last)
        *box = NULL;
    else
        last->next = first->next;
    return first;
}

/* ---- and records ----------------------------------------------------------------------------- */

/* The head of a record for that actor. */
static inline struct trp_record trp_record_for(struct troupe_ref ref, enum trp_record_kind kind)
{
    return (struct trp_record){
        .kind = kind, .creator = trp_ref_creator(ref), .serial = ref.serial};
}

/* The actor on `host` that a record is for. */
static inline struct troupe_ref trp_record_ref(const struct trp_record *record, int host)
{
    return (struct troupe_ref){(uint64_t)(host + 1) << 32 | record->creator, record->serial};
}

static inline struct trp_actor *trp_actor_of_state(const void *state)
{
    return (struct trp_actor *)((uintptr_t)state - offsetof(struct trp_actor, state));
}

#endif
