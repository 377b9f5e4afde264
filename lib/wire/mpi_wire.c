#include "wire/mpi_wire.h"

#include <sched.h>
#include <stdlib.h>

#include "base/log.h"
#include "wire/together.h"

/* ---- sleeping -------------------------------------------------------------------------------- */

#define PENDING_PAUSE 50e-6 /* while something sent has not left: nobody rings for its handshake */
#define FAR_PAUSE_MIN 20e-6 /* ranks of other nodes cannot ring: pauses grow while none calls */
#define FAR_PAUSE_MAX 1e-3

uint32_t trp_mpi_announce(struct trp_wire *wire)
{
    trp_mpi_wire(wire)->bulks.reported = false;
    trp_messages_look_well(&trp_mpi_wire(wire)->messages);
    return trp_doorbell_announce(&trp_mpi_wire(wire)->bell);
}

static double shorter(double seconds, double limit)
{
    return seconds < 0 || seconds > limit ? limit : seconds;
}

struct trp_parcel *trp_mpi_came(struct trp_mpi_wire *w, struct trp_parcel *parcel)
{
    if (parcel)
        w->far_pause = FAR_PAUSE_MIN;
    return parcel;
}

static double pause_of(struct trp_mpi_wire *w, double seconds)
{
    if (trp_messages_sending(&w->messages)) {
        trp_messages_ring(&w->messages);
        seconds = shorter(seconds, PENDING_PAUSE);
    }
    if (trp_bulks_under_way(&w->bulks))
        seconds = shorter(seconds, trp_bulks_pause(&w->bulks));
    return w->bell.covers_all ? seconds : shorter(seconds, w->far_pause);
}

void trp_mpi_sleep(struct trp_wire *wire, uint32_t announced, double seconds)
{
    struct trp_mpi_wire *w = trp_mpi_wire(wire);
    if (w->bulks.reported)
        return;
    seconds = pause_of(w, seconds);
    if (seconds == 0) {
        sched_yield();
        return;
    }
    trp_doorbell_sleep(&w->bell, announced, seconds);
    w->far_pause = shorter(1.5 * w->far_pause, FAR_PAUSE_MAX);
    if (trp_bulks_under_way(&w->bulks))
        trp_bulks_slept(&w->bulks, trp_doorbell_rung(&w->bell, announced));
}

void trp_mpi_awake(struct trp_wire *wire)
{
    trp_doorbell_awake(&trp_mpi_wire(wire)->bell);
}

void trp_mpi_wake(struct trp_wire *wire)
{
    trp_doorbell_ring_self(&trp_mpi_wire(wire)->bell);
}

/* ---- together -------------------------------------------------------------------------------- */

void trp_mpi_share(struct trp_wire *wire, const void *mine, size_t bytes, void *all)
{
    trp_together_share(trp_mpi_wire(wire)->bell.node, mine, bytes, all);
}

void trp_mpi_share_all(struct trp_wire *wire, const void *mine, size_t bytes, void *all)
{
    trp_together_share(trp_mpi_wire(wire)->comm, mine, bytes, all);
}

void trp_mpi_watch(struct trp_wire *wire)
{
    struct trp_mpi_wire *w = trp_mpi_wire(wire);
    trp_watch_begin(&w->watch, &w->bell, w->comm, wire->died);
}

bool trp_mpi_leave(struct trp_wire *wire, int signal)
{
    return trp_watch_leave(&trp_mpi_wire(wire)->watch, signal);
}

void trp_mpi_send_bulk(struct trp_wire *wire, struct trp_bulk *bulk)
{
    trp_bulks_send(&trp_mpi_wire(wire)->bulks, bulk);
}

