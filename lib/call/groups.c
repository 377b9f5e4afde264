/*
 * Groups of places: see troupe/group.h.
 */
#include "schedule/groups.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "call/caller.h"
#include "call/place.h"
#include "schedule/wait.h"
#include "troupe/method.h"

#define PLACES_MAX 1000000

/* ---- what is wished for ---------------------------------------------------------------------- */

static struct trp_wish wish_of(const struct trp_resources *r,
                               const struct troupe_group_options *options)
{
    const struct troupe_needs needs = {.cpus = options->cpus,
                                       .gpus = options->gpus,
                                       .memory = options->memory,
                                       .resources = options->resources};
    struct trp_wish wish = {.places = options->places, .strategy = (int32_t)options->strategy};
    char why[TRP_AMOUNTS_SIZE];
    if (options->places < 1 || options->places > PLACES_MAX)
        troupe_fail(TROUPE_INVALID, "a group of %d places: it can have 1 to %d", options->places,
                    PLACES_MAX);
    if (!trp_request_read(r, &needs, &wish.each, why, sizeof why))
        troupe_fail(TROUPE_INVALID, "what a place of a group asks for: %s", why);
    if (!wish.each.of[TRP_CPUS] && !trp_request_holds(&wish.each))
        troupe_fail(TROUPE_INVALID, "a group of %d places that ask for nothing", options->places);
    return wish;
}

static bool could_be(const struct trp_resources *r, const struct trp_wish *wish)
{
    size_t ranks = (size_t)r->ranks;
    struct trp_amounts *nothing = calloc(ranks, sizeof *nothing);
    int32_t *chosen = calloc((size_t)wish->places, sizeof *chosen);
    if (!nothing || !chosen)
        trp_die("no memory for a group of %d places", wish->places);
    bool could = trp_group_assign(r, wish, nothing, chosen);
    free(nothing);
    free(chosen);
    return could;
}

static const char *how(const struct trp_wish *wish)
{
    return wish->strategy == TROUPE_PACK_STRICTLY     ? " on one node"
           : wish->strategy == TROUPE_SPREAD_STRICTLY ? " on a rank each"
                                                      : "";
}

/* By halving: where there is room for n places there is for fewer. */
static void refuse_what_never_could(const struct trp_resources *r, const struct trp_wish *wish)
{
    char each[TRP_AMOUNTS_SIZE];
    if (could_be(r, wish))
        return;
    struct trp_wish less = *wish;
    int could = 0, not = wish->places;
    while (not - could > 1) {
        less.places = (could + not) / 2;
        if (could_be(r, &less))
            could = less.places;
        else
            not = less.places;
    }
    troupe_fail(TROUPE_INVALID,
                "a group of %d places with %s each%s: this job has room for %d of them",
                wish->places,
                trp_amounts_text(r, wish->each.of, each, sizeof each), how(wish), could);
}

/* ---- reserving ------------------------------------------------------------------------------- */

/* False: it has not been granted in time, or the caller is cancelled. */
static bool await_grant(struct trp_context *c, struct trp_futures *futures, uint64_t future,
                        double deadline)
{
    for (bool expired = false;; expired = deadline >= 0 && trp_now() >= deadline) {
        trp_wait_prepare(c);
        if (trp_future_watch(futures, future, c) != TRP_FUTURE_PENDING)
            break;
        if (!expired && !c->cancelled)
            trp_wait(c, deadline);
        if (!expired && !c->cancelled)
            continue;
        trp_future_unwatch(futures, future, c);
        trp_future_drop(futures, future);
        return false;
    }
    trp_future_take(futures, future);
    return true;
}

static troupe_group reserve(const struct troupe_group_options *options)
{
    struct trp_caller caller = trp_caller();
    struct trp_rank *rank = caller.rank;
    struct trp_context *c = trp_caller_waiting();
    if (!c)
        troupe_fail(TROUPE_NOT_HERE, "troupe_group_reserve where the caller cannot wait");
    struct trp_wish wish = wish_of(rank->resources, options);
    refuse_what_never_could(rank->resources, &wish);
    struct trp_futures *futures = trp_caller_futures(caller);
    uint64_t future = trp_future_new(futures, &trp_nothing, (struct troupe_ref){0, 1});
    uint64_t number = trp_group_ask(rank, &wish, future);
    if (!number)
        trp_die("no memory for a group of %d places", wish.places);
    double deadline = options->seconds > 0 ? trp_now() + options->seconds : -1;
    if (await_grant(c, futures, future, deadline))
        return (troupe_group){number, wish.places};
    trp_group_release(rank, number);
    trp_caller_check(c);
    return (troupe_group){0, 0};
}

troupe_group troupe_group_reserve(const struct troupe_group_options *options)
{
    bool outside = trp_call_enter();
    troupe_group group = reserve(options);
    trp_role_leave(outside);
    return group;
}

void troupe_group_release(troupe_group group)
{
    bool outside = trp_call_enter();
    trp_group_release(trp_caller().rank, group.number);
    trp_role_leave(outside);
}

int troupe_group_rank(troupe_group group, int place)
{
    int host = -1;
    struct trp_amounts has;
    trp_group_place(trp_caller().rank, group.number, place, &host, &has);
    return host;
}
