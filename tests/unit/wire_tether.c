/*
 * Tethers between processes of this machine, as the first ranks of nodes hold them: what is heard
 * when the other one ends, early or in order, is killed, or is only stopped.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/tether.h"

#define PATIENCE 20000 /* ms */

/* The other side, in a process of its own, that closes its tether when it is told how. */
struct other {
    pid_t pid;
    int orders;
    struct trp_tether_card card;
};

static void keep_tether(struct trp_tether *t, int orders)
{
    for (;;) {
        struct pollfd fds[1 + TRP_TETHER_FDS] = {{.fd = orders, .events = POLLIN}};
        trp_tether_poll(t, fds + 1);
        poll(fds, 1 + TRP_TETHER_FDS, -1);
        char well;
        if (fds[0].revents && read(orders, &well, 1) == 1)
            trp_tether_close(t, well);
        if (fds[0].revents)
            _exit(0);
        trp_tether_look(t);
    }
}

static struct other begin_other(void)
{
    struct other other;
    struct trp_tether t;
    int orders[2];
    assert_int_equal(pipe(orders), 0);
    trp_tether_listen(&t, 1);
    other.card = t.mine;
    other.orders = orders[1];
    other.pid = fork();
    if (other.pid == 0) {
        close(orders[1]);
        keep_tether(&t, orders[0]);
    }
    close(orders[0]);
    close(t.listener);
    return other;
}

static void end_other(struct other *other)
{
    close(other->orders);
    kill(other->pid, SIGKILL);
    waitpid(other->pid, NULL, 0);
}

/* Looks as the watch does, until something is heard, the tether is held, or it is given up. */
static enum trp_tether_news look_on(struct trp_tether *t, bool until_held)
{
    enum trp_tether_news news = TRP_TETHER_NOTHING;
    while (!news && t->line >= 0 && !(until_held && t->state == TRP_TETHER_HOLDS)) {
        struct pollfd fds[TRP_TETHER_FDS];
        int most = trp_tether_poll(t, fds);
        int ready = poll(fds, TRP_TETHER_FDS, most < 0 ? PATIENCE : most);
        if (most < 0 && ready == 0)
            fail_msg("nothing is heard in %d s", PATIENCE / 1000);
        news = trp_tether_look(t);
    }
    return news;
}

static struct trp_tether hold(const struct trp_tether_card *card)
{
    struct trp_tether t;
    trp_tether_listen(&t, 0);
    trp_tether_call(&t, card);
    assert_int_equal(look_on(&t, true), TRP_TETHER_NOTHING);
    return t;
}

/* ---- what is heard --------------------------------------------------------------------------- */

static void a_process_that_is_killed_has_died(void **state)
{
    (void)state;
    struct other other = begin_other();
    struct trp_tether t = hold(&other.card);
    assert_int_equal(t.state, TRP_TETHER_HOLDS);
    kill(other.pid, SIGKILL);
    assert_int_equal(look_on(&t, false), TRP_TETHER_DIED);
    trp_tether_close(&t, true);
    end_other(&other);
}

static void one_that_ends_for_another_says_so(void **state)
{
    (void)state;
    struct other other = begin_other();
    struct trp_tether t = hold(&other.card);
    assert_int_equal(write(other.orders, "\0", 1), 1);
    assert_int_equal(look_on(&t, false), TRP_TETHER_ENDS);
    trp_tether_close(&t, true);
    end_other(&other);
}

static void the_end_of_the_job_is_no_death(void **state)
{
    (void)state;
    struct other other = begin_other();
    struct trp_tether t = hold(&other.card);
    assert_int_equal(write(other.orders, "\1", 1), 1);
    assert_int_equal(look_on(&t, false), TRP_TETHER_NOTHING);
    assert_int_equal(t.line, -1);
    trp_tether_close(&t, true);
    end_other(&other);
}

/* Longer than the silence after which a node is lost. */
static void a_process_that_is_stopped_lives(void **state)
{
    (void)state;
    struct other other = begin_other();
    struct trp_tether t = hold(&other.card);
    kill(other.pid, SIGSTOP);
    struct pollfd line = {.fd = t.line, .events = POLLIN};
    assert_int_equal(poll(&line, 1, 1000 * TRP_TETHER_SILENCE + 1000), 0);
    kill(other.pid, SIGCONT);
    trp_tether_close(&t, true);
    end_other(&other);
}

/* ---- who is found ---------------------------------------------------------------------------- */

/* Addresses at which nobody is, or somebody else, and then its own. */
static void the_right_process_is_found_among_addresses(void **state)
{
    (void)state;
    struct other stranger = begin_other(), other = begin_other();
    struct trp_tether_card card = other.card;
    memcpy(card.token, stranger.card.token, sizeof card.token);
    struct trp_tether t = hold(&card); /* whoever answers there is not who is looked for */
    assert_int_equal(t.line, -1);
    trp_tether_close(&t, true);

    card = other.card;
    card.count = 2;
    card.addresses[0] = htonl(0x7f0a0a0a); /* of this machine, too */
    card.addresses[1] = htonl(INADDR_LOOPBACK);
    t = hold(&card);
    assert_int_equal(t.state, TRP_TETHER_HOLDS);
    assert_true(t.line >= 0);
    trp_tether_close(&t, true);
    end_other(&other);
    end_other(&stranger);
}

static void nobody_is_found_where_nobody_listens(void **state)
{
    (void)state;
    struct other other = begin_other();
    struct trp_tether_card card = other.card;
    end_other(&other);
    struct trp_tether t = hold(&card);
    assert_int_equal(t.line, -1);
    trp_tether_close(&t, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_that_is_killed_has_died),
        cmocka_unit_test(one_that_ends_for_another_says_so),
        cmocka_unit_test(the_end_of_the_job_is_no_death),
        cmocka_unit_test(a_process_that_is_stopped_lives),
        cmocka_unit_test(the_right_process_is_found_among_addresses),
        cmocka_unit_test(nobody_is_found_where_nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
