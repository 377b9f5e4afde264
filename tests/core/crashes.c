/*
 * A program that dies in one of many ways, for tests/core.sh.
 *
 *     crashes HOW WHERE [RANK]    HOW: segv bus abrt fpe overflow kill; memory: takes it all
 *                                 WHERE: method task driver init
 *     crashes traffic             calls and tasks between all ranks without end
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mode.h"
#include "troupe.h"

static const char *how, *where;

static volatile int zero;

/* Not inlined, and with something to do afterwards: the stack is used up. */
__attribute__((noinline)) static int overflow(int n)
{
    volatile char frame[4096];
    frame[n % 4096] = (char)n;
    int deeper = zero ? 0 : overflow(n + 1);
    return deeper + frame[n % 4096];
}

/* In a page of a file that has no such page. */
static volatile char *past_the_end(void)
{
    FILE *file = tmpfile();
    void *page = file ? mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0)
                      : MAP_FAILED;
    return page == MAP_FAILED ? NULL : page;
}

/* Until the kernel objects; but not more than a machine's cgroup for tests should have. */
static void take_memory(void)
{
    enum { STEP = 1 << 20, MOST = 1 << 10 };
    for (int i = 0; i < MOST; i++) {
        char *more = malloc(STEP);
        if (more)
            memset(more, 1, STEP);
    }
}

static void die(void)
{
    if (!strcmp(how, "segv"))
        *(volatile int *)(uintptr_t)zero = 1;
    else if (!strcmp(how, "abrt"))
        abort();
    else if (!strcmp(how, "fpe"))
        raise(SIGFPE); /* what an integer division by zero raises on x86, but not everywhere */
    else if (!strcmp(how, "bus"))
        *past_the_end() = 1;
    else if (!strcmp(how, "overflow"))
        zero = overflow(1) & 0;
    else if (!strcmp(how, "kill"))
        kill(getpid(), SIGKILL);
    else if (!strcmp(how, "memory"))
        take_memory();
    else
        abort();
}

/* ---- a victim -------------------------------------------------------------------------------- */

TROUPE_CLASS(victim, (bool, born_dying));
TROUPE_ASK(victim, die_now, int);
TROUPE_ASK(victim, relay, int, (int, left));
TROUPE_TASK(dying_task, int);
TROUPE_TASK(relay_task, int, (int, left));

struct victim_state {
    char unused;
};

static void on_victim(struct victim_state *self, bool born_dying)
{
    (void)self;
    if (born_dying)
        die();
}

static int on_die_now(struct victim_state *self)
{
    (void)self;
    die();
    return 0;
}

static int on_dying_task(void)
{
    die();
    return 0;
}

/* ---- traffic --------------------------------------------------------------------------------- */

static victim victim_on(int rank, bool born_dying)
{
    return troupe_new(victim, .born_dying = born_dying, .with = {.place = troupe_on(rank)});
}

static int on_relay(struct victim_state *self, int left)
{
    (void)self;
    if (!left)
        return 0;
    victim next = victim_on(rand() % troupe_ranks(), false);
    int sum = 1 + troupe_await(victim_relay(next, left - 1));
    troupe_stop(next);
    return sum;
}

static int on_relay_task(int left)
{
    return left ? 1 + troupe_await(relay_task(left - 1)) : 0;
}

TROUPE_IMPLEMENT(victim, (init, on_victim), (die_now, on_die_now), (relay, on_relay));
TROUPE_BODY(dying_task, on_dying_task);
TROUPE_BODY(relay_task, on_relay_task);

static void run_traffic(void)
{
    enum { WIDTH = 20 };
    for (;;) {
        TROUPE_FUTURE(int) calls[WIDTH], tasks[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            calls[i] = victim_relay(victim_on(i % troupe_ranks(), false), rand() % 8);
            tasks[i] = relay_task(rand() % 4);
        }
        for (int i = 0; i < WIDTH; i++)
            (void)(troupe_await(calls[i]) + troupe_await(tasks[i]));
    }
}

static int driver(int argc, char **argv)
{
    int rank = argc > 3 ? atoi(argv[3]) : 0;
    if (!strcmp(how, "traffic"))
        run_traffic();
    if (!strcmp(where, "driver"))
        die();
    else if (!strcmp(where, "task"))
        troupe_await(troupe_submit(dying_task, .with = {.place = troupe_on(rank)}));
    else
        troupe_await(victim_die_now(victim_on(rank, !strcmp(where, "init"))));
    (void)argv;
    return 0;
}

int main(int argc, char **argv)
{
    const struct troupe_run_options options = {.setup = say_process};
    how = argc > 1 ? argv[1] : "";
    where = argc > 2 ? argv[2] : "";
    return troupe_run(argc, argv, driver, &options);
}
