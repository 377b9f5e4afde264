/*
 * Step 11 of docs/tutorial.md: where actors live, what ranks have, and actors that need CPUs.
 */
#include <stdio.h>

#include "troupe.h"

TROUPE_CLASS(worker);
TROUPE_ASK(worker, rank, int);
TROUPE_ASK(worker, compute, double, (double, from), (uint64_t, steps));

struct worker_state {
    int64_t calls;
};

static int on_rank(struct worker_state *self)
{
    self->calls++;
    return troupe_rank();
}

/* Computes for long: for an actor that has a CPU of its own. */
static double on_compute(struct worker_state *self, double from, uint64_t steps)
{
    self->calls++;
    for (uint64_t i = 0; i < steps; i++)
        from = from * 0.5 + 1;
    return from;
}

TROUPE_IMPLEMENT(worker, (rank, on_rank), (compute, on_compute));

static void print_ranks(void)
{
    struct troupe_resource has[16];
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        size_t kinds = troupe_resources(rank, has, 16);
        printf("rank %d on node %d has %g %s", rank, troupe_node_of(rank), has[0].amount,
               has[0].name);
        for (size_t i = 1; i < kinds && i < 16; i++)
            printf(", %g %s", has[i].amount, has[i].name);
        putchar('\n');
    }
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    print_ranks();
    const int last = troupe_ranks() - 1;
    worker there = troupe_new(worker, .with = {.place = troupe_on(last)});
    worker near = troupe_new(worker, .with = {.place = troupe_beside(there)});
    printf("one is on rank %d, the other too: %s\n", troupe_await(worker_rank(there)),
           troupe_await(worker_rank(near)) == last ? "yes" : "no");

    worker busy = troupe_new(worker, .with = {.cpus = 1, .place = troupe_on(last)});
    TROUPE_FUTURE(double) slow = worker_compute(busy, 1, 100000000);
    printf("meanwhile rank %d answers: %d\n", last, troupe_await(worker_rank(there)));
    printf("computed: %g\n", troupe_await(slow));
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
