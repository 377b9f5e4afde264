/* Random increments everywhere, a buffer of 4 KiB for each rank: asynchronous, as bale's histo. */
#include "raw.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "raw_exchange.h"
#include "raw_world.h"
#include "setting.h"

#define POSTS 4 /* for each rank, one of them being filled */

struct lane {
    uint64_t *next, *end;
    int current, to;
    uint64_t sent; /* messages */
    struct raw_post *posts;
};

static uint64_t *counters, *counts, *promised;
static uint64_t taken; /* messages from others */
static struct lane *lanes;

static void *memory(size_t bytes)
{
    void *new = malloc(bytes);
    if (!new)
        abort();
    return memset(new, 0, bytes);
}

static void take(int from, int kind, const uint64_t *words, size_t count)
{
    (void)kind;
    taken += from != raw_world_rank();
    for (size_t i = 0; i < count; i++)
        counters[words[i]]++;
}

static void use(struct lane *lane, int which)
{
    lane->current = which;
    lane->next = lane->posts[which].words;
    lane->end = lane->next + RAW_WORDS;
}

static void prepare(int ranks)
{
    if (!lanes) {
        lanes = memory((size_t)ranks * sizeof *lanes);
        counts = memory((size_t)ranks * sizeof *counts);
        promised = memory((size_t)ranks * sizeof *promised);
        counters = memory(BENCH_COUNTERS * sizeof *counters);
        for (int i = 0; i < ranks; i++)
            lanes[i].posts = raw_posts_new(POSTS);
    }
    for (int i = 0; i < ranks; i++) {
        lanes[i].to = i;
        lanes[i].sent = 0;
        use(&lanes[i], 0);
    }
    memset(counters, 0, BENCH_COUNTERS * sizeof *counters);
    taken = 0;
}

static void flush(struct lane *lane)
{
    struct raw_post *post = &lane->posts[lane->current];
    raw_post_send(post, lane->to, 0, (size_t)(lane->next - post->words));
    lane->sent++;
    use(lane, (lane->current + 1) % POSTS);
    while (raw_exchange_look() || !raw_post_is_off(&lane->posts[lane->current]))
        continue;
}

static void send_all(uint64_t n, int ranks)
{
    uint64_t random = bench_seed(raw_world_rank());
    const uint64_t places = (uint64_t)ranks << BENCH_COUNTERS_LOG2;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t place = bench_draw(&random, places);
        struct lane *lane = &lanes[place >> BENCH_COUNTERS_LOG2];
        *lane->next++ = place & (BENCH_COUNTERS - 1);
        if (lane->next == lane->end)
            flush(lane);
    }
    for (int i = 0; i < ranks; i++)
        if (lanes[i].next != lanes[i].posts[lanes[i].current].words)
            flush(&lanes[i]);
}

/* Each tells each how many messages there were, and takes until all have come. */
static void take_rest(int ranks)
{
    if (ranks == 1)
        return;
    int done = 0;
    uint64_t all = 0;
    MPI_Request exchange;
    for (int i = 0; i < ranks; i++)
        counts[i] = i == raw_world_rank() ? 0 : lanes[i].sent;
    MPI_Ialltoall(counts, 1, MPI_UINT64_T, promised, 1, MPI_UINT64_T, raw_world_comm(), &exchange);
    for (; !done; MPI_Test(&exchange, &done, MPI_STATUS_IGNORE))
        raw_exchange_look();
    for (int i = 0; i < ranks; i++)
        all += promised[i];
    while (taken < all)
        raw_exchange_look();
    for (int i = 0; i < ranks; i++)
        for (int k = 0; k < POSTS; k++)
            while (!raw_post_is_off(&lanes[i].posts[k]))
                raw_exchange_look();
    raw_world_meet();
}

static uint64_t total(void)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < BENCH_COUNTERS; i++)
        sum += counters[i];
    return raw_world_sum(sum);
}

double raw_histogram(uint64_t n)
{
    const int ranks = raw_world_ranks();
    prepare(ranks);
    raw_exchange_open(take);
    double begin = bench_now();
    send_all(n, ranks);
    take_rest(ranks);
    double seconds = bench_now() - begin;
    raw_exchange_close();
    raw_world_expect("histogram", total(), n * (uint64_t)ranks);
    return seconds;
}

void raw_histogram_mate(uint64_t n)
{
    raw_histogram(n);
}
