#include "base/notice.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "base/farewell.h"

static const int signals[] = {SIGTERM, SIGUSR1};
#define SIGNALS (sizeof signals / sizeof *signals)

static struct sigaction before[SIGNALS];
static trp_notice_heard *told;

static void on_signal(int number)
{
    int error = errno;
    if (!told(number)) {
        trp_farewell();
        signal(number, SIG_DFL);
        raise(number); /* when this handler has returned */
    }
    errno = error;
}

static bool by_default(const struct sigaction *action)
{
    return !(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_DFL;
}

void trp_notice_open(trp_notice_heard *heard)
{
    told = heard;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], NULL, &before[i]);
        if (by_default(&before[i]))
            sigaction(signals[i], &action, NULL);
    }
}

void trp_notice_close(void)
{
    for (size_t i = 0; i < SIGNALS; i++)
        if (by_default(&before[i]))
            sigaction(signals[i], &before[i], NULL);
}
