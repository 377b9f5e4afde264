/*
 * Floods: a sink gets more than it can take, from each kind of sender there is, on its own rank and
 * on another. Memory stays flat on both sides, nothing is lost or out of order, and meanwhile other
 * actors of both ranks answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sanitized.h"
#include "play.h"

#define RANKS 64
#define SOURCES 4
#define TELLS 100000     /* of 1 KiB, so more than MOST_GROWTH if they were kept */
#define MOST_GROWTH 65536 /* kB */
#define WORDS 127
#define LEAST_ROUNDS 5   /* to both ranks and back, while the flood lasts */

/* Of each rank, for its bystander; some who write are other threads. */
static struct {
    uint64_t taken;
    long peak; /* kB of its process, whoever looked */
} seen[RANKS];

TROUPE_STRUCT(load, (uint64_t, number), (TROUPE_ARRAY(uint64_t, WORDS), words));

TROUPE_CLASS(sink);
TROUPE_TELL(sink, take, (uint32_t, source), (load, l));
TROUPE_ASK(sink, wrong, uint64_t);

TROUPE_CLASS(bystander);
TROUPE_ASK(bystander, taken, uint64_t);
TROUPE_ASK(bystander, peak, long);
TROUPE_ASK(bystander, begin, long); /* the kB now, and forgets what was seen */

/* Asks those of both ranks in turn until the sink has taken so many. */
TROUPE_CLASS(prober);
TROUPE_ASK(prober, probe, uint64_t, (bystander, near), (bystander, far), (uint64_t, until));

TROUPE_CLASS(flooder);
TROUPE_ASK(flooder, flood, void, (sink, to), (uint64_t, tells));
TROUPE_ASK(flooder, flood_by_team, void, (sink, to), (uint64_t, tells));

TROUPE_TASK(flood_by_task, void, (sink, to), (uint64_t, tells));
TROUPE_TASK(flood_by_team_of_task, void, (sink, to), (uint64_t, tells));

/* ---- memory ---------------------------------------------------------------------------------- */

static long resident(void)
{
    long pages = 0, kilobytes = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%*d %ld", &pages) == 1)
        kilobytes = pages * (sysconf(_SC_PAGESIZE) / 1024);
    if (f)
        fclose(f);
    return kilobytes;
}

static void look_at_memory(int rank)
{
    long now = resident();
    if (now > __atomic_load_n(&seen[rank].peak, __ATOMIC_RELAXED))
        __atomic_store_n(&seen[rank].peak, now, __ATOMIC_RELAXED);
}

/* ---- actors ---------------------------------------------------------------------------------- */

struct sink_state {
    uint64_t expected[SOURCES], wrong;
    uint64_t burnt;
};

static void on_take(struct sink_state *self, uint32_t source, load l)
{
    int rank = troupe_rank();
    self->wrong += source >= SOURCES || l.number != self->expected[source % SOURCES]++ ||
                   l.words[0] != l.number || l.words[WORDS - 1] != ~l.number;
    for (int i = 0; i < 500; i++)
        self->burnt += test_random(&self->burnt);
    if (__atomic_fetch_add(&seen[rank].taken, 1, __ATOMIC_RELAXED) % 1024 == 0)
        look_at_memory(rank);
}

static uint64_t on_wrong(struct sink_state *self)
{
    return self->wrong;
}

TROUPE_IMPLEMENT(sink, (take, on_take), (wrong, on_wrong));

struct bystander_state {
    char unused;
};

static uint64_t on_taken(struct bystander_state *self)
{
    (void)self;
    return __atomic_load_n(&seen[troupe_rank()].taken, __ATOMIC_RELAXED);
}

static long on_peak(struct bystander_state *self)
{
    (void)self;
    look_at_memory(troupe_rank());
    return __atomic_load_n(&seen[troupe_rank()].peak, __ATOMIC_RELAXED);
}

static long on_begin(struct bystander_state *self)
{
    (void)self;
    long now = resident();
    __atomic_store_n(&seen[troupe_rank()].taken, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&seen[troupe_rank()].peak, now, __ATOMIC_RELAXED);
    return now;
}

TROUPE_IMPLEMENT(bystander, (taken, on_taken), (peak, on_peak), (begin, on_begin));

struct prober_state {
    char unused;
};

/* How often the round was made while some of the flood, and not all, had been taken. */
static uint64_t on_probe(struct prober_state *self, bystander near, bystander far, uint64_t until)
{
    (void)self;
    uint64_t rounds = 0, taken = 0;
    while (taken < until) {
        (void)troupe_await(bystander_peak(near));
        taken = troupe_await(bystander_taken(far));
        rounds += taken > 0 && taken < until;
    }
    return rounds;
}

TROUPE_IMPLEMENT(prober, (probe, on_probe));

/* ---- those who flood ------------------------------------------------------------------------- */

static void flood(sink to, uint32_t source, uint64_t tells)
{
    for (uint64_t i = 0; i < tells; i++) {
        load l = {.number = i, .words[0] = i, .words[WORDS - 1] = ~i};
        sink_take(to, source, l);
        if (i % 1024 == 0)
            look_at_memory(troupe_rank());
    }
}

static void flood_from_threads(sink to, uint64_t tells)
{
#pragma omp parallel for num_threads(SOURCES) schedule(static, 1)
    for (int source = 0; source < SOURCES; source++)
        flood(to, (uint32_t)source, tells / SOURCES);
}

struct flooder_state {
    char unused;
};

