/*
 * Places: a group that is reserved as a whole, and the rules by which single actors are placed.
 */
#include <stdio.h>

#include "troupe.h"

TROUPE_CLASS(member);
TROUPE_ASK(member, rank, int);

struct member_state {
    int64_t calls;
};

static int on_rank(struct member_state *self)
{
    self->calls++;
    return troupe_rank();
}

TROUPE_IMPLEMENT(member, (rank, on_rank));

static void in_a_group(void)
{
    struct troupe_group_options wish = {.places = troupe_ranks(),
                                        .cpus = 1,
                                        .strategy = TROUPE_SPREAD_STRICTLY,
                                        .seconds = 10};
    troupe_group team = troupe_group_reserve(&wish);
    if (!team.places)
        troupe_fail(TROUPE_TIMEOUT, "the places could not be had in time");
    int right = 0;
    for (int i = 0; i < team.places; i++) {
        member m = troupe_new(member, .with = {.cpus = 1, .place = troupe_in(team, i)});
        right += troupe_await(member_rank(m)) == troupe_group_rank(team, i);
        troupe_stop(m);
        troupe_await(troupe_ended(m));
    }
    printf("members are where they belong: %s\n", right == team.places ? "yes" : "no");
    troupe_group_release(team);
}

static void by_rules(void)
{
    member first = troupe_new(member, .with = {.place = troupe_spread()});
    member rules[] = {
        troupe_new(member, .with = {.place = troupe_packed()}),
        troupe_new(member, .with = {.place = troupe_here()}),
        troupe_new(member, .with = {.place = troupe_on_node(troupe_nodes() - 1)}),
        troupe_new(member, .with = {.place = troupe_rather(troupe_away_from(first))}),
    };
    int away = troupe_await(member_rank(rules[3])) != troupe_await(member_rank(first));
    printf("away from the first, if there is another rank: %s\n",
           away == (troupe_ranks() > 1) ? "yes" : "no");
    for (int i = 0; i < 3; i++)
        troupe_await(member_rank(rules[i]));
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    in_a_group();
    by_rules();
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
