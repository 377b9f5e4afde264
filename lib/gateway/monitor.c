#include "gateway/monitor.h"

#include "actor/classes.h"
#include "base/clock.h"
#include "call/caller.h"
#include "gateway/look.h"
#include "schedule/names.h"
#include "troupe/life.h"

struct trp_monitor_state {
    char nothing;
};

/* In the runtime: nobody else changes the scheduler's tables meanwhile. */
struct inside {
    struct trp_rank *rank;
    struct trp_arena *arena;
    bool outside;
};

static struct inside enter(void)
{
    bool outside = trp_call_enter();
    struct trp_caller caller = trp_caller();
    return (struct inside){caller.rank, &caller.context->arena, outside};
}

static void leave(struct inside in)
{
    trp_role_leave(in.outside);
}

/* From now on the rank notes since when something runs, or waits. */
static void on_init(struct trp_monitor_state *self)
{
    (void)self;
    struct inside in = enter();
    in.rank->watched = true;
    leave(in);
}

/* ---- finding --------------------------------------------------------------------------------- */

static const char *story(struct inside in, const char *text)
{
    return trp_look_text(in.arena, text ? text : "");
}

static void found_ended(struct inside in, struct troupe_ref ref, trp_found *found)
{
    const struct trp_end *end = trp_actors_end_of(&in.rank->actors, ref);
    found->state = TRP_STATE_ENDED;
    found->reason = end ? end->reason : TROUPE_END_FORGOTTEN;
    found->class_id = end && end->class_ ? end->class_->id : TRP_NO_CLASS;
    found->story = story(in, end ? end->story : "it ended too long ago to say how");
}

static void found_living(struct inside in, const struct trp_actor *actor, trp_found *found)
{
    const struct trp_limit *limit = actor->more ? actor->more->limit : NULL;
    trp_row row;
    TROUPE_SPAN(trp_row) rows = trp_look_actor(in.rank, in.arena, trp_actor_ref(actor));
    if (!rows.count)
        return; /* nobody that users know */
    row = rows.data[0];
    found->class_id = row.class_id;
    found->state = row.state;
    if (row.state == TRP_STATE_ENDING)
        found->story = row.reason;
    if (limit)
        found->place |= limit->refuses ? TRP_REF_REFUSES : TRP_REF_WAITS;
}

static trp_found find(struct inside in, struct troupe_ref ref)
{
    trp_found found = {ref.place, ref.serial, TRP_STATE_NONE, TRP_NO_CLASS, 0, ""};
    const trp_actor_place *place =
        trp_actors_place(&in.rank->actors, trp_ref_creator(ref), ref.serial);
    const struct trp_actor *actor =
        trp_actors_peek(&in.rank->actors, trp_ref_creator(ref), ref.serial);
    if (actor)
        found_living(in, actor, &found);
    else if (place && trp_actors_ended(&in.rank->actors, ref))
        found_ended(in, ref, &found);
    return found;
}

static trp_found on_find(struct trp_monitor_state *self, uint64_t place, uint64_t serial)
{
    (void)self;
    struct inside in = enter();
    trp_found found = find(in, (struct troupe_ref){place, serial});
    leave(in);
    return found;
}

static trp_found on_named(struct trp_monitor_state *self, troupe_str name)
{
    (void)self;
    struct inside in = enter();
    trp_found found = {.state = TRP_STATE_NONE, .class_id = TRP_NO_CLASS, .story = ""};
    struct troupe_ref ref;
    if (trp_names_holder(in.rank, name, &ref, &found.class_id)) {
        found.place = ref.place;
        found.serial = ref.serial;
        found.state = TRP_STATE_ALIVE;
    }
    leave(in);
    return found;
}

/* ---- listing --------------------------------------------------------------------------------- */

static TROUPE_SPAN(trp_row) on_actors(struct trp_monitor_state *self)
{
    (void)self;
    struct inside in = enter();
    TROUPE_SPAN(trp_row) rows = trp_look_actors(in.rank, in.arena);
    leave(in);
    return rows;
}

static TROUPE_SPAN(trp_row) on_actor(struct trp_monitor_state *self, uint64_t place,
                                     uint64_t serial)
{
    (void)self;
    struct inside in = enter();
    TROUPE_SPAN(trp_row) rows =
        trp_look_actor(in.rank, in.arena, (struct troupe_ref){place, serial});
    leave(in);
    return rows;
}

