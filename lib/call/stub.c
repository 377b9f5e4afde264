/*
 * Where the generated functions land: a call becomes a record on its way to an actor's rank.
 */
#include "troupe/stub.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/log.h"
#include "call/caller.h"
#include "call/names.h"
#include "call/resources.h"
#include "schedule/alarms.h"
#include "schedule/bulk.h"
#include "schedule/counts.h"
#include "schedule/deadlines.h"
#include "schedule/life.h"
#include "schedule/limit.h"
#include "schedule/role.h"
#include "schedule/send.h"
#include "schedule/steal.h"
#include "schedule/tasks.h"
#include "schedule/trace.h"
#include "troupe/method.h"
#include "troupe/status.h"
#include "wire/pack.h"

static struct trp_record call_head(struct troupe_ref to, const struct troupe_method *method,
                                   uint64_t future)
{
    struct trp_record head = trp_record_for(to, future ? TRP_RECORD_ASK : TRP_RECORD_TELL);
    const struct trp_context *c = trp_current();
    head.slot = method->slot & TRP_SLOTS_MAX;
    head.from = c ? c->calls_as : TRP_FROM_OTHER;
    head.flags = method->urgent ? TRP_RECORD_URGENT : 0;
    head.future = future;
    return head;
}

/* The future will have no answer. */
static void forget(struct trp_caller caller, uint64_t future)
{
    struct trp_futures *futures = trp_caller_futures(caller);
    trp_future_resolve(futures, future, TROUPE_CANCELLED, "", 1);
    trp_future_drop(futures, future);
}

/* A message that cannot be sent is the failure of the one who calls. */
__attribute__((noreturn)) static void not_sent(const struct troupe_signature *s, int status)
{
    troupe_fail(status, "the arguments of %s.%s: %s", s->owner, s->name,
                status == TROUPE_NO_MEMORY ? "no memory for a message of that size"
                                           : "larger than a message can be, or a span "
                                             "without data");
}

static bool is_asked(const struct trp_record *head)
{
    return head->kind == TRP_RECORD_ASK || head->kind == TRP_RECORD_TASK;
}

/* May wait. A caller that was cancelled meanwhile ends. */
static int send_large(struct trp_caller caller, int to, const struct trp_record *head,
                      const struct troupe_signature *s, const void *args)
{
    struct trp_context *c = trp_caller_waiting();
    int status = trp_send_large(caller.rank, caller.context, c, to, head, &s->args, args);
    if (status != TROUPE_OK || !c || !c->cancelled)
        return status;
    if (is_asked(head))
        trp_future_drop(trp_caller_futures(caller), head->future);
    trp_caller_check(c);
    return status;
}

static void send(struct trp_caller caller, int to, const struct trp_record *head,
                 const struct troupe_signature *s, const void *args)
{
    int status = trp_send(caller.rank, caller.context, to, head, &s->args, args);
    if (status == TRP_SEND_LARGE)
        status = send_large(caller, to, head, s, args);
    if (status == TROUPE_OK)
        return;
    if (is_asked(head))
        forget(caller, head->future);
    if (head->kind == TRP_RECORD_TASK && head->number & TRP_TASK_MOVES &&
        to == caller.rank->rank)
        trp_steal_coming(caller.rank->workers, -1);
    not_sent(s, status);
}

#define NO_TIME 1e9 /* seconds, and more: for ever */

static bool is_timed(const struct troupe_options *with)
{
    return with && with->timeout > 0 && with->timeout < NO_TIME;
}

static void limit_time(struct trp_caller caller, uint64_t future,
                       const struct troupe_signature *s, struct troupe_ref target,
                       const struct troupe_options *with)
{
    if (future && is_timed(with))
        trp_deadline_send(caller.rank, caller.context, future, s, target, with->timeout);
}

/* A call that is not urgent: the caller waits while too much of it is on its way, and where the
   actor says so, for room. */
static void send_call(struct trp_caller caller, struct troupe_ref to,
                      const struct trp_record *head, const struct troupe_method *method,
                      const void *args, const struct troupe_options *with)
{
    uint64_t room = method->urgent ? 0 : trp_caller_asks_for_room(caller, to);
    limit_time(caller, room, method->signature, to, with);
    limit_time(caller, head->future, method->signature, to, with);
    send(caller, trp_ref_host(to), head, method->signature, args);
    if (!method->urgent)
        trp_caller_slow_down(caller, trp_ref_host(to), head->future);
    if (room)
        trp_caller_waits_for_room(caller, room, head->future);
}

