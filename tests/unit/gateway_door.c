/* Requests and answers, in all the ways they may go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sanitized.h"
#include "door.h"
#include "http.h"

static json_t *body_of(struct http_answer answer, int status)
{
    if (answer.status != status)
        fail_msg("status %d, not %d: %s", answer.status, status, answer.body ? answer.body : "");
    json_t *body = json_loadb(answer.body, answer.bytes, 0, NULL);
    assert_non_null(body);
    return body;
}

static void expect_error(struct http_answer answer, int status, const char *code)
{
    json_t *body = body_of(answer, status), *error = json_object_get(body, "error");
    assert_string_equal(json_string_value(json_object_get(error, "code")), code);
    assert_true(json_string_length(json_object_get(error, "message")) > 0);
    json_decref(body);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void what_is_asked_comes_through(void **state)
{
    (void)state;
    int fd = door_connect();
    json_t *body = body_of(http_ask(fd, "POST", "/v1/echo?a=%20&b", door_token(),
                                    "{\"args\": {\"n\": 18446744073709551615}}"),
                           200);
    json_t *expected = json_loads("{\"verb\": 1, \"path\": \"/v1/echo\", \"query\": {\"a\": \" \","
                                  "\"b\": \"\"}, \"body\": {\"args\": {\"n\": "
                                  "\"18446744073709551615\"}}, \"may_call\": true}",
                                  0, NULL);
    assert_true(json_equal(body, expected));
    json_decref(body);
    json_decref(expected);
    close(fd);
}

static void a_socket_does_as_well(void **state)
{
    (void)state;
    int fd = http_connect(door_socket());
    assert_true(fd >= 0);
    json_decref(body_of(http_ask(fd, "GET", "/v1/echo", door_token(), NULL), 200));
    assert_int_equal(http_ask(fd, "GET", "/v1/echo", NULL, NULL).status, 401);
    close(fd);
}

static void a_connection_is_kept_for_many_requests(void **state)
{
    (void)state;
    int fd = door_connect();
    for (int i = 0; i < 1000; i++)
        json_decref(body_of(http_ask(fd, i % 2 ? "POST" : "GET", "/v1/echo", door_token(),
                                     i % 2 ? "{\"x\": 1}" : NULL),
                            200));
    expect_error(http_ask(fd, "POST", "/v1/echo", door_token(), "{"), 400, "malformed");
    json_decref(body_of(http_ask(fd, "DELETE", "/v1/echo", door_token(), NULL), 200));
    close(fd);
}

static void requests_that_are_sent_ahead_are_answered_in_order(void **state)
{
    (void)state;
    char request[256];
    int fd = door_connect();
    snprintf(request, sizeof request, "Host: localhost\r\nAuthorization: Bearer %s\r\n\r\n",
             door_token());
    for (int i = 0; i < 3; i++) {
        char first[64];
        snprintf(first, sizeof first, "GET /v1/%d HTTP/1.1\r\n", i);
        http_send(fd, first, strlen(first));
        http_send(fd, request, strlen(request));
    }
    char all[8192] = "";
    size_t length = 0;
    while (length < sizeof all - 1 && !strstr(all, "there is no /v1/2")) {
        ssize_t n = read(fd, all + length, sizeof all - 1 - length);
        assert_true(n > 0);
        length += (size_t)n;
    }
    assert_true(strstr(all, "no /v1/0") < strstr(all, "no /v1/1"));
    assert_true(strstr(all, "no /v1/1") < strstr(all, "no /v1/2"));
    close(fd);
}

static void a_body_of_16_mib_comes_through(void **state)
{
    (void)state;
    char *body = malloc(TRP_BODY_BYTES + 1);
    memset(body, ' ', TRP_BODY_BYTES);
    memcpy(body, "{\"a\": 1", 7);
    body[TRP_BODY_BYTES - 1] = '}';
    body[TRP_BODY_BYTES] = 0;
    int fd = door_connect();
    json_decref(body_of(http_ask(fd, "POST", "/v1/echo", door_token(), body), 200));
    close(fd);
    free(body);
}

static void a_body_may_come_in_chunks(void **state)
{
    (void)state;
    char request[512];
    snprintf(request, sizeof request,
             "POST /v1/echo HTTP/1.1\r\nHost: @\r\nAuthorization: Bearer %s\r\n"
             "Transfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n5\r\n\": 1}\r\n0\r\n\r\n",
             door_token());
    json_decref(body_of(http_try(door_url(), request), 200));
}

static void a_head_has_no_body(void **state)
{
    (void)state;
    char request[256];
    snprintf(request, sizeof request,
             "HEAD /v1/echo HTTP/1.1\r\nHost: @\r\nAuthorization: Bearer %s\r\n"
             "Connection: close\r\n\r\n",
             door_token());
    struct http_answer answer = http_try(door_url(), request);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.bytes, 0);
}

static void other_methods_are_not_allowed(void **state)
{
    (void)state;
    static const char *const methods[] = {"PUT", "PATCH", "OPTIONS", "TRACE", "get", "BREW"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        int fd = door_connect();
        expect_error(http_ask(fd, methods[i], "/v1/echo", door_token(), NULL), 405, "not_allowed");
        close(fd);
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

static void an_answer_may_come_late_and_from_another_thread(void **state)
{
    (void)state;
    int fds[20];
    for (int i = 0; i < 20; i++) {
        fds[i] = door_connect();
        http_say(fds[i], "POST", "/v1/keep", door_token(), "{}");
    }
    door_await_kept(20);
    int fd = door_connect(); /* others are served meanwhile */
    json_decref(body_of(http_ask(fd, "GET", "/v1/echo", door_token(), NULL), 200));
    close(fd);
    door_answer();
    for (int i = 0; i < 20; i++) {
        json_decref(body_of(http_read(fds[i]), 200));
        close(fds[i]);
    }
}

