/*
 * Tests of crashes: each case crashes a process of its own, whose stderr is read.
 */
#include "base/crash.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sanitized.h"
#include "process.h"

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define SIGNALS (sizeof signals / sizeof *signals)

static int crash_by; /* the signal of the case */

static void assert_ended_by(int signal, int status)
{
    if (!WIFSIGNALED(status) || WTERMSIG(status) != signal)
        fail_msg("ended with %#x, not by signal %d, after saying: %s", (unsigned)status, signal,
                 said);
}

static void describe(int signal, const void *address, char *text, size_t size)
{
    snprintf(text, size, "the test (%d, %p)", signal, address);
}

static void write_at(volatile uintptr_t address)
{
    *(volatile int *)address = 1;
}

/* ---- the report ------------------------------------------------------------------------------ */

static void raise_it(void)
{
    trp_crash_open(describe);
    raise(crash_by);
}

static void each_signal_is_reported_and_still_ends_the_process(void **state)
{
    char line[256];

    (void)state;
    if (TRP_SANITIZED)
        skip();
    for (size_t i = 0; i < SIGNALS; i++) {
        crash_by = signals[i];
        int status = test_in_a_process(raise_it);
        snprintf(line, sizeof line, "troupe: crash: signal %d (%s) in the test (%d, ", crash_by,
                 strsignal(crash_by), crash_by);
        assert_int_equal(strncmp(said, line, strlen(line)), 0);
        assert_ended_by(crash_by, status);
    }
}

static void write_to_nowhere(void)
{
    trp_crash_open(describe);
    write_at(0x10);
}

static void the_address_of_a_fault_is_told(void **state)
{
    (void)state;
    if (TRP_SANITIZED)
        skip();
    assert_ended_by(SIGSEGV, test_in_a_process(write_to_nowhere));
    test_said("in the test (11, 0x10)\n");
}

static void a_backtrace_follows(void **state)
{
    int lines = 0;

    (void)state;
    if (TRP_SANITIZED)
        skip();
    crash_by = SIGABRT;
    test_in_a_process(raise_it);
    for (const char *c = said; *c; c++)
        lines += *c == '\n';
    assert_true(lines > 3);
}

static void describe_at_length(int signal, const void *address, char *text, size_t size)
{
    (void)signal, (void)address;
    memset(text, 'x', size - 1);
    text[size - 1] = 0;
}

static void raise_with_a_long_description(void)
{
    trp_crash_open(describe_at_length);
    raise(SIGBUS);
}

static void all_that_describe_can_say_is_said(void **state)
{
    (void)state;
    if (TRP_SANITIZED)
        skip();
    assert_ended_by(SIGBUS, test_in_a_process(raise_with_a_long_description));
    const char *x = strstr(said, " in x");
    assert_non_null(x);
    size_t length = strspn(x + 4, "x");
    assert_true(length >= 1000);
    assert_int_equal(x[4 + length], '\n');
}

static void describe_badly(int signal, const void *address, char *text, size_t size)
{
    (void)signal, (void)address, (void)size;
    text[0] = 0;
    write_at(0x20);
}

static void raise_with_a_bad_description(void)
{
    trp_crash_open(describe_badly);
    raise(SIGABRT);
}

static void a_crash_in_describe_ends_the_process_at_once(void **state)
{
    (void)state;
    if (TRP_SANITIZED)
        skip();
    assert_ended_by(SIGSEGV, test_in_a_process(raise_with_a_bad_description));
}

/* ---- stacks that overflow -------------------------------------------------------------------- */

/* Never 2: no compiler knows that. */
static int deeper(volatile char *below)
{
    volatile char here[1000];
    if (*below == 2)
        return 0;
    here[0] = *below;
    here[999] = 1;
    return deeper(here) + here[999];
}

static void overflow(void)
{
    setrlimit(RLIMIT_STACK, &(struct rlimit){1 << 20, 1 << 20});
    trp_crash_open(describe);
    deeper(&(char){0});
}

static void an_overflow_is_reported_for_the_handler_has_a_stack_of_its_own(void **state)
{
    (void)state;
    if (TRP_SANITIZED)
        skip();
    assert_ended_by(SIGSEGV, test_in_a_process(overflow));
    test_said("troupe: crash: signal 11 (");
    test_said("in the test (11, ");
}

