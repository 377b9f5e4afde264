/*
 * Step 10 of docs/tutorial.md: an actor that is found by its name, wherever the finder runs.
 */
#include <stdio.h>

#include "troupe.h"

enum { TASKS = 4 };

TROUPE_CLASS(tally);
TROUPE_ASK(tally, add, int64_t, (int64_t, amount));

TROUPE_TASK(work, void, (int64_t, amount));

struct tally_state {
    int64_t sum;
};

static int64_t on_add(struct tally_state *self, int64_t amount)
{
    return self->sum += amount;
}

TROUPE_IMPLEMENT(tally, (add, on_add));

/* Nobody gave this task a handle. */
static void on_work(int64_t amount)
{
    tally found;
    if (troupe_lookup(tally, "the tally", 10, &found) != TROUPE_OK)
        troupe_fail(TROUPE_FAILED, "no tally: %s", troupe_story());
    troupe_await(tally_add(found, amount));
}

TROUPE_BODY(work, on_work);

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    troupe_new(tally, .with = {.name = "the tally"});
    TROUPE_FUTURE(void) done[TASKS];
    for (int i = 0; i < TASKS; i++)
        done[i] = work(i + 1);
    for (int i = 0; i < TASKS; i++)
        troupe_await(done[i]);

    /* The one that is there already, or else a new one. */
    tally same = troupe_new(tally, .with = {.name = "the tally", .or_existing = true});
    int64_t sum = troupe_await(tally_add(same, 0));
    printf("The tally is %d\n", (int)sum);
    return sum == 10 ? 0 : 1;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
