/*
 * The actor that runs the other side of a raw measurement: its method runs on the thread that makes
 * the MPI calls of its rank, so troupe leaves MPI alone for as long.
 */
#ifndef RAW_PEER_H
#define RAW_PEER_H

#include "troupe.h"

TROUPE_CLASS(raw_peer);
/* kernel: its place in bench_kernels */
TROUPE_ASK(raw_peer, run, void, (uint32_t, kernel), (uint64_t, n), (uint32_t, destinations));

#endif
