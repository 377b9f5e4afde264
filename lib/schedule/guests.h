/*
 * MPI calls of tasks: the scheduler stands aside while one makes them.
 *
 * MPI is started with MPI_THREAD_SERIALIZED: one thread at a time. The driver and light methods are
 * on the scheduler's thread already; a worker asks, and is let in when the scheduler next polls.
 */
#ifndef TRP_GUESTS_H
#define TRP_GUESTS_H

#include <pthread.h>
#include <stdbool.h>

struct trp_rank;

struct trp_guests {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int waiting; /* read without the lock, too */
    bool open, inside;
};

void trp_guests_open(struct trp_guests *guests);
void trp_guests_close(struct trp_guests *guests);

/* A worker: returns when it may call MPI; and when it has done. */
void trp_guests_enter(struct trp_rank *rank);
void trp_guests_leave(struct trp_rank *rank);

/* The scheduler: returns when nobody is waiting or inside. */
void trp_guests_serve(struct trp_guests *guests);

static inline bool trp_guests_wait(const struct trp_guests *guests)
{
    return __atomic_load_n(&guests->waiting, __ATOMIC_ACQUIRE) > 0;
}

#endif