static bool told_nobody(struct trp_caller caller, struct troupe_ref to,
                        const struct troupe_signature *s, const void *args)
{
    const char *why = trp_unreachable(caller.rank, to);
    if (!why)
        return false;
    trp_log(TRP_LOG_WARNING, "%s.%s was told to no actor: %s", s->owner, s->name, why);
    trp_ungive(&s->args, args);
    return true;
}

/* No parcel was being filled for that rank, and now there is one: the short way is to be tried
   again. None is begun for what the usual ones do not hold. */
static bool begun_parcel(struct trp_caller caller, struct troupe_ref to,
                         const struct troupe_method *method)
{
    const struct troupe_type *type = &method->signature->args;
    int host = trp_ref_host(to);
    if (trp_on_scheduler(caller.context))
        trp_lanes_for(caller.rank, caller.context);
    return !(to.place & TRP_REF_SAYS) && trp_on_scheduler(caller.context) &&
           trp_in_job(caller.rank, (uint32_t)host, trp_ref_creator(to)) &&
           !caller.rank->outlets[host].parcel && method->quick &&
           type->size < TRP_PARCEL_BYTES - sizeof(struct trp_record) &&
           trp_outlet_begin(caller.rank, host, true);
}

__attribute__((noinline)) static void tell(struct troupe_ref to,
                                           const struct troupe_method *method, const void *args)
{
    bool outside = trp_call_enter();
    struct trp_caller caller = trp_caller();
    if (begun_parcel(caller, to, method) &&
        trp_tell(caller.rank, to.place, to.serial, method, args)) {
        trp_trace_tells(caller.rank, to, method);
        trp_role_leave(outside);
        return;
    }
    if (!told_nobody(caller, to, method->signature, args)) {
        struct trp_record head = call_head(to, method, 0);
        trp_trace_tells(caller.rank, to, method);
        send_call(caller, to, &head, method, args, NULL);
    }
    trp_role_leave(outside);
}

/* What follows, and is like it, goes the short way of troupe_tell_again. */
void troupe_stub_tell(struct troupe_ref to, const struct troupe_method *method, const void *args,
                      const struct troupe_options *with)
{
    uint32_t calls = trp_call_begin();
    const struct trp_context *c = trp_call_context();
    (void)with; /* nothing in it is about a tell */
    if (c)
        trp_lanes_for(c->rank, c);
    bool quick = c && !trp_trace_on; /* which has to know of each */
    if (quick && trp_tell(c->rank, to.place, to.serial, method, args)) {
        trp_lanes_open(c->rank, c);
        trp_call_end(calls);
        return;
    }
    trp_call_undo(calls);
    tell(to, method, args);
}

troupe_timer troupe_stub_later(struct troupe_ref to, const struct troupe_method *method,
                               const void *args, double after, double every)
{
    static uint64_t last;
    bool outside = trp_call_enter();
    struct trp_caller caller = trp_caller();
    if (told_nobody(caller, to, method->signature, args)) {
        trp_role_leave(outside);
        return (troupe_timer){0};
    }
    struct trp_record head = call_head(to, method, 0);
    struct trp_alarm_times times = {after, every, trp_ref_host(to)};
    uint64_t number = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    number |= (uint64_t)caller.rank->rank << 40; /* the same on no other rank */
    int status = trp_alarm_send(caller.rank, caller.context, number, times, &head,
                                &method->signature->args, args);
    trp_ungive(&method->signature->args, args); /* it was copied */
    if (status != TROUPE_OK)
        not_sent(method->signature, status);
    trp_role_leave(outside);
    return (troupe_timer){number};
}

void troupe_cancel_timer(troupe_timer timer)
{
    bool outside = trp_call_enter();
    struct trp_caller caller = trp_caller();
    const struct trp_record head = {.kind = TRP_RECORD_CANCEL, .future = timer.number};
    trp_send_bytes_from(caller.rank, caller.context, caller.rank->rank, &head, "", 0);
    trp_role_leave(outside);
}

