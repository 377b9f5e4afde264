/*
 * Programs that start, end, log and run short of memory in their own ways, for tests/core.sh.
 *
 *     starts MODE [NUMBER]
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mode.h"
#include "troupe.h"

/* ---- an actor and tasks that do as they are told --------------------------------------------- */

TROUPE_CLASS(worker);
TROUPE_ASK(worker, exit_now, int, (int, status));
TROUPE_TELL(worker, log_line, (int, line));
TROUPE_TELL(worker, ticked);
TROUPE_ASK(worker, size_of, size_t, (TROUPE_SPAN(uint8_t), bytes));
TROUPE_ASK(worker, length_of, size_t, (troupe_str, text));
TROUPE_ASK(worker, hold, void, (double, seconds));
TROUPE_TELL(worker, let_go); /* whoever holds on this rank */
TROUPE_ASK(worker, fail, int, (int, status));
TROUPE_ASK(worker, big, TROUPE_SPAN(uint8_t), (size_t, count));
#ifdef OTHER_BINARY
TROUPE_ASK(worker, one_more, int);
#endif

TROUPE_CLASS(keeper, (TROUPE_SPAN(uint8_t), bytes));
TROUPE_ASK(keeper, kept, size_t);

TROUPE_TASK(burn, int);
TROUPE_TASK(exit_task, int, (int, status));
TROUPE_TASK(log_task, int);
TROUPE_TASK(size_task, size_t, (TROUPE_SPAN(uint8_t), bytes));
TROUPE_TASK(send_big_task, size_t, (worker, w), (size_t, count));
TROUPE_TASK(exchange, int, (int, peer), (bool, first));

struct worker_state {
    int ticks;
};

static int on_exit_now(struct worker_state *self, int status)
{
    (void)self;
    troupe_exit(status);
}

static int on_fail(struct worker_state *self, int status)
{
    (void)self;
    troupe_fail(status, "as it was told");
}

static void on_log_line(struct worker_state *self, int line)
{
    (void)self;
    troupe_log(TROUPE_LOG_WARNING, "line %d of a method", line);
}

static void on_ticked(struct worker_state *self)
{
    self->ticks++;
}

static size_t on_size_of(struct worker_state *self, TROUPE_SPAN(uint8_t) bytes)
{
    (void)self;
    return bytes.count;
}

static size_t on_length_of(struct worker_state *self, troupe_str text)
{
    (void)self;
    return strlen(text);
}

static volatile bool let_go;

static void on_let_go(struct worker_state *self)
{
    (void)self;
    let_go = true;
}

static void on_hold(struct worker_state *self, double seconds)
{
    (void)self;
    for (double waited = 0; waited < seconds && !let_go; waited += 0.01)
        troupe_sleep(0.01);
}

static TROUPE_SPAN(uint8_t) on_big(struct worker_state *self, size_t count)
{
    (void)self;
    return (TROUPE_SPAN(uint8_t)){troupe_alloc(count), count};
}

#ifdef OTHER_BINARY
static int on_one_more(struct worker_state *self)
{
    return self->ticks;
}
TROUPE_IMPLEMENT(worker, (exit_now, on_exit_now), (log_line, on_log_line), (ticked, on_ticked),
                 (size_of, on_size_of), (length_of, on_length_of), (hold, on_hold),
                 (let_go, on_let_go), (fail, on_fail), (big, on_big),
                 (one_more, on_one_more));
#else
TROUPE_IMPLEMENT(worker, (exit_now, on_exit_now), (log_line, on_log_line), (ticked, on_ticked),
                 (size_of, on_size_of), (length_of, on_length_of), (hold, on_hold),
                 (let_go, on_let_go), (fail, on_fail), (big, on_big));
#endif

struct keeper_state {
    size_t count;
};

static void on_keeper(struct keeper_state *self, TROUPE_SPAN(uint8_t) bytes)
{
    self->count = bytes.count;
}

static size_t on_kept(struct keeper_state *self)
{
    return self->count;
}

TROUPE_IMPLEMENT(keeper, (init, on_keeper), (kept, on_kept));

static int on_burn(void)
{
    for (volatile unsigned long i = 0;; i++)
        continue;
    return 0;
}

static int on_exit_task(int status)
{
    troupe_exit(status);
}

static int on_log_task(void)
{
    troupe_log(TROUPE_LOG_WARNING, "line of a task");
    #pragma omp parallel num_threads(2)
    {
        #pragma omp barrier
        #pragma omp single
        troupe_log(TROUPE_LOG_INFO, "line of a team");
    }
    return 0;
}

static size_t on_size_task(TROUPE_SPAN(uint8_t) bytes)
{
    return bytes.count;
}

/* ---- memory ---------------------------------------------------------------------------------- */

