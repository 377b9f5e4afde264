#include "actor/actor.h"

#include <stdlib.h>

#include "base/log.h"

#define CHUNK 1024 /* actors whose places are made together */

/* Those that one creator put here. */
struct trp_actor_list {
    struct trp_actor ***chunks;
    uint32_t chunk_count;
};

void trp_actors_open(struct trp_actors *actors, int ranks)
{
    actors->ranks = ranks;
    actors->lists = calloc((size_t)ranks, sizeof *actors->lists);
    actors->next_index = calloc((size_t)ranks, sizeof *actors->next_index);
    if (!actors->lists || !actors->next_index)
        trp_die("no memory for the tables of actors of %d ranks", ranks);
}

struct troupe_ref trp_actors_name(struct trp_actors *actors, int host, int creator)
{
    uint32_t index = __atomic_fetch_add(&actors->next_index[host], 1, __ATOMIC_RELAXED);
    return trp_ref(host, (uint32_t)creator, index, 1);
}

/* ---- finding --------------------------------------------------------------------------------- */

static struct trp_actor **grow(struct trp_actor_list *list, uint32_t chunk)
{
    if (chunk >= list->chunk_count) {
        uint32_t count = list->chunk_count ? list->chunk_count : 4;
        while (count <= chunk)
            count *= 2;
        struct trp_actor ***chunks = realloc(list->chunks, count * sizeof *chunks);
        if (!chunks)
            trp_die("no memory for the table of actors");
        for (uint32_t i = list->chunk_count; i < count; i++)
            chunks[i] = NULL;
        list->chunks = chunks;
        list->chunk_count = count;
    }
    if (!list->chunks[chunk])
        list->chunks[chunk] = calloc(CHUNK, sizeof(struct trp_actor *));
    if (!list->chunks[chunk])
        trp_die("no memory for the table of actors");
    return list->chunks[chunk];
}

static struct trp_actor **place_of(struct trp_actors *actors, struct troupe_ref ref)
{
    struct trp_actor_list *list = &actors->lists[trp_ref_creator(ref)];
    uint32_t index = trp_ref_index(ref), chunk = index / CHUNK;
    struct trp_actor **places = chunk < list->chunk_count ? list->chunks[chunk] : NULL;
    if (!places)
        places = grow(list, chunk);
    return &places[index % CHUNK];
}

static struct trp_actor *make(size_t state_size, struct troupe_ref ref)
{
    struct trp_actor *actor = calloc(1, sizeof *actor + state_size);
    if (!actor)
        trp_die("no memory for an actor with a state of %zu bytes", state_size);
    actor->ref = ref;
    return actor;
}

struct trp_actor *trp_actors_find(struct trp_actors *actors, struct troupe_ref ref)
{
    struct trp_actor **place = place_of(actors, ref);
    if (!*place)
        *place = make(0, ref);
    return *place;
}

struct trp_actor *trp_actors_create(struct trp_actors *actors, struct troupe_ref ref,
                                    struct troupe_class *class_)
{
    struct trp_actor **place = place_of(actors, ref);
    struct trp_actor *actor = make(class_->state_size, ref);
    actor->class_ = class_;
    actor->life = TRP_LIFE_ALIVE;
    if (*place) {
        actor->mailbox = (*place)->mailbox;
        free(*place);
    }
    *place = actor;
    return actor;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void free_actor(struct trp_actor *actor)
{
    struct trp_parcel *letter;
    while ((letter = trp_parcel_pop(&actor->mailbox)))
        trp_parcel_drop(letter);
    free(actor->story);
    free(actor);
}

static void close_list(struct trp_actor_list *list, void (*destroy)(struct trp_actor *, void *),
                       void *arg)
{
    for (uint32_t c = list->chunk_count; c-- > 0;) {
        for (uint32_t i = CHUNK; list->chunks[c] && i-- > 0;) {
            struct trp_actor *actor = list->chunks[c][i];
            if (!actor)
                continue;
            destroy(actor, arg);
            free_actor(actor);
        }
        free(list->chunks[c]);
    }
    free(list->chunks);
}

void trp_actors_close(struct trp_actors *actors, void (*destroy)(struct trp_actor *, void *),
                      void *arg)
{
    for (int i = 0; i < actors->ranks; i++)
        close_list(&actors->lists[i], destroy, arg);
    free(actors->lists);
    free(actors->next_index);
}