static troupe_future ask_from(struct trp_caller caller, struct troupe_ref to,
                              const struct troupe_method *method, const void *args,
                              const struct troupe_options *with)
{
    struct trp_futures *futures = trp_caller_futures(caller);
    uint64_t future = 0;
    if (!is_timed(with) && begun_parcel(caller, to, method))
        future = trp_ask(caller.rank, to.place, to.serial, method, args);
    if (future) {
        trp_trace_asks(caller.rank, future);
        return (troupe_future){future};
    }
    future = trp_future_new(futures, method->signature->result, to);
    const char *story = trp_unreachable(caller.rank, to);
    if (story) {
        trp_future_resolve(futures, future, TROUPE_NO_ACTOR, story, strlen(story) + 1);
        trp_ungive(&method->signature->args, args);
        return (troupe_future){future};
    }
    struct trp_record head = call_head(to, method, future);
    trp_trace_asks(caller.rank, future);
    send_call(caller, to, &head, method, args, with);
    return (troupe_future){future};
}

__attribute__((noinline)) static troupe_future ask(struct troupe_ref to,
                                                   const struct troupe_method *method,
                                                   const void *args,
                                                   const struct troupe_options *with)
{
    bool outside = trp_call_enter();
    struct trp_caller caller = trp_caller();
    troupe_future future = ask_from(caller, to, method, args, with);
    trp_role_leave(outside);
    return future;
}

troupe_future troupe_stub_ask(struct troupe_ref to, const struct troupe_method *method,
                              const void *args, const struct troupe_options *with)
{
    uint32_t calls = trp_call_begin();
    const struct trp_context *c = trp_call_context();
    bool quick = c && !is_timed(with);
    if (c)
        trp_lanes_for(c->rank, c);
    uint64_t future = quick ? trp_ask(c->rank, to.place, to.serial, method, args) : 0;
    if (future) {
        trp_trace_asks(c->rank, future);
        trp_call_end(calls);
        return (troupe_future){future};
    }
    trp_call_undo(calls);
    return ask(to, method, args, with);
}

/* The record's number, but for what is asked for; or else the caller fails, and what it gave is
   released. */
static int64_t number_for(const struct troupe_options *with, const struct troupe_signature *s,
                          const void *args)
{
    bool few = with->retries <= TRP_RETRIES_MAX;
    if (few && with->priority >= INT16_MIN && with->priority <= INT16_MAX)
        return (int64_t)with->priority * (INT64_C(1) << TRP_PRIORITY_SHIFT) |
               (int64_t)with->retries << TRP_RETRIES_SHIFT;
    trp_ungive(&s->args, args);
    if (few)
        troupe_fail(TROUPE_INVALID, ".priority = %d of %s: it can be %d to %d", with->priority,
                    s->name, INT16_MIN, INT16_MAX);
    troupe_fail(TROUPE_INVALID, ".retries = %u of %s: there can be %d at most", with->retries,
                s->name, TRP_RETRIES_MAX);
}

/* Where it is to go; or else likewise. */
static int host_for(struct trp_caller caller, const struct troupe_options *with,
                    const struct troupe_needs *needs, const char *whose, bool task,
                    const struct troupe_signature *s, const void *args, struct trp_asked *asked)
{
    char story[TRP_REFUSAL_SIZE];
    int host = trp_asked_place(caller.rank, with, needs, whose, task, asked, story);
    if (host < 0) {
        trp_ungive(&s->args, args);
        troupe_fail(TROUPE_INVALID, "%s", story);
    }
    return host;
}

/* With what is asked for behind the arguments. On the stack, where they are already. */
static void send_asking(struct trp_caller caller, int to, const struct trp_record *head,
                        const struct troupe_signature *s, const void *args,
                        const struct trp_asked *asked)
{
    if (!(asked->number & TRP_ASKS_MORE)) {
        send(caller, to, head, s, args);
        return;
    }
    struct trp_asking asking;
    struct troupe_signature signature = *s;
    signature.args = *trp_asking_type(&asking, &s->args);
    char *both = __builtin_alloca_with_align(signature.args.size, 64);
    size_t at = trp_asking_offset(&s->args);
    memset(both, 0, at);
    memcpy(both, args, s->args.size);
    memcpy(both + at, &asked->wants, sizeof asked->wants);
    send(caller, to, head, &signature, both);
}

