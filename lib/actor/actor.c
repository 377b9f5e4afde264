#include "actor/actor.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"

#define CHUNK 1024     /* actors whose places are made together */
#define ENDS_KEPT 4096 /* stories of ends that are remembered */

/* Where an actor is, or was: the generation that lives there now or will live there next. */
struct place {
    struct trp_actor *actor;
    uint64_t generation; /* one more than a handle can have: nobody lives there any more */
};

/* Those that one creator put here. */
struct trp_actor_list {
    struct place **chunks;
    uint32_t chunk_count;
};

/* The indices that this rank has given on one host. Any thread may ask for one. */
struct trp_actor_names {
    pthread_mutex_t lock;
    uint64_t *free; /* serials that may be used next: index and generation */
    size_t free_count, free_room;
    uint32_t next;
};

void trp_actors_open(struct trp_actors *actors, int ranks)
{
    actors->ranks = ranks;
    actors->lists = calloc((size_t)ranks, sizeof *actors->lists);
    actors->made = calloc((size_t)ranks, sizeof *actors->made);
    actors->ends = calloc(ENDS_KEPT, sizeof *actors->ends);
    if (!actors->lists || !actors->made || !actors->ends)
        trp_die("no memory for the tables of actors of %d ranks", ranks);
    for (int i = 0; i < ranks; i++)
        pthread_mutex_init(&actors->made[i].lock, NULL);
}

/* ---- names ----------------------------------------------------------------------------------- */

struct troupe_ref trp_actors_name(struct trp_actors *actors, int host, int creator)
{
    struct trp_actor_names *names = &actors->made[host];
    pthread_mutex_lock(&names->lock);
    uint64_t serial = names->free_count ? names->free[--names->free_count]
                                        : (uint64_t)names->next++ << 32 | 1;
    pthread_mutex_unlock(&names->lock);
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
    pthread_mutex_lock(&names->lock);
    if (names->free_count == names->free_room) {
        size_t room = names->free_room ? 2 * names->free_room : 64;
        uint64_t *grown = realloc(names->free, room * sizeof *grown);
        if (!grown)
            trp_die("no memory for %zu free names of actors", room);
        names->free = grown;
        names->free_room = room;
    }
    names->free[names->free_count++] = unused.serial;
    pthread_mutex_unlock(&names->lock);
}

/* ---- finding --------------------------------------------------------------------------------- */

static struct place *new_chunk(void)
{
    struct place *chunk = calloc(CHUNK, sizeof *chunk);
    if (!chunk)
        trp_die("no memory for the table of actors");
    for (uint32_t i = 0; i < CHUNK; i++)
        chunk[i].generation = 1;
    return chunk;
}

static struct place *grow(struct trp_actor_list *list, uint32_t chunk)
{
    if (chunk >= list->chunk_count) {
        uint32_t count = list->chunk_count ? list->chunk_count : 4;
        while (count <= chunk)
            count *= 2;
        struct place **chunks = realloc(list->chunks, count * sizeof *chunks);
        if (!chunks)
            trp_die("no memory for the table of actors");
        for (uint32_t i = list->chunk_count; i < count; i++)
            chunks[i] = NULL;
        list->chunks = chunks;
        list->chunk_count = count;
    }
    if (!list->chunks[chunk])
        list->chunks[chunk] = new_chunk();
    return list->chunks[chunk];
}

static struct place *place_of(struct trp_actors *actors, struct troupe_ref ref)
{
    struct trp_actor_list *list = &actors->lists[trp_ref_creator(ref)];
    uint32_t index = trp_ref_index(ref), chunk = index / CHUNK;
    struct place *places = chunk < list->chunk_count ? list->chunks[chunk] : NULL;
    if (!places)
        places = grow(list, chunk);
    return &places[index % CHUNK];
}

bool trp_actors_ended(struct trp_actors *actors, struct troupe_ref ref)
{
    return trp_ref_generation(ref) < place_of(actors, ref)->generation;
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
    struct place *place = place_of(actors, ref);
    if (trp_ref_generation(ref) < place->generation)
        return NULL;
    if (!place->actor)
        place->actor = make(0, ref);
    return place->actor;
}

struct trp_actor *trp_actors_create(struct trp_actors *actors, struct troupe_ref ref,
                                    struct troupe_class *class_)
{
    struct place *place = place_of(actors, ref);
    struct trp_actor *actor = make(class_->state_size, ref);
    actor->class_ = class_;
    actor->life = TRP_LIFE_ALIVE;
    if (place->actor) {
        actor->mailbox = place->actor->mailbox;
        actor->more = place->actor->more;
        free(place->actor);
    }
    place->actor = actor;
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

static void free_actor(struct trp_actor *actor)
{
    struct trp_parcel *letter;
    while ((letter = trp_parcel_pop(&actor->mailbox)))
        trp_parcel_drop(letter);
    if (actor->more) {
        if (actor->more->create)
            trp_parcel_drop(actor->more->create);
        if (actor->more->lent)
            trp_parcel_drop(actor->more->lent);
        free(actor->more->watchers);
        free(actor->more->unasked);
        free(actor->more->name);
        free(actor->more->end_story);
        free(actor->more);
    }
    free(actor);
}

void trp_actors_remove(struct trp_actors *actors, struct trp_actor *actor, int reason, char *story)
{
    struct place *place = place_of(actors, actor->ref);
    struct trp_end *end = &actors->ends[actors->end_count++ % ENDS_KEPT];
    free(end->story);
    *end = (struct trp_end){.ref = actor->ref, .class_ = actor->class_, .reason = reason,
                            .lost = actor->more ? actor->more->lost : 0, .story = story};
    place->actor = NULL;
    place->generation = (uint64_t)trp_ref_generation(actor->ref) + 1;
    actors->alive -= actor->class_ != NULL;
    free_actor(actor);
}

struct trp_end *trp_actors_end_of(const struct trp_actors *actors, struct troupe_ref ref)
{
    size_t kept = actors->end_count < ENDS_KEPT ? actors->end_count : ENDS_KEPT;
    for (size_t i = 0; i < kept; i++)
        if (trp_ref_same(actors->ends[i].ref, ref))
            return &actors->ends[i];
    return NULL;
}

static void each_of_list(struct trp_actor_list *list, int depth,
                         void (*fn)(struct trp_actor *, void *), void *arg)
{
    for (uint32_t c = list->chunk_count; c-- > 0;)
        for (uint32_t i = CHUNK; list->chunks[c] && i-- > 0;) {
            struct trp_actor *actor = list->chunks[c][i].actor;
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

static void free_each(struct trp_actor *actor, void *arg)
{
    (void)arg;
    free_actor(actor);
}

void trp_actors_close(struct trp_actors *actors)
{
    trp_actors_each(actors, 0, free_each, NULL);
    for (int i = 0; i < actors->ranks; i++) {
        for (uint32_t c = 0; c < actors->lists[i].chunk_count; c++)
            free(actors->lists[i].chunks[c]);
        free(actors->lists[i].chunks);
        free(actors->made[i].free);
        pthread_mutex_destroy(&actors->made[i].lock);
    }
    for (size_t i = 0; i < ENDS_KEPT; i++)
        free(actors->ends[i].story);
    free(actors->ends);
    free(actors->lists);
    free(actors->made);
}
