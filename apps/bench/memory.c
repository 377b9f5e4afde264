/*
 * Does what method_tracking does, then prints the memory of each rank in KiB, a line each. The
 * counterpart is `raw_empty memory`.
 */
#include <inttypes.h>
#include <stdio.h>

#include "actor_cls.h"
#include "meter.h"

#define CALLS 15

static int64_t calls_counted(actor_cls caller)
{
    method_calls all = troupe_await(actor_cls_get_all_method_calls(caller));
    return all.counts.count == 1 ? all.counts.data[0].calls : -1;
}

static void track(void)
{
    const actor_cls callers[2] = {actor_cls_one_new("ActorClsOne").super,
                                  actor_cls_two_new("ActorClsTwo").super};
    for (int i = 0; i < CALLS; i++)
        for (int which = 0; which < 2; which++)
            troupe_call(actor_cls_method, callers[which], .timeout = 1, .store = "delta");
    for (int which = 0; which < 2; which++)
        if (calls_counted(callers[which]) != CALLS)
            troupe_fail(TROUPE_FAILED, "actor %d did not count %d calls", which, CALLS);
}

static int driver(int argc, char **argv)
{
    (void)argc, (void)argv;
    track();
    for (int i = 0; i < troupe_ranks(); i++) {
        meter there = troupe_new(meter, .with = {.place = troupe_on(i)});
        printf("%" PRIu64 "\n", troupe_await(meter_pss_kib(there)));
    }
    return 0;
}

int main(int argc, char **argv)
{
    return troupe_run(argc, argv, driver, NULL);
}
