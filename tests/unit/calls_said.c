/*
 * What a program says on stderr, in processes of their own: crashes wherever user code runs,
 * failures that nobody waits for, the log and its levels, launchers of another MPI.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sanitized.h"
#include "play.h"
#include "process.h"

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT};

enum { IN_LIGHT, IN_HEAVY, IN_DESTRUCTOR, IN_DEFERRED, IN_TASK, IN_TEAM, PLACES };

static int dies_by, dies_in;

/* ---- a victim -------------------------------------------------------------------------------- */

TROUPE_CLASS(victim);
TROUPE_ASK(victim, work, int);
TROUPE_TELL(victim, fail_one);
TROUPE_TELL(victim, fail_other);
TROUPE_TELL(victim, log_line, (int, number));
TROUPE_TASK(labour, int);

static volatile uintptr_t nowhere = 0x10;

/* A page of a file that ends before it. */
static void touch_missing_page(void)
{
    char name[] = "/tmp/troupe-crash-XXXXXX";
    int file = mkstemp(name);
    volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    unlink(name);
    page[0] = 1;
}

static void die(void)
{
    if (dies_by == SIGSEGV)
        *(volatile int *)nowhere = 1;
    else if (dies_by == SIGBUS)
        touch_missing_page();
    else if (dies_by == SIGABRT)
        abort();
    else
        raise(dies_by); /* what a division by zero does on x86, but not everywhere */
}

static void die_deferred(void *p)
{
    (void)p;
    die();
}

struct victim_state {
    char unused;
};

static int on_work(struct victim_state *self)
{
    (void)self;
    if (dies_in == IN_DEFERRED)
        troupe_defer(die_deferred, NULL);
    else if (dies_in == IN_LIGHT || dies_in == IN_HEAVY)
        die();
    return 1;
}

static void on_fail_one(struct victim_state *self)
{
    (void)self;
    troupe_fail(-4, "one way to fail");
}

static void on_fail_other(struct victim_state *self)
{
    (void)self;
    troupe_fail(-4, "the other way");
}

static void on_log_line(struct victim_state *self, int number)
{
    (void)self;
    troupe_log(TROUPE_LOG_WARNING, "line %d", number);
}

static void on_destroy(struct victim_state *self)
{
    (void)self;
    if (dies_in == IN_DESTRUCTOR)
        die();
}

TROUPE_IMPLEMENT(victim, (work, on_work), (fail_one, on_fail_one), (fail_other, on_fail_other),
                 (log_line, on_log_line), (destroy, on_destroy));

static int on_labour(void)
{
    if (dies_in == IN_TASK)
        die();
    #pragma omp parallel num_threads(2)
    {
        #pragma omp for schedule(static, 1)
        for (int i = 0; i < 2; i++)
            if (i == 1)
                die();
    }
    return 1;
}

TROUPE_BODY(labour, on_labour);

/* ---- a process of its own -------------------------------------------------------------------- */

static struct troupe_run_options options;
static troupe_driver *driver;

static void run_it(void)
{
    alarm(20);
    _exit(troupe_run(0, NULL, driver, &options));
}

static int in_a_process(void)
{
    return test_in_a_process(run_it);
}

static int times_said(const char *text)
{
    int times = 0;
    for (const char *at = said; (at = strstr(at, text)); at++)
        times++;
    return times;
}

static void expect_not_said(const char *text)
{
    if (strstr(said, text))
        fail_msg("said: %s\nin: %s", text, said);
}

/* ---- crashes --------------------------------------------------------------------------------- */

static int runs_victim(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct troupe_place place = troupe_on(troupe_ranks() - 1);
    if (dies_in == IN_TASK || dies_in == IN_TEAM)
        return troupe_await(troupe_submit(labour, .with = {.place = place}));
    victim v = troupe_new(victim, .with = {.place = place, .cpus = dies_in == IN_HEAVY});
    int value = troupe_await(victim_work(v));
    troupe_stop(v);
    (void)troupe_await(troupe_ended(v)).reason;
    return value;
}

static void expect_crash(const char *who)
{
    char line[300];
    int status = in_a_process();
    snprintf(line, sizeof line, "troupe: crash: signal %d (%s) in %s, on rank 2", dies_by,
             strsignal(dies_by), who);
    test_said(line);
    test_said("[0x"); /* a backtrace */
    if (!WIFSIGNALED(status) || WTERMSIG(status) != dies_by)
        fail_msg("ended with %#x, not by signal %d, after saying: %s", (unsigned)status, dies_by,
                 said);
}

static void a_crash_names_signal_actor_method_and_rank_wherever_it_happens(void **state)
{
    static const char *const who[PLACES] = {"victim(2:0).work", "victim(2:0).work",
                                            "victim(2:0).destroy", "victim(2:0).work",
                                            "task labour", NULL};
    (void)state;
    if (TRP_SANITIZED)
        skip();
    options = (struct troupe_run_options){.transport = "self", .ranks = 3};
    driver = runs_victim;
    for (dies_in = 0; dies_in < IN_TEAM; dies_in++)
        for (size_t i = 0; i < LENGTH(signals); i++) {
            dies_by = signals[i];
            expect_crash(who[dies_in]);
        }
}

