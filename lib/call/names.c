#include "call/names.h"

#include <stdlib.h>
#include <string.h>

#include "schedule/names.h"
#include "schedule/send.h"
#include "troupe/future.h"
#include "troupe/life.h"
#include "troupe/method.h"

static troupe_future new_future(struct trp_caller caller)
{
    return (troupe_future){trp_future_new(trp_caller_futures(caller), &trp_handle_type,
                                          (struct troupe_ref){0, 0})};
}

static void send_name(struct trp_caller caller, const struct trp_record *head, const char *name)
{
    trp_send_bytes_from(caller.rank, caller.context, trp_name_home(caller.rank, name), head, name,
                        strlen(name) + 1);
}

/* ---- claiming -------------------------------------------------------------------------------- */

/* Who may have the name will never come: it is ended before it began, and its name with it. */
static void give_up(void *p)
{
    const char *by = "its creator, which did not go on to make it";
    struct trp_caller caller = trp_caller();
    struct troupe_ref *ref = p;
    struct trp_record head = trp_record_for(*ref, TRP_RECORD_KILL);
    head.number = TROUPE_END_KILLED;
    trp_send_bytes_from(caller.rank, caller.context, trp_ref_host(*ref), &head, by,
                        strlen(by) + 1);
    free(ref);
}

static void open_claim(struct trp_caller caller, struct troupe_ref ref)
{
    if (!caller.context)
        return; /* a thread of an OpenMP team does not fail: the process would end */
    struct troupe_ref *kept = malloc(sizeof *kept);
    if (!kept || !trp_context_defer(caller.context, give_up, kept)) {
        free(kept);
        troupe_fail(TROUPE_NO_MEMORY, "no memory to claim a name");
    }
    *kept = ref;
}

void trp_claim_settled(struct trp_caller caller)
{
    if (caller.context)
        free(trp_context_undefer(caller.context));
}

struct troupe_ref trp_claim(struct trp_caller caller, const struct troupe_class *class_,
                            struct troupe_ref ref, const char *name, bool or_existing)
{
    struct trp_record head = trp_record_for(ref, TRP_RECORD_CLAIM);
    head.slot = class_->id;
    head.number = (int64_t)((ref.place & TRP_REF_SAYS) >> 30 << 32) | trp_ref_host(ref);
    open_claim(caller, ref);
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
    struct trp_context *c = trp_caller_waiting();
    if (!c)
        return TROUPE_NOT_HERE;
    if (!name)
        return trp_told(c, TROUPE_INVALID, "the name to look for is NULL");
    troupe_future future = new_future(caller);
    struct trp_record head = {
        .kind = TRP_RECORD_LOOKUP, .slot = class_->id, .future = future.id};
    send_name(caller, &head, name);
    troupe_status status = troupe_get_any(future, actor, sizeof *actor, seconds);
    if (status == TROUPE_TIMEOUT) {
        head.kind = TRP_RECORD_FORGET;
        send_name(caller, &head, name);
        troupe_drop_any(future);
    }
    return status;
}