static worker worker_on(int rank)
{
    return troupe_new(worker, .with = {.place = troupe_on(rank)});
}

static size_t on_send_big_task(worker w, size_t count)
{
    TROUPE_SPAN(uint8_t) bytes = {calloc(count, 1), count};
    if (!bytes.data)
        troupe_fail(TROUPE_NO_MEMORY, "no memory to begin with");
    troupe_defer(free, (void *)(uintptr_t)bytes.data);
    return troupe_await(worker_size_of(w, bytes));
}

static void allow_megabytes(int more)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%lu", &pages) != 1)
        exit(77);
    fclose(f);
    rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)more << 20);
    const struct rlimit limit = {bytes, bytes};
    if (setrlimit(RLIMIT_AS, &limit))
        exit(77);
}

static void say_status(const char *what, troupe_status status)
{
    printf("%s: %d %s\n", what, (int)status, status == TROUPE_OK ? "" : troupe_story());
    fflush(stdout);
}

/* That it ends is told, and its name is free then. */
static void create_big(TROUPE_SPAN(uint8_t) bytes, int to)
{
    const struct troupe_options with = {.place = troupe_on(to),
                                        .name = is("memory-create-named") ? "big" : NULL};
    size_t kept = 0;
    keeper k = troupe_new(keeper, .bytes = bytes, .with = with);
    TROUPE_FUTURE(troupe_end) end = troupe_ended(k);
    say_status("creation", troupe_get(keeper_kept(k), &kept));
    say("end", troupe_await(end).reason);
    bytes.count = 12;
    k = troupe_new(keeper, .bytes = bytes, .with = with);
    say("small", (int)troupe_await(keeper_kept(k)));
}

/* The bytes are there once, and are sent from there; the receiver needs them too. A text is copied
   to be sent. */
static void run_memory(void)
{
    size_t count = 100 << 20, got = 0;
    int to = troupe_ranks() - 1;
    worker w = worker_on(to);
    TROUPE_SPAN(uint8_t) bytes = {calloc(count, 1), count}, back;
    troupe_get(worker_size_of(w, (TROUPE_SPAN(uint8_t)){bytes.data, 10}), &got);
    memset((void *)(uintptr_t)bytes.data, 'x', count - 1);
    if (is("memory-sender") || is("memory-text") || is("memory-result"))
        allow_megabytes(50);
    if (is("memory-busy"))
        troupe_drop(worker_hold(w, 60));
    if (is("memory-task"))
        say_status("task", troupe_get(troupe_submit(size_task, .bytes = bytes,
                                                    .with = {.place = troupe_on(to)}),
                                      &got));
    else if (is("memory-from-task"))
        say_status("from a task", troupe_get(troupe_submit(send_big_task, .w = w, .count = count,
                                                           .with = {.place = troupe_on(0)}),
                                             &got));
    else if (is("memory-result"))
        say_status("result", troupe_get(worker_big(w, count), &back));
    else if (is("memory-text"))
        troupe_await(worker_length_of(w, (const char *)bytes.data));
    else if (is("memory-create") || is("memory-create-named"))
        create_big(bytes, to);
    else
        say_status("ask", troupe_get(worker_size_of(w, bytes), &got));
    worker_let_go(worker_on(to));
    say("bytes", troupe_await(worker_size_of(w, (TROUPE_SPAN(uint8_t)){bytes.data, 11})) == 11);
}

/* ---- MPI of the program's own ---------------------------------------------------------------- */

static MPI_Comm own = MPI_COMM_NULL;

static int on_exchange(int peer, bool first)
{
    int mine = troupe_rank(), got = -1;
    for (int i = 0; i < 20; i++) {
        troupe_mpi_begin();
        if (first) {
            MPI_Send(&mine, 1, MPI_INT, peer, 0, own);
            MPI_Recv(&got, 1, MPI_INT, peer, 0, own, MPI_STATUS_IGNORE);
        } else {
            MPI_Recv(&got, 1, MPI_INT, peer, 0, own, MPI_STATUS_IGNORE);
            MPI_Send(&mine, 1, MPI_INT, peer, 0, own);
        }
        troupe_mpi_end();
    }
    return got;
}

TROUPE_BODY(burn, on_burn);
TROUPE_BODY(exit_task, on_exit_task);
TROUPE_BODY(log_task, on_log_task);
TROUPE_BODY(size_task, on_size_task);
TROUPE_BODY(send_big_task, on_send_big_task);
TROUPE_BODY(exchange, on_exchange);

