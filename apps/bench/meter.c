#include "meter.h"

#include <sys/resource.h>

#include "pss.h"

struct meter_state {
    uint64_t readings;
};

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

static double on_cpu_seconds(struct meter_state *self)
{
    struct rusage usage;
    self->readings++;
    getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static uint64_t on_pss_kib(struct meter_state *self)
{
    uint64_t kib = pss_kib();
    self->readings++;
    if (!kib)
        troupe_fail(TROUPE_FAILED, "the size of rank %d cannot be read", troupe_rank());
    return kib;
}

TROUPE_IMPLEMENT(meter, (cpu_seconds, on_cpu_seconds), (pss_kib, on_pss_kib));
