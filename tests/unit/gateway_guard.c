/* Who is let in, and who is not. */
#include <setjmp.h>
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

#include "door.h"
#include "http.h"

#define NOBODY 65534

static int status_of(const char *method, const char *path, const char *token, const char *body)
{
    int fd = door_connect();
    int status = http_ask(fd, method, path, token, body).status;
    close(fd);
    return status;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void without_a_token_nothing_is_said(void **state)
{
    (void)state;
    static const char *const paths[] = {"/v1", "/v1/echo", "/v1/nowhere", "/metrics", "/report",
                                        "/v1/events", "/v1/codes", "//", "/healthz/",
                                        "/healthz%00"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(status_of("GET", paths[i], NULL, NULL), 401);
        assert_int_equal(status_of("POST", paths[i], NULL, "{}"), 401);
        assert_int_equal(status_of("PUT", paths[i], NULL, "{}"), 401);
    }
    int fd = door_connect();
    struct http_answer answer = http_ask(fd, "GET", "/v1", NULL, NULL);
    assert_true(http_has(&answer, "WWW-Authenticate", "Bearer"));
    close(fd);
}

static void a_wrong_token_is_as_good_as_none(void **state)
{
    (void)state;
    char wrong[128];
    snprintf(wrong, sizeof wrong, "%s", door_token());
    wrong[20] = wrong[20] == 'A' ? 'B' : 'A';
    assert_int_equal(status_of("GET", "/v1/echo", wrong, NULL), 401);
    snprintf(wrong, sizeof wrong, "%.42s", door_token());
    assert_int_equal(status_of("GET", "/v1/echo", wrong, NULL), 401);
    snprintf(wrong, sizeof wrong, "%s%s", door_token(), door_token());
    assert_int_equal(status_of("GET", "/v1/echo", wrong, NULL), 401);
    assert_int_equal(status_of("GET", "/v1/echo", "", NULL), 401);
    /* Not as a parameter, which ends up in logs, nor as a cookie, which goes to other ports. */
    char request[512];
    snprintf(request, sizeof request,
             "GET /v1/echo?token=%s HTTP/1.1\r\nHost: @\r\nCookie: token=%s\r\n\r\n",
             door_token(), door_token());
    assert_int_equal(http_try(door_url(), request).status, 401);
}

static void the_reading_token_reads_and_does_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(status_of("GET", "/v1/echo", door_read_token(), NULL), 200);
    assert_int_equal(status_of("POST", "/v1/echo", door_read_token(), "{}"), 403);
    assert_int_equal(status_of("DELETE", "/v1/echo", door_read_token(), NULL), 403);
    assert_int_equal(status_of("POST", "/v1/codes", door_read_token(), "{}"), 403);
    int fd = door_connect();
    struct http_answer answer = http_ask(fd, "GET", "/v1/echo", door_read_token(), NULL);
    assert_non_null(strstr(answer.body, "\"may_call\":false"));
    close(fd);
}

static void every_door_has_tokens_of_its_own(void **state)
{
    (void)state;
    char before[64];
    strcpy(before, door_token());
    door_close();
    door_open("1", 0, 0);
    assert_int_equal(status_of("GET", "/v1/echo", before, NULL), 401);
}

/* ---- codes and sessions ---------------------------------------------------------------------- */

static const char *text_of(struct http_answer answer, const char *key)
{
    static char text[2][64];
    static int turn;
    turn = !turn;
    assert_int_equal(answer.status, 200);
    json_t *body = json_loadb(answer.body, answer.bytes, 0, NULL);
    snprintf(text[turn], sizeof text[turn], "%s", json_string_value(json_object_get(body, key)));
    json_decref(body);
    return text[turn];
}

static struct http_answer swap(int fd, const char *code)
{
    char body[128];
    snprintf(body, sizeof body, "{\"code\": \"%s\"}", code);
    return http_ask(fd, "POST", "/v1/sessions", NULL, body);
}

static void a_code_opens_a_session_once(void **state)
{
    (void)state;
    int fd = door_connect();
    char code[64], session[64];
    strcpy(code, text_of(http_ask(fd, "POST", "/v1/codes", door_token(), "{}"), "code"));
    strcpy(session, text_of(swap(fd, code), "session"));
    assert_int_equal(swap(fd, code).status, 401);
    assert_int_equal(http_ask(fd, "POST", "/v1/echo", session, "{}").status, 200);
    assert_int_equal(http_ask(fd, "GET", "/v1/echo", code, NULL).status, 401);
    close(fd);
}

static void a_code_expires_after_sixty_seconds(void **state)
{
    (void)state;
    char code[64];
    int fd = door_connect();
    strcpy(code, text_of(http_ask(fd, "POST", "/v1/codes", door_token(), NULL), "code"));
    close(fd);
    door_later = 61;
    fd = door_connect();
    assert_int_equal(swap(fd, code).status, 401);
    close(fd);
}

