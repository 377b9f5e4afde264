/*
 * Where the generated functions land: a call becomes a record on its way to an actor's rank.
 */
#include "troupe/stub.h"

#include "actor/actor.h"
#include "base/log.h"
#include "call/place.h"
#include "call/caller.h"
#include "schedule/deliver.h"
#include "schedule/send.h"
#include "troupe/method.h"
#include "troupe/status.h"

#include <string.h>

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

static void refuse_size(const struct troupe_signature *s)
{
    troupe_fail(TROUPE_INVALID, "the arguments of %s.%s are larger than memory can be", s->owner,
                s->name);
}

void troupe_stub_tell(struct troupe_ref to, const struct troupe_method *method, const void *args,
                      const struct troupe_options *with)
{
    (void)with; /* nothing in it is about a tell yet */
    struct trp_caller caller = trp_caller();
    const struct troupe_signature *s = method->signature;
    if (trp_ref_none(to)) {
        trp_log(TRP_LOG_WARNING, "%s.%s was told to no actor: the handle is empty", s->owner,
                s->name);
        return;
    }
    struct trp_record head = call_head(to, method, 0);
    if (!trp_send(caller.rank, caller.context, trp_ref_host(to), &head, &s->args, args))
        refuse_size(s);
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
    const struct troupe_signature *s = method->signature;
    struct trp_futures *futures = futures_for(caller);
    uint64_t future = trp_future_new(futures, s->result);
    if (trp_ref_none(to)) {
        const char *story = "the handle is of no actor";
        trp_future_resolve(futures, future, TROUPE_NO_ACTOR, story, strlen(story) + 1);
        return (troupe_future){future};
    }
    struct trp_record head = call_head(to, method, future);
    if (!trp_send(caller.rank, caller.context, trp_ref_host(to), &head, &s->args, args))
        refuse_size(s);
    return (troupe_future){future};
}

struct troupe_ref troupe_stub_new(const struct troupe_class *class_,
                                  const struct troupe_signature *init, const void *args,
                                  const struct troupe_options *with)
{
    struct trp_caller caller = trp_caller();
    int host = trp_place(caller.rank, with ? with->place : (struct troupe_place){0});
    struct troupe_ref ref = trp_actors_name(&caller.rank->actors, host, caller.rank->rank);
    struct trp_record head = {.kind = TRP_RECORD_CREATE,
                              .slot = (uint16_t)class_->id,
                              .creator = trp_ref_creator(ref),
                              .index = trp_ref_index(ref),
                              .generation = trp_ref_generation(ref)};
    if (!trp_send(caller.rank, caller.context, host, &head, &init->args, args))
        refuse_size(init);
    return ref;
}

troupe_future troupe_stub_submit(const struct troupe_method *task, const void *args,
                                 const struct troupe_options *with)
{
    struct trp_caller caller = trp_caller();
    int host = trp_place(caller.rank, with ? with->place : (struct troupe_place){0});
    uint64_t future = trp_future_new(futures_for(caller), task->signature->result);
    struct trp_record head = {.kind = TRP_RECORD_TASK,
                              .slot = (uint16_t)task->slot,
                              .number = with ? with->cpus : 0,
                              .future = future};
    if (!trp_send(caller.rank, caller.context, host, &head, &task->signature->args, args))
        refuse_size(task->signature);
    return (troupe_future){future};
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
