#include "wire/doorbell.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/futex.h"
#include "base/log.h"
#include "wire/together.h"

/* A cache line apart, but not aligned to one: MPI does not promise that. */
struct trp_bell {
    uint32_t rung;
    uint32_t asleep;
    uint32_t apart[14];
    struct trp_wire_words words;
    uint32_t apart_too[8];
};

static void find_mates(struct trp_doorbell *bell, MPI_Comm comm)
{
    int ranks;
    MPI_Comm_size(comm, &ranks);
    bell->of = calloc((size_t)ranks, sizeof *bell->of);
    bell->here = malloc((size_t)bell->node_ranks * sizeof *bell->here);
    if (!bell->of || !bell->here)
        trp_die("no memory for the table of %d ranks", ranks);
    int rank;
    MPI_Comm_rank(comm, &rank);
    trp_together_share(bell->node, &rank, sizeof rank, bell->here);
    for (int i = 0; i < bell->node_ranks; i++) {
        MPI_Aint size;
        int unit;
        MPI_Win_shared_query(bell->window, i, &size, &unit, &bell->of[bell->here[i]]);
    }
    bell->covers_all = bell->node_ranks == ranks;
}

void trp_doorbell_open(struct trp_doorbell *bell, MPI_Comm comm)
{
    MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &bell->node);
    MPI_Comm_rank(bell->node, &bell->node_rank);
    MPI_Comm_size(bell->node, &bell->node_ranks);
    MPI_Win_allocate_shared(sizeof(struct trp_bell), 1, MPI_INFO_NULL, bell->node, &bell->mine,
                            &bell->window);
    *bell->mine = (struct trp_bell){.words = {.pid = (int32_t)getpid()}};
    find_mates(bell, comm);
    trp_together_meet(bell->node);
}

void trp_doorbell_close(struct trp_doorbell *bell)
{
    MPI_Win_free(&bell->window);
    MPI_Comm_free(&bell->node);
    free(bell->of);
    free(bell->here);
}

struct trp_wire_words *trp_doorbell_words(struct trp_doorbell *bell)
{
    return &bell->mine->words;
}

int trp_doorbell_mate(const struct trp_doorbell *bell)
{
    return bell->here[(bell->node_rank + 1) % bell->node_ranks];
}

const struct trp_wire_words *trp_doorbell_words_of(const struct trp_doorbell *bell, int rank)
{
    return &bell->of[rank]->words;
}

/* ---- ringing --------------------------------------------------------------------------------- */

/* What is there to be read is out, then the flag is read: partner of the fence in announce, where
   the flag is set, then messages are looked for. One of the two sees the other. Only the first to
   see it rings: whoever comes after that is seen when the sleeper looks around, or announces his
   next sleep. */
static void ring(struct trp_bell *bell)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&bell->asleep, __ATOMIC_RELAXED) ||
        !__atomic_exchange_n(&bell->asleep, 0, __ATOMIC_SEQ_CST))
        return;
    __atomic_fetch_add(&bell->rung, 1, __ATOMIC_SEQ_CST);
    trp_futex_wake(&bell->rung);
}

void trp_doorbell_ring(struct trp_doorbell *bell, int rank)
{
    if (bell->of[rank])
        ring(bell->of[rank]);
}

void trp_doorbell_ring_self(struct trp_doorbell *bell)
{
    ring(bell->mine);
}

uint32_t trp_doorbell_announce(struct trp_doorbell *bell)
{
    uint32_t rung = __atomic_load_n(&bell->mine->rung, __ATOMIC_RELAXED);
    __atomic_store_n(&bell->mine->asleep, 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* partner: the fence in ring */
    return rung;
}

void trp_doorbell_sleep(struct trp_doorbell *bell, uint32_t announced, double seconds)
{
    trp_futex_wait(&bell->mine->rung, announced, seconds);
}

bool trp_doorbell_rung(const struct trp_doorbell *bell, uint32_t announced)
{
    return __atomic_load_n(&bell->mine->rung, __ATOMIC_RELAXED) != announced;
}

void trp_doorbell_awake(struct trp_doorbell *bell)
{
    __atomic_store_n(&bell->mine->asleep, 0, __ATOMIC_RELAXED);
}
