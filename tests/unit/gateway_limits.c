/* Who sends too much, too slowly, too often, or rubbish: he is answered, and others still are. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "door.h"
#include "http.h"

static void still_answers(void)
{
    int fd = door_connect();
    assert_int_equal(http_ask(fd, "POST", "/v1/echo", door_token(), "{}").status, 200);
    close(fd);
}

/* ---- too much -------------------------------------------------------------------------------- */

/* "FIRST…", with so many letters in place of "@". */
static int status_of_long(const char *format, size_t letters)
{
    char *request, *filler = malloc(letters + 1);
    memset(filler, 'x', letters);
    filler[letters] = 0;
    size_t bytes;
    FILE *out = open_memstream(&request, &bytes);
    fprintf(out, format, filler, door_token());
    fclose(out);
    int status = http_try(door_url(), request).status;
    free(request);
    free(filler);
    return status;
}

#define LONG_URL "GET /v1/echo?%s HTTP/1.1\r\nHost: @\r\nAuthorization: Bearer %s\r\n\r\n"
#define LONG_HEADER \
    "GET /v1/echo HTTP/1.1\r\nHost: @\r\nX-Long: %s\r\nAuthorization: Bearer %s\r\n\r\n"

static void a_url_has_at_most_8_kib(void **state)
{
    (void)state;
    assert_int_equal(status_of_long(LONG_URL, 8 * 1024 - 14), 200);
    assert_int_equal(status_of_long(LONG_URL, 8 * 1024), 414);
    assert_int_equal(status_of_long(LONG_URL, 60 * 1024), 414);
    assert_int_equal(status_of_long(LONG_URL, 1000 * 1024), 414);
    still_answers();
}

static void headers_have_at_most_16_kib(void **state)
{
    (void)state;
    assert_int_equal(status_of_long(LONG_HEADER, 15 * 1024), 200);
    assert_int_equal(status_of_long(LONG_HEADER, 17 * 1024), 431);
    assert_int_equal(status_of_long(LONG_HEADER, 60 * 1024), 431);
    assert_int_equal(status_of_long(LONG_HEADER, 1000 * 1024), 431);
    still_answers();
}

static void many_headers_are_as_good_as_long_ones(void **state)
{
    (void)state;
    static char request[64 * 1024];
    int at = sprintf(request, "GET /v1/echo HTTP/1.1\r\nHost: @\r\n");
    for (int i = 0; i < 2000; i++)
        at += sprintf(request + at, "X-%d: y\r\n", i);
    sprintf(request + at, "\r\n");
    assert_int_equal(http_try(door_url(), request).status, 431);
    still_answers();
}

static void a_body_has_at_most_16_mib(void **state)
{
    (void)state;
    int fd = door_connect();
    char request[512];
    snprintf(request, sizeof request,
             "POST /v1/echo HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
             "Content-Length: 16777217\r\n\r\n",
             door_token());
    http_send(fd, request, strlen(request));
    assert_int_equal(http_read(fd).status, 413); /* before it has come */
    close(fd);
    still_answers();
}

static void a_body_in_chunks_has_at_most_16_mib(void **state)
{
    (void)state;
    static char chunk[1024 * 1024];
    char request[512];
    memset(chunk, ' ', sizeof chunk);
    int fd = door_connect();
    snprintf(request, sizeof request,
             "POST /v1/echo HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
             "Transfer-Encoding: chunked\r\n\r\n",
             door_token());
    http_send(fd, request, strlen(request));
    for (int i = 0; i < 17; i++) {
        http_send(fd, "100000\r\n", 8);
        http_send(fd, chunk, sizeof chunk);
        http_send(fd, "\r\n", 2);
    }
    http_send(fd, "0\r\n\r\n", 5);
    assert_int_equal(http_read(fd).status, 413);
    close(fd);
    still_answers();
}

