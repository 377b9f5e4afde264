/*
 * What tasks and actors ask for beside CPUs: given, held, waited for, given back, refused. Every
 * rank is told of the same resources, by variables that main sets.
 */
#define _GNU_SOURCE /* sched_setaffinity */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"
#include "schedule/claims.h"
#include "schedule/worker.h"

#define RANKS 4
#define GPUS 8 /* of the node */
#define FPGAS 2 /* of a rank */

TROUPE_CLASS(clerk);                           /* sees the books of its rank */
TROUPE_ASK(clerk, is_settled, bool);
TROUPE_ASK(clerk, exceeded, bool);
TROUPE_ASK(clerk, waiting, troupe_str, (troupe_str, who));
TROUPE_ASK(clerk, ask_too_much, void, (int, how), (int, rank));

TROUPE_CLASS(holder, (int, fpgas), (double, gpus), (bool, fails));
TROUPE_ASK(holder, gpu, int);
TROUPE_ASK(holder, rest, int, (double, seconds));
TROUPE_TELL(holder, leave);

TROUPE_CLASS(gated);                           /* needs an FPGA by its declaration */
TROUPE_ASK(gated, rank, int);
TROUPE_EXTENDS(gated_more, gated);

TROUPE_TASK(hold, int, (int, fpgas), (double, gpus), (troupe_str, text), (int, how));
TROUPE_TASK(with_needs, int);
TROUPE_TASK(small, int);
TROUPE_TASK(count_cpus, int);                  /* that its thread may run on */

/* ---- what is in use, counted by those who use it --------------------------------------------- */

static int fpgas_used[RANKS], exceeded[RANKS];
static int gpu_used[RANKS][GPUS]; /* hundredths */

/* A part of one GPU counts on it, whole ones on each. */
static void use(int fpgas, double gpus, int sign)
{
    int rank = troupe_rank(), ids[GPUS], count = troupe_gpu_ids(ids, GPUS);
    int part = (int)(100 * (gpus < 1 ? gpus : 1));
    if (__atomic_add_fetch(&fpgas_used[rank], sign * fpgas, __ATOMIC_RELAXED) > FPGAS)
        exceeded[rank] = 1;
    if (sign > 0 && count != (gpus > 1 ? (int)gpus : gpus > 0))
        exceeded[rank] = 1;
    for (int i = 0; i < count && i < GPUS && gpus > 0; i++)
        if (ids[i] < 0 || ids[i] >= GPUS ||
            __atomic_add_fetch(&gpu_used[rank][ids[i]], sign * part, __ATOMIC_RELAXED) > 100)
            exceeded[rank] = 1;
}

/* ---- the classes and tasks ------------------------------------------------------------------- */

struct clerk_state {
    char unused;
};

static struct trp_workers *books(void)
{
    return trp_current()->rank->workers;
}

static bool on_is_settled(struct clerk_state *self)
{
    (void)self;
    struct trp_workers *w = books();
    pthread_mutex_lock(&w->lock);
    bool settled = !memcmp(&w->stock.free, &w->stock.has, sizeof w->stock.has) &&
                   !w->stock.line && !w->stock.waiting && w->free == w->cpus && !w->slots.head &&
                   w->slots.free == w->cpus && !w->bundles && !w->waiting_bundles &&
                   !w->slots.movable && !w->coming && !w->queued && !w->unfinished && !w->stuck;
    for (int gpu = 0; gpu < (int)(w->stock.has.of[TRP_GPUS] / TRP_WHOLE); gpu++)
        settled &= w->stock.gpu_free[gpu] == TRP_WHOLE;
    pthread_mutex_unlock(&w->lock);
    return settled;
}

static bool on_exceeded(struct clerk_state *self)
{
    (void)self;
    return exceeded[troupe_rank()];
}

/* The reason of the first of that name that waits; "" if none does. */
static troupe_str on_waiting(struct clerk_state *self, troupe_str who)
{
    (void)self;
    enum { MOST = 8 };
    struct troupe_waiting *list = troupe_alloc(MOST * sizeof *list);
    size_t count = troupe_waiting(list, MOST);
    for (size_t i = 0; i < count && i < MOST; i++)
        if (strstr(list[i].who, who))
            return list[i].reason;
    return "";
}

struct holder_state {
    int fpgas;
    double gpus;
};

static void on_holder(struct holder_state *self, int fpgas, double gpus, bool fails)
{
    *self = (struct holder_state){fpgas, gpus};
    use(fpgas, gpus, 1);
    if (fails)
        troupe_fail(-1, "it was to fail");
}