static void *overflow_in_a_thread(void *arg)
{
    trp_crash_enter_thread();
    deeper(&(char){0});
    return arg;
}

static void overflow_elsewhere(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    trp_crash_open(describe);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    if (!pthread_create(&thread, &attributes, overflow_in_a_thread, NULL))
        pthread_join(thread, NULL);
}

static void an_overflow_of_a_thread_that_entered_is_reported_too(void **state)
{
    (void)state;
    if (TRP_SANITIZED)
        skip();
    assert_ended_by(SIGSEGV, test_in_a_process(overflow_elsewhere));
    test_said("in the test (11, ");
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void raise_unwanted(void)
{
    setenv("TROUPE_CRASH", "0", 1);
    raise_it();
}

static void nothing_is_said_where_it_is_not_wanted(void **state)
{
    (void)state;
    if (TRP_SANITIZED)
        skip();
    crash_by = SIGSEGV;
    assert_ended_by(SIGSEGV, test_in_a_process(raise_unwanted));
    assert_string_equal(said, "");
}

static void raise_when_closed(void)
{
    trp_crash_open(describe);
    trp_crash_close();
    raise(SIGABRT);
}

static void nothing_is_said_after_the_close(void **state)
{
    (void)state;
    if (TRP_SANITIZED)
        skip();
    assert_ended_by(SIGABRT, test_in_a_process(raise_when_closed));
    assert_string_equal(said, "");
}

static void leave_with_42(int signal)
{
    (void)signal;
    _exit(42);
}

static void raise_when_closed_over_a_handler(void)
{
    signal(SIGFPE, leave_with_42);
    trp_crash_open(describe);
    trp_crash_close();
    raise(SIGFPE);
}

static void the_handlers_from_before_are_there_again_after_the_close(void **state)
{
    (void)state;
    int status = test_in_a_process(raise_when_closed_over_a_handler);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

static bool has_stack(void)
{
    stack_t stack;
    return !sigaltstack(NULL, &stack) && !(stack.ss_flags & SS_DISABLE);
}

static void *enter_and_leave(void *arg)
{
    bool *right = arg;
    right[0] = !has_stack();
    trp_crash_enter_thread();
    right[1] = has_stack();
    trp_crash_leave_thread();
    right[2] = !has_stack();
    trp_crash_leave_thread();
    return NULL;
}

/* Leaks would show. */
static void alternative_stacks_come_and_go(void **state)
{
    (void)state;
    if (TRP_SANITIZED) /* which have a stack of their own in each thread */
        skip();
    assert_false(has_stack());
    for (int round = 0; round < 3; round++) {
        bool right[3] = {false};
        pthread_t thread;
        trp_crash_open(describe);
        assert_true(has_stack());
        assert_int_equal(pthread_create(&thread, NULL, enter_and_leave, right), 0);
        pthread_join(thread, NULL);
        trp_crash_close();
        assert_false(has_stack());
        assert_true(right[0] && right[1] && right[2]);
    }
}

static void a_thread_of_a_process_without_it_enters_and_leaves_for_nothing(void **state)
{
    (void)state;
    bool before = has_stack();
    trp_crash_enter_thread();
    assert_int_equal(has_stack(), before);
    trp_crash_leave_thread();
    trp_crash_close();
    assert_int_equal(has_stack(), before);
}

int main(void)
{
    unsetenv("TROUPE_CRASH");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_signal_is_reported_and_still_ends_the_process),
        cmocka_unit_test(the_address_of_a_fault_is_told),
        cmocka_unit_test(a_backtrace_follows),
        cmocka_unit_test(all_that_describe_can_say_is_said),
        cmocka_unit_test(a_crash_in_describe_ends_the_process_at_once),
        cmocka_unit_test(an_overflow_is_reported_for_the_handler_has_a_stack_of_its_own),
        cmocka_unit_test(an_overflow_of_a_thread_that_entered_is_reported_too),
        cmocka_unit_test(nothing_is_said_where_it_is_not_wanted),
        cmocka_unit_test(nothing_is_said_after_the_close),
        cmocka_unit_test(the_handlers_from_before_are_there_again_after_the_close),
        cmocka_unit_test(alternative_stacks_come_and_go),
        cmocka_unit_test(a_thread_of_a_process_without_it_enters_and_leaves_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
