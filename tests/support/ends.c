/*
 * A program that ends in one of many ways, for tests/programs.sh: what is seen from outside is the
 * exit status, the same on every rank, and what is printed.
 *
 *     ends MODE [NUMBER]
 */
#include <stdlib.h>
#include <string.h>

#include "mode.h"
#include "troupe.h"

/* ---- hops: each tells the next one and is not waited for ------------------------------------- */

TROUPE_CLASS(hop);
TROUPE_TELL(hop, go, (int, left));

struct hop_state {
    char unused;
};

static void on_go(struct hop_state *self, int left)
{
    (void)self;
    if (left > 0)
        hop_go(troupe_new(hop, .with = {.place = troupe_on(left % troupe_ranks())}), left - 1);
    else
        say("hops done on", troupe_rank());
}

TROUPE_IMPLEMENT(hop, (go, on_go));

/* ---- a sleeper: waits for one that waits for it, so for ever --------------------------------- */

TROUPE_CLASS(sleeper);
TROUPE_ASK(sleeper, dream, int);
TROUPE_ASK(sleeper, wait_for, void, (sleeper, other));
TROUPE_ASK(sleeper, nothing, void);

struct sleeper_state {
    char unused;
};

static void say_deferred(void *p)
{
    (void)p;
    say("deferred on", troupe_rank());
}

static int on_dream(struct sleeper_state *self)
{
    troupe_defer(say_deferred, NULL);
    troupe_await(sleeper_wait_for(sleeper_new(), sleeper_self(self)));
    return 0;
}

static void on_wait_for(struct sleeper_state *self, sleeper other)
{
    (void)self;
    troupe_await(sleeper_nothing(other));
}

static void on_awake(struct sleeper_state *self)
{
    (void)self;
}

TROUPE_IMPLEMENT(sleeper, (dream, on_dream), (wait_for, on_wait_for), (nothing, on_awake));

/* ---- three classes with destructors ---------------------------------------------------------- */

TROUPE_CLASS(bottom, (bool, broken));
TROUPE_ASK(bottom, nothing, void);
TROUPE_TELL(bottom, fail);
TROUPE_EXTENDS(middle, bottom, (bool, broken));
TROUPE_EXTENDS(top, middle, (bool, broken));

struct bottom_state {
    char *memory;
};

static void on_bottom(struct bottom_state *self, bool broken)
{
    if (broken)
        troupe_fail(TROUPE_FAILED, "never born");
    self->memory = malloc(100);
}

static void on_nothing(struct bottom_state *self)
{
    (void)self;
}

static void on_fail(struct bottom_state *self)
{
    (void)self;
    troupe_fail(TROUPE_FAILED, "heard by nobody");
}

static void destroy_bottom(struct bottom_state *self)
{
    free(self->memory);
    say("destroy bottom", troupe_rank());
}

TROUPE_IMPLEMENT(bottom, (init, on_bottom), (nothing, on_nothing), (fail, on_fail),
                 (destroy, destroy_bottom));

struct middle_state {
    struct bottom_state bottom;
};

static void on_middle(struct middle_state *self, bool broken)
{
    bottom_init(&self->bottom, broken);
}

TROUPE_IMPLEMENT(middle, (init, on_middle));

struct top_state {
    struct middle_state middle;
};

static void on_top(struct top_state *self, bool broken)
{
    middle_init(&self->middle, broken);
}

static void destroy_top(struct top_state *self)
{
    (void)self;
    say("destroy top", troupe_rank());
}

TROUPE_IMPLEMENT(top, (init, on_top), (destroy, destroy_top));

/* ---- tasks ----------------------------------------------------------------------------------- */

TROUPE_TASK(work, int, (int, milliseconds));
TROUPE_TASK(busy_work, int, (bottom, b));
TROUPE_TASK(nest, int, (int, levels));

static int on_work(int milliseconds)
{
    troupe_sleep(1e-3 * milliseconds);
    say("task done on", troupe_rank());
    return 0;
}

/* Never ends by itself, and calls all the time. */
static int on_busy_work(bottom b)
{
    while (b.ref.place != 0) {
        troupe_drop(bottom_nothing(b));
        troupe_sleep(0);
    }
    return 0;
}

static int on_nest(int levels)
{
    return levels ? 1 + troupe_await(nest(levels - 1)) : 0;
}

TROUPE_BODY(work, on_work);
TROUPE_BODY(busy_work, on_busy_work);
TROUPE_BODY(nest, on_nest);

/* ---- the program ----------------------------------------------------------------------------- */

static void make_tops(void)
{
    for (int rank = 0; rank < troupe_ranks(); rank++)
        troupe_await(bottom_nothing(
            troupe_new(top, .with = {.place = troupe_on(rank)}).super.super));
}

static void begin_busy_work(void)
{
    for (int i = 0; i < 2 * troupe_ranks(); i++)
        troupe_drop(busy_work(bottom_new(false)));
    troupe_await(bottom_nothing(bottom_new(false)));
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    if (is("chain"))
        hop_go(hop_new(), number);
    else if (is("tasks"))
        for (int i = 0; i < number; i++)
            troupe_drop(work(i % 5));
    else if (is("stuck"))
        for (int i = 0; i < troupe_ranks(); i++)
            troupe_drop(sleeper_dream(sleeper_new()));
    else if (is("destroy"))
        make_tops();
    else if (is("fail"))
        make_tops(), troupe_fail(TROUPE_FAILED, "the stage is on fire");
    else if (is("await-failure"))
        troupe_await(bottom_nothing(bottom_new(true)));
    else if (is("fail-while-busy") || is("fail-while-computing"))
        begin_busy_work(), troupe_fail(TROUPE_FAILED, "no time to wait");
    else if (is("failing-tell"))
        bottom_fail(bottom_new(false));
    else if (is("empty-tell"))
        bottom_fail((bottom){{0, 0}});
    else if (is("nest"))
        return troupe_await(nest(number)) == number ? 0 : 1;
    return is("exit") || is("run") ? number : 0;
}

static int setup(int argc, char **argv)
{
    (void)argc, (void)argv;
    say("setup", 1);
    return is("setup") ? number : 0;
}

int main(int argc, char **argv)
{
    const struct troupe_run_options options = {.setup = setup};
    mode_open(argc, argv);
    int status = troupe_run(argc, argv, driver, &options);
    say("status", status);
    return status;
}