/* Such a thread is nobody's: the process tells of its first rank. */
static void a_crash_in_a_team_is_reported_too(void **state)
{
    (void)state;
    if (TRP_SANITIZED)
        skip();
    options = (struct troupe_run_options){.transport = "self", .ranks = 1};
    driver = runs_victim;
    dies_in = IN_TEAM;
    dies_by = SIGSEGV;
    int status = in_a_process();
    test_said("troupe: crash: signal 11");
    test_said("on rank 0");
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* ---- tells that fail ------------------------------------------------------------------------- */

static int tells_in_vain(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int cpus = 0; cpus <= 1; cpus++) {
        victim v = troupe_new(victim, .with = {.place = troupe_on(1), .cpus = cpus});
        for (int i = 0; i < 50; i++) {
            victim_fail_one(v);
            victim_fail_other(v);
        }
        troupe_await(victim_work(v));
        troupe_kill(v);
        (void)troupe_await(troupe_ended(v)).reason;
        for (int i = 0; i < 50; i++)
            victim_fail_one(v);
    }
    victim none = {{0, 0}};
    victim_fail_one(none);
    return 0;
}

static void a_tell_that_fails_or_comes_too_late_is_logged_once(void **state)
{
    (void)state;
    options = (struct troupe_run_options){.transport = "self", .ranks = 2};
    driver = tells_in_vain;
    dies_in = PLACES; /* nowhere */
    dies_by = 0;
    assert_int_equal(in_a_process(), 0);
    test_said("victim(1:0).fail_one: one way to fail\n");
    test_said("victim(1:0).fail_other: the other way\n");
    assert_int_equal(times_said("one way to fail"), 1);
    assert_int_equal(times_said("the other way"), 1);
    assert_int_equal(times_said("victim(1:0) was killed by driver"), 1);
    assert_int_equal(times_said("victim.fail_one was told to no actor: the handle is empty"), 1);
}

/* ---- the log --------------------------------------------------------------------------------- */

static const char *const levels[] = {"error", "warning", "info", "debug"};

static int logs_all_levels(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int level = TROUPE_LOG_ERROR; level <= TROUPE_LOG_DEBUG; level++)
        troupe_log((enum troupe_log_level)level, "said as %s", levels[level - TROUPE_LOG_ERROR]);
    return 0;
}

static void expect_levels(int most)
{
    in_a_process();
    for (int i = 0; i < (int)LENGTH(levels); i++) {
        char line[64];
        snprintf(line, sizeof line, "troupe: %s: (driver) said as %s\n", levels[i], levels[i]);
        if (i < most)
            test_said(line);
        else
            expect_not_said(line);
    }
}

static void the_option_says_how_much_is_logged_and_the_environment_has_the_last_word(void **state)
{
    (void)state;
    driver = logs_all_levels;
    unsetenv("TROUPE_LOG");
    for (int level = TROUPE_LOG_DEFAULT; level <= TROUPE_LOG_DEBUG; level++) {
        options = (struct troupe_run_options){.transport = "self",
                                              .log = (enum troupe_log_level)level};
        expect_levels(level == TROUPE_LOG_DEFAULT ? 2 : level);
    }
    for (int level = 1; level <= (int)LENGTH(levels); level++) {
        setenv("TROUPE_LOG", levels[level - 1], 1);
        options = (struct troupe_run_options){.transport = "self",
                                              .log = (enum troupe_log_level)(5 - level)};
        expect_levels(level);
    }
    unsetenv("TROUPE_LOG");
}

static int logs_from_actors(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int cpus = 0; cpus <= 1; cpus++) {
        victim v = troupe_new(victim, .with = {.place = troupe_on(2), .cpus = cpus});
        victim_log_line(v, cpus);
        troupe_await(victim_work(v));
    }
    return 0;
}

static void a_line_is_tagged_with_class_rank_and_number(void **state)
{
    (void)state;
    options = (struct troupe_run_options){.transport = "self", .ranks = 3};
    driver = logs_from_actors;
    dies_in = PLACES;
    dies_by = 0;
    assert_int_equal(in_a_process(), 0);
    test_said("troupe: warning: (victim 2:0) line 0\n");
    test_said("troupe: warning: (victim 2:3) line 1\n");
}

/* ---- launchers ------------------------------------------------------------------------------- */

/* Each is alone in its MPI, and the launcher says that there are more. */
static void the_launcher_of_another_mpi_is_refused(void **state)
{
    static const char *const counts[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
                                         "SLURM_STEP_NUM_TASKS"};
    (void)state;
    driver = logs_all_levels;
    options = (struct troupe_run_options){.transport = NULL};
    for (size_t i = 0; i < LENGTH(counts); i++) {
        setenv(counts[i], "4", 1);
        int status = in_a_process();
        unsetenv(counts[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 2);
        test_said("the launcher started 4 processes (");
        test_said(counts[i]);
        test_said("use the launcher of the MPI that it was built with");
        expect_not_said("said as");
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_names_signal_actor_method_and_rank_wherever_it_happens),
        cmocka_unit_test(a_crash_in_a_team_is_reported_too),
        cmocka_unit_test(a_tell_that_fails_or_comes_too_late_is_logged_once),
        cmocka_unit_test(a_line_is_tagged_with_class_rank_and_number),
        cmocka_unit_test(the_option_says_how_much_is_logged_and_the_environment_has_the_last_word),
        cmocka_unit_test(the_launcher_of_another_mpi_is_refused),
    };
    test_time_limit(60);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