/* Also of one that was killed before it was constructed: then it has used nothing. */
static void on_holder_end(struct holder_state *self)
{
    use(self->fpgas, self->gpus, -1);
}

static int on_gpu(struct holder_state *self)
{
    (void)self;
    int id = -1;
    troupe_gpu_ids(&id, 1);
    return id;
}

static int on_rest(struct holder_state *self, double seconds)
{
    troupe_sleep(seconds);
    return self->fpgas;
}

static void on_leave(struct holder_state *self)
{
    (void)self;
    troupe_exit_actor();
}

TROUPE_IMPLEMENT(holder, (init, on_holder), (destroy, on_holder_end), (gpu, on_gpu),
                 (rest, on_rest), (leave, on_leave));

struct gated_state {
    char unused;
};
struct gated_more_state {
    struct gated_state base;
};

static int on_gated_rank(struct gated_state *self)
{
    (void)self;
    return troupe_rank();
}

TROUPE_IMPLEMENT(gated, (rank, on_gated_rank), (needs, .resources = "fpga:2", .memory = 4096));
TROUPE_IMPLEMENT(gated_more);

struct used {
    int fpgas;
    double gpus;
};

static void unuse(void *p)
{
    const struct used *used = p;
    use(used->fpgas, used->gpus, -1);
}

enum { FINE, FAILS, WAITS };

static int on_hold(int fpgas, double gpus, troupe_str text, int how)
{
    struct used *used = troupe_alloc(sizeof *used);
    *used = (struct used){fpgas, gpus};
    use(fpgas, gpus, 1);
    troupe_defer(unuse, used);
    if (how == WAITS)
        troupe_sleep(1e-3);
    if (how == FAILS)
        troupe_fail(-1, "it was to fail");
    return (int)strlen(text);
}

TROUPE_BODY(hold, on_hold);

static int on_with_needs(void)
{
    return 100 * troupe_cpus() + troupe_gpu_ids(NULL, 0);
}

TROUPE_BODY(with_needs, on_with_needs, .gpus = 0.5, .cpus = 1);

static int on_small(void)
{
    return 1;
}

TROUPE_BODY(small, on_small);

static int on_count_cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) ? -1 : CPU_COUNT(&set);
}

TROUPE_BODY(count_cpus, on_count_cpus);

static const char many[] = "fpga:3";

static void on_ask_too_much(struct clerk_state *self, int how, int rank)
{
    (void)self;
    struct troupe_place place = rank < 0 ? (struct troupe_place){0} : troupe_on(rank);
    if (how == 0)
        troupe_drop(troupe_submit(small, .with = {.place = place, .resources = many}));
    else if (how == 1)
        troupe_new(holder, .with = {.place = place, .resources = many});
    else if (how == 2)
        troupe_drop(troupe_submit(small, .with = {.place = place, .cpus = 1000000}));
    else if (how == 3)
        troupe_drop(troupe_submit(small, .with = {.place = place, .gpus = 1.5}));
    else if (how == 4)
        troupe_drop(troupe_submit(small, .with = {.place = place, .resources = "fgpa:1"}));
    else if (how == 5)
        troupe_drop(troupe_submit(small, .with = {.place = place, .memory = SIZE_MAX / 2}));
}

TROUPE_IMPLEMENT(clerk, (is_settled, on_is_settled), (exceeded, on_exceeded),
                 (waiting, on_waiting), (ask_too_much, on_ask_too_much));

/* ---- helpers --------------------------------------------------------------------------------- */

static clerk clerk_on(int rank)
{
    return troupe_new(clerk, .with = {.place = troupe_on(rank)});
}

/* Sooner or later, and then nobody has ever had too much. */
static void expect_all_settled(void)
{
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        clerk c = clerk_on(rank);
        while (!troupe_await(clerk_is_settled(c)))
            troupe_sleep(1e-4);
        assert_false(troupe_await(clerk_exceeded(c)));
        troupe_stop(c);
    }
}

static double amount_of(int rank, const char *name)
{
    struct troupe_resource list[16];
    size_t count = troupe_resources(rank, list, 16);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i].name, name))
            return list[i].amount;
    return -1;
}

static holder holder_on(int rank, const char *resources, int fpgas)
{
    return troupe_new(holder, .fpgas = fpgas,
                      .with = {.place = troupe_on(rank), .resources = resources});
}

/* Until somebody of that name waits there. */
static void wait_until_waits(clerk c, const char *who, const char *reason)
{
    troupe_str said;
    while (!*(said = troupe_await(clerk_waiting(c, who))))
        troupe_sleep(1e-4);
    if (!strstr(said, reason))
        fail_msg("\"%s\" does not say \"%s\"", said, reason);
}