static void on_flood(struct flooder_state *self, sink to, uint64_t tells)
{
    (void)self;
    flood(to, 0, tells);
}

static void on_flood_by_team(struct flooder_state *self, sink to, uint64_t tells)
{
    (void)self;
    flood_from_threads(to, tells);
}

TROUPE_IMPLEMENT(flooder, (flood, on_flood), (flood_by_team, on_flood_by_team));

static void on_flood_by_task(sink to, uint64_t tells)
{
    flood(to, 0, tells);
}

static void on_flood_by_team_of_task(sink to, uint64_t tells)
{
    flood_from_threads(to, tells);
}

TROUPE_BODY(flood_by_task, on_flood_by_task);
TROUPE_BODY(flood_by_team_of_task, on_flood_by_team_of_task);

/* ---- the stage ------------------------------------------------------------------------------- */

enum kind { DRIVER, LIGHT, DEDICATED, DEDICATED_TEAM, TASK, TEAM };

static void start_flood(enum kind kind, sink to, int rank, uint64_t tells)
{
    struct troupe_place place = troupe_on(rank);
    flooder f = troupe_new(flooder, .with = {.place = place, .cpus = kind == DEDICATED ||
                                                                     kind == DEDICATED_TEAM});
    if (kind == DRIVER)
        flood(to, 0, tells);
    else if (kind == LIGHT || kind == DEDICATED)
        troupe_drop(flooder_flood(f, to, tells));
    else if (kind == DEDICATED_TEAM)
        troupe_drop(flooder_flood_by_team(f, to, tells));
    else if (kind == TASK)
        troupe_drop(troupe_submit(flood_by_task, .to = to, .tells = tells,
                                  .with = {.place = place}));
    else
        troupe_drop(troupe_submit(flood_by_team_of_task, .to = to, .tells = tells,
                                  .with = {.place = place}));
    troupe_stop(f);
}

static void expect_flat(bystander b, long before, const char *where)
{
    long peak = troupe_await(bystander_peak(b));
    print_message("on the rank of %s %ld kB have become %ld kB\n", where, before, peak);
    if (!TRP_SANITIZED) /* whose memory is not ours */
        assert_true(peak - before <= MOST_GROWTH);
}

static uint64_t tells_of_a_flood(void)
{
    return getenv("TROUPE_TEST_LONG") ? 4 * TELLS : TELLS;
}

static void flood_from_to(enum kind kind, int from, int to, int sink_cpus)
{
    uint64_t tells = tells_of_a_flood();
    bystander near = troupe_new(bystander, .with = {.place = troupe_on(from)});
    bystander far = troupe_new(bystander, .with = {.place = troupe_on(to)});
    prober p = troupe_new(prober, .with = {.place = troupe_on(from)});
    sink s = troupe_new(sink, .with = {.place = troupe_on(to), .cpus = sink_cpus});
    long near_before = troupe_await(bystander_begin(near));
    long far_before = troupe_await(bystander_begin(far));
    TROUPE_FUTURE(uint64_t) rounds = prober_probe(p, near, far, tells);
    start_flood(kind, s, from, tells);
    uint64_t made = troupe_await(rounds);
    assert_int_equal(troupe_await(bystander_taken(far)), tells);
    assert_int_equal(troupe_await(sink_wrong(s)), 0);
    print_message("others were asked %llu times\n", (unsigned long long)made);
    assert_true(made >= LEAST_ROUNDS);
    expect_flat(near, near_before, "the sender");
    expect_flat(far, far_before, "the sink");
    troupe_stop(s);
    troupe_stop(p);
    troupe_stop(near);
    troupe_stop(far);
}

/* To the same rank and to another; the driver is on rank 0. */
static void flood_near_and_far(enum kind kind)
{
    int last = troupe_ranks() - 1;
    flood_from_to(kind, 0, last, 0);
    if (last > 0)
        flood_from_to(kind, 0, 0, 0);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void a_flood_of_the_driver_is_slowed_down(void **state)
{
    (void)state;
    flood_near_and_far(DRIVER);
}

static void a_flood_of_a_light_method_is_slowed_down(void **state)
{
    (void)state;
    flood_near_and_far(LIGHT);
}

static void a_flood_of_a_dedicated_actor_is_slowed_down(void **state)
{
    (void)state;
    flood_near_and_far(DEDICATED);
}

static void a_flood_of_a_task_is_slowed_down(void **state)
{
    (void)state;
    flood_near_and_far(TASK);
}

static void a_flood_of_the_threads_of_teams_is_slowed_down(void **state)
{
    (void)state;
    flood_near_and_far(TEAM);
    flood_from_to(DEDICATED_TEAM, 0, troupe_ranks() - 1, 0);
}

static void a_flood_to_a_dedicated_actor_is_slowed_down(void **state)
{
    (void)state;
    flood_from_to(LIGHT, 0, troupe_ranks() - 1, 1);
    if (getenv("TROUPE_TEST_LONG"))
        flood_from_to(TASK, troupe_ranks() - 1, 0, 1);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_of_the_driver_is_slowed_down),
        cmocka_unit_test(a_flood_of_a_light_method_is_slowed_down),
        cmocka_unit_test(a_flood_of_a_dedicated_actor_is_slowed_down),
        cmocka_unit_test(a_flood_of_a_task_is_slowed_down),
        cmocka_unit_test(a_flood_of_the_threads_of_teams_is_slowed_down),
        cmocka_unit_test(a_flood_to_a_dedicated_actor_is_slowed_down),
    };
    return TEST_PLAY(argc, argv, tests, 2);
}
