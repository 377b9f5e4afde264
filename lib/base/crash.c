#include "base/crash.h"

#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/farewell.h"
#include "base/sanitized.h"

#define STACK_BYTES (64 * 1024) /* backtrace() loads a library at its first call */
#define FRAMES 40

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define SIGNALS (sizeof signals / sizeof *signals)

static struct sigaction before[SIGNALS];
static trp_crash_describe *describe;

static void say(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

/* What is called here is not all safe in a handler by the letter; the process is lost anyway, and a
   second signal ends it at once. */
static void on_signal(int number, siginfo_t *info, void *where)
{
    (void)where;
    char who[1024] = "", line[1280];
    void *frames[FRAMES];
    for (size_t i = 0; i < SIGNALS; i++)
        signal(signals[i], SIG_DFL);
    trp_farewell();
    describe(number, info->si_addr, who, sizeof who);
    snprintf(line, sizeof line, "troupe: crash: signal %d (%s) in %s\n", number,
             strsignal(number), who);
    say(line);
    backtrace_symbols_fd(frames, backtrace(frames, FRAMES), STDERR_FILENO);
    raise(number);
}

static int unwanted(void)
{
    const char *choice = getenv("TROUPE_CRASH");
    return TRP_SANITIZED || (choice && !strcmp(choice, "0"));
}

void trp_crash_open(trp_crash_describe *how)
{
    if (unwanted())
        return;
    describe = how;
    trp_crash_enter_thread();
    void *frame;
    backtrace(&frame, 1); /* loads what it needs now and not in the handler */
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &action, &before[i]);
}

void trp_crash_close(void)
{
    if (!describe)
        return;
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
    trp_crash_leave_thread();
    describe = NULL;
}

void trp_crash_enter_thread(void)
{
    stack_t stack = {.ss_sp = describe ? malloc(STACK_BYTES) : NULL, .ss_size = STACK_BYTES};
    if (stack.ss_sp)
        sigaltstack(&stack, NULL);
}

void trp_crash_leave_thread(void)
{
    stack_t none = {.ss_flags = SS_DISABLE}, was;
    if (!describe || sigaltstack(NULL, &was) || was.ss_flags & SS_DISABLE)
        return;
    sigaltstack(&none, NULL);
    free(was.ss_sp);
}