/* ---- what there is --------------------------------------------------------------------------- */

static void what_ranks_have_is_known_everywhere_and_shared_out(void **state)
{
    (void)state;
    double gpus = 0, nics = 0, licenses = 0;
    int ranks = troupe_ranks();
    assert_true(amount_of(ranks, "cpus") < 0 && amount_of(-1, "cpus") < 0);
    assert_int_equal(troupe_resources(ranks, NULL, 0), 0);
    assert_int_equal(troupe_resources(0, NULL, 0), 6);
    for (int rank = 0; rank < ranks; rank++) {
        assert_true(amount_of(rank, "cpus") == troupe_rank_cpus(rank));
        assert_true(amount_of(rank, "memory") > 0);
        assert_true(amount_of(rank, "fpga") == FPGAS);
        gpus += amount_of(rank, "gpus");
        nics += amount_of(rank, "nic");
        licenses += amount_of(rank, "license");
    }
    assert_true(gpus == GPUS && nics == 3 && licenses == 5);
    assert_true(amount_of(0, "license") >= amount_of(ranks - 1, "license"));
}

/* As OpenMP does to the first thread, told to bind threads; others begin with what that one has. */
static void workers_may_run_on_all_that_the_process_is_bound_to(void **state)
{
    (void)state;
    cpu_set_t before, narrow;
    int first = 0;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    while (!CPU_ISSET(first, &before))
        first++;
    CPU_ZERO(&narrow);
    CPU_SET(first, &narrow);
    assert_int_equal(sched_setaffinity(0, sizeof narrow, &narrow), 0);
    int cpus = troupe_await(troupe_submit(count_cpus, .with = {.place = troupe_here()}));
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(cpus, CPU_COUNT(&before));
}

static void a_task_and_an_actor_are_given_what_they_ask_for(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        assert_int_equal(troupe_await(troupe_submit(hold, .fpgas = 1, .gpus = 2, .text = "four",
                                                    .with = {.place = troupe_on(rank),
                                                             .gpus = 2,
                                                             .memory = 1000,
                                                             .resources = "fpga:1"})),
                         4);
        holder a = troupe_new(holder, .gpus = 0.75,
                              .with = {.place = troupe_on(rank), .gpus = 0.75});
        holder b = troupe_new(holder, .gpus = 0.5,
                              .with = {.place = troupe_on(rank), .gpus = 0.5, .cpus = 1});
        int of_a = troupe_await(holder_gpu(a)), of_b = troupe_await(holder_gpu(b));
        assert_true(of_a >= 0 && of_b >= 0 && of_a != of_b);
        holder none = holder_on(rank, NULL, 0);
        assert_int_equal(troupe_await(holder_gpu(none)), -1);
        troupe_kill(none), troupe_kill(a), troupe_stop(b);
    }
    expect_all_settled();
}

static void declarations_say_what_calls_do_not(void **state)
{
    (void)state;
    assert_int_equal(troupe_await(with_needs()), 101);
    assert_int_equal(troupe_await(troupe_submit(with_needs, .with = {.gpus = 2})), 102);
    clerk c = clerk_on(0);
    for (int derived = 0; derived <= 1; derived++) {
        holder h = holder_on(0, "fpga:1", 1);
        troupe_await(holder_rest(h, 0)); /* it is there */
        gated waits = derived ? troupe_new(gated_more, .with = {.place = troupe_on(0)}).super
                              : troupe_new(gated, .with = {.place = troupe_on(0)});
        wait_until_waits(c, derived ? "gated_more" : "gated", "waits for 4 KiB of memory, fpga:2");
        gated other = troupe_new(gated, .with = {.place = troupe_on(0), .resources = "fpga:1"});
        troupe_stop(h); /* the other shares kinds with it, and may pass it */
        assert_int_equal(troupe_await(gated_rank(other)), 0);
        troupe_stop(other);
        assert_int_equal(troupe_await(gated_rank(waits)), 0);
        troupe_stop(waits);
    }
    troupe_stop(c);
    expect_all_settled();
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void an_actor_waits_and_its_calls_with_it(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        clerk c = clerk_on(rank);
        holder first = holder_on(rank, "fpga:2", 2), second = holder_on(rank, "fpga:2", 2);
        TROUPE_FUTURE(int) call = holder_rest(second, 0);
        wait_until_waits(c, "holder", "waits for fpga:2 (free: nothing), behind 0");
        assert_false(troupe_done(call));
        holder_leave(first);
        assert_int_equal(troupe_await(call), 2);
        troupe_stop(second);
        troupe_stop(c);
    }
    expect_all_settled();
}

