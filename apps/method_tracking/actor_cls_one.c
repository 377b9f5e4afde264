#include "actor_cls.h"

struct actor_cls_one_state {
    struct actor_cls_state base;
    double waited; /* time-outs of its calls, added up */
};

static void on_init(struct actor_cls_one_state *self, troupe_str name)
{
    actor_cls_init(&self->base, name);
}

static void on_method(struct actor_cls_one_state *self, double timeout, troupe_str store)
{
    (void)store; /* a real one would write there */
    self->waited += timeout;
    self->base.count.calls++;
}

TROUPE_IMPLEMENT(actor_cls_one, (init, on_init), (method, on_method));
