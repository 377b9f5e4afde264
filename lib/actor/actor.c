#include "actor/actor.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/* The indices that this rank has given on one host. Any thread may ask for one. */
struct trp_actor_names {
    atomic_flag lock; /* held for a few instructions */
    uint64_t *free;   /* serials that may be used next: index and generation */
    size_t free_count, free_room;
    uint32_t next;
};

void trp_actors_open(struct trp_actors *actors, int ranks)
{
    actors->ranks = ranks;
    actors->lists = calloc((size_t)ranks, sizeof *actors->lists);
    actors->made = calloc((size_t)ranks, sizeof *actors->made);
    actors->ends = calloc(TRP_ENDS_KEPT, sizeof *actors->ends);
    if (!actors->lists || !actors->made || !actors->ends)
        trp_die("no memory for the tables of actors of %d ranks", ranks);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void lock(struct trp_actor_names *names)
{
    while (atomic_flag_test_and_set_explicit(&names->lock, memory_order_acquire))
        sched_yield();
}

static void unlock(struct trp_actor_names *names)
{
    atomic_flag_clear_explicit(&names->lock, memory_order_release);
}

struct troupe_ref trp_actors_name(struct trp_actors *actors, int host, int creator)
{
    struct trp_actor_names *names = &actors->made[host];
    lock(names);
    uint64_t serial = names->free_count ? names->free[--names->free_count]
                                        : (uint64_t)names->next++ << 32 | 1;
    unlock(names);
    return trp_ref(host, (uint32_t)creator, (uint32_t)(serial >> 32), (uint32_t)serial);
}

void trp_actors_reuse(struct trp_actors *actors, struct troupe_ref ended)
{
    if (trp_ref_generation(ended) == UINT32_MAX)
        return; /* this index has had its time */
    ended.serial++;
    trp_actors_unname(actors, ended);
}

void trp_actors_unname(struct trp_actors *actors, struct troupe_ref unused)
{
    struct trp_actor_names *names = &actors->made[trp_ref_host(unused)];
    lock(names);
    if (names->free_count == names->free_room) {
        size_t room = names->free_room ? 2 * names->free_room : 64;
        uint64_t *grown = realloc(names->free, room * sizeof *grown);
        if (!grown)
            trp_die("no memory for %zu free names of actors", room);
        names->free = grown;
        names->free_room = room;
    }
    names->free[names->free_count++] = unused.serial;
    unlock(names);
}

/* ---- finding --------------------------------------------------------------------------------- */

static trp_actor_place *grow(struct trp_actor_list *list, uint32_t chunk)
{
    if (chunk >= list->chunk_count) {
        uint32_t count = list->chunk_count ? list->chunk_count : 4;
        while (count <= chunk)
            count *= 2;
        trp_actor_place **chunks = realloc(list->chunks, count * sizeof *chunks);
        if (!chunks)
            trp_die("no memory for the table of actors");
        for (uint32_t i = list->chunk_count; i < count; i++)
            chunks[i] = NULL;
        list->chunks = chunks;
        list->chunk_count = count;
    }
    if (!list->chunks[chunk])
        list->chunks[chunk] = calloc(TRP_PLACES, sizeof **list->chunks + sizeof(uint32_t));
    if (!list->chunks[chunk])
        trp_die("no memory for the table of actors");
    return list->chunks[chunk];
}

static trp_actor_place *place_of(struct trp_actors *actors, struct troupe_ref ref)
{
    struct trp_actor_list *list = &actors->lists[trp_ref_creator(ref)];
    uint32_t index = trp_ref_index(ref), chunk = index / TRP_PLACES;
    trp_actor_place *places = chunk < list->chunk_count ? list->chunks[chunk] : NULL;
    if (!places)
        places = grow(list, chunk);
    return &places[index % TRP_PLACES];
}

/* A trp_now_roughly() time in hundredths of a second. They wrap, and ages that are beyond 497
   days. */
static uint32_t hundredths(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (uint32_t)((uint64_t)t.tv_sec * 100 + (uint32_t)t.tv_nsec / 10000000);
}

/* The same: when who lives at its place was created. */
static uint32_t *created_of(const struct trp_actors *actors, const struct trp_actor *actor)
{
    uint32_t index = (uint32_t)(actor->serial >> 32);
    trp_actor_place *places = actors->lists[actor->creator].chunks[index / TRP_PLACES];
    return (uint32_t *)(void *)(places + TRP_PLACES) + index % TRP_PLACES;
}

double trp_actors_age(const struct trp_actors *actors, const struct trp_actor *actor)
{
    return actor->class_ ? 0.01 * (hundredths() - *created_of(actors, actor)) : 0;
}

/* NULL: nobody is there now. */
static struct trp_actor *actor_at(trp_actor_place place)
{
    return place & 1 ? NULL : (struct trp_actor *)(uintptr_t)place;
}

/* The generation that lives there, or will live there next; one more than a handle can have when
   nobody will. */
static uint64_t generation_at(trp_actor_place place)
{
    if (place & 1)
        return place >> 1;
    return place ? (uint32_t)actor_at(place)->serial : 1;
}

bool trp_actors_ended(struct trp_actors *actors, struct troupe_ref ref)
{
    return trp_ref_generation(ref) < generation_at(*place_of(actors, ref));
}

static size_t size_of(const struct troupe_class *class_)
{
    return sizeof(struct trp_actor) + (class_ ? class_->state_size : 0);
}

static struct trp_actor *make(struct trp_actors *actors, struct troupe_class *class_,
                              struct troupe_ref ref)
{
    struct trp_actor *actor = trp_slab_new(&actors->slabs, size_of(class_));
    if (!actor)
        trp_die("no memory for an actor of %zu bytes", size_of(class_));
    memset(actor, 0, size_of(class_));
    actor->class_ = class_;
    actor->creator = trp_ref_creator(ref);
    actor->host = (uint32_t)trp_ref_host(ref);
    actor->serial = ref.serial;
    return actor;
}

struct trp_actor *trp_actors_find(struct trp_actors *actors, struct troupe_ref ref)
{
    trp_actor_place *place = place_of(actors, ref);
    if (trp_ref_generation(ref) < generation_at(*place))
        return NULL;
    if (!actor_at(*place))
        *place = (uintptr_t)make(actors, NULL, ref);
    return actor_at(*place);
}

struct trp_actor *trp_actors_create(struct trp_actors *actors, struct troupe_ref ref,
                                    struct troupe_class *class_)
{
    trp_actor_place *place = place_of(actors, ref);
    struct trp_actor *actor = make(actors, class_, ref), *expected = actor_at(*place);
    actor->life = TRP_LIFE_ALIVE;
    if (expected) {
        actor->more = expected->more;
        trp_slab_free(&actors->slabs, expected, size_of(NULL));
    }
    *place = (uintptr_t)actor;
    *created_of(actors, actor) = hundredths();
    actors->alive++;
    return actor;
}

struct trp_actor_more *trp_actor_more(struct trp_actor *actor)
{
    if (!actor->more && !(actor->more = calloc(1, sizeof *actor->more)))
        trp_die("no memory for what an actor has besides its state");
    return actor->more;
}

bool trp_actor_unask(struct trp_actor *actor, uint64_t future)
{
    struct trp_actor_more *more = trp_actor_more(actor);
    size_t count = more->unasked_count + 1;
    uint64_t *grown = realloc(more->unasked, count * sizeof *grown);
    if (!grown)
        return false;
    grown[count - 1] = future;
    more->unasked = grown;
    more->unasked_count = count;
    return true;
}

bool trp_actor_is_unasked(struct trp_actor *actor, uint64_t future)
{
    struct trp_actor_more *more = actor->more;
    size_t i = 0, count = more ? more->unasked_count : 0;
    while (i < count && more->unasked[i] != future)
        i++;
    if (i == count)
        return false;
    more->unasked[i] = more->unasked[--more->unasked_count];
    return true;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void free_actor(struct trp_actors *actors, struct trp_actor *actor)
{
    struct trp_parcel *letter;
    while ((letter = trp_mailbox_pop(actor)))
        trp_parcel_drop(letter);
    if (actor->more) {
        if (actor->more->create)
            trp_parcel_drop(actor->more->create);
        free(actor->more->claim);
        if (actor->more->limit)
            free(actor->more->limit->waiting);
        free(actor->more->limit);
        free(actor->more->watchers);
        free(actor->more->unasked);
        free(actor->more->name);
        free(actor->more->end_story);
        free(actor->more);
    }
    trp_slab_free(&actors->slabs, actor, size_of(actor->class_));
}

void trp_actors_remove(struct trp_actors *actors, struct trp_actor *actor, int reason, char *story)
{
    struct troupe_ref ref = trp_actor_ref(actor);
    struct trp_end *end = &actors->ends[actors->end_count++ % TRP_ENDS_KEPT];
    free(end->story);
    *end = (struct trp_end){.ref = ref, .class_ = actor->class_, .reason = reason,
                            .lost = actor->more ? actor->more->lost : 0,
                            .at = trp_now_roughly(), .story = story};
    *place_of(actors, ref) = 2 * ((uint64_t)trp_ref_generation(ref) + 1) + 1;
    actors->alive -= actor->class_ != NULL;
    free_actor(actors, actor);
}

struct trp_end *trp_actors_end_of(const struct trp_actors *actors, struct troupe_ref ref)
{
    size_t kept = actors->end_count < TRP_ENDS_KEPT ? actors->end_count : TRP_ENDS_KEPT;
    for (size_t i = 0; i < kept; i++)
        if (trp_ref_same(actors->ends[i].ref, ref))
            return &actors->ends[i];
    return NULL;
}

static void each_of_list(struct trp_actor_list *list, int depth,
                         void (*fn)(struct trp_actor *, void *), void *arg)
{
    for (uint32_t c = list->chunk_count; c-- > 0;)
        for (uint32_t i = TRP_PLACES; list->chunks[c] && i-- > 0;) {
            struct trp_actor *actor = actor_at(list->chunks[c][i]);
            if (actor && (!depth || actor->depth == depth))
                fn(actor, arg);
        }
}

void trp_actors_each(struct trp_actors *actors, int depth, void (*fn)(struct trp_actor *, void *),
                     void *arg)
{
    for (int i = 0; i < actors->ranks; i++)
        each_of_list(&actors->lists[i], depth, fn, arg);
}

static void free_each(struct trp_actor *actor, void *actors)
{
    free_actor(actors, actor);
}

void trp_actors_close(struct trp_actors *actors)
{
    trp_actors_each(actors, 0, free_each, actors);
    for (int i = 0; i < actors->ranks; i++) {
        for (uint32_t c = 0; c < actors->lists[i].chunk_count; c++)
            free(actors->lists[i].chunks[c]);
        free(actors->lists[i].chunks);
        free(actors->made[i].free);
    }
    trp_slabs_close(&actors->slabs);
    for (size_t i = 0; i < TRP_ENDS_KEPT; i++)
        free(actors->ends[i].story);
    free(actors->ends);
    free(actors->lists);
    free(actors->made);
}
