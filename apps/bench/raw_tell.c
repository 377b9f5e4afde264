/* Records to rank 1, each dispatched there by an indirect call and added up. */
#include "raw.h"

#include <math.h>

#include "clock.h"
#include "raw_pack.h"
#include "raw_pair.h"

static uint64_t sums[1];

static void add(uint32_t target, uint64_t value)
{
    sums[target] += value;
}

static raw_handler *const volatile handlers[] = {add};

double raw_tell_rate(uint64_t n)
{
    if (!raw_pair_exists())
        return NAN;
    raw_pair_meet();
    double begin = bench_now();
    uint64_t sum = raw_pack_send(n, 0);
    double seconds = bench_now() - begin;
    return sum == n * (n - 1) / 2 ? seconds : NAN;
}

void raw_tell_rate_mate(uint64_t n)
{
    sums[0] = 0;
    raw_pair_meet();
    raw_pack_receive(n, handlers);
    raw_pack_answer(sums[0]);
}