static void an_answer_for_a_peer_who_has_gone_is_dropped(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        int fd = door_connect();
        http_say(fd, "POST", "/v1/keep", door_token(), "{}");
        door_await_kept((unsigned)i + 1);
        close(fd);
    }
    door_answer();
    int fd = door_connect();
    json_decref(body_of(http_ask(fd, "GET", "/v1/echo", door_token(), NULL), 200));
    close(fd);
}

static void what_is_not_answered_at_the_end_gets_503(void **state)
{
    (void)state;
    int fds[10];
    for (int i = 0; i < 10; i++) {
        fds[i] = door_connect();
        http_say(fds[i], "POST", "/v1/keep", door_token(), "{}");
    }
    door_await_kept(10);
    door_close();
    for (int i = 0; i < 10; i++) {
        expect_error(http_read(fds[i]), 503, "ending");
        assert_true(http_is_closed(fds[i]));
        close(fds[i]);
    }
    door_answer(); /* comes too late, and only gives the requests back */
    door_open("1", 0, 0);
}

static void a_door_that_is_closed_is_gone(void **state)
{
    (void)state;
    char url[64], socket[128];
    strcpy(url, door_url());
    strcpy(socket, door_socket());
    int idle = door_connect();
    door_close();
    assert_true(http_connect(url) < 0);
    assert_true(http_connect(socket) < 0);
    assert_true(http_is_closed(idle));
    close(idle);
    trp_door_close(); /* and again: nothing */
    door_open("1", 0, 0);
}

static void errors_say_what_and_are_utf8_whatever_they_quote(void **state)
{
    (void)state;
    int fd = door_connect();
    struct http_answer answer = http_ask(fd, "GET", "/v1/fail", door_token(), NULL);
    json_t *body = body_of(answer, 422);
    json_t *expected = json_loads("{\"error\": {\"code\": \"failed\", \"message\": \"cut \","
                                  "\"field\": \"field\", \"story\": \"?? story\"}}",
                                  0, NULL);
    assert_true(json_equal(body, expected));
    json_decref(body);
    json_decref(expected);
    close(fd);
}

