/*
 * Step 4 of docs/tutorial.md: a base class, two subclasses, and how actors are called in messages.
 */
#include <stdio.h>

#include "troupe.h"

TROUPE_CLASS(actor_cls, (troupe_str, name));
TROUPE_TELL(actor_cls, method, (double, timeout), (troupe_str, store));
TROUPE_ASK(actor_cls, calls, int64_t);
TROUPE_ASK(actor_cls, get_name, troupe_str);

TROUPE_EXTENDS(actor_cls_one, actor_cls, (troupe_str, name));
TROUPE_OVERRIDE_TELL(actor_cls_one, actor_cls, method, (double, timeout), (troupe_str, store));

TROUPE_EXTENDS(actor_cls_two, actor_cls, (troupe_str, name));
TROUPE_OVERRIDE_TELL(actor_cls_two, actor_cls, method, (double, timeout), (troupe_str, store));

/* ---- the base: says how to count, and leaves it to others what a call does ------------------- */

struct actor_cls_state {
    char name[64];
    int64_t calls;
};

static void on_init(struct actor_cls_state *self, troupe_str name)
{
    snprintf(self->name, sizeof self->name, "%s", name);
}

static int64_t on_calls(struct actor_cls_state *self)
{
    return self->calls;
}

static troupe_str on_get_name(struct actor_cls_state *self)
{
    return self->name;
}

static void on_repr(const struct actor_cls_state *self, char *text, size_t size)
{
    snprintf(text, size, "%s", self->name);
}

TROUPE_IMPLEMENT(actor_cls, (init, on_init), (method, troupe_abstract), (calls, on_calls),
                 (get_name, on_get_name), (repr, on_repr));

/* ---- the first subclass ---------------------------------------------------------------------- */

struct actor_cls_one_state {
    struct actor_cls_state base; /* first */
};

static void on_init_one(struct actor_cls_one_state *self, troupe_str name)
{
    actor_cls_init(&self->base, name);
}

static void on_method_one(struct actor_cls_one_state *self, double timeout, troupe_str store)
{
    troupe_log(TROUPE_LOG_INFO, "one: %s, %g s", store, timeout);
    self->base.calls++;
}

TROUPE_IMPLEMENT(actor_cls_one, (init, on_init_one), (method, on_method_one));

/* ---- the second ------------------------------------------------------------------------------ */

struct actor_cls_two_state {
    struct actor_cls_state base;
    double waited;
};

static void on_init_two(struct actor_cls_two_state *self, troupe_str name)
{
    actor_cls_init(&self->base, name);
}

static void on_method_two(struct actor_cls_two_state *self, double timeout, troupe_str store)
{
    (void)store;
    self->waited += timeout;
    self->base.calls++;
}

TROUPE_IMPLEMENT(actor_cls_two, (init, on_init_two), (method, on_method_two));

/* ---- the driver ------------------------------------------------------------------------------ */

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    actor_cls both[2] = {actor_cls_one_new("ActorClsOne").super,
                         actor_cls_two_new("ActorClsTwo").super};
    for (int i = 0; i < 2; i++) {
        troupe_call(actor_cls_method, both[i], .timeout = 1, .store = "mongo_db");
        printf("%s: %d call\n", troupe_await(actor_cls_get_name(both[i])),
               (int)troupe_await(actor_cls_calls(both[i])));
    }
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
