#include "gateway/find.h"

#include <stdio.h>
#include <string.h>

#include "actor/classes.h"
#include "gateway/clerk.h"
#include "schedule/names.h"
#include "troupe/life.h"

trp_found trp_find(const char *text)
{
    const struct trp_rank *rank = trp_gate.rank;
    struct troupe_ref ref;
    trp_found found = {.story = ""};
    if (trp_id_read(text, rank->ranks, &ref)) {
        trp_monitor host = trp_gate.monitors[trp_ref_host(ref)];
        return troupe_await(trp_monitor_find(host, ref.place, ref.serial));
    }
    if (!*text || strlen(text) > 4096)
        return found;
    return troupe_await(trp_monitor_named(trp_gate.monitors[trp_name_home(rank, text)], text));
}

bool trp_find_living(struct trp_visit *v, const char *text, trp_found *found)
{
    *found = trp_find(text);
    if (found->state == TRP_STATE_ENDED || found->state == TRP_STATE_ENDING)
        return trp_refuse_visit(v, 410, "ended", NULL, TROUPE_ENDED, found->story,
                                "actor %.200s has ended", text);
    if (found->state == TRP_STATE_NONE)
        return trp_refuse_visit(v, 404, "not_found", NULL, 0, NULL,
                                "there is no actor %.200s: an id is as 1:4, a name one that an "
                                "actor was created under",
                                text);
    return true;
}

bool trp_find_handle(void *visit, const char *text, const char *class_, struct troupe_ref *ref,
                     struct trp_fault *fault)
{
    trp_found found = trp_find(text);
    (void)visit;
    if (found.state == TRP_STATE_NONE || found.class_id == TRP_NO_CLASS) {
        fault->code = "not_found";
        snprintf(fault->message, sizeof fault->message, "there is no actor %.200s", text);
        return false;
    }
    const struct troupe_class *is = trp_class_by_id(found.class_id);
    if (!trp_class_is_a(is, trp_class_named(class_))) {
        fault->code = "wrong_type";
        snprintf(fault->message, sizeof fault->message, "%.200s is a %.100s, and no %.100s", text,
                 is->name, class_);
        return false;
    }
    *ref = trp_found_ref(&found);
    return true;
}

/* ---- what was declared ----------------------------------------------------------------------- */

const struct troupe_class *trp_class_named(const char *name)
{
    const struct troupe_class *class_;
    for (uint32_t id = 0; (class_ = trp_class_by_id(id)); id++)
        if (!strcmp(class_->name, name))
            return trp_class_is_own(class_) ? NULL : class_;
    return NULL;
}

const struct troupe_method *trp_task_named(const char *name)
{
    const struct troupe_method *task;
    for (uint32_t n = 0; (task = trp_task_by_number(n)); n++)
        if (!strcmp(task->signature->name, name))
            return task;
    return NULL;
}

const struct troupe_method *trp_method_named(const struct troupe_class *class_, const char *name)
{
    for (uint32_t i = 0; i < class_->slots; i++)
        if (class_->table[i] && !strcmp(class_->table[i]->signature->name, name))
            return class_->table[i];
    return NULL;
}

const struct troupe_signature *trp_init_of(const struct troupe_class *class_)
{
    static const struct troupe_signature none = {
        .owner = "", .name = "init", .role = TROUPE_ROLE_INIT,
        .args = {"arguments", TROUPE_KIND_STRUCT, true, 1, 0, NULL, NULL}};
    return class_->init ? class_->init->signature : &none;
}

const char *trp_class_name(uint32_t id)
{
    const struct troupe_class *class_ = trp_class_by_id(id);
    return class_ ? class_->name : "actor";
}

const char *trp_reason_name(int reason)
{
    static const char *const names[] = {"",       "stopped", "killed",         "exited",
                                        "failed", "tied",    "ended with the job", "forgotten"};
    return reason > 0 && reason < (int)(sizeof names / sizeof *names) ? names[reason] : "";
}

bool trp_is_ask(const struct troupe_method *method)
{
    return method->signature->role == TROUPE_ROLE_ASK ||
           method->signature->role == TROUPE_ROLE_URGENT_ASK;
}
