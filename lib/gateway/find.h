/*
 * Finding what requests name: actors by id or name, classes, methods, tasks; and what they are shown
 * as.
 */
#ifndef TRP_FIND_H
#define TRP_FIND_H

#include "gateway/monitor.h"
#include "gateway/visit.h"

/* Asks its rank, or its name's home; may wait. Its state is TRP_STATE_NONE if there is none. */
trp_found trp_find(const char *text);

/* The same; an actor that is not there, or has ended, is refused. */
bool trp_find_living(struct trp_visit *visit, const char *text, trp_found *found);

static inline struct troupe_ref trp_found_ref(const trp_found *found)
{
    return (struct troupe_ref){found->place, found->serial};
}

/* What users declared; NULL: none of that name. */
const struct troupe_class *trp_class_named(const char *name);
const struct troupe_method *trp_task_named(const char *name);

/* Of the class or a base, overridden or not. */
const struct troupe_method *trp_method_named(const struct troupe_class *class_, const char *name);

/* The signature of its constructor; one without arguments where it has none. */
const struct troupe_signature *trp_init_of(const struct troupe_class *class_);

/* Its name, "actor" of none. */
const char *trp_class_name(uint32_t id);

/* "stopped", "killed" and so on. */
const char *trp_reason_name(int reason);

/* As trp_reading.find. */
bool trp_find_handle(void *visit, const char *text, const char *class_, struct troupe_ref *ref,
                     struct trp_fault *fault);

bool trp_is_ask(const struct troupe_method *method);

#endif
