/*
 * Tests of contexts: who is current, what was deferred, queues.
 */
#include "schedule/context.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char trace[32];

static void note(void *p)
{
    strcat(trace, p);
}

static void what_was_deferred_runs_once_latest_first(void **state)
{
    struct trp_context context = {.kind = TRP_CONTEXT_METHOD};

    (void)state;
    trace[0] = 0;
    assert_true(trp_context_defer(&context, note, "a"));
    assert_true(trp_context_defer(&context, note, "b"));
    assert_true(trp_context_defer(&context, note, "c"));
    assert_string_equal(trace, "");
    trp_context_release(&context);
    assert_string_equal(trace, "cba");
    trp_context_release(&context);
    assert_string_equal(trace, "cba");
}

static void defer_more(void *p)
{
    strcat(trace, "+");
    trp_context_defer(p, note, "later");
}

static void what_is_deferred_while_deferred_functions_run_runs_too(void **state)
{
    struct trp_context context = {.kind = TRP_CONTEXT_METHOD};

    (void)state;
    trace[0] = 0;
    trp_context_defer(&context, note, "first");
    trp_context_defer(&context, defer_more, &context);
    trp_context_release(&context);
    assert_string_equal(trace, "+laterfirst");
}

static void write_there(void *p)
{
    memset(p, 'x', 100);
}

/* Leaks and uses after free would show. */
static void memory_goes_with_the_context_after_what_was_deferred(void **state)
{
    struct trp_context context = {.kind = TRP_CONTEXT_METHOD};

    (void)state;
    context.story = strdup("a story");
    context.scratch = malloc(100);
    trp_context_defer(&context, write_there, trp_arena_alloc(&context.arena, 100));
    trp_context_defer(&context, write_there, context.scratch);
    trp_context_release(&context);
    assert_null(context.story);
    assert_null(context.scratch);
    assert_null(context.arena.top);
    assert_null(context.deferred);
}

static void *current_of_a_new_thread(void *arg)
{
    struct trp_context *before = trp_current();
    trp_set_current(arg);
    return before ? before : trp_current() == arg ? NULL : arg;
}

static void each_thread_has_its_own_current_context(void **state)
{
    struct trp_context mine = {.kind = TRP_CONTEXT_DRIVER}, other = {.kind = TRP_CONTEXT_TASK};
    pthread_t thread;
    void *wrong;

    (void)state;
    assert_null(trp_current());
    trp_set_current(&mine);
    assert_int_equal(pthread_create(&thread, NULL, current_of_a_new_thread, &other), 0);
    pthread_join(thread, &wrong);
    assert_null(wrong);
    assert_ptr_equal(trp_current(), &mine);
    trp_set_current(NULL);
    assert_null(trp_current());
}

static void a_queue_gives_back_in_order(void **state)
{
    struct trp_context contexts[10];
    struct trp_context_queue queue = {0};

    (void)state;
    assert_null(trp_context_pop(&queue));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 10; i++)
            trp_context_push(&queue, &contexts[i]);
        for (int i = 0; i < 10; i++)
            assert_ptr_equal(trp_context_pop(&queue), &contexts[i]);
        assert_null(trp_context_pop(&queue));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_deferred_runs_once_latest_first),
        cmocka_unit_test(what_is_deferred_while_deferred_functions_run_runs_too),
        cmocka_unit_test(memory_goes_with_the_context_after_what_was_deferred),
        cmocka_unit_test(each_thread_has_its_own_current_context),
        cmocka_unit_test(a_queue_gives_back_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
