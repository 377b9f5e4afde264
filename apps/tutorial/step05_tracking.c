/*
 * Step 5 of docs/tutorial.md: the whole first program. Random calls of two actors, counted here and
 * there; results that are structs and lists; a list of futures.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "troupe.h"

TROUPE_STRUCT(method_count, (troupe_str, method), (int64_t, calls));
TROUPE_STRUCT(method_calls, (troupe_str, name), (TROUPE_SPAN(method_count), counts));

TROUPE_CLASS(actor_cls, (troupe_str, name));
TROUPE_TELL(actor_cls, method, (double, timeout), (troupe_str, store));
TROUPE_ASK(actor_cls, get_all_method_calls, method_calls);

TROUPE_EXTENDS(actor_cls_one, actor_cls, (troupe_str, name));
TROUPE_OVERRIDE_TELL(actor_cls_one, actor_cls, method, (double, timeout), (troupe_str, store));

TROUPE_EXTENDS(actor_cls_two, actor_cls, (troupe_str, name));
TROUPE_OVERRIDE_TELL(actor_cls_two, actor_cls, method, (double, timeout), (troupe_str, store));

/* ---- the classes ----------------------------------------------------------------------------- */

struct actor_cls_state {
    char name[64];
    method_count count; /* of the one method */
};

static void on_init(struct actor_cls_state *self, troupe_str name)
{
    snprintf(self->name, sizeof self->name, "%s", name);
    self->count.method = "method";
}

static method_calls on_get_all_method_calls(struct actor_cls_state *self)
{
    return (method_calls){.name = self->name, .counts = {.data = &self->count, .count = 1}};
}

static void on_repr(const struct actor_cls_state *self, char *text, size_t size)
{
    snprintf(text, size, "%s", self->name);
}

TROUPE_IMPLEMENT(actor_cls, (init, on_init), (method, troupe_abstract),
                 (get_all_method_calls, on_get_all_method_calls), (repr, on_repr));

struct actor_cls_one_state {
    struct actor_cls_state base;
};

static void on_init_one(struct actor_cls_one_state *self, troupe_str name)
{
    actor_cls_init(&self->base, name);
}

static void on_method_one(struct actor_cls_one_state *self, double timeout, troupe_str store)
{
    (void)timeout, (void)store; /* do something with them */
    self->base.count.calls++;
}

TROUPE_IMPLEMENT(actor_cls_one, (init, on_init_one), (method, on_method_one));

struct actor_cls_two_state {
    struct actor_cls_state base;
};

static void on_init_two(struct actor_cls_two_state *self, troupe_str name)
{
    actor_cls_init(&self->base, name);
}

static void on_method_two(struct actor_cls_two_state *self, double timeout, troupe_str store)
{
    (void)timeout, (void)store; /* do something else with them */
    self->base.count.calls++;
}

TROUPE_IMPLEMENT(actor_cls_two, (init, on_init_two), (method, on_method_two));

/* ---- the driver ------------------------------------------------------------------------------ */

enum { CALLERS = 2 };

static void call_at_random(const actor_cls *callers, int64_t *counts)
{
    for (int i = 0; i < 15; i++) {
        int which = rand() % CALLERS;
        counts[which]++;
        if (which == 0)
            troupe_call(actor_cls_method, callers[0], .timeout = 1, .store = "mongo_db");
        else
            troupe_call(actor_cls_method, callers[1], .timeout = 1.5, .store = "delta");
    }
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    actor_cls callers[CALLERS] = {actor_cls_one_new("ActorClsOne").super,
                                  actor_cls_two_new("ActorClsTwo").super};
    int64_t counts[CALLERS] = {0};
    for (int round = 0; round < 2; round++) {
        call_at_random(callers, counts);
        printf("State of counts in this execution: {'ActorClsOne': %" PRId64
               ", 'ActorClsTwo': %" PRId64 "}\n",
               counts[0], counts[1]);
    }

    TROUPE_FUTURE(method_calls) asked[CALLERS];
    for (int i = 0; i < CALLERS; i++)
        asked[i] = actor_cls_get_all_method_calls(callers[i]);
    method_calls all[CALLERS];
    troupe_await_all(asked, CALLERS, all);

    int status = 0;
    for (int i = 0; i < CALLERS; i++) {
        const method_count *of = &all[i].counts.data[0];
        printf("('%s', {'%s': %" PRId64 "})\n", all[i].name, of->method, of->calls);
        if (of->calls != counts[i])
            status = 1;
    }
    return status;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