/* Who submits it has been cancelled. */
static void call_off(struct trp_rank *rank, uint64_t future)
{
    int host = trp_future_call_off(&trp_shared_futures, future);
    if (host >= 0)
        trp_task_call_off(rank, host, future);
}

troupe_future troupe_stub_submit(const struct troupe_method *task, const void *args,
                                 const struct troupe_options *with)
{
    static const struct troupe_options defaults;
    with = with ? with : &defaults;
    bool outside = trp_call_enter();
    struct trp_caller caller = trp_caller();
    struct trp_asked asked;
    int64_t number = number_for(with, task->signature, args);
    int host = host_for(caller, with, task->needs, task->signature->name, true, task->signature,
                        args, &asked);
    uint64_t future = trp_future_new(trp_caller_futures(caller), task->signature->result,
                                     trp_task_at(host));
    struct trp_task *parent = caller.context ? caller.context->task : NULL;
    if (parent)
        trp_future_adopt(&trp_shared_futures, future, &parent->children);
    struct trp_record head = {.kind = TRP_RECORD_TASK,
                              .slot = task->slot & TRP_SLOTS_MAX,
                              .from = caller.context ? caller.context->calls_as : TRP_FROM_OTHER,
                              .creator = (uint32_t)caller.rank->rank & (TRP_RANKS_MAX - 1),
                              .number = number | asked.number,
                              .future = future};
    trp_trace_asks(caller.rank, future);
    limit_time(caller, future, task->signature, trp_task_at(host), with);
    send_asking(caller, host, &head, task->signature, args, &asked);
    if (parent && parent->cancelled)
        call_off(caller.rank, future);
    trp_caller_slow_down(caller, host, future);
    if (head.number & TRP_TASK_MOVES && host == caller.rank->rank &&
        trp_on_scheduler(caller.context))
        trp_caller_lets_begin(caller, future);
    trp_role_leave(outside);
    return (troupe_future){future};
}

/* ---- creating actors ------------------------------------------------------------------------- */

/* A tied actor ends with the actor whose method makes it. The number of the tie. */
static uint64_t tie(struct trp_caller caller, struct troupe_ref child)
{
    if (!caller.context || !caller.context->actor)
        return 0;
    struct trp_actor_more *more = trp_actor_more(caller.context->actor);
    uint32_t number = trp_ties_add(&caller.rank->ties, more, child);
    if (!number)
        troupe_fail(TROUPE_NO_MEMORY, "no memory to tie an actor to this one");
    return number;
}

static unsigned depth_of_child(struct trp_caller caller)
{
    const struct trp_actor *creator = caller.context ? caller.context->actor : NULL;
    unsigned depth = creator ? creator->depth + 1u : 1;
    return depth < UINT16_MAX ? depth : UINT16_MAX;
}

static void limit(struct trp_caller caller, struct troupe_ref ref,
                  const struct troupe_options *with)
{
    struct trp_record head = trp_record_for(ref, TRP_RECORD_LIMIT);
    head.number = with->max_pending | (with->refuse_more ? TRP_LIMIT_REFUSES : 0);
    trp_send_bytes_from(caller.rank, caller.context, trp_ref_host(ref), &head, "", 0);
}

static void create(struct trp_caller caller, struct troupe_ref ref,
                   const struct troupe_class *class_, const struct troupe_signature *init,
                   const void *args, const struct troupe_options *with,
                   const struct trp_asked *asked)
{
    if (with->max_pending)
        limit(caller, ref, with);
    struct trp_record head = trp_record_for(ref, TRP_RECORD_CREATE);
    head.slot = class_->id & TRP_SLOTS_MAX;
    head.from = caller.context ? caller.context->calls_as : TRP_FROM_OTHER;
    head.number = asked->number;
    head.future = (uint64_t)depth_of_child(caller) << TRP_CREATE_DEPTH_SHIFT;
    if (with->name)
        head.future |= TRP_CREATE_NAMED;
    if (with->tied)
        head.future |= tie(caller, ref) << TRP_CREATE_TIE_SHIFT;
    send_asking(caller, trp_ref_host(ref), &head, init, args, asked);
}