static void run_exchange(void)
{
    int last = troupe_ranks() - 1;
    TROUPE_FUTURE(int) a = troupe_submit(exchange, .peer = last, .first = true,
                                         .with = {.place = troupe_on(0)});
    TROUPE_FUTURE(int) b = troupe_submit(exchange, .peer = 0, .first = false,
                                         .with = {.place = troupe_on(last)});
    say("rank 0 got", troupe_await(a));
    say("the last got", troupe_await(b));
    int size = 0;
    troupe_mpi_begin();
    MPI_Comm_size(own, &size);
    troupe_mpi_end();
    say("size of its own", size);
}

/* ---- the driver ------------------------------------------------------------------------------ */

static void await_in_a_team(void)
{
    worker w = worker_on(0);
    TROUPE_FUTURE(size_t) f = worker_size_of(w, (TROUPE_SPAN(uint8_t)){NULL, 0});
    #pragma omp parallel num_threads(2)
    {
        #pragma omp single
        troupe_await(f);
    }
}

static void log_lines(void)
{
    worker_log_line(worker_on(0), 1);
    troupe_log(TROUPE_LOG_ERROR, "line of the driver");
    troupe_log(TROUPE_LOG_DEBUG, "detail");
    troupe_drop(log_task());
}

static void start_timers(void)
{
    worker w = worker_on(troupe_ranks() - 1);
    troupe_every(0.001, worker_ticked, w);
    troupe_after(1000, worker_ticked, w);
    troupe_await(worker_hold(w, 0.01));
}

/* The driver fails with calls under way. */
static void map_what_fails(void)
{
    enum { CALLS = 8 };
    TROUPE_POOL(worker) pool = troupe_pool_new(worker, 4);
    struct worker_fail_args calls[CALLS];
    int results[CALLS];
    for (int i = 0; i < CALLS; i++)
        calls[i] = (struct worker_fail_args){-70};
    troupe_pool_map(pool, worker_fail, calls, CALLS, results, NULL);
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    int last = troupe_ranks() - 1;
    /* One that would end the job from a task needs a slot that does not burn. */
    if (!strncmp(mode, "exit", 4) || is("linger"))
        for (int rank = 0; rank < last + !is("exit-task"); rank++)
            troupe_drop(troupe_submit(burn, .with = {.place = troupe_on(rank)}));
    if (is("exit-driver"))
        troupe_exit(number);
    else if (is("exit-method"))
        number = 99 + troupe_await(worker_exit_now(worker_on(last), number));
    else if (is("exit-task"))
        number = 99 + troupe_await(troupe_submit(exit_task, .status = number,
                                                 .with = {.place = troupe_on(last)}));
    else if (is("log"))
        log_lines();
    else if (!strncmp(mode, "memory", 6))
        run_memory();
    else if (is("exchange"))
        run_exchange();
    else if (is("await-in-team"))
        await_in_a_team();
    else if (is("exit-actor-outside"))
        troupe_exit_actor();
    else if (is("run-again"))
        number += troupe_run(argc, argv, driver, NULL);
    else if (is("failing-pool"))
        map_what_fails();
    else if (is("wrong-rank"))
        worker_on(-1);
    else if (is("timers"))
        start_timers();
    return number;
}

/* The receiver is the one that has no room. */
static int setup(int argc, char **argv)
{
    (void)argc, (void)argv;
    static const struct {
        const char *mode;
        int megabytes;
    } rooms[] = {{"memory-receiver", 50},
                 {"memory-busy", 50},
                 {"memory-task", 50},
                 {"memory-create", 50},
                 {"memory-create-named", 50}};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        if (is(rooms[i].mode) && troupe_rank() == troupe_ranks() - 1)
            allow_megabytes(rooms[i].megabytes);
    if (is("memory-from-task") && troupe_rank() == 0)
        allow_megabytes(350);
    return 0;
}

static int run_in_own_mpi(int argc, char **argv, struct troupe_run_options *options)
{
    int level, rank, size, status = 0, sum;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_dup(MPI_COMM_WORLD, &own);
    MPI_Comm half;
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
    options->comm = is("part") ? &half : &own;
    if (is("exchange") || rank % 2 == 0)
        status = troupe_run(argc, argv, driver, options);
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    say("sum is right:", sum == size * (size - 1) / 2);
    MPI_Finalize();
    return status;
}

int main(int argc, char **argv)
{
    struct troupe_run_options options = {.setup = setup};
    mode_open(argc, argv);
    if (is("linger"))
        options.linger = 0.5;
    if (is("quiet-option"))
        options.log = TROUPE_LOG_ERROR;
    if (is("single"))
        MPI_Init(&argc, &argv);
    if (is("part") || is("exchange"))
        return run_in_own_mpi(argc, argv, &options);
    int status = troupe_run(argc, argv, driver, &options);
    for (int i = 0; is("again") && i < number; i++)
        status = troupe_run(argc, argv, driver, &options) == number ? 0 : 1;
    if (is("single"))
        MPI_Finalize();
    say("status", status);
    return status;
}