static void codes_are_not_guessed_nor_made_by_others(void **state)
{
    (void)state;
    int fd = door_connect();
    assert_int_equal(swap(fd, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").status, 401);
    assert_int_equal(swap(fd, "").status, 401);
    assert_int_equal(http_ask(fd, "POST", "/v1/sessions", NULL, "{}").status, 400);
    assert_int_equal(http_ask(fd, "POST", "/v1/sessions", NULL, "{\"code\": 7}").status, 400);
    assert_int_equal(http_ask(fd, "POST", "/v1/codes", NULL, "{}").status, 401);
    close(fd);
}

/* ---- browsers -------------------------------------------------------------------------------- */

static int status_with(const char *first, const char *headers)
{
    char request[1024];
    snprintf(request, sizeof request, "%s HTTP/1.1\r\n%sAuthorization: Bearer %s\r\n\r\n", first,
             headers, door_token());
    return http_try(door_url(), request).status;
}

static void a_name_that_leads_here_from_elsewhere_is_refused(void **state)
{
    (void)state;
    assert_int_equal(status_with("GET /v1/echo", "Host: evil.example\r\n"), 403);
    assert_int_equal(status_with("GET /", "Host: evil.example:80\r\n"), 403);
    assert_int_equal(status_with("GET /v1/echo", "Host: 127.0.0.1.nip.io\r\n"), 403);
    assert_int_equal(status_with("GET /v1/echo", "Host: localhost\r\nHost: evil.example\r\n"), 403);
    assert_int_equal(status_with("GET /v1/echo", "Host: \r\n"), 403);
    assert_int_equal(status_with("GET /v1/echo", "Host: localhost:4711\r\n"), 200);
    assert_int_equal(status_with("GET /v1/echo", "Host: 127.0.0.1\r\n"), 200);
    int status = status_with("GET /v1/echo", ""); /* the library's 400, in HTTP/1.1 */
    assert_true(status == 400 || status == 403);
}

static void a_page_of_another_site_is_refused(void **state)
{
    (void)state;
    assert_int_equal(status_with("POST /v1/echo", "Host: localhost:1\r\n"
                                                  "Origin: http://evil.example\r\n"),
                     403);
    assert_int_equal(status_with("GET /v1/echo", "Host: localhost:1\r\n"
                                                 "Origin: http://localhost:2\r\n"),
                     403);
    assert_int_equal(status_with("GET /v1/echo", "Host: localhost:1\r\nOrigin: null\r\n"), 403);
    assert_int_equal(status_with("GET /v1/echo", "Host: localhost:1\r\n"
                                                 "Origin: http://localhost:1\r\n"),
                     200);
}

static void no_other_site_is_told_that_it_may_ask(void **state)
{
    (void)state;
    int fd = door_connect();
    struct http_answer answer = http_ask(fd, "OPTIONS", "/v1/echo", NULL, NULL);
    assert_int_equal(answer.status, 401);
    assert_null(strstr(answer.headers, "Access-Control"));
    close(fd);
}

/* ---- other people of the machine ------------------------------------------------------------- */

/* In a process of nobody's. */
static int as_nobody(int (*what)(void))
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        if (setgid(NOBODY) || setuid(NOBODY))
            _exit(99);
        _exit(what());
    }
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int read_file(void)
{
    char path[256];
    snprintf(path, sizeof path, "%s/troupe", door_folder);
    return access(path, R_OK) && access(path, X_OK) ? 0 : 1;
}

static int use_socket(void)
{
    return http_connect(door_socket()) < 0 ? 0 : 1;
}

/* The folder does not keep him out this time: the peer's uid does, whatever he knows. */
static int use_socket_with_token(void)
{
    int fd = http_connect(door_socket());
    if (fd < 0)
        return 1;
    http_say(fd, "GET", "/v1/echo", door_token(), NULL);
    return http_read(fd).status == 403 ? 0 : 2;
}

static int ask_without_token(void)
{
    int fd = http_connect(door_url());
    return fd >= 0 && http_ask(fd, "GET", "/v1", NULL, NULL).status == 401 ? 0 : 1;
}

static void another_person_learns_nothing(void **state)
{
    (void)state;
    char path[256];
    if (geteuid())
        skip();
    assert_int_equal(as_nobody(ask_without_token), 0);
    assert_int_equal(chmod(door_folder, 0755), 0);
    assert_int_equal(as_nobody(read_file), 0);
    assert_int_equal(as_nobody(use_socket), 0);
    snprintf(path, sizeof path, "%s/troupe", door_folder);
    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(chmod(door_socket(), 0666), 0);
    assert_int_equal(as_nobody(use_socket_with_token), 0);
}

/* ---- where it listens ------------------------------------------------------------------------ */

static void with_unix_there_is_the_socket_alone(void **state)
{
    (void)state;
    door_close();
    door_open("unix", 0, 0);
    assert_true(json_is_null(json_object_get(door_file, "url")));
    assert_int_equal(status_of("GET", "/v1/echo", door_token(), NULL), 200);
}

static void at_an_address_there_is_no_socket(void **state)
{
    (void)state;
    door_close();
    door_open("127.0.0.1:0", 0, 0);
    assert_true(json_is_null(json_object_get(door_file, "socket")));
    assert_int_equal(status_of("GET", "/v1/echo", door_token(), NULL), 200);
}

static void an_address_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"2", "yes", "8080", "127.0.0.1", "127.0.0.1:", ":80",
                                        "127.0.0.1:http", "127.0.0.1:99999999", "[::1", "/tmp/x"};
    door_close();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(trp_door_open(&(struct trp_door_options){.where = wrong[i], .program = ""}));
    door_open("1", 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_begin, door_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_token_nothing_is_said),
        TEST(a_wrong_token_is_as_good_as_none),
        TEST(the_reading_token_reads_and_does_nothing_else),
        TEST(every_door_has_tokens_of_its_own),
        TEST(a_code_opens_a_session_once),
        TEST(a_code_expires_after_sixty_seconds),
        TEST(codes_are_not_guessed_nor_made_by_others),
        TEST(a_name_that_leads_here_from_elsewhere_is_refused),
        TEST(a_page_of_another_site_is_refused),
        TEST(no_other_site_is_told_that_it_may_ask),
        TEST(another_person_learns_nothing),
        TEST(with_unix_there_is_the_socket_alone),
        TEST(at_an_address_there_is_no_socket),
        TEST(an_address_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
