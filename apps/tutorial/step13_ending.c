/*
 * Step 13 of docs/tutorial.md: the ways in which an actor ends, and how others hear of it.
 */
#include <stdio.h>

#include "troupe.h"

TROUPE_CLASS(guest, (troupe_str, name));
TROUPE_TELL(guest, leave);

struct guest_state {
    char name[32];
};

static void on_init(struct guest_state *self, troupe_str name)
{
    if (!*name)
        troupe_fail(TROUPE_INVALID, "a guest has a name");
    snprintf(self->name, sizeof self->name, "%s", name);
}

/* It ends when the method has returned. */
static void on_leave(struct guest_state *self)
{
    (void)self;
    troupe_exit_actor();
}

/* What has to be given back is given back here, whatever the end. */
static void on_destroy(struct guest_state *self)
{
    troupe_log(TROUPE_LOG_INFO, "%s has gone", self->name);
}

static void on_repr(const struct guest_state *self, char *text, size_t size)
{
    snprintf(text, size, "%s", self->name);
}

TROUPE_IMPLEMENT(guest, (init, on_init), (leave, on_leave), (destroy, on_destroy),
                 (repr, on_repr));

static void tell_of_the_end(guest who)
{
    troupe_end end = troupe_await(troupe_ended(who));
    printf("%s%s\n", end.reason == TROUPE_END_FAILED ? "failed: " : "", end.story);
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    guest ann = guest_new("Ann"), bob = guest_new("Bob"), eve = guest_new("Eve");
    guest nobody = guest_new("");
    guest_leave(ann); /* by itself */
    troupe_stop(bob); /* after the calls that came before */
    troupe_kill(eve); /* at once */
    tell_of_the_end(ann);
    tell_of_the_end(bob);
    tell_of_the_end(eve);
    tell_of_the_end(nobody);
    guest_new("Zoe"); /* the others end with the program */
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
