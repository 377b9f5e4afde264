/*
 * The tutorial's ActorCls and its two subclasses, which count the calls of their method.
 */
#ifndef ACTOR_CLS_H
#define ACTOR_CLS_H

#include "troupe.h"

TROUPE_STRUCT(method_count, (troupe_str, method), (int64_t, calls));
TROUPE_STRUCT(method_calls, (troupe_str, name), (TROUPE_SPAN(method_count), counts));

TROUPE_CLASS(actor_cls, (troupe_str, name));
TROUPE_TELL(actor_cls, method, (double, timeout), (troupe_str, store));
TROUPE_ASK(actor_cls, get_all_method_calls, method_calls);
TROUPE_ASK(actor_cls, get_name, troupe_str);

TROUPE_EXTENDS(actor_cls_one, actor_cls, (troupe_str, name));
TROUPE_OVERRIDE_TELL(actor_cls_one, actor_cls, method, (double, timeout), (troupe_str, store));

TROUPE_EXTENDS(actor_cls_two, actor_cls, (troupe_str, name));
TROUPE_OVERRIDE_TELL(actor_cls_two, actor_cls, method, (double, timeout), (troupe_str, store));

/* What the state of a subclass begins with. */
struct actor_cls_state {
    char name[64];
    method_count count; /* of the one method */
};

#endif
