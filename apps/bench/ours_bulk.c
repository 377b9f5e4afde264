/* Large arguments: sent, received where the method sums every byte, and some under way at once. */
#include "ours.h"

#include <math.h>
#include <stdlib.h>

#include "bytes.h"
#include "clock.h"
#include "setting.h"
#include "target.h"

#define WINDOW_MAX 64
#define WINDOW_MIN 2
#define WINDOW_BYTES ((uint64_t)1 << 20)

TROUPE_CLASS(sink);
TROUPE_ASK(sink, take, uint64_t, (TROUPE_SPAN(uint8_t), bytes)); /* their sum */
TROUPE_ASK(sink, own, uint64_t, (TROUPE_SPAN(uint8_t), bytes));  /* of the first and the last */

struct sink_state {
    uint64_t taken;
};

static uint64_t on_take(struct sink_state *self, TROUPE_SPAN(uint8_t) bytes)
{
    self->taken += bytes.count;
    return bench_sum_bytes(bytes.data, bytes.count);
}

static uint64_t on_own(struct sink_state *self, TROUPE_SPAN(uint8_t) bytes)
{
    self->taken += bytes.count;
    return (uint64_t)bytes.data[0] + bytes.data[bytes.count - 1];
}

TROUPE_IMPLEMENT(sink, (take, on_take), (own, on_own));

static sink sink_on(int rank)
{
    static sink made[2];
    if (!made[rank].ref.place)
        made[rank] = troupe_new(sink, .with = {.place = troupe_on(rank)});
    return made[rank];
}

static uint64_t window(uint64_t bytes)
{
    uint64_t fit = WINDOW_BYTES / bytes;
    return fit < WINDOW_MIN ? WINDOW_MIN : fit > WINDOW_MAX ? WINDOW_MAX : fit;
}

double ours_bulk(uint64_t n)
{
    TROUPE_FUTURE(uint64_t) asked[WINDOW_MAX];
    const uint64_t bytes = bench_setting.bytes, all = window(bytes);
    const TROUPE_SPAN(uint8_t) span = {bench_warm_bytes(bytes), bytes};
    uint64_t sum = 0, sent = 0;
    sink to = sink_on(1);
    double begin = bench_now();
    for (; sent < n && sent < all; sent++)
        asked[sent] = sink_take(to, span);
    for (uint64_t i = 0; i < n; i++) {
        sum += troupe_await(asked[i % all]);
        if (sent++ < n)
            asked[i % all] = sink_take(to, span);
    }
    double seconds = bench_now() - begin;
    target_expect("the bytes of bulk", sum, n * bench_sum_bytes(span.data, bytes));
    return seconds;
}

/* One at a time, there and back. */
double ours_latency(uint64_t n)
{
    const TROUPE_SPAN(uint8_t) span = {bench_warm_bytes(bench_setting.bytes), bench_setting.bytes};
    uint64_t sum = 0;
    sink to = sink_on(1);
    double begin = bench_now();
    for (uint64_t i = 0; i < n; i++)
        sum += troupe_await(sink_own(to, span));
    double seconds = bench_now() - begin;
    target_expect("the ends of what was sent", sum,
                  n * ((uint64_t)span.data[0] + span.data[span.count - 1]));
    return seconds;
}

#ifdef TROUPE_HAVE_GIVE
static double hand_over(sink to, uint64_t bytes)
{
    uint8_t *given = troupe_buffer(bytes);
    if (!given)
        troupe_fail(TROUPE_NO_MEMORY, "no memory for %llu bytes", (unsigned long long)bytes);
    given[0] = 1;
    given[bytes - 1] = 2;
    double begin = bench_now();
    uint64_t ends =
        troupe_await(sink_own(to, (TROUPE_SPAN(uint8_t)){troupe_give(given), bytes}));
    double seconds = bench_now() - begin;
    target_expect("the first and the last byte handed over", ends, 3);
    return seconds;
}
#endif

double ours_bulk_local(uint64_t n)
{
#ifdef TROUPE_HAVE_GIVE
    double seconds = 0;
    for (uint64_t i = 0; i < n; i++)
        seconds += hand_over(sink_on(0), bench_setting.bytes);
    return seconds;
#else
    (void)n;
    return NAN;
#endif
}