static void one_that_waits_can_be_killed_and_leaves_the_line(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        clerk c = clerk_on(rank);
        holder first = holder_on(rank, "fpga:2", 2);
        holder named = troupe_new(holder, .fpgas = 1,
                                  .with = {.place = troupe_on(rank),
                                           .resources = "fpga:1",
                                           .name = "one that waits"});
        TROUPE_FUTURE(int) call = holder_rest(named, 0);
        wait_until_waits(c, "holder", "waits for fpga:1");
        troupe_kill(named);
        expect_failure(call, TROUPE_ENDED, "was killed by driver");
        troupe_end end = troupe_await(troupe_ended(named));
        assert_int_equal(end.reason, TROUPE_END_KILLED);
        assert_string_equal(troupe_await(clerk_waiting(c, "holder")), "");
        troupe_stop(first);
        holder again = troupe_new(holder, .fpgas = 2,
                                  .with = {.place = troupe_on(rank),
                                           .resources = "fpga:2",
                                           .name = "one that waits"});
        assert_int_equal(troupe_await(holder_rest(again, 0)), 2);
        troupe_stop(again);
        troupe_await(troupe_ended(again));
        troupe_stop(c);
    }
    expect_all_settled();
}

static void a_task_waits_and_one_that_needs_less_does_not_wait_for_it(void **state)
{
    (void)state;
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        clerk c = clerk_on(rank);
        holder first = holder_on(rank, "fpga:2", 2);
        troupe_await(holder_rest(first, 0));
        TROUPE_FUTURE(int) waits = troupe_submit(
            hold, .fpgas = 1, .text = "seven..",
            .with = {.place = troupe_on(rank), .resources = "fpga:1"});
        wait_until_waits(c, "task hold", "waits for fpga:1 (free: nothing), behind 0");
        for (int i = 0; i < 100; i++)
            troupe_await(troupe_submit(small, .with = {.place = troupe_on(rank)}));
        troupe_await(troupe_submit(small, .with = {.place = troupe_on(rank), .gpus = 0.5}));
        assert_false(troupe_done(waits));
        troupe_kill(first);
        assert_int_equal(troupe_await(waits), 7);
        troupe_stop(c);
    }
    expect_all_settled();
}

/* Many tasks of one CPU come all the time; that of all CPUs is not put off for ever. */
static void a_task_of_all_cpus_does_not_starve(void **state)
{
    (void)state;
    enum { ALWAYS = 50 };
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        const struct troupe_place there = troupe_on(rank);
        TROUPE_FUTURE(int) stream[ALWAYS];
        for (int i = 0; i < ALWAYS; i++)
            stream[i] = troupe_submit(hold, .how = WAITS, .with = {.place = there});
        TROUPE_FUTURE(int) large =
            troupe_submit(small, .with = {.place = there, .cpus = troupe_rank_cpus(rank)});
        for (int i = 0; !troupe_done(large); i = (i + 1) % ALWAYS) {
            troupe_await(stream[i]);
            stream[i] = troupe_submit(hold, .how = WAITS, .with = {.place = there});
        }
        assert_int_equal(troupe_await(large), 1);
        for (int i = 0; i < ALWAYS; i++)
            troupe_await(stream[i]);
    }
}

/* ---- refusing -------------------------------------------------------------------------------- */

static void what_can_never_be_is_refused_at_the_call(void **state)
{
    (void)state;
    char not_there[64];
    int last = troupe_ranks() - 1;
    snprintf(not_there, sizeof not_there, "which rank %d has not: the largest place, rank", last);
    for (int rank = 0; rank < troupe_ranks(); rank++) {
        clerk c = clerk_on(rank);
        expect_failure(clerk_ask_too_much(c, 0, -1), TROUPE_INVALID,
                       "small asks for fpga:3, which no rank of this job has: the largest place, "
                       "rank 0, has ");
        expect_failure(clerk_ask_too_much(c, 0, last), TROUPE_INVALID, not_there);
        expect_failure(clerk_ask_too_much(c, 1, -1), TROUPE_INVALID, "holder asks for fpga:3");
        expect_failure(clerk_ask_too_much(c, 1, last), TROUPE_INVALID, not_there);
        expect_failure(clerk_ask_too_much(c, 2, -1), TROUPE_INVALID,
                       "small asks for 1000000 CPUs, which no rank");
        expect_failure(clerk_ask_too_much(c, 3, last), TROUPE_INVALID, "1.5 GPUs");
        expect_failure(clerk_ask_too_much(c, 4, -1), TROUPE_INVALID,
                       "'fgpa': no rank of this job has any; there is fpga, nic, license");
        expect_failure(clerk_ask_too_much(c, 5, -1), TROUPE_INVALID, "TiB of memory, which no");
        troupe_stop(c);
    }
    expect_all_settled();
}