static void a_stranger_sends_no_body_at_all(void **state)
{
    (void)state;
    static const char request[] = "POST /v1/echo HTTP/1.1\r\nHost: localhost\r\n"
                                  "Content-Length: 1000000\r\n\r\n";
    int fd = door_connect();
    http_send(fd, request, strlen(request));
    assert_int_equal(http_read(fd).status, 401); /* with nothing of it sent */
    close(fd);
}

static int status_of_body(const char *head, const char *end, size_t bytes)
{
    static char chunk[64 * 1024];
    memset(chunk, ' ', sizeof chunk);
    int fd = door_connect();
    http_send(fd, head, strlen(head));
    http_send(fd, chunk, bytes);
    http_send(fd, end, strlen(end));
    int status = http_read(fd).status;
    close(fd);
    return status;
}

#define REQUEST(line, length) line " HTTP/1.1\r\nHost: localhost\r\n" length "\r\n\r\n"

static void without_the_token_for_calls_a_body_has_at_most_4_kib(void **state)
{
    (void)state;
    static const char *const lines[] = {
        REQUEST("POST /v1/sessions", "Content-Length: 4097"),
        REQUEST("GET /", "Content-Length: 4097"),
        REQUEST("GET /healthz", "Content-Length: 16777216"),
        REQUEST("POST /v1/sessions", "Authorization: Bearer x\r\nContent-Length: 65536"),
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_int_equal(status_of_body(lines[i], "", 0), 413); /* before it has come */
    assert_int_equal(
        status_of_body(REQUEST("POST /v1/sessions", "Content-Length: 4096"), "", 4096), 400);
    assert_int_equal(
        status_of_body(REQUEST("POST /v1/sessions", "Transfer-Encoding: chunked") "2000\r\n",
                       "\r\n0\r\n\r\n", 0x2000),
        413);
    char request[256];
    snprintf(request, sizeof request,
             REQUEST("GET /v1/echo", "Content-Length: 4097\r\nAuthorization: Bearer %s"),
             door_read_token());
    assert_int_equal(status_of_body(request, "", 0), 413);
    still_answers();
}

/* ---- too slow -------------------------------------------------------------------------------- */

/* The door's clock jumps ahead, and it looks at it. */
static void let_pass(double seconds)
{
    door_later = door_later + seconds;
    trp_door_ring();
}

static void a_request_that_trickles_in_is_cut_off(void **state)
{
    (void)state;
    int fd = door_connect();
    const char *request = "GET /v1/echo HTTP/1.1\r\nHost: localhost\r\nX: y\r\n";
    for (size_t i = 0; request[i]; i++) {
        http_send(fd, request + i, 1);
        still_answers(); /* so the byte has been read */
        let_pass(0.5);
    }
    let_pass(10);
    assert_int_equal(http_read(fd).status, 408);
    assert_true(http_is_closed(fd));
    close(fd);
}

static void a_connection_without_a_word_is_cut_off(void **state)
{
    (void)state;
    int fd = door_connect();
    still_answers();
    let_pass(TRP_PATIENCE + 1);
    assert_int_equal(http_read(fd).status, 408);
    assert_true(http_is_closed(fd));
    close(fd);
}

static void a_body_that_does_not_come_is_cut_off(void **state)
{
    (void)state;
    int fd = door_connect();
    char request[512];
    snprintf(request, sizeof request,
             "POST /v1/echo HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
             "Content-Length: 10\r\n\r\n{",
             door_token());
    http_send(fd, request, strlen(request));
    still_answers();
    let_pass(TRP_PATIENCE + 1);
    assert_int_equal(http_read(fd).status, 408);
    assert_true(http_is_closed(fd));
    close(fd);
}

static void a_kept_connection_that_asks_nothing_is_closed_without_a_word(void **state)
{
    (void)state;
    char byte;
    int fd = door_connect();
    assert_int_equal(http_ask(fd, "GET", "/v1/echo", door_token(), NULL).status, 200);
    still_answers();
    let_pass(TRP_PATIENCE + 1);
    assert_int_equal(read(fd, &byte, 1), 0);
    close(fd);
}

static void who_waits_for_an_answer_is_not_too_slow(void **state)
{
    (void)state;
    int fd = door_connect();
    http_say(fd, "POST", "/v1/keep", door_token(), "{}");
    door_await_kept(1);
    let_pass(10 * TRP_PATIENCE);
    still_answers();
    door_answer();
    assert_int_equal(http_read(fd).status, 200);
    close(fd);
}

/* ---- too many -------------------------------------------------------------------------------- */

static void strangers_give_way_to_who_comes_next(void **state)
{
    (void)state;
    door_close();
    door_open("1", 4, 0);
    int known = door_connect(), strangers[20];
    assert_int_equal(http_ask(known, "GET", "/v1/echo", door_token(), NULL).status, 200);
    for (int i = 0; i < 20; i++) {
        strangers[i] = door_connect();
        http_send(strangers[i], "GET", 3);
        still_answers(); /* though they sit at all the places */
    }
    assert_int_equal(http_read(strangers[0]).status, 503);
    assert_int_equal(http_ask(known, "GET", "/v1/echo", door_token(), NULL).status, 200);
    for (int i = 0; i < 20; i++)
        close(strangers[i]);
    close(known);
}

static void who_asks_nothing_gives_way_when_all_are_known(void **state)
{
    (void)state;
    door_close();
    door_open("1", 4, 0);
    int idle[4];
    for (int i = 0; i < 4; i++) {
        idle[i] = door_connect();
        assert_int_equal(http_ask(idle[i], "GET", "/v1/echo", door_token(), NULL).status, 200);
    }
    still_answers();
    assert_true(http_is_closed(idle[0])); /* the one that has been idle longest */
    for (int i = 0; i < 4; i++)
        close(idle[i]);
}

static void when_all_places_are_busy_the_next_is_told_so(void **state)
{
    (void)state;
    door_close();
    door_open("1", 4, 0);
    int busy[4];
    for (int i = 0; i < 4; i++) {
        busy[i] = door_connect();
        http_say(busy[i], "POST", "/v1/keep", door_token(), "{}");
        door_await_kept((unsigned)i + 1);
    }
    int fd = door_connect();
    assert_int_equal(http_read(fd).status, 503);
    close(fd);
    door_answer();
    for (int i = 0; i < 4; i++)
        assert_int_equal(http_read(busy[i]).status, 200);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(http_ask(busy[i], "GET", "/v1/echo", door_token(), NULL).status, 200);
        close(busy[i]);
    }
    still_answers();
}

