#include "schedule/guests.h"

#include "schedule/rank.h"
#include "schedule/send.h"

void trp_guests_open(struct trp_guests *guests)
{
    pthread_mutex_init(&guests->lock, NULL);
    pthread_cond_init(&guests->changed, NULL);
}

void trp_guests_close(struct trp_guests *guests)
{
    pthread_mutex_destroy(&guests->lock);
    pthread_cond_destroy(&guests->changed);
}

void trp_guests_enter(struct trp_rank *rank)
{
    struct trp_guests *guests = &rank->guests;
    pthread_mutex_lock(&guests->lock);
    __atomic_add_fetch(&guests->waiting, 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&guests->lock);
    trp_inbox_wake(rank);
    pthread_mutex_lock(&guests->lock);
    while (!guests->open || guests->inside)
        pthread_cond_wait(&guests->changed, &guests->lock);
    __atomic_sub_fetch(&guests->waiting, 1, __ATOMIC_RELEASE);
    guests->inside = true;
    pthread_mutex_unlock(&guests->lock);
}

void trp_guests_leave(struct trp_rank *rank)
{
    struct trp_guests *guests = &rank->guests;
    pthread_mutex_lock(&guests->lock);
    guests->inside = false;
    pthread_cond_broadcast(&guests->changed);
    pthread_mutex_unlock(&guests->lock);
}

void trp_guests_serve(struct trp_guests *guests)
{
    pthread_mutex_lock(&guests->lock);
    guests->open = true;
    pthread_cond_broadcast(&guests->changed);
    while (guests->waiting || guests->inside)
        pthread_cond_wait(&guests->changed, &guests->lock);
    guests->open = false;
    pthread_mutex_unlock(&guests->lock);
}
