/*
 * Starts and ends in a program that uses MPI itself, so that one process can run several times: on
 * parts of the ranks, with a setup that fails somewhere, with every status. Each process checks
 * what it sees, and the program fails if one of them does. Also the program's own MPI calls.
 */
#include <mpi.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "troupe.h"

static int bad, world_rank, world_ranks;
static MPI_Comm own = MPI_COMM_NULL; /* of the program's calls within a run */

#define EXPECT(condition, ...)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            complain(__LINE__, #condition, __VA_ARGS__);                                           \
    } while (0)

__attribute__((format(printf, 3, 4))) static void complain(int line, const char *what,
                                                           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "rank %d, line %d: not so: %s: ", world_rank, line, what);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    bad = 1;
}

/* ---- an actor and tasks ---------------------------------------------------------------------- */

static int from_setup; /* a global of each process */
static int inside, most_inside;

TROUPE_CLASS(helper);
TROUPE_ASK(helper, from_setup, int);
TROUPE_ASK(helper, world, int);
TROUPE_ASK(helper, call_mpi, int, (int, times));
TROUPE_ASK(helper, most_inside, int);
TROUPE_ASK(helper, meet, int);
TROUPE_ASK(helper, exit_with, int, (int, status));

TROUPE_TASK(call_mpi_task, int, (int, times));
TROUPE_TASK(exit_task, int, (int, status));

struct helper_state {
    char unused;
};

static int on_from_setup(struct helper_state *self)
{
    (void)self;
    return from_setup;
}

static int on_world(struct helper_state *self)
{
    (void)self;
    return world_rank;
}

/* Nobody else is between begin and end on this rank meanwhile. */
static int call_mpi(int times)
{
    int sum = 0;
    for (int i = 0; i < times; i++) {
        troupe_mpi_begin();
        int now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST), got = -1;
        most_inside = now > most_inside ? now : most_inside;
        MPI_Request request;
        MPI_Irecv(&got, 1, MPI_INT, 0, i, MPI_COMM_SELF, &request);
        MPI_Send(&i, 1, MPI_INT, 0, i, MPI_COMM_SELF);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
        sum += got;
        __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
        troupe_mpi_end();
    }
    return sum;
}

static int on_call_mpi(struct helper_state *self, int times)
{
    (void)self;
    return call_mpi(times);
}

/* All ranks are in here at once: how many they are. */
static int on_meet(struct helper_state *self)
{
    (void)self;
    int one = 1, all = 0;
    troupe_mpi_begin();
    MPI_Allreduce(&one, &all, 1, MPI_INT, MPI_SUM, own);
    troupe_mpi_end();
    return all;
}

static int on_most_inside(struct helper_state *self)
{
    (void)self;
    return most_inside;
}

static int on_exit_with(struct helper_state *self, int status)
{
    (void)self;
    troupe_exit(status);
}

TROUPE_IMPLEMENT(helper, (from_setup, on_from_setup), (world, on_world), (call_mpi, on_call_mpi),
                 (most_inside, on_most_inside), (meet, on_meet), (exit_with, on_exit_with));

static int on_call_mpi_task(int times)
{
    return call_mpi(times);
}

static int on_exit_task(int status)
{
    troupe_exit(status);
}

TROUPE_BODY(call_mpi_task, on_call_mpi_task);
TROUPE_BODY(exit_task, on_exit_task);

/* ---- drivers --------------------------------------------------------------------------------- */

static int wanted, failing_rank, driver_runs, run_ranks;

static helper helper_on(int rank, int cpus)
{
    return troupe_new(helper, .with = {.place = troupe_on(rank), .cpus = cpus});
}

static int setup(int argc, char **argv)
{
    (void)argc, (void)argv;
    from_setup = 1000 + troupe_rank();
    return troupe_rank() == failing_rank ? 77 : 0;
}

static int checks_setup(int argc, char **argv)
{
    (void)argc, (void)argv;
    driver_runs++;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        EXPECT(troupe_await(helper_from_setup(helper_on(rank, 0))) == 1000 + rank, "rank %d", rank);
    return wanted;
}

static int exits(int argc, char **argv)
{
    (void)argv;
    int last = troupe_ranks() - 1, value = 0;
    if (argc == 0)
        troupe_exit(wanted);
    else if (argc == 1)
        value = troupe_await(helper_exit_with(helper_on(last, 0), wanted));
    else
        value = troupe_await(
            troupe_submit(exit_task, .status = wanted, .with = {.place = troupe_on(last)}));
    return 111 + value;
}

/* Which processes of the world the run has, and that all of them answer. */
static int counts_world(int argc, char **argv)
{
    (void)argc, (void)argv;
    int sum = 0;
    for (int rank = 0; rank < troupe_ranks(); rank++)
        sum += troupe_await(helper_world(helper_on(rank, 0)));
    return troupe_ranks() == run_ranks && sum == wanted ? 0 : 3;
}

static int calls_mpi(int argc, char **argv)
{
    (void)argc, (void)argv;
    enum { TIMES = 50, SUM = TIMES * (TIMES - 1) / 2, EACH = 4 };
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        TROUPE_FUTURE(int) calls[3 * EACH];
        for (int i = 0; i < 3 * EACH; i++)
            calls[i] = i < 2 * EACH ? helper_call_mpi(helper_on(rank, i % 2), TIMES)
                                    : troupe_submit(call_mpi_task, .times = TIMES,
                                                    .with = {.place = troupe_on(rank)});
        EXPECT(call_mpi(TIMES) == SUM, "the driver");
        for (int i = 0; i < 3 * EACH; i++)
            EXPECT(troupe_await(calls[i]) == SUM, "call %d on rank %d", i, rank);
        EXPECT(troupe_await(helper_most_inside(helper_on(rank, 0))) == 1, "rank %d", rank);
    }
    return 0;
}