void trp_mpi_receive_bulk(struct trp_wire *wire, struct trp_bulk *bulk)
{
    trp_bulks_receive(&trp_mpi_wire(wire)->bulks, bulk);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void receive_away(struct trp_mpi_wire *w)
{
    struct trp_parcel *parcel;
    while ((parcel = w->wire.ops->receive(&w->wire, false)))
        trp_parcel_drop(parcel);
    trp_bulks_throw_away(&w->bulks);
    sched_yield();
}

/* A bulk that is to be received keeps nobody: its sender may have ended before it sent. */
void trp_mpi_drain(struct trp_mpi_wire *w, trp_mpi_sending *sending)
{
    while (sending(w) || w->bulks.sends)
        receive_away(w);
    MPI_Request barrier;
    MPI_Ibarrier(w->comm, &barrier);
    for (int done = 0; !done; MPI_Test(&barrier, &done, MPI_STATUS_IGNORE))
        receive_away(w);
    if (w->messages.out)
        trp_messages_close(&w->messages);
    trp_bulks_close(&w->bulks);
}

static void free_wire(struct trp_mpi_wire *w)
{
    MPI_Comm_free(&w->comm);
    if (w->own_mpi)
        MPI_Finalize();
    free(w);
}

void trp_mpi_end(struct trp_mpi_wire *w)
{
    trp_watch_end(&w->watch);
    trp_doorbell_close(&w->bell);
    trp_die_hook = NULL;
    free_wire(w);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void abort_job(void)
{
    MPI_Abort(MPI_COMM_WORLD, 1);
}

/* Processes that each think they are alone: started by the launcher of another MPI. */
static bool other_launcher(const struct trp_mpi_wire *w)
{
    static const char *const counts[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
                                         "SLURM_STEP_NUM_TASKS"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts && w->wire.ranks == 1; i++) {
        const char *count = getenv(counts[i]);
        if (!count || atoi(count) <= 1)
            continue;
        trp_log(TRP_LOG_ERROR,
                "the launcher started %s processes (%s), but this program's MPI sees only itself: "
                "use the launcher of the MPI that it was built with (srun: the right --mpi=)",
                count, counts[i]);
        return true;
    }
    return false;
}

static bool begin_mpi(struct trp_mpi_wire *w, int *argc, char ***argv)
{
    int running, ended, level;
    MPI_Finalized(&ended);
    if (ended) {
        trp_log(TRP_LOG_ERROR, "MPI has ended in this process, and cannot be started again: "
                               "initialise it yourself to run more than once");
        return false;
    }
    MPI_Initialized(&running);
    if (running) {
        MPI_Query_thread(&level);
    } else {
        MPI_Init_thread(argc, argv, MPI_THREAD_SERIALIZED, &level);
        w->own_mpi = true;
    }
    if (level >= MPI_THREAD_SERIALIZED)
        return true;
    trp_log(TRP_LOG_ERROR, "MPI was started without threads: call MPI_Init_thread with "
                           "MPI_THREAD_SERIALIZED or more instead of MPI_Init");
    return false;
}

static void find_node(struct trp_mpi_wire *w)
{
    trp_doorbell_open(&w->bell, w->comm);
    w->wire.words = trp_doorbell_words(&w->bell);
    w->wire.node_rank = w->bell.node_rank;
    w->wire.node_ranks = w->bell.node_ranks;
}

struct trp_mpi_wire *trp_mpi_begin(size_t size, int *argc, char ***argv, const void *comm)
{
    struct trp_mpi_wire *w = calloc(1, size);
    if (!w || !begin_mpi(w, argc, argv)) {
        free(w);
        return NULL;
    }
    w->far_pause = FAR_PAUSE_MIN;
    MPI_Comm_dup(comm ? *(const MPI_Comm *)comm : MPI_COMM_WORLD, &w->comm);
    MPI_Comm_rank(w->comm, &w->wire.rank);
    MPI_Comm_size(w->comm, &w->wire.ranks);
    if (!comm && other_launcher(w)) {
        free_wire(w);
        return NULL;
    }
    trp_die_hook = abort_job;
    find_node(w);
    trp_bulks_open(&w->bulks, w->comm, &w->bell);
    return w;
}
