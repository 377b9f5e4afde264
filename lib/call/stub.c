/*
 * Where the generated functions land: a call becomes a record on its way to an actor's rank.
 */
#include "troupe/stub.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "call/caller.h"
#include "call/names.h"
#include "call/place.h"
#include "schedule/alarms.h"
#include "schedule/life.h"
#include "schedule/send.h"
#include "troupe/method.h"
#include "troupe/status.h"

static struct trp_record call_head(struct troupe_ref to, const struct troupe_method *method,
                                   uint64_t future)
{
    return (struct trp_record){.kind = TRP_RECORD_CALL,
                               .slot = (uint16_t)method->slot,
                               .creator = trp_ref_creator(to),
                               .index = trp_ref_index(to),
                               .generation = trp_ref_generation(to),
                               .future = future};
}

/* A message that cannot be sent is the failure of the one who calls. */
static void send(struct trp_caller caller, int to, const struct trp_record *head,
                 const struct troupe_signature *s, const void *args)
{
    int status = trp_send(caller.rank, caller.context, to, head, &s->args, args);
    if (status != TROUPE_OK)
        troupe_fail(status, "the arguments of %s.%s: %s", s->owner, s->name,
                    status == TROUPE_NO_MEMORY ? "no memory for a message of that size"
                                               : "larger than a message can be, or a span "
                                                 "without data");
}

static bool told_nobody(struct troupe_ref to, const struct troupe_signature *s)
{
    if (trp_ref_none(to))
        trp_log(TRP_LOG_WARNING, "%s.%s was told to no actor: the handle is empty", s->owner,
                s->name);
    return trp_ref_none(to);
}

void troupe_stub_tell(struct troupe_ref to, const struct troupe_method *method, const void *args,
                      const struct troupe_options *with)
{
    (void)with; /* nothing in it is about a tell yet */
    struct trp_caller caller = trp_caller();
    if (told_nobody(to, method->signature))
        return;
    struct trp_record head = call_head(to, method, 0);
    send(caller, trp_ref_host(to), &head, method->signature, args);
}

troupe_timer troupe_stub_later(struct troupe_ref to, const struct troupe_method *method,
                               const void *args, double after, double every)
{
    static uint64_t last;
    struct trp_caller caller = trp_caller();
    if (told_nobody(to, method->signature))
        return (troupe_timer){0};
    struct trp_record head = call_head(to, method, 0);
    struct trp_alarm_times times = {after, every, trp_ref_host(to)};
    uint64_t number = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    number |= (uint64_t)caller.rank->rank << 40; /* the same on no other rank */
    if (!trp_alarm_send(caller.rank, caller.context, number, times, &head,
                        &method->signature->args, args))
        troupe_fail(TROUPE_NO_MEMORY, "no memory for a tell of %s.%s later",
                    method->signature->owner, method->signature->name);
    return (troupe_timer){number};
}

void troupe_cancel_timer(troupe_timer timer)
{
    struct trp_caller caller = trp_caller();
    const struct trp_record head = {.kind = TRP_RECORD_CANCEL, .future = timer.number};
    trp_send_bytes_from(caller.rank, caller.context, caller.rank->rank, &head, "", 0);
}

static struct trp_futures *futures_for(struct trp_caller caller)
{
    return trp_on_scheduler(caller.context) ? &caller.rank->futures : &caller.rank->shared_futures;
}

troupe_future troupe_stub_ask(struct troupe_ref to, const struct troupe_method *method,
                              const void *args, const struct troupe_options *with)
{
    (void)with;
    struct trp_caller caller = trp_caller();
    struct trp_futures *futures = futures_for(caller);
    uint64_t future = trp_future_new(futures, method->signature->result, to);
    if (trp_ref_none(to)) {
        const char *story = "the handle is of no actor";
        trp_future_resolve(futures, future, TROUPE_NO_ACTOR, story, strlen(story) + 1);
        return (troupe_future){future};
    }
    struct trp_record head = call_head(to, method, future);
    send(caller, trp_ref_host(to), &head, method->signature, args);
    return (troupe_future){future};
}