/* Methods that may run at a time, for the record's number; or else the caller fails. */
static int64_t at_once_for(const struct troupe_options *with, int cpus, const char *whose,
                           const struct troupe_signature *init, const void *args)
{
    unsigned wanted = with->max_concurrency;
    if (wanted <= 1 || (cpus > 0 && wanted <= TRP_AT_ONCE_MAX))
        return (int64_t)wanted << TRP_AT_ONCE_SHIFT;
    trp_ungive(&init->args, args);
    if (cpus > 0)
        troupe_fail(TROUPE_INVALID, ".max_concurrency = %u of %s: it can be %d at most", wanted,
                    whose, TRP_AT_ONCE_MAX);
    troupe_fail(TROUPE_INVALID, ".max_concurrency = %u of %s: only an actor with .cpus has threads "
                "of its own; the others run one method at a time on that of their rank", wanted,
                whose);
}

static struct troupe_ref new_from(struct trp_caller caller, const struct troupe_class *class_,
                                  const struct troupe_signature *init, const void *args,
                                  const struct troupe_options *with)
{
    struct trp_asked asked;
    int host = host_for(caller, with, trp_class_needs(class_), class_->name, false, init, args,
                        &asked);
    asked.number |= at_once_for(with, (int)asked.number, class_->name, init, args);
    struct troupe_ref ref = trp_actors_name(&caller.rank->actors, host, caller.rank->rank);
    if (with->max_pending)
        ref.place |= with->refuse_more ? TRP_REF_REFUSES : TRP_REF_WAITS;
    if (with->name) {
        struct troupe_ref holder = trp_claim(caller, class_, ref, with->name, with->or_existing);
        if (!trp_ref_same(holder, ref)) {
            trp_claim_settled(caller);
            trp_actors_unname(&caller.rank->actors, ref);
            trp_ungive(&init->args, args);
            return holder;
        }
    }
    create(caller, ref, class_, init, args, with, &asked);
    if (with->name)
        trp_claim_settled(caller);
    trp_caller_slow_down(caller, host, 0);
    return ref;
}

struct troupe_ref troupe_stub_new(const struct troupe_class *class_,
                                  const struct troupe_signature *init, const void *args,
                                  const struct troupe_options *with)
{
    static const struct troupe_options defaults;
    bool outside = trp_call_enter();
    struct trp_caller caller = trp_caller();
    struct troupe_ref ref = new_from(caller, class_, init, args, with ? with : &defaults);
    trp_role_leave(outside);
    return ref;
}

/* ---- from inside an actor -------------------------------------------------------------------- */

static void release(void *data)
{
    trp_buffer_release(data);
}

static void adopt(struct trp_context *c, struct trp_buffer *gift)
{
    if (!trp_context_defer(c, release, gift->data))
        trp_die("no memory to defer the release of a buffer");
}

/* What is given inside goes with the call that all is inside of. */
static void adopt_gifts(const struct troupe_signature *s, const void *args)
{
    struct trp_context *c = trp_current();
    struct trp_apart apart = {.least = SIZE_MAX};
    if (!trp_buffers_given || !c)
        return;
    trp_packed_size_apart(&s->args, args, &apart);
    for (unsigned i = 0; i < apart.gifts; i++)
        adopt(c, apart.gift[i]);
    for (unsigned i = 0; i < apart.copied; i++)
        adopt(c, apart.copy[i]);
}

void troupe_stub_inside(void *self, const struct troupe_method *method, const void *args,
                        void *result)
{
    const struct troupe_class *class_ = trp_actor_of_state(self)->class_;
    adopt_gifts(method->signature, args);
    class_->table[method->slot]->thunk(self, args, result);
}

void troupe_stub_init(void *self, const struct troupe_class *class_, const void *args)
{
    if (!class_->init)
        return;
    adopt_gifts(class_->init->signature, args);
    class_->init->thunk(self, args, NULL);
}

struct troupe_ref troupe_stub_self(const void *self)
{
    const struct trp_actor *actor = trp_actor_of_state(self);
    const struct trp_limit *limit = actor->more ? actor->more->limit : NULL;
    struct troupe_ref ref = trp_actor_ref(actor);
    if (limit)
        ref.place |= limit->refuses ? TRP_REF_REFUSES : TRP_REF_WAITS;
    return ref;
}

void troupe_stub_abstract(const struct troupe_signature *method)
{
    troupe_fail(TROUPE_INVALID, "%s.%s is abstract: the class of this actor does not override it",
                method->owner, method->name);
}