/* The first is asked last: it begins at once, while the calls of the others are on their way. */
static int meets(int argc, char **argv)
{
    (void)argc, (void)argv;
    TROUPE_FUTURE(int) *met = troupe_alloc((size_t)troupe_ranks() * sizeof *met);
    for (int rank = troupe_ranks() - 1; rank >= 0; rank--)
        met[rank] = helper_meet(helper_on(rank, 0));
    for (int rank = 0; rank < troupe_ranks(); rank++)
        EXPECT(troupe_await(met[rank]) == troupe_ranks(), "rank %d", rank);
    return 0;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static int run(int argc, troupe_driver *driver, MPI_Comm *comm, int (*with_setup)(int, char **))
{
    const struct troupe_run_options options = {
        .transport = "p2p", .comm = comm, .setup = with_setup};
    MPI_Comm_size(*comm, &run_ranks);
    return troupe_run(argc, NULL, driver, &options);
}

static void setup_runs_on_every_rank_before_the_driver(void)
{
    failing_rank = -1;
    wanted = 9;
    driver_runs = 0;
    int status = run(0, checks_setup, &own, setup);
    EXPECT(status == 9, "status %d", status);
    EXPECT(driver_runs == (world_rank == 0), "the driver ran %d times", driver_runs);
}

static void a_setup_that_fails_on_one_rank_lets_nothing_run_on_any(void)
{
    for (failing_rank = 0; failing_rank < world_ranks; failing_rank++) {
        driver_runs = 0;
        int status = run(0, checks_setup, &own, setup);
        EXPECT(status == 2, "status %d when rank %d fails", status, failing_rank);
        EXPECT(driver_runs == 0, "the driver ran %d times", driver_runs);
    }
}

static void the_status_of_troupe_exit_is_that_of_every_rank(void)
{
    static const int statuses[][2] = {{0, 0}, {3, 3}, {255, 255}, {256, 1}, {-1, 1}};
    for (int where = 0; where < 3; where++)
        for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
            wanted = statuses[i][0];
            int status = run(where, exits, &own, NULL);
            EXPECT(status == statuses[i][1], "status %d of %d from place %d", status, wanted,
                   where);
        }
}

static int sum_of_world(MPI_Comm comm)
{
    int sum = 0;
    MPI_Allreduce(&world_rank, &sum, 1, MPI_INT, MPI_SUM, comm);
    return sum;
}

static void parts_of_the_ranks_run_at_the_same_time(void)
{
    for (int parts = 1; parts <= world_ranks; parts *= 2) {
        MPI_Comm part;
        MPI_Comm_split(MPI_COMM_WORLD, world_rank % parts, world_rank, &part);
        wanted = sum_of_world(part);
        int status = run(0, counts_world, &part, NULL);
        EXPECT(status == 0, "status %d in %d parts", status, parts);
        MPI_Comm_free(&part);
    }
}

static void ranks_may_be_in_another_order(void)
{
    MPI_Comm backwards;
    MPI_Comm_split(MPI_COMM_WORLD, 0, world_ranks - world_rank, &backwards);
    failing_rank = -1;
    wanted = 4;
    int status = run(0, checks_setup, &backwards, setup);
    EXPECT(status == 4, "status %d", status);
    EXPECT(from_setup == 1000 + world_ranks - 1 - world_rank, "setup on rank %d", from_setup);
    MPI_Comm_free(&backwards);
}

static void whoever_calls_mpi_is_alone_in_it_on_its_rank(void)
{
    int status = run(0, calls_mpi, &own, NULL);
    EXPECT(status == 0, "status %d", status);
}

static void what_was_sent_before_reaches_those_that_mpi_waits_for(void)
{
    int status = run(0, meets, &own, NULL);
    EXPECT(status == 0, "status %d", status);
}

/* The program's MPI is as it was. */
static void the_programs_own_mpi_goes_on(void)
{
    int sum = sum_of_world(own), finalized;
    MPI_Finalized(&finalized);
    EXPECT(!finalized && sum == world_ranks * (world_ranks - 1) / 2, "sum %d", sum);
}

/* ---- the program ----------------------------------------------------------------------------- */

static void play(const char *name, void (*test)(void))
{
    if (world_rank == 0)
        printf("[ RUN      ] %s\n", name), fflush(stdout);
    test();
    int any;
    MPI_Allreduce(&bad, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    if (world_rank == 0)
        printf("[ %s ] %s\n", any ? " FAILED " : "      OK", name), fflush(stdout);
}
#define PLAY(test) play(#test, test)

int main(int argc, char **argv)
{
    int level;
    if (!getenv("TROUPE_TEST_RANKS")) {
        printf("skipped: it is run by tests/mpirun.sh, under a launcher\n");
        return 77;
    }
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
    MPI_Comm_size(MPI_COMM_WORLD, &world_ranks);
    MPI_Comm_dup(MPI_COMM_WORLD, &own);
    PLAY(setup_runs_on_every_rank_before_the_driver);
    PLAY(a_setup_that_fails_on_one_rank_lets_nothing_run_on_any);
    PLAY(the_status_of_troupe_exit_is_that_of_every_rank);
    PLAY(parts_of_the_ranks_run_at_the_same_time);
    PLAY(ranks_may_be_in_another_order);
    PLAY(whoever_calls_mpi_is_alone_in_it_on_its_rank);
    PLAY(what_was_sent_before_reaches_those_that_mpi_waits_for);
    PLAY(the_programs_own_mpi_goes_on);
    MPI_Comm_free(&own);
    MPI_Allreduce(MPI_IN_PLACE, &bad, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    MPI_Finalize();
    return bad;
}
