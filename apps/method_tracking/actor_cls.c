#include "actor_cls.h"

#include <stdio.h>

static void on_init(struct actor_cls_state *self, troupe_str name)
{
    snprintf(self->name, sizeof self->name, "%s", name);
    self->count.method = "method";
}

static troupe_str on_get_name(struct actor_cls_state *self)
{
    return self->name;
}

static method_calls on_get_all_method_calls(struct actor_cls_state *self)
{
    return (method_calls){actor_cls_get_name_inside(self), {&self->count, 1}};
}

static void on_repr(const struct actor_cls_state *self, char *text, size_t size)
{
    snprintf(text, size, "%s", self->name);
}

TROUPE_IMPLEMENT(actor_cls, (init, on_init), (method, troupe_abstract), (get_name, on_get_name),
                 (get_all_method_calls, on_get_all_method_calls), (repr, on_repr));
