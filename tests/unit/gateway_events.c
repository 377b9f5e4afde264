/* Those who listen to what happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sched.h>
#include <unistd.h>

#include <cmocka.h>

#include "door.h"
#include "gateway/events.h"
#include "http.h"

static char heard[2 * TRP_LISTENER_BYTES];
static size_t heard_bytes;

/* Reads on until that has been heard; false: the stream has ended. */
static bool hear(int fd, const char *what)
{
    while (!strstr(heard, what)) {
        assert_true(heard_bytes < sizeof heard - 1);
        ssize_t n = read(fd, heard + heard_bytes, sizeof heard - 1 - heard_bytes);
        if (n <= 0)
            return false;
        heard_bytes += (size_t)n;
        heard[heard_bytes] = 0;
    }
    return true;
}

static void forget(void)
{
    heard_bytes = 0;
    heard[0] = 0;
}

static int listen_to(const char *path)
{
    int fd = door_connect();
    forget();
    http_say(fd, "GET", path, door_read_token(), NULL);
    assert_true(hear(fd, ":\n\n"));
    assert_non_null(strstr(heard, " 200 "));
    assert_non_null(strstr(heard, "text/event-stream"));
    return fd;
}

static void say(const char *name, int number)
{
    trp_event(name, json_pack("{si}", "number", number));
}

/* Nobody listens any more: the door has found out. */
static void await_nobody(void)
{
    while (trp_events_wanted())
        sched_yield();
}

static void who_listens_hears(void **state)
{
    (void)state;
    assert_false(trp_events_wanted());
    say("log", 0); /* to nobody */
    int fd = listen_to("/v1/events");
    assert_true(trp_events_wanted());
    say("log", 1);
    assert_true(hear(fd, "event: log\ndata: {\"number\":1}\n\n"));
    assert_null(strstr(heard, "\"number\":0"));
    say("progress", 2);
    assert_true(hear(fd, "event: progress\ndata: {\"number\":2}\n\n"));
    close(fd);
}

static void events_are_numbered(void **state)
{
    (void)state;
    unsigned long long first = 0, second = 0;
    int fd = listen_to("/v1/events");
    say("log", 1);
    say("log", 2);
    assert_true(hear(fd, "\"number\":2"));
    const char *at = strstr(heard, "id: ");
    assert_int_equal(sscanf(at, "id: %llu", &first), 1);
    assert_int_equal(sscanf(strstr(at + 1, "id: "), "id: %llu", &second), 1);
    assert_int_equal(second, first + 1);
    close(fd);
}

static void who_asks_for_some_hears_those(void **state)
{
    (void)state;
    int fd = listen_to("/v1/events?only=log,ranks");
    say("logs", 1);
    say("progress", 2);
    say("ranks", 3);
    say("log", 4);
    assert_true(hear(fd, "\"number\":4"));
    assert_non_null(strstr(heard, "\"number\":3"));
    assert_null(strstr(heard, "\"number\":1"));
    assert_null(strstr(heard, "\"number\":2"));
    close(fd);
}

static void a_line_that_is_quiet_is_kept_open_by_comments(void **state)
{
    (void)state;
    int fd = listen_to("/v1/events");
    forget();
    door_later = TRP_EVENTS_PULSE + 1;
    trp_door_ring(); /* it sleeps by the true clock */
    assert_true(hear(fd, ":\n\n"));
    assert_null(strstr(heard, "event"));
    close(fd);
}

static void who_has_gone_is_forgotten_at_once(void **state)
{
    (void)state;
    for (int round = 0; round < 16; round++) {
        int fds[TRP_LISTENERS];
        for (int i = 0; i < TRP_LISTENERS; i++)
            fds[i] = listen_to("/v1/events");
        for (int i = 0; i < TRP_LISTENERS; i++)
            close(fds[i]);
        await_nobody(); /* the test's time-out is the limit */
    }
}

static void so_many_may_listen_and_no_more(void **state)
{
    (void)state;
    int fds[TRP_LISTENERS];
    for (int i = 0; i < TRP_LISTENERS; i++)
        fds[i] = listen_to("/v1/events");
    int fd = door_connect();
    assert_int_equal(http_ask(fd, "GET", "/v1/events", door_token(), NULL).status, 503);
    assert_int_equal(http_ask(fd, "GET", "/v1/echo", door_token(), NULL).status, 200);
    close(fd);
    for (int i = 0; i < TRP_LISTENERS; i++)
        close(fds[i]);
    await_nobody();
}

static void who_does_not_read_is_dropped_and_holds_up_nobody(void **state)
{
    (void)state;
    static char long_text[8000];
    memset(long_text, 'x', sizeof long_text - 1);
    int deaf = listen_to("/v1/events"), fd = listen_to("/v1/events?only=log");
    for (int i = 0; i < 2000; i++)
        trp_event("noise", json_pack("{ss}", "text", long_text)); /* 16 MB */
    say("log", 7);
    assert_true(hear(fd, "\"number\":7"));
    forget();
    assert_true(http_is_closed(deaf)); /* after what the kernel had taken of it */
    close(fd);
    close(deaf);
}

static void an_event_that_is_longer_than_what_may_wait_is_heard(void **state)
{
    (void)state;
    static char long_text[TRP_LISTENER_BYTES + 1];
    memset(long_text, 'x', sizeof long_text - 1);
    int fd = listen_to("/v1/events");
    for (int i = 0; i < 3; i++) {
        forget();
        say("log", 2 * i);
        trp_event("noise", json_pack("{ss}", "text", long_text));
        assert_true(hear(fd, "x\"}\n\n"));
    }
    close(fd);
}

static void listeners_hear_the_last_words_and_the_end(void **state)
{
    (void)state;
    int fd = listen_to("/v1/events");
    say("log", 8);
    door_close();
    assert_false(hear(fd, "never said"));
    assert_non_null(strstr(heard, "\"number\":8"));
    close(fd);
    say("log", 9); /* to nobody */
    door_open("1", 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, door_begin, door_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_listens_hears),
        TEST(events_are_numbered),
        TEST(who_asks_for_some_hears_those),
        TEST(a_line_that_is_quiet_is_kept_open_by_comments),
        TEST(who_has_gone_is_forgotten_at_once),
        TEST(so_many_may_listen_and_no_more),
        TEST(who_does_not_read_is_dropped_and_holds_up_nobody),
        TEST(an_event_that_is_longer_than_what_may_wait_is_heard),
        TEST(listeners_hear_the_last_words_and_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