troupe_future troupe_stub_submit(const struct troupe_method *task, const void *args,
                                 const struct troupe_options *with)
{
    struct trp_caller caller = trp_caller();
    int host = trp_place(caller.rank, with ? with->place : (struct troupe_place){0});
    uint64_t future = trp_future_new(futures_for(caller), task->signature->result,
                                     (struct troupe_ref){0, 0});
    struct trp_record head = {.kind = TRP_RECORD_TASK,
                              .slot = (uint16_t)task->slot,
                              .number = with ? with->cpus : 0,
                              .future = future};
    send(caller, host, &head, task->signature, args);
    return (troupe_future){future};
}

/* ---- creating actors ------------------------------------------------------------------------- */

/* A tied actor ends with the actor whose method makes it. */
static void tie(struct trp_caller caller, struct troupe_ref child)
{
    if (!caller.context || !caller.context->actor)
        return;
    struct trp_actor_more *more = trp_actor_more(caller.context->actor);
    struct troupe_ref *grown = realloc(more->children, (more->child_count + 1) * sizeof *grown);
    if (!grown)
        troupe_fail(TROUPE_NO_MEMORY, "no memory to tie an actor to this one");
    more->children = grown;
    grown[more->child_count++] = child;
}

static unsigned depth_of_child(struct trp_caller caller)
{
    const struct trp_actor *creator = caller.context ? caller.context->actor : NULL;
    unsigned depth = creator ? creator->depth + 1u : 1;
    return depth < UINT16_MAX ? depth : UINT16_MAX;
}

static void create(struct trp_caller caller, struct troupe_ref ref,
                   const struct troupe_class *class_, const struct troupe_signature *init,
                   const void *args, const struct troupe_options *with)
{
    struct trp_record head = {.kind = TRP_RECORD_CREATE,
                              .slot = (uint16_t)class_->id,
                              .creator = trp_ref_creator(ref),
                              .index = trp_ref_index(ref),
                              .generation = trp_ref_generation(ref),
                              .number = with->cpus,
                              .future = (uint64_t)depth_of_child(caller)
                                        << TRP_CREATE_DEPTH_SHIFT};
    if (with->name)
        head.future |= TRP_CREATE_NAMED;
    send(caller, trp_ref_host(ref), &head, init, args);
    if (with->tied)
        tie(caller, ref);
}

struct troupe_ref troupe_stub_new(const struct troupe_class *class_,
                                  const struct troupe_signature *init, const void *args,
                                  const struct troupe_options *with)
{
    static const struct troupe_options defaults;
    with = with ? with : &defaults;
    struct trp_caller caller = trp_caller();
    int host = trp_place(caller.rank, with->place);
    struct troupe_ref ref = trp_actors_name(&caller.rank->actors, host, caller.rank->rank);
    if (with->name) {
        struct troupe_ref holder = trp_claim(caller, class_, ref, with->name, with->or_existing);
        if (!trp_ref_same(holder, ref)) {
            trp_actors_unname(&caller.rank->actors, ref);
            return holder;
        }
    }
    create(caller, ref, class_, init, args, with);
    return ref;
}

/* ---- from inside an actor -------------------------------------------------------------------- */

void troupe_stub_inside(void *self, const struct troupe_method *method, const void *args,
                        void *result)
{
    const struct troupe_class *class_ = trp_actor_of_state(self)->class_;
    class_->table[method->slot]->thunk(self, args, result);
}

void troupe_stub_init(void *self, const struct troupe_class *class_, const void *args)
{
    if (class_->init)
        class_->init->thunk(self, args, NULL);
}

struct troupe_ref troupe_stub_self(const void *self)
{
    return trp_actor_of_state(self)->ref;
}

void troupe_stub_abstract(const struct troupe_signature *method)
{
    troupe_fail(TROUPE_INVALID, "%s.%s is abstract: the class of this actor does not override it",
                method->owner, method->name);
}