static int descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 2048; fd++)
        count += lseek(fd, 0, SEEK_CUR) >= 0 || dup2(fd, fd) == fd;
    return count;
}

static void ten_thousand_connections_leave_nothing_behind(void **state)
{
    (void)state;
    enum { AT_ONCE = 300 };
    int fds[AT_ONCE], before = descriptors();
    for (int done = 0; done < 10000; done += AT_ONCE) {
        for (int i = 0; i < AT_ONCE; i++) {
            fds[i] = door_connect();
            if (i % 3 == 1)
                http_send(fds[i], "GET / HTTP/1.1\r\nHost", 20);
            if (i % 3 == 2)
                http_say(fds[i], "GET", "/v1/echo", i % 2 ? door_token() : NULL, NULL);
        }
        still_answers();
        for (int i = 0; i < AT_ONCE; i++)
            close(fds[i]);
    }
    door_close();
    assert_true(descriptors() < before);
    door_open("1", 0, 0);
    assert_int_equal(descriptors(), before);
}

/* ---- rubbish --------------------------------------------------------------------------------- */

/* Not all of it need be a request: then it is cut off. */
static struct http_answer send_and_read(const char *text, size_t length)
{
    int fd = door_connect();
    http_send(fd, text, length);
    still_answers();
    let_pass(TRP_PATIENCE + 1);
    struct http_answer answer = http_read(fd);
    close(fd);
    return answer;
}

