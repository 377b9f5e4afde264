/*
 * The whole program: opens the transport and the ranks, runs the driver, ends the job.
 */
#include "call/run.h"

#include <mpi.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "base/crash.h"
#include "base/log.h"
#include "call/driver.h"
#include "schedule/counts.h"
#include "schedule/ending.h"
#include "schedule/news.h"
#include "schedule/quiet.h"
#include "schedule/rank.h"
#include "schedule/role.h"
#include "schedule/send.h"
#include "schedule/trace.h"
#include "schedule/wait.h"
#include "schedule/who.h"
#include "schedule/workers.h"

#define MAIN_STACK (1024 * 1024) /* bytes, of the main routine of a rank that self plays */
#define LINGER 30.0              /* seconds */
#define NOT_STARTED 2

/* What troupe_run was given, and the ranks that this process is. */
struct job {
    int argc;
    char **argv;
    troupe_driver *driver;
    struct troupe_run_options options;
    const struct trp_run_hooks *hooks;
    int count; /* of ranks played here: 1 but for transport self */
    struct seat {
        struct job *job;
        struct trp_wire *wire;
        struct trp_rank *rank;
        struct trp_stack *stack;
    } *seats;
};

/* ---- options --------------------------------------------------------------------------------- */

static bool number_from(const char *name, uint64_t *value)
{
    const char *text = getenv(name);
    if (!text || !*text)
        return true;
    char *end;
    *value = strtoull(text, &end, 0);
    if (!*end)
        return true;
    trp_log(TRP_LOG_ERROR, "%s=%s is not a number", name, text);
    return false;
}

static bool read_environment(struct troupe_run_options *options)
{
    const char *transport = getenv("TROUPE_TRANSPORT");
    if (transport && *transport)
        options->transport = transport;
    if (!options->transport)
        options->transport = "auto";
    uint64_t ranks = (uint64_t)options->ranks;
    uint64_t grace = UINT64_MAX, read_later;
    bool good = number_from("TROUPE_RANKS", &ranks) && number_from("TROUPE_SEED", &options->seed) &&
                number_from("TROUPE_GRACE", &grace) &&
                number_from("TROUPE_HANDOVER", &read_later) &&
                number_from("TROUPE_CREDIT", &read_later);
    options->ranks = ranks ? (int)ranks : 1;
    options->grace = grace == UINT64_MAX ? options->grace : (double)grace;
    if (ranks > 4096) {
        trp_log(TRP_LOG_ERROR, "transport self plays 1 to 4096 ranks, not %llu",
                (unsigned long long)ranks);
        good = false;
    }
    return good;
}

