/*
 * Tests of messages: each case runs in a process of its own, whose stderr is read.
 */
#include "base/log.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "process.h"

/* As test_in_a_process, with that level in the environment, or none. */
static int in_a_process(void (*run)(void), const char *level)
{
    if (level)
        setenv("TROUPE_LOG", level, 1);
    else
        unsetenv("TROUPE_LOG");
    int status = test_in_a_process(run);
    unsetenv("TROUPE_LOG");
    return status;
}

static void say_all_levels(void)
{
    trp_log_open(-1, TROUPE_LOG_DEFAULT);
    trp_log(TRP_LOG_ERROR, "e%d", 1);
    trp_log(TRP_LOG_WARNING, "w%d", 2);
    trp_log(TRP_LOG_INFO, "i%d", 3);
    trp_log(TRP_LOG_DEBUG, "d%d", 4);
}

#define E "troupe: error: e1\n"
#define W "troupe: warning: w2\n"
#define I "troupe: info: i3\n"
#define D "troupe: debug: d4\n"

static void the_environment_chooses_the_level(void **state)
{
    static const char *const cases[][2] = {
        {"error", E},           {"warning", E W},  {"info", E W I},
        {"debug", E W I D},     {"nonsense", E W}, {"", E W}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(in_a_process(say_all_levels, cases[i][0]), 0);
        assert_string_equal(said, cases[i][1]);
    }
}

static void warnings_are_written_unless_told_otherwise(void **state)
{
    (void)state;
    assert_int_equal(in_a_process(say_all_levels, NULL), 0);
    assert_string_equal(said, E W);
}

static void say_as_chosen_by_the_program(void)
{
    for (int level = TROUPE_LOG_ERROR; level <= TROUPE_LOG_DEBUG; level++) {
        trp_log_open(level, (enum troupe_log_level)level);
        for (int i = TROUPE_LOG_ERROR; i <= TROUPE_LOG_DEBUG; i++)
            trp_log((enum troupe_log_level)i, "%d", i);
    }
}

static void the_program_chooses_the_level_where_the_environment_does_not(void **state)
{
    (void)state;
    assert_int_equal(in_a_process(say_as_chosen_by_the_program, NULL), 0);
    assert_string_equal(said, "troupe[1]: error: 1\n"
                              "troupe[2]: error: 1\ntroupe[2]: warning: 2\n"
                              "troupe[3]: error: 1\ntroupe[3]: warning: 2\ntroupe[3]: info: 3\n"
                              "troupe[4]: error: 1\ntroupe[4]: warning: 2\ntroupe[4]: info: 3\n"
                              "troupe[4]: debug: 4\n");
    assert_int_equal(in_a_process(say_as_chosen_by_the_program, "error"), 0);
    assert_string_equal(said, "troupe[1]: error: 1\ntroupe[2]: error: 1\n"
                              "troupe[3]: error: 1\ntroupe[4]: error: 1\n");
}

static void a_level_is_wanted_if_it_is_as_grave_as_the_one_that_was_chosen(void **state)
{
    (void)state;
    unsetenv("TROUPE_LOG");
    for (int level = TROUPE_LOG_ERROR; level <= TROUPE_LOG_DEBUG; level++) {
        trp_log_open(0, (enum troupe_log_level)level);
        assert_false(trp_log_wanted(TROUPE_LOG_DEFAULT));
        for (int i = TROUPE_LOG_ERROR; i <= TROUPE_LOG_DEBUG; i++)
            assert_int_equal(trp_log_wanted((enum troupe_log_level)i), i <= level);
        assert_false(trp_log_wanted((enum troupe_log_level)(TROUPE_LOG_DEBUG + 1)));
    }
    trp_log_open(-1, TROUPE_LOG_DEFAULT);
}

static void say_as_rank_17(void)
{
    trp_log_open(17, TROUPE_LOG_DEFAULT);
    trp_log(TRP_LOG_ERROR, "here");
    trp_log_open(-1, TROUPE_LOG_DEFAULT);
    trp_log(TRP_LOG_ERROR, "anywhere");
}

static void a_line_begins_with_the_number_of_the_rank(void **state)
{
    (void)state;
    assert_int_equal(in_a_process(say_as_rank_17, NULL), 0);
    assert_string_equal(said, "troupe[17]: error: here\ntroupe: error: anywhere\n");
}

/* Lines around the size where one is cut. */
static void say_long(void)
{
    char text[8001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (int n = 4060; n < 4110; n++)
        trp_log(TRP_LOG_ERROR, "%.*s", n, text);
    trp_log(TRP_LOG_ERROR, "%s", text);
}

static void a_line_that_is_too_long_is_cut_and_still_one_line(void **state)
{
    int lines = 0;
    size_t before = 0;

    (void)state;
    assert_int_equal(in_a_process(say_long, NULL), 0);
    for (char *line = said, *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
        size_t length = (size_t)(end - line);
        assert_memory_equal(line, "troupe: error: xxx", 18);
        assert_int_equal(strspn(line + 15, "x"), length - 15);
        assert_true(length >= before && length < 4096);
        before = length;
    }
    assert_int_equal(lines, 51);
}

static void die(void)
{
    trp_log_open(3, TROUPE_LOG_DEFAULT);
    trp_die("no %s left", "memory");
}

static void to_die_is_to_say_why_and_abort(void **state)
{
    (void)state;
    int status = in_a_process(die, "error");
    assert_string_equal(said, "troupe[3]: fatal: no memory left\n");
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void leave_with_42(void)
{
    _exit(42);
}

static void die_by_hook(void)
{
    trp_die_hook = leave_with_42;
    die();
}

static void a_hook_ends_the_job_instead(void **state)
{
    (void)state;
    int status = in_a_process(die_by_hook, NULL);
    assert_string_equal(said, "troupe[3]: fatal: no memory left\n");
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

static void come_back(void)
{
}

static void die_by_weak_hook(void)
{
    trp_die_hook = come_back;
    die();
}

static void a_hook_that_comes_back_does_not_save_anyone(void **state)
{
    (void)state;
    int status = in_a_process(die_by_weak_hook, NULL);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_chooses_the_level),
        cmocka_unit_test(warnings_are_written_unless_told_otherwise),
        cmocka_unit_test(the_program_chooses_the_level_where_the_environment_does_not),
        cmocka_unit_test(a_level_is_wanted_if_it_is_as_grave_as_the_one_that_was_chosen),
        cmocka_unit_test(a_line_begins_with_the_number_of_the_rank),
        cmocka_unit_test(a_line_that_is_too_long_is_cut_and_still_one_line),
        cmocka_unit_test(to_die_is_to_say_why_and_abort),
        cmocka_unit_test(a_hook_ends_the_job_instead),
        cmocka_unit_test(a_hook_that_comes_back_does_not_save_anyone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