/* Of three network cards, and ranks that have none of them. */
static void where_the_choice_is_free_a_rank_that_has_it_is_chosen(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * troupe_ranks(); i++) {
        gated g = troupe_new(gated, .with = {.resources = "nic:1"});
        assert_true(amount_of(troupe_await(gated_rank(g)), "nic") >= 1);
        troupe_stop(g);
        troupe_await(troupe_ended(g));
    }
}

/* ---- everything at once ---------------------------------------------------------------------- */

static const char *const named[] = {NULL, "fpga:1", "fpga:2"};
static const double parts[] = {0, 0.25, 0.5, 1, 2};

enum { ROUND = 40 };

static void end_somehow(holder h, uint64_t how)
{
    if (how % 4 == 0)
        troupe_kill(h);
    else if (how % 4 == 1)
        troupe_stop(h);
    else if (how % 4 == 2)
        holder_leave(h);
    else
        troupe_drop(holder_rest(h, 1e-3)), troupe_kill(h);
}

static holder start_holder(uint64_t r, int rank)
{
    int fpgas = (int)(r % 3);
    double gpus = parts[r / 3 % 5];
    return troupe_new(holder, .fpgas = fpgas, .gpus = gpus, .fails = r / 15 % 5 == 0,
                      .with = {.place = troupe_on(rank),
                               .gpus = gpus,
                               .resources = named[fpgas],
                               .memory = r / 128 % 2 * 1000,
                               .cpus = r / 256 % 3 == 0});
}

static TROUPE_FUTURE(int) start_task(uint64_t r, int rank)
{
    int fpgas = (int)(r % 3);
    double gpus = parts[r / 3 % 5];
    return troupe_submit(hold, .fpgas = fpgas, .gpus = gpus, .text = "text",
                         .how = (int)(r / 15 % 3),
                         .with = {.place = troupe_on(rank), .gpus = gpus,
                                  .resources = named[fpgas]});
}

static void after_any_mix_of_ends_everything_is_free_again(void **state)
{
    (void)state;
    uint64_t random = test_order();
    for (int round = 0; round < 10; round++) {
        holder holders[ROUND];
        TROUPE_FUTURE(int) tasks[ROUND];
        for (int i = 0; i < ROUND; i++) {
            int rank = (int)(test_random(&random) % (uint64_t)troupe_ranks());
            holders[i] = start_holder(test_random(&random), rank);
            tasks[i] = start_task(test_random(&random), rank);
            if (test_random(&random) % 2 == 0)
                troupe_sleep(0);
            end_somehow(holders[i / 2], test_random(&random));
        }
        for (int i = ROUND / 2; i < ROUND; i++)
            end_somehow(holders[i], test_random(&random));
        for (int i = 0; i < ROUND; i++) {
            int length = 4;
            troupe_status status = troupe_get(tasks[i], &length);
            assert_true(status == TROUPE_OK || status == -1);
            assert_int_equal(length, 4);
        }
        for (int i = 0; i < ROUND; i++)
            troupe_await(troupe_ended(holders[i]));
        expect_all_settled();
    }
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ranks_have_is_known_everywhere_and_shared_out),
        cmocka_unit_test(workers_may_run_on_all_that_the_process_is_bound_to),
        cmocka_unit_test(a_task_and_an_actor_are_given_what_they_ask_for),
        cmocka_unit_test(declarations_say_what_calls_do_not),
        cmocka_unit_test(an_actor_waits_and_its_calls_with_it),
        cmocka_unit_test(one_that_waits_can_be_killed_and_leaves_the_line),
        cmocka_unit_test(a_task_waits_and_one_that_needs_less_does_not_wait_for_it),
        cmocka_unit_test(a_task_of_all_cpus_does_not_starve),
        cmocka_unit_test(what_can_never_be_is_refused_at_the_call),
        cmocka_unit_test(where_the_choice_is_free_a_rank_that_has_it_is_chosen),
        cmocka_unit_test(after_any_mix_of_ends_everything_is_free_again),
    };
    setenv("TROUPE_RESOURCES", "fpga:2,node:nic:3,job:license:5", 1);
    setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3,4,5,6,7", 1);
    unsetenv("SLURM_STEP_GPUS");
    return TEST_PLAY(argc, argv, tests, 6);
}
