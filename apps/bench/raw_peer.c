#include "raw_peer.h"

#include "kernels.h"
#include "setting.h"

struct raw_peer_state {
    uint64_t runs;
};

static void on_run(struct raw_peer_state *self, uint32_t kernel, uint64_t n,
                   uint32_t destinations)
{
    self->runs++;
    bench_setting.bytes = bench_kernels[kernel].bytes;
    bench_setting.destinations = destinations;
    troupe_mpi_begin();
    bench_kernels[kernel].raw_mate(n);
    troupe_mpi_end();
}

TROUPE_IMPLEMENT(raw_peer, (run, on_run));
