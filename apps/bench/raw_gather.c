/*
 * Random reads everywhere, requests and answers in buffers of 4 KiB: asynchronous, as bale's ig. A
 * message of requests is answered by one of values in the same order, which is all that has to
 * travel; two messages a rank are under way.
 */
#include "raw.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "raw_exchange.h"
#include "raw_world.h"
#include "setting.h"

#define POSTS 2
#define ANSWER POSTS /* kinds: the number of the message, and for its answer so much more */

struct lane {
    size_t used; /* of the one being filled */
    int current, to;
    bool awaits[POSTS];
    struct raw_post *posts, *answers; /* of requests to that rank; of answers to it */
};

static uint64_t *values;
static struct lane *lanes;
static uint64_t wrong, got;

static void answer(struct lane *lane, int kind, const uint64_t *words, size_t count)
{
    struct raw_post *post = &lane->answers[kind];
    while (!raw_post_is_off(post)) /* it has come, or there would be no new request */
        continue;
    for (size_t i = 0; i < count; i++)
        post->words[i] = values[words[i]];
    raw_post_send(post, lane->to, ANSWER + kind, count);
}

static void take(int from, int kind, const uint64_t *words, size_t count)
{
    struct lane *lane = &lanes[from];
    if (kind < ANSWER) {
        answer(lane, kind, words, count);
        return;
    }
    const uint64_t base = (uint64_t)from << BENCH_COUNTERS_LOG2;
    const uint64_t *asked = lane->posts[kind - ANSWER].words;
    for (size_t i = 0; i < count; i++)
        wrong += words[i] != bench_value_at(base + asked[i]);
    got += count;
    lane->awaits[kind - ANSWER] = false;
}

static void make(int ranks)
{
    lanes = calloc((size_t)ranks, sizeof *lanes);
    values = malloc(BENCH_COUNTERS * sizeof *values);
    if (!lanes || !values)
        abort();
    const uint64_t base = (uint64_t)raw_world_rank() << BENCH_COUNTERS_LOG2;
    for (uint64_t i = 0; i < BENCH_COUNTERS; i++)
        values[i] = bench_value_at(base + i);
    for (int i = 0; i < ranks; i++) {
        lanes[i].to = i;
        lanes[i].posts = raw_posts_new(POSTS);
        lanes[i].answers = raw_posts_new(POSTS);
    }
}

/* Until the next one may be filled. */
static void flush(struct lane *lane)
{
    const int which = lane->current;
    const size_t count = lane->used;
    lane->awaits[which] = true;
    lane->current = (which + 1) % POSTS;
    lane->used = 0;
    raw_post_send(&lane->posts[which], lane->to, which, count);
    while (raw_exchange_look() || lane->awaits[lane->current] ||
           !raw_post_is_off(&lane->posts[lane->current]))
        continue;
}

static void read_all(uint64_t n, int ranks)
{
    uint64_t random = bench_seed(raw_world_rank());
    const uint64_t places = (uint64_t)ranks << BENCH_COUNTERS_LOG2;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t place = bench_draw(&random, places);
        struct lane *lane = &lanes[place >> BENCH_COUNTERS_LOG2];
        lane->posts[lane->current].words[lane->used++] = place & (BENCH_COUNTERS - 1);
        if (lane->used == RAW_WORDS)
            flush(lane);
    }
    for (int i = 0; i < ranks; i++)
        if (lanes[i].used)
            flush(&lanes[i]);
    while (got < n)
        raw_exchange_look();
}

/* The others are still to be answered. */
static void serve_rest(int ranks)
{
    MPI_Request barrier;
    int done = 0;
    if (ranks == 1)
        return;
    MPI_Ibarrier(raw_world_comm(), &barrier);
    for (; !done; MPI_Test(&barrier, &done, MPI_STATUS_IGNORE))
        raw_exchange_look();
}

double raw_indexgather(uint64_t n)
{
    const int ranks = raw_world_ranks();
    if (!lanes)
        make(ranks);
    wrong = got = 0;
    raw_exchange_open(take);
    double begin = bench_now();
    read_all(n, ranks);
    serve_rest(ranks);
    double seconds = bench_now() - begin;
    raw_exchange_close();
    raw_world_expect("wrong values of indexgather", raw_world_sum(wrong), 0);
    return seconds;
}

void raw_indexgather_mate(uint64_t n)
{
    raw_indexgather(n);
}
