#include "base/farewell.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU};
#define SIGNALS (sizeof signals / sizeof *signals)

static void (*_Atomic to_do)(void);
static _Atomic pid_t process; /* whose farewell it is: not that of its children by fork */

void trp_farewell(void)
{
    void (*what)(void) = atomic_load(&to_do);
    if (what && atomic_load(&process) == getpid())
        what();
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
    atomic_store(&to_do, what);
    struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND}, before;
    sigemptyset(&ours.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++)
        if (!sigaction(signals[i], NULL, &before) && before.sa_handler == SIG_DFL)
            sigaction(signals[i], &ours, NULL);
}

void trp_farewell_close(void)
{
    struct sigaction now, usual = {.sa_handler = SIG_DFL};
    sigemptyset(&usual.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++)
        if (!sigaction(signals[i], NULL, &now) && now.sa_handler == on_signal)
            sigaction(signals[i], &usual, NULL);
    atomic_store(&to_do, NULL);
}
