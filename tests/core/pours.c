/*
 * Large values flow between all ranks without end, and in the middle of it something happens to the
 * job, for tests/core.sh.
 *
 *     pours MODE [NUMBER]    MODE: for-ever exit-driver exit-method exit-task fail return die
 */
#include <signal.h>
#include <unistd.h>

#include "mode.h"
#include "troupe.h"

#define LARGEST ((size_t)8 << 20)
#define ENOUGH 3 /* that each has taken, and more are on their way */

TROUPE_CLASS(pump);
TROUPE_TELL(pump, pour, (pump, to));
TROUPE_ASK(pump, same, TROUPE_SPAN(uint8_t), (TROUPE_SPAN(uint8_t), bytes));
TROUPE_TELL(pump, take, (TROUPE_SPAN(uint8_t), bytes));
TROUPE_ASK(pump, taken, int);
TROUPE_ASK(pump, happen, int, (int, status));

TROUPE_TASK(pour_task, int, (pump, to));
TROUPE_TASK(exit_task, int, (int, status));

struct pump_state {
    int taken;
};

/* Told, asked for, and answered; with nobody to wait until it is sent, too. */
__attribute__((noreturn)) static void pour(pump to)
{
    size_t size = 150000;
    for (;;) {
        struct troupe_scope scope = troupe_scope_begin();
        size = size * 3 % LARGEST + 150000;
        TROUPE_SPAN(uint8_t) bytes = {troupe_alloc(size), size};
        pump_take(to, bytes);
        void *given = troupe_buffer(size);
        if (given)
            pump_take(to, (TROUPE_SPAN(uint8_t)){troupe_give(given), size});
        troupe_await(pump_same(to, bytes));
        troupe_scope_end(scope);
    }
}

static void on_pour(struct pump_state *self, pump to)
{
    (void)self;
    pour(to);
}

static TROUPE_SPAN(uint8_t) on_same(struct pump_state *self, TROUPE_SPAN(uint8_t) bytes)
{
    self->taken++;
    return bytes;
}

static void on_take(struct pump_state *self, TROUPE_SPAN(uint8_t) bytes)
{
    (void)bytes;
    self->taken++;
}

static int on_taken(struct pump_state *self)
{
    return self->taken;
}

static int on_happen(struct pump_state *self, int status)
{
    (void)self;
    if (is("exit-method"))
        troupe_exit(status);
    if (is("die"))
        kill(getpid(), SIGKILL);
    return 0;
}

TROUPE_IMPLEMENT(pump, (pour, on_pour), (same, on_same), (take, on_take), (taken, on_taken),
                 (happen, on_happen));

static int on_pour_task(pump to)
{
    pour(to);
}

static int on_exit_task(int status)
{
    troupe_exit(status);
}

TROUPE_BODY(pour_task, on_pour_task);
TROUPE_BODY(exit_task, on_exit_task);

/* ---- the driver ------------------------------------------------------------------------------ */

static pump pump_on(int rank, int cpus)
{
    return troupe_new(pump, .with = {.place = troupe_on(rank), .cpus = cpus});
}

/* From each rank to each other: light methods, others, and tasks. */
static void let_flow(void)
{
    int ranks = troupe_ranks();
    for (int to = 0; to < ranks; to++) {
        pump into = pump_on(to, 0);
        for (int from = 0; from < ranks; from++) {
            if (from == to)
                continue;
            pump_pour(pump_on(from, 0), into);
            pump_pour(pump_on(from, 1), into);
            troupe_drop(troupe_submit(pour_task, .to = into, .with = {.place = troupe_on(from)}));
        }
        while (troupe_await(pump_taken(into)) < ENOUGH)
            troupe_sleep(1e-3);
    }
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    int last = troupe_ranks() - 1;
    let_flow();
    say("all flows", 1);
    if (is("exit-driver"))
        troupe_exit(number);
    else if (is("exit-task"))
        number = 99 + troupe_await(troupe_submit(exit_task, .status = number,
                                                 .with = {.place = troupe_on(last)}));
    else if (is("exit-method") || is("die"))
        number = 99 + troupe_await(pump_happen(pump_on(last, 0), number));
    else if (is("fail"))
        troupe_fail(TROUPE_FAILED, "in the middle of it");
    else if (is("for-ever"))
        troupe_sleep(1e9);
    return number;
}

int main(int argc, char **argv)
{
    const struct troupe_run_options options = {.setup = say_process, .linger = 0.5};
    mode_open(argc, argv);
    int status = troupe_run(argc, argv, driver, &options);
    say("status", status);
    return status;
}
