/*
 * What a rank costs its machine, asked by the driver: one meter on each rank.
 */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include "troupe.h"

TROUPE_CLASS(meter);
TROUPE_ASK(meter, cpu_seconds, double); /* of all threads of the process, since it began */
TROUPE_ASK(meter, pss_kib, uint64_t);   /* its memory, with its share of what others use too */

#endif
