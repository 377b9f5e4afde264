/* Declarations, positional calls, await, and options by assignment are C++17 too. */
#include "troupe.h"

TROUPE_STRUCT(call_count, (troupe_str, name), (int64_t, n), (TROUPE_ARRAY(char, 16), tag));
TROUPE_CLASS(progress, (uint64_t, total_samples));
TROUPE_TELL(progress, report, (uint32_t, task_id), (uint64_t, done), (bool, last));
TROUPE_ASK(progress, ratio, double, (uint64_t, of));
TROUPE_ASK(progress, settle, void, (bool, hard));
TROUPE_EXTENDS(better, progress);
TROUPE_OVERRIDE_ASK(better, progress, ratio, double, (uint64_t, of));
TROUPE_TASK(sample, uint64_t, (uint64_t, count), (progress, tracker),
            (TROUPE_SPAN(call_count), all));

double use(better b);

double use(better b)
{
    progress p = b.super;
    progress_report(p, 1, 2, true);
    progress_report_call call = {};
    call.troupe_to = p;
    call.task_id = 3;
    call.with.cpus = 1;
    progress_report_with(call);
    troupe_await(progress_settle(p, true));
    uint64_t n;
    if (troupe_get(sample(3, p, {nullptr, 0}), &n) != TROUPE_OK)
        return 0;
    TROUPE_FUTURE(double) futures[] = {progress_ratio(p, 1), better_ratio(b, 2)};
    double values[2];
    troupe_await_all(futures, 2, values);
    return troupe_await(progress_ratio(p, n)) + values[0] + values[1];
}