static void text_has_its_own_type(void **state)
{
    (void)state;
    int fd = door_connect();
    struct http_answer answer = http_ask(fd, "GET", "/metrics", door_read_token(), NULL);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "up 1\n");
    assert_true(http_has(&answer, "Content-Type", "text/plain; version=0.0.4"));
    assert_true(http_has(&answer, "X-Content-Type-Options", "nosniff"));
    assert_true(http_has(&answer, "Cache-Control", "no-store"));
    close(fd);
}

/* ---- the page -------------------------------------------------------------------------------- */

static void the_page_is_guarded_by_its_headers(void **state)
{
    (void)state;
    int fd = door_connect();
    struct http_answer answer = http_ask(fd, "GET", "/", NULL, NULL);
    assert_int_equal(answer.status, 200);
    assert_true(http_has(&answer, "Content-Type", "text/html"));
    assert_true(http_has(&answer, "Content-Security-Policy",
                         "default-src 'none'; script-src 'sha256-"));
    assert_non_null(strstr(answer.headers, "connect-src 'self'"));
    assert_non_null(strstr(answer.headers, "frame-ancestors 'none'"));
    assert_true(http_has(&answer, "X-Content-Type-Options", "nosniff"));
    assert_true(http_has(&answer, "X-Frame-Options", "DENY"));
    assert_true(http_has(&answer, "Referrer-Policy", "no-referrer"));
    assert_true(http_has(&answer, "Cache-Control", "no-store"));
    assert_null(strstr(answer.headers, "unsafe-"));
    assert_null(strstr(answer.headers, "Set-Cookie"));
    close(fd);
}

static void data_in_the_page_cannot_become_a_script(void **state)
{
    (void)state;
    int fd = door_connect();
    struct http_answer answer = http_ask(fd, "GET", "/report", door_token(), NULL);
    assert_int_equal(answer.status, 200);
    static const char attributes[] = "<script type=\"application/json\" id=\"troupe-data\">";
    const char *slot = strstr(answer.body, attributes);
    assert_non_null(slot);
    const char *data = slot + strlen(attributes), *close_at = strstr(data, "</script>");
    json_t *read = json_loadb(data, (size_t)(close_at - data), 0, NULL);
    assert_string_equal(json_string_value(json_object_get(read, "repr")),
                        "</script><script>alert(1)</script>");
    json_decref(read);
    close(fd);
}

static void health_is_said_to_everybody(void **state)
{
    (void)state;
    int fd = door_connect();
    struct http_answer answer = http_ask(fd, "GET", "/healthz", NULL, NULL);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "ok\n");
    close(fd);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static long resident(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void requests_leave_nothing_behind(void **state)
{
    (void)state;
    int rounds = getenv("TROUPE_TEST_LONG") ? 100000 : 10000;
    if (TRP_SANITIZED)
        skip(); /* it keeps what is freed, to see who uses it; and looks for leaks itself */
    int fd = door_connect();
    long before = 0;
    for (int i = 0; i < rounds; i++) {
        if (i == rounds / 4)
            before = resident();
        assert_int_equal(http_ask(fd, "POST", "/v1/echo?a=b", door_token(), "{\"x\": [1]}").status,
                         200);
    }
    close(fd);
    if (resident() - before > 1024)
        fail_msg("%ld KiB more after %d requests", resident() - before, rounds);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_begin, door_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_asked_comes_through),
        TEST(a_socket_does_as_well),
        TEST(a_connection_is_kept_for_many_requests),
        TEST(requests_that_are_sent_ahead_are_answered_in_order),
        TEST(a_body_of_16_mib_comes_through),
        TEST(a_body_may_come_in_chunks),
        TEST(a_head_has_no_body),
        TEST(other_methods_are_not_allowed),
        TEST(an_answer_may_come_late_and_from_another_thread),
        TEST(an_answer_for_a_peer_who_has_gone_is_dropped),
        TEST(what_is_not_answered_at_the_end_gets_503),
        TEST(a_door_that_is_closed_is_gone),
        TEST(errors_say_what_and_are_utf8_whatever_they_quote),
        TEST(text_has_its_own_type),
        TEST(the_page_is_guarded_by_its_headers),
        TEST(data_in_the_page_cannot_become_a_script),
        TEST(health_is_said_to_everybody),
        TEST(requests_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