#define POST_WITH "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\n"

static void malformed_http_is_refused(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "\r\n\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "\x16\x03\x01\x02", /* TLS */
        "GET  /  HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        POST_WITH "Content-Length: -1\r\n\r\n",
        POST_WITH "Content-Length: 99999999999999999999999\r\n\r\n",
        POST_WITH "Transfer-Encoding: chunked\r\n\r\nzz\r\n"};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct http_answer answer = send_and_read(requests[i], strlen(requests[i]));
        if (answer.status && (answer.status < 400 || answer.status > 505))
            fail_msg("request %zu got through: %d, %s", i, answer.status, answer.body);
    }
}

static unsigned next_random(unsigned *seed)
{
    return (*seed = *seed * 1103515245u + 12345u) >> 8;
}

/* The same ones each time; TROUPE_TEST_LONG: more of them. */
static void damaged_requests_do_no_harm(void **state)
{
    (void)state;
    unsigned seed = 7, rounds = getenv("TROUPE_TEST_LONG") ? 20000 : 2000;
    char good[512];
    int length = snprintf(good, sizeof good,
                          "POST /v1/echo?a=%%20&b=1 HTTP/1.1\r\nHost: localhost\r\n"
                          "Authorization: Bearer %s\r\nContent-Length: 18\r\n\r\n"
                          "{\"a\": [1, 2.5e3]} ",
                          door_token());
    for (unsigned i = 0; i < rounds; i++) {
        char bad[512];
        memcpy(bad, good, sizeof bad);
        for (unsigned n = 1 + next_random(&seed) % 4; n; n--)
            bad[next_random(&seed) % (unsigned)length] = (char)next_random(&seed);
        /* Some status, or nothing: the test is that the door goes on. */
        send_and_read(bad, next_random(&seed) % 8 ? (size_t)length
                                                  : next_random(&seed) % (unsigned)length);
    }
}

static void a_peer_that_hangs_up_in_the_middle_ends_nothing(void **state)
{
    (void)state;
    const struct linger at_once = {.l_onoff = 1};
    assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    for (int i = 0; i < 200; i++) {
        int fd = door_connect();
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        for (int n = 0; n < 5; n++)
            http_say(fd, "GET", "/", NULL, NULL); /* answers that nobody takes */
        close(fd);
    }
    still_answers();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_begin, door_end)

int main(void)
{
    struct rlimit files;
    if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur < 1024 && files.rlim_max >= 1024) {
        files.rlim_cur = 1024;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    const struct CMUnitTest tests[] = {
        TEST(a_url_has_at_most_8_kib),
        TEST(headers_have_at_most_16_kib),
        TEST(many_headers_are_as_good_as_long_ones),
        TEST(a_body_has_at_most_16_mib),
        TEST(a_body_in_chunks_has_at_most_16_mib),
        TEST(a_stranger_sends_no_body_at_all),
        TEST(without_the_token_for_calls_a_body_has_at_most_4_kib),
        TEST(a_request_that_trickles_in_is_cut_off),
        TEST(a_connection_without_a_word_is_cut_off),
        TEST(a_body_that_does_not_come_is_cut_off),
        TEST(a_kept_connection_that_asks_nothing_is_closed_without_a_word),
        TEST(who_waits_for_an_answer_is_not_too_slow),
        TEST(strangers_give_way_to_who_comes_next),
        TEST(who_asks_nothing_gives_way_when_all_are_known),
        TEST(when_all_places_are_busy_the_next_is_told_so),
        TEST(ten_thousand_connections_leave_nothing_behind),
        TEST(malformed_http_is_refused),
        TEST(damaged_requests_do_no_harm),
        TEST(a_peer_that_hangs_up_in_the_middle_ends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
