/* The job's file and its folder, and that it goes when the job does. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "gateway/file.h"
#include "process.h"

#define NOBODY 65534

static char runtime[64], folder[128];

static const struct trp_job_entry entry = {.url = "http://127.0.0.1:1",
                                           .socket = "/s",
                                           .token = "t",
                                           .read_token = "r",
                                           .program = "p"};

static int begin(void **state)
{
    (void)state;
    strcpy(runtime, "/tmp/troupe-file-XXXXXX");
    if (!mkdtemp(runtime))
        return -1;
    snprintf(folder, sizeof folder, "%s/troupe", runtime);
    setenv("XDG_RUNTIME_DIR", runtime, 1);
    setenv("HOME", runtime, 1);
    unsetenv("SLURM_JOB_ID");
    return 0;
}

static int end(void **state)
{
    (void)state;
    trp_job_file_close();
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", runtime);
    return system(command);
}

static const char *in_folder(const char *name)
{
    static char path[2][PATH_MAX];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static bool is_there(const char *path)
{
    struct stat s;
    return !lstat(path, &s);
}

static int mode_of(const char *path)
{
    struct stat s;
    assert_int_equal(lstat(path, &s), 0);
    return s.st_mode & 07777;
}

static void refused(const char *why)
{
    char name[64], text[1024] = "";
    strcpy(name, "/tmp/troupe-said-XXXXXX");
    int said_to = mkstemp(name), before = dup(STDERR_FILENO);
    dup2(said_to, STDERR_FILENO);
    bool opened = trp_job_file_open();
    dup2(before, STDERR_FILENO);
    close(before);
    ssize_t n = pread(said_to, text, sizeof text - 1, 0);
    close(said_to);
    unlink(name);
    assert_false(opened);
    if (n <= 0 || !strstr(text, why))
        fail_msg("'%s' does not say '%s'", text, why);
}

/* ---- what it is ------------------------------------------------------------------------------ */

static void folder_and_file_are_for_their_owner_whatever_the_umask(void **state)
{
    (void)state;
    static const mode_t masks[] = {0, 022, 0277};
    for (int i = 0; i < 3; i++) {
        mode_t before = umask(masks[i]);
        bool open = trp_job_file_open();
        umask(before);
        assert_true(open);
        assert_true(trp_job_file_write(&entry));
        assert_int_equal(mode_of(folder), 0700);
        assert_int_equal(mode_of(trp_job_file_path(".json")), 0600);
        trp_job_file_close();
    }
}

static void the_entry_says_where_the_job_is(void **state)
{
    (void)state;
    char host[256];
    gethostname(host, sizeof host);
    assert_true(trp_job_file_open() && trp_job_file_write(&entry));
    json_t *file = json_load_file(trp_job_file_path(".json"), 0, NULL);
    assert_int_equal(json_object_size(file), 9);
    assert_int_equal(json_integer_value(json_object_get(file, "pid")), getpid());
    assert_true(json_integer_value(json_object_get(file, "started")) > 0);
    assert_string_equal(json_string_value(json_object_get(file, "host")), host);
    assert_string_equal(json_string_value(json_object_get(file, "url")), entry.url);
    assert_string_equal(json_string_value(json_object_get(file, "socket")), entry.socket);
    assert_string_equal(json_string_value(json_object_get(file, "token")), entry.token);
    assert_string_equal(json_string_value(json_object_get(file, "read_token")), entry.read_token);
    assert_string_equal(json_string_value(json_object_get(file, "program")), entry.program);
    char job[300];
    snprintf(job, sizeof job, "%s-%d", host, getpid());
    assert_string_equal(json_string_value(json_object_get(file, "job")), job);
    json_decref(file);
}

