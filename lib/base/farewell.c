#include "base/farewell.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU};
#define SIGNALS (sizeof signals / sizeof *signals)

#define THINGS 2
static void (*_Atomic to_do[THINGS])(void);
static _Atomic pid_t process; /* whose farewell it is: not that of its children by fork */

void trp_farewell(void)
{
    for (size_t i = 0; i < THINGS && atomic_load(&process) == getpid(); i++) {
        void (*what)(void) = atomic_load(&to_do[i]);
        if (what)
            what();
    }
}

/* Puts one thing in the place of another; NULL is a place. False: the other is not there. */
static bool put(void (*instead_of)(void), void (*what)(void))
{
    size_t i = 0;
    while (i < THINGS && atomic_load(&to_do[i]) != instead_of)
        i++;
    if (i < THINGS)
        atomic_store(&to_do[i], what);
    return i < THINGS;
}

static bool is_idle(void)
{
    size_t i = 0;
    while (i < THINGS && !atomic_load(&to_do[i]))
        i++;
    return i == THINGS;
}

/* The handler has been taken back before it runs: the signal does now what it would have done. */
static void on_signal(int number)
{
    trp_farewell();
    raise(number);
}

void trp_farewell_open(void (*what)(void))
{
    static bool at_exit;
    if (!at_exit)
        at_exit = !atexit(trp_farewell);
    atomic_store(&process, getpid());
    if (!put(what, what))
        put(NULL, what);
    struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND}, before;
    sigemptyset(&ours.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++)
        if (!sigaction(signals[i], NULL, &before) && before.sa_handler == SIG_DFL)
            sigaction(signals[i], &ours, NULL);
}

void trp_farewell_close(void (*what)(void))
{
    put(what, NULL);
    if (!is_idle())
        return;
    struct sigaction now, usual = {.sa_handler = SIG_DFL};
    sigemptyset(&usual.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++)
        if (!sigaction(signals[i], NULL, &now) && now.sa_handler == on_signal)
            sigaction(signals[i], &usual, NULL);
}
