#include "raw_peer.h"

#include "kernels.h"

struct raw_peer_state {
    uint64_t runs;
};

static void on_run(struct raw_peer_state *self, uint32_t kernel, uint64_t n)
{
    self->runs++;
    bench_kernels[kernel].raw_mate(n);
}

TROUPE_IMPLEMENT(raw_peer, (run, on_run));
