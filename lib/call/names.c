#include "call/names.h"

#include <string.h>

#include "schedule/names.h"
#include "schedule/send.h"
#include "troupe/future.h"
#include "troupe/life.h"
#include "troupe/method.h"

static troupe_future new_future(struct trp_caller caller)
{
    struct trp_futures *futures =
        trp_on_scheduler(caller.context) ? &caller.rank->futures : &caller.rank->shared_futures;
    return (troupe_future){
        trp_future_new(futures, &trp_handle_type, (struct troupe_ref){0, 0})};
}

static void send_name(struct trp_caller caller, const struct trp_record *head, const char *name)
{
    trp_send_bytes_from(caller.rank, caller.context, trp_name_home(caller.rank, name), head, name,
                        strlen(name) + 1);
}

struct troupe_ref trp_claim(struct trp_caller caller, const struct troupe_class *class_,
                            struct troupe_ref ref, const char *name, bool or_existing)
{
    struct trp_record head = {.kind = TRP_RECORD_CLAIM,
                              .slot = (uint16_t)class_->id,
                              .creator = trp_ref_creator(ref),
                              .index = trp_ref_index(ref),
                              .generation = trp_ref_generation(ref),
                              .number = trp_ref_host(ref)};
    if (!or_existing) {
        send_name(caller, &head, name);
        return ref;
    }
    troupe_future future = new_future(caller);
    head.future = future.id;
    send_name(caller, &head, name);
    struct troupe_ref holder;
    memcpy(&holder, troupe_await_any(future, sizeof holder), sizeof holder);
    return holder;
}

troupe_status troupe_lookup_ref(const struct troupe_class *class_, const char *name,
                                double seconds, struct troupe_ref *actor)
{
    struct trp_caller caller = trp_caller();
    if (!name)
        return TROUPE_INVALID;
    troupe_future future = new_future(caller);
    struct trp_record head = {
        .kind = TRP_RECORD_LOOKUP, .slot = (uint16_t)class_->id, .future = future.id};
    send_name(caller, &head, name);
    troupe_status status = troupe_get_any(future, actor, sizeof *actor, seconds);
    if (status == TROUPE_TIMEOUT)
        troupe_drop_any(future);
    return status;
}