static void a_job_of_slurm_has_its_number_and_a_second_step_one_of_its_own(void **state)
{
    (void)state;
    char second[64];
    setenv("SLURM_JOB_ID", "4711", 1);
    assert_true(trp_job_file_open() && trp_job_file_write(&entry));
    assert_string_equal(trp_job_file_name(".json"), "4711.json");
    pid_t child = fork();
    if (!child) {
        bool good = trp_job_file_open();
        snprintf(second, sizeof second, "4711-%d.json", getpid());
        good = good && !strcmp(trp_job_file_name(".json"), second);
        trp_job_file_close();
        _exit(!good);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_true(is_there(in_folder("4711.json")));
}

static void a_number_of_slurm_that_is_a_path_is_not_used(void **state)
{
    (void)state;
    setenv("SLURM_JOB_ID", "../../x", 1);
    assert_true(trp_job_file_open());
    assert_null(strchr(trp_job_file_name(".json"), '/'));
}

static void without_a_runtime_folder_of_ones_own_it_is_in_the_home(void **state)
{
    (void)state;
    char home[128], gone[128];
    snprintf(home, sizeof home, "%s/.troupe", runtime);
    snprintf(gone, sizeof gone, "%s/gone", runtime);
    const char *const variables[] = {NULL, "", gone, ".", geteuid() ? "/" : NULL};
    for (int i = 0; i < 5; i++) {
        if (variables[i])
            setenv("XDG_RUNTIME_DIR", variables[i], 1);
        else
            unsetenv("XDG_RUNTIME_DIR");
        assert_true(trp_job_file_open());
        assert_int_equal(strncmp(trp_job_file_path(".json"), home, strlen(home)), 0);
        trp_job_file_close();
    }
}

static void a_runtime_folder_of_somebody_else_is_not_used(void **state)
{
    (void)state;
    if (geteuid())
        skip();
    assert_int_equal(chown(runtime, NOBODY, NOBODY), 0);
    assert_true(trp_job_file_open());
    assert_non_null(strstr(trp_job_file_path(""), "/.troupe/"));
}

/* ---- folders that are refused ---------------------------------------------------------------- */

static void a_folder_that_others_can_enter_is_refused(void **state)
{
    (void)state;
    static const mode_t modes[] = {0750, 0705, 0710, 0701, 0720};
    mkdir(folder, 0700);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        chmod(folder, modes[i]);
        refused("chmod 700");
    }
}

static void a_symbolic_link_in_its_place_is_refused(void **state)
{
    (void)state;
    char other[128];
    snprintf(other, sizeof other, "%s/other", runtime);
    mkdir(other, 0700);
    assert_int_equal(symlink(other, folder), 0);
    refused("symbolic link");
}

static void a_file_in_its_place_is_refused(void **state)
{
    (void)state;
    close(open(folder, O_CREAT | O_WRONLY, 0600));
    refused("no folder");
}

static void a_folder_of_somebody_else_is_refused(void **state)
{
    (void)state;
    if (geteuid())
        skip();
    mkdir(folder, 0700);
    assert_int_equal(chown(folder, NOBODY, NOBODY), 0);
    refused("somebody else");
}

static void a_link_with_the_name_of_the_file_is_not_followed(void **state)
{
    (void)state;
    char victim[128];
    snprintf(victim, sizeof victim, "%s/victim", runtime);
    mkdir(folder, 0700);
    setenv("SLURM_JOB_ID", "1", 1);
    assert_int_equal(symlink(victim, in_folder("1.json")), 0);
    assert_true(trp_job_file_open()); /* as a second step of job 1 */
    assert_true(trp_job_file_write(&entry));
    assert_false(is_there(victim));
}

/* ---- what others have left ------------------------------------------------------------------- */

static void leave(const char *name, const char *host, long pid, long long started)
{
    char own[256];
    gethostname(own, sizeof own);
    json_t *left = json_pack("{ss sI sI}", "host", host ? host : own, "pid", (json_int_t)pid,
                             "started", (json_int_t)started);
    mkdir(folder, 0700);
    assert_int_equal(json_dump_file(left, in_folder(name), 0), 0);
    json_decref(left);
}

static pid_t dead(void)
{
    pid_t child = fork();
    if (!child)
        _exit(0);
    waitpid(child, NULL, 0);
    return child;
}

static void what_a_dead_job_has_left_is_removed(void **state)
{
    (void)state;
    leave("7.json", NULL, dead(), 1);
    close(open(in_folder("7.sock"), O_CREAT | O_WRONLY, 0600));
    leave("8.json", NULL, getppid(), 1); /* its process's number is another one's now */
    assert_true(trp_job_file_open());
    assert_false(is_there(in_folder("7.json")));
    assert_false(is_there(in_folder("7.sock")));
    assert_false(is_there(in_folder("8.json")));
}

static void what_may_be_of_a_living_job_stays(void **state)
{
    (void)state;
    assert_true(trp_job_file_open() && trp_job_file_write(&entry));
    json_t *own = json_load_file(trp_job_file_path(".json"), 0, NULL);
    leave("9.json", NULL, getpid(), json_integer_value(json_object_get(own, "started")));
    leave("10.json", "elsewhere.example", dead(), 1);
    json_decref(own);
    trp_job_file_close();
    assert_true(trp_job_file_open());
    assert_true(is_there(in_folder("9.json")));
    assert_true(is_there(in_folder("10.json")));
}