/* Started by mpirun, srun or the like, or by a program that uses MPI already. */
static bool launched(void)
{
    static const char *const signs[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK",
                                        "PMI_SIZE", "MPI_LOCALNRANKS"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (getenv(signs[i]))
            return true;
    /* srun without MPI's wire-up: each would be alone, and not know; transport p2p says so. */
    const char *tasks = getenv("SLURM_STEP_NUM_TASKS");
    if (tasks && atoi(tasks) > 1)
        return true;
    int initialised;
    MPI_Initialized(&initialised);
    return initialised;
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool make_seats(struct job *job, int count)
{
    job->count = count;
    job->seats = calloc((size_t)count, sizeof *job->seats);
    return job->seats;
}

static bool open_self(struct job *job)
{
    int ranks = job->options.ranks;
    struct trp_wire **wires = calloc((size_t)ranks, sizeof(struct trp_wire *));
    bool good = wires && make_seats(job, ranks) &&
                trp_wire_open_self(ranks, job->options.seed, wires);
    for (int i = 0; good && i < ranks; i++)
        job->seats[i].wire = wires[i];
    free(wires);
    return good;
}

static bool open_p2p(struct job *job)
{
    return make_seats(job, 1) && (job->seats[0].wire = trp_wire_open_p2p(&job->argc, &job->argv,
                                                                       job->options.comm));
}

static bool open_rma(struct job *job, bool must)
{
    return make_seats(job, 1) && (job->seats[0].wire = trp_wire_open_rma(
                                      &job->argc, &job->argv, job->options.comm, must));
}

static bool open_wire(struct job *job)
{
    const char *transport = job->options.transport;
    if (!strcmp(transport, "self") || (!strcmp(transport, "auto") && !launched()))
        return open_self(job);
    if (!strcmp(transport, "p2p"))
        return open_p2p(job);
    if (!strcmp(transport, "rma") || !strcmp(transport, "auto"))
        return open_rma(job, !strcmp(transport, "rma"));
    trp_log(TRP_LOG_ERROR, "there is no transport '%s': take auto, rma, p2p or self", transport);
    return false;
}

static void serve(void *seat);

static void open_ranks(struct job *job)
{
    for (int i = 0; i < job->count; i++) {
        struct seat *seat = &job->seats[i];
        seat->job = job;
        seat->stack = i == 0 ? trp_stack_native() : trp_stack_new(MAIN_STACK, serve, seat);
        if (!seat->stack)
            trp_die("no memory for the stack of rank %d", seat->wire->rank);
        seat->rank = trp_rank_open(seat->wire, seat->stack, job->options.stack_bytes);
        double linger = job->options.linger;
        seat->rank->linger = linger < 0 || linger > 0 ? linger : LINGER;
    }
    trp_home = job->seats[0].rank;
    trp_trace_open();
    trp_role_open(job->options.handover, job->options.seed);
    trp_crash_open(trp_who_crashed);
    trp_ending_open(job->options.grace);
    trp_news_open(trp_home);
    job->seats[0].wire->died = trp_who_died;
    job->seats[0].wire->ops->watch(job->seats[0].wire);
}

static void close_ranks(struct job *job)
{
    for (int i = 0; i < job->count; i++) {
        trp_rank_close(job->seats[i].rank);
        trp_stack_free(job->seats[i].stack);
    }
    if (!trp_rank_abandoned())
        trp_parcel_pool_clear();
    free(job->seats);
    trp_ending_close();
    trp_crash_close();
    trp_home = NULL;
}

/* Every rank must be the same program. */
static bool same_program(const struct job *job)
{
    struct trp_wire *wire = job->seats[0].wire;
    uint64_t mine = trp_classes_fingerprint(), *all = calloc((size_t)wire->ranks, sizeof *all);
    if (!all)
        trp_die("no memory to compare %d ranks", wire->ranks);
    wire->ops->share_all(wire, &mine, sizeof mine, all);
    int other = 0;
    while (other < wire->ranks && all[other] == all[0])
        other++;
    bool same = other == wire->ranks;
    free(all);
    if (!same && wire->rank == 0)
        trp_log(TRP_LOG_ERROR,
                "rank %d runs another program than rank 0: their classes differ. Start the same "
                "binary on every rank",
                other);
    return same;
}

/* ---- ranks other than 0 ---------------------------------------------------------------------- */

static int set_up(const struct job *job)
{
    return job->options.setup ? job->options.setup(job->argc, job->argv) : 0;
}

static void leave(struct trp_rank *rank)
{
    trp_rank_end(rank);
    trp_workers_close(rank);
    trp_inbox_shut(rank);
    if (rank == trp_home) {
        trp_ending_wire_closes();
        trp_news_close();
    }
    trp_set_current(NULL);
}

/* The main routine of a rank that is not 0. Under self its last call does not return. */
static void serve(void *arg)
{
    struct seat *seat = arg;
    struct trp_rank *rank = seat->rank;
    struct trp_context context = {
        .kind = TRP_CONTEXT_DRIVER, .rank = rank, .calls_as = TRP_FROM_DRIVER, .cpus = 1};
    rank->main = &context;
    trp_set_current(&context);
    while (!rank->over) {
        trp_wait_prepare(&context);
        trp_wait(&context, -1);
    }
    if (rank == trp_home)
        trp_role_close(rank);
    leave(rank);
    trp_context_release(&context);
    if (rank == trp_home)
        trp_trace_write(rank->rank);
    seat->wire->ops->close(seat->wire);
}

/* ---- rank 0 ---------------------------------------------------------------------------------- */

/* Where a driver that fails comes out: in the frame that called it, below it on the same stack. */
static jmp_buf driver_exit;

void trp_driver_leave(struct trp_context *driver)
{
    (void)driver;
    longjmp(driver_exit, 1);
}

void trp_driver_failed(struct trp_context *driver, const char *story)
{
    trp_log(TRP_LOG_ERROR, "the driver failed: %s", story);
    driver->rank->status = 1;
    trp_driver_leave(driver);
}

static void close_hooks(const struct job *job, bool may_call)
{
    if (job->hooks)
        job->hooks->close(may_call);
}

/* The driver, then what it has left to be done, then the end of the actors: all of it is skipped
   when the driver fails or somebody calls troupe_exit. False: so it was. */
static bool drive(const struct job *job, struct trp_rank *rank)
{
    if (setjmp(driver_exit))
        return false;
    trp_role_leave(true);
    if (job->hooks)
        job->hooks->open(rank, job->argc > 0 ? job->argv[0] : "");
    trp_trace(rank->main, TRP_TRACE_BEGINS);
    int status = job->driver(job->argc, job->argv);
    trp_trace(rank->main, TRP_TRACE_ENDS);
    trp_role_enter();
    rank->status = status < 0 || status > 255 ? 1 : status;
    trp_quiet_wait(rank);
    close_hooks(job, true);
    trp_quiet_end_actors(rank);
    return true;
}

/* The others serve still: the hooks may call, though the driver may not. */
static void close_early(const struct job *job, struct trp_rank *rank)
{
    if (setjmp(driver_exit))
        return;
    trp_quiet_leave(rank);
    close_hooks(job, true);
}

static void lead(struct job *job)
{
    struct trp_rank *rank = job->seats[0].rank;
    struct trp_context context = {
        .kind = TRP_CONTEXT_DRIVER, .rank = rank, .calls_as = TRP_FROM_DRIVER, .cpus = 1};
    rank->main = &context;
    trp_set_current(&context);
    bool ended = drive(job, rank);
    trp_context_release(&context); /* while what it has deferred can still drop futures */
    if (!ended && job->hooks)
        close_early(job, rank);
    close_hooks(job, false);
    trp_role_close(rank);
    trp_quiet_end(rank, rank->status);
    leave(rank);
    trp_context_release(&context);
    trp_trace_write(rank->rank);
    int processes = job->count == 1 ? rank->ranks : 1;
    job->seats[0].wire->ops->close(job->seats[0].wire);
    trp_trace_merge(processes);
}

/* ---- the program ----------------------------------------------------------------------------- */

/* On the same terms on every rank: all start or none does. */
static bool ready(const struct job *job)
{
    struct trp_wire *wire = job->seats[0].wire;
    int mine = set_up(job), *all = calloc((size_t)wire->ranks, sizeof *all);
    if (!all)
        trp_die("no memory to compare %d ranks", wire->ranks);
    wire->ops->share_all(wire, &mine, sizeof mine, all);
    bool good = true;
    for (int i = 0; i < wire->ranks; i++) {
        if (all[i] && wire->rank == 0)
            trp_log(TRP_LOG_ERROR, "setup on rank %d returned %d: nothing is run", i, all[i]);
        good &= all[i] == 0;
    }
    free(all);
    return good;
}

static int run(struct job *job)
{
    struct trp_wire *wire = job->seats[0].wire;
    trp_log_open(wire->ranks > 1 && job->count == 1 ? wire->rank : -1, job->options.log);
    open_ranks(job);
    bool start = same_program(job) && ready(job);
    for (int i = 0; i < job->count && !start; i++) {
        job->seats[i].rank->over = true;
        job->seats[i].rank->status = NOT_STARTED;
    }
    if (wire->rank == 0 && start)
        lead(job);
    else
        serve(&job->seats[0]);
    int status = job->seats[0].rank->status;
    close_ranks(job);
    return status;
}

bool troupe_ending(void)
{
    return trp_ending_by;
}

int trp_run(int argc, char **argv, troupe_driver *driver, const struct troupe_run_options *options,
            const struct trp_run_hooks *hooks)
{
    struct job job = {.argc = argc, .argv = argv, .driver = driver, .hooks = hooks};
    if (trp_home) {
        trp_log(TRP_LOG_ERROR, "troupe_run within troupe_run: a process has one job at a time");
        return NOT_STARTED;
    }
    if (options)
        job.options = *options;
    trp_log_open(-1, job.options.log);
    int status = NOT_STARTED;
    if (!trp_classes_open() || !read_environment(&job.options) || !trp_resources_read() ||
        !open_wire(&job))
        free(job.seats);
    else
        status = run(&job);
    trp_classes_close();
    return status;
}