static TROUPE_SPAN(trp_failed) on_failures(struct trp_monitor_state *self, uint64_t place,
                                           uint64_t serial)
{
    (void)self;
    struct inside in = enter();
    TROUPE_SPAN(trp_failed) rows =
        trp_look_failures(in.rank, in.arena, (struct troupe_ref){place, serial});
    leave(in);
    return rows;
}

static TROUPE_SPAN(trp_alive) on_alive(struct trp_monitor_state *self)
{
    (void)self;
    struct inside in = enter();
    TROUPE_SPAN(trp_alive) alive = trp_look_alive(in.rank, in.arena);
    leave(in);
    return alive;
}

/* The latest first; those that users know. */
static TROUPE_SPAN(trp_ended) ended_after(struct inside in, uint64_t after)
{
    const struct trp_actors *actors = &in.rank->actors;
    size_t newer = actors->end_count > after ? actors->end_count - after : 0, count = 0;
    size_t most = newer < TRP_ENDS_KEPT ? newer : TRP_ENDS_KEPT;
    trp_ended *rows = trp_arena_alloc(in.arena, (most + 1) * sizeof *rows);
    double now = trp_now_roughly();
    for (size_t i = 0; rows && i < most; i++) {
        size_t number = actors->end_count - i;
        const struct trp_end *end = &actors->ends[(number - 1) % TRP_ENDS_KEPT];
        if (end->class_ && trp_class_is_own(end->class_))
            continue;
        rows[count++] = (trp_ended){.place = end->ref.place,
                                    .serial = end->ref.serial,
                                    .class_id = end->class_ ? end->class_->id : TRP_NO_CLASS,
                                    .reason = end->reason,
                                    .story = story(in, end->story),
                                    .ago = now - end->at,
                                    .number = number};
    }
    return (TROUPE_SPAN(trp_ended)){rows, count};
}

static TROUPE_SPAN(trp_ended) on_ended(struct trp_monitor_state *self, uint64_t after)
{
    (void)self;
    struct inside in = enter();
    TROUPE_SPAN(trp_ended) rows = ended_after(in, after);
    leave(in);
    return rows;
}

static trp_tasks_of on_tasks(struct trp_monitor_state *self, uint32_t most)
{
    (void)self;
    struct inside in = enter();
    trp_tasks_of tasks = trp_look_tasks(in.rank, in.arena, most);
    leave(in);
    return tasks;
}

static trp_rank_of on_figures(struct trp_monitor_state *self)
{
    (void)self;
    struct inside in = enter();
    trp_rank_of rank = trp_look_rank(in.rank, in.arena);
    leave(in);
    return rank;
}

static trp_stack_of on_stack(struct trp_monitor_state *self)
{
    (void)self;
    struct inside in = enter();
    trp_stack_of stack = trp_look_stack(in.rank, in.arena);
    leave(in);
    return stack;
}

static TROUPE_SPAN(uint8_t) on_counts(struct trp_monitor_state *self)
{
    (void)self;
    struct inside in = enter();
    TROUPE_SPAN(uint8_t) bytes = trp_look_methods(in.rank, in.arena);
    leave(in);
    return bytes;
}

static TROUPE_SPAN(uint8_t) on_edges(struct trp_monitor_state *self)
{
    (void)self;
    struct inside in = enter();
    TROUPE_SPAN(uint8_t) bytes = trp_look_edges(in.rank, in.arena);
    leave(in);
    return bytes;
}

static TROUPE_SPAN(uint8_t) on_traffic(struct trp_monitor_state *self)
{
    (void)self;
    struct inside in = enter();
    TROUPE_SPAN(uint8_t) bytes = trp_look_traffic(in.rank, in.arena);
    leave(in);
    return bytes;
}

TROUPE_IMPLEMENT(trp_monitor, (init, on_init), (find, on_find), (named, on_named),
                 (actors, on_actors), (actor, on_actor), (failures, on_failures),
                 (ended, on_ended), (tasks, on_tasks), (figures, on_figures), (stack, on_stack),
                 (alive, on_alive), (counts, on_counts), (edges, on_edges), (traffic, on_traffic));