static void a_file_without_an_entry_is_removed_when_it_is_old(void **state)
{
    (void)state;
    mkdir(folder, 0700);
    close(open(in_folder("11.json"), O_CREAT | O_WRONLY, 0600));
    close(open(in_folder("12.json"), O_CREAT | O_WRONLY, 0600));
    struct timespec long_ago[2] = {{1, 0}, {1, 0}};
    assert_int_equal(utimensat(AT_FDCWD, in_folder("12.json"), long_ago, 0), 0);
    assert_true(trp_job_file_open());
    assert_true(is_there(in_folder("11.json")));
    assert_false(is_there(in_folder("12.json")));
}

static void other_files_are_left_alone(void **state)
{
    (void)state;
    leave("notes.txt", NULL, dead(), 1);
    leave(".json", NULL, dead(), 1);
    mkdir(in_folder("13.json"), 0700);
    assert_int_equal(mkfifo(in_folder("14.json"), 0600), 0);
    assert_true(trp_job_file_open());
    assert_true(is_there(in_folder("notes.txt")));
    assert_true(is_there(in_folder(".json")));
    assert_true(is_there(in_folder("13.json")));
    assert_true(is_there(in_folder("14.json")));
}

/* ---- the ways out ---------------------------------------------------------------------------- */

static int at_end;

static void open_and_end(void)
{
    if (!trp_job_file_open() || !trp_job_file_write(&entry))
        _exit(9);
    close(open(trp_job_file_path(".sock"), O_CREAT | O_WRONLY, 0600));
    if (at_end > 0)
        raise(at_end);
    else if (at_end == 0)
        exit(3);
    else
        trp_die("for a test");
}

static void nothing_is_left(void)
{
    char command[200];
    snprintf(command, sizeof command, "ls -A '%s' | grep . && exit 1; exit 0", folder);
    assert_int_equal(system(command), 0);
}

static void nothing_is_left_by_exit(void **state)
{
    (void)state;
    at_end = 0;
    int status = test_in_a_process(open_and_end);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    nothing_is_left();
}

static void nothing_is_left_by_signals_that_end_it_and_they_still_do(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGXCPU};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        at_end = numbers[i];
        int status = test_in_a_process(open_and_end);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == numbers[i]);
        nothing_is_left();
    }
}

static void nothing_is_left_when_the_runtime_gives_up(void **state)
{
    (void)state;
    at_end = -1;
    int status = test_in_a_process(open_and_end);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    test_said("for a test");
    nothing_is_left();
}

static void fork_and_exit(void)
{
    if (!trp_job_file_open() || !trp_job_file_write(&entry))
        _exit(9);
    pid_t child = fork();
    if (!child)
        exit(0);
    waitpid(child, NULL, 0);
    _exit(is_there(trp_job_file_path(".json")) ? 0 : 1);
}

static void a_child_of_the_job_does_not_take_it_along(void **state)
{
    (void)state;
    assert_int_equal(test_in_a_process(fork_and_exit), 0);
}

static void nothing(int number)
{
    (void)number;
}

static void heed_the_users_handlers(void)
{
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, nothing);
    if (!trp_job_file_open() || !trp_job_file_write(&entry))
        _exit(9);
    raise(SIGHUP);
    raise(SIGTERM);
    bool there = is_there(trp_job_file_path(".json"));
    trp_job_file_close();
    struct sigaction now;
    sigaction(SIGINT, NULL, &now);
    _exit(there && now.sa_handler == SIG_DFL ? 0 : 1);
}

static void signals_that_the_user_handles_are_left_to_him(void **state)
{
    (void)state;
    assert_int_equal(test_in_a_process(heed_the_users_handlers), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(folder_and_file_are_for_their_owner_whatever_the_umask),
        TEST(the_entry_says_where_the_job_is),
        TEST(a_job_of_slurm_has_its_number_and_a_second_step_one_of_its_own),
        TEST(a_number_of_slurm_that_is_a_path_is_not_used),
        TEST(without_a_runtime_folder_of_ones_own_it_is_in_the_home),
        TEST(a_runtime_folder_of_somebody_else_is_not_used),
        TEST(a_folder_that_others_can_enter_is_refused),
        TEST(a_symbolic_link_in_its_place_is_refused),
        TEST(a_file_in_its_place_is_refused),
        TEST(a_folder_of_somebody_else_is_refused),
        TEST(a_link_with_the_name_of_the_file_is_not_followed),
        TEST(what_a_dead_job_has_left_is_removed),
        TEST(what_may_be_of_a_living_job_stays),
        TEST(a_file_without_an_entry_is_removed_when_it_is_old),
        TEST(other_files_are_left_alone),
        TEST(nothing_is_left_by_exit),
        TEST(nothing_is_left_by_signals_that_end_it_and_they_still_do),
        TEST(nothing_is_left_when_the_runtime_gives_up),
        TEST(a_child_of_the_job_does_not_take_it_along),
        TEST(signals_that_the_user_handles_are_left_to_him),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
