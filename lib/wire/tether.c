#include "wire/tether.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define PATIENCE 5.0 /* seconds for an address */
#define SILENCE_MIN 2   /* seconds: one question */
#define SILENCE_MAX 128 /* the kernel asks no more than 127 */

#define GOODBYE 'g' /* the job is over */
#define ENDING 'e'  /* this process ends because another one has died */

static int new_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* ---- being found ----------------------------------------------------------------------------- */

static void find_addresses(struct trp_tether_card *card)
{
    struct ifaddrs *all;
    if (getifaddrs(&all))
        return;
    for (const struct ifaddrs *a = all; a && card->count < TRP_TETHER_ADDRESSES; a = a->ifa_next) {
        struct sockaddr_in address;
        if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET)
            continue;
        memcpy(&address, a->ifa_addr, sizeof address);
        card->addresses[card->count++] = address.sin_addr.s_addr;
    }
    freeifaddrs(all);
}

/* The kernel chooses the port, so that no two jobs meet. */
static bool begin_to_listen(struct trp_tether *t)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    t->listener = new_socket();
    if (t->listener < 0 || bind(t->listener, (struct sockaddr *)&address, size) ||
        listen(t->listener, TRP_TETHER_GUESTS) ||
        getsockname(t->listener, (struct sockaddr *)&address, &size))
        return false;
    t->mine.port = address.sin_port;
    return true;
}

static void write_card(struct trp_tether *t, int rank)
{
    t->mine.rank = rank;
    t->mine.pid = getpid();
    gethostname(t->mine.host, sizeof t->mine.host - 1);
    if (getrandom(t->mine.token, sizeof t->mine.token, 0) == sizeof t->mine.token &&
        begin_to_listen(t))
        find_addresses(&t->mine);
}

static void welcome(struct trp_tether *t)
{
    int guest = accept(t->listener, NULL, NULL);
    if (guest < 0)
        return;
    fcntl(guest, F_SETFD, FD_CLOEXEC);
    fcntl(guest, F_SETFL, O_NONBLOCK);
    ssize_t sent = send(guest, t->mine.token, sizeof t->mine.token, MSG_NOSIGNAL);
    if (sent == sizeof t->mine.token && t->guest_count < TRP_TETHER_GUESTS)
        t->guests[t->guest_count++] = guest;
    else
        close(guest);
}

/* ---- the line -------------------------------------------------------------------------------- */

static bool call(struct trp_tether *t, uint32_t to)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = t->next.port};
    address.sin_addr.s_addr = to;
    t->line = new_socket();
    if (t->line < 0)
        return false;
    if (!connect(t->line, (struct sockaddr *)&address, sizeof address) || errno == EINPROGRESS)
        return true;
    close(t->line);
    return false;
}

static void try_next_address(struct trp_tether *t)
{
    if (t->line >= 0)
        close(t->line);
    t->line = -1;
    t->state = TRP_TETHER_CALLS;
    t->heard = 0;
    t->deadline = trp_now() + PATIENCE;
    while (t->tried < t->next.count)
        if (call(t, t->next.addresses[t->tried++]))
            return;
    t->line = -1;
    trp_log(TRP_LOG_INFO,
            "no connection to %s: that rank %d there has died will be noticed by the launcher only",
            t->next.host, t->next.rank);
}

static void set(int line, int level, int option, int value)
{
    setsockopt(line, level, option, &value, sizeof value);
}

static int silence(void)
{
    const char *text = getenv("TROUPE_SILENCE");
    long seconds = text ? strtol(text, NULL, 10) : 0;
    if (seconds <= 0)
        return TRP_TETHER_SILENCE;
    if (seconds > SILENCE_MAX)
        return SILENCE_MAX;
    return seconds < SILENCE_MIN ? SILENCE_MIN : (int)seconds;
}

static void hold(struct trp_tether *t)
{
    t->state = TRP_TETHER_HOLDS;
    set(t->line, IPPROTO_TCP, TCP_KEEPIDLE, 1);
    set(t->line, IPPROTO_TCP, TCP_KEEPINTVL, 1);
    set(t->line, IPPROTO_TCP, TCP_KEEPCNT, silence() - 1);
    set(t->line, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static void listen_to_greeting(struct trp_tether *t)
{
    ssize_t size = recv(t->line, t->token + t->heard, sizeof t->token - t->heard, 0);
    if (size < 0 && errno == EAGAIN)
        return;
    t->heard += size > 0 ? (unsigned)size : 0;
    if (size <= 0 || (t->heard == sizeof t->token &&
                      memcmp(t->token, t->next.token, sizeof t->token) != 0))
        try_next_address(t);
    else if (t->heard == sizeof t->token)
        hold(t);
}

static enum trp_tether_news hear_last_word(struct trp_tether *t)
{
    char word;
    ssize_t size = recv(t->line, &word, 1, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return TRP_TETHER_NOTHING;
    if (size == 1 && word == ENDING)
        return TRP_TETHER_ENDS;
    if (size == 0 || (size < 0 && errno == ECONNRESET))
        return TRP_TETHER_DIED;
    if (size < 0)
        return TRP_TETHER_LOST;
    close(t->line);
    t->line = -1;
    return TRP_TETHER_NOTHING;
}

static void look_whether_connected(struct trp_tether *t)
{
    struct pollfd line = {.fd = t->line, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&line, 1, 0) != 1)
        return;
    if (getsockopt(t->line, SOL_SOCKET, SO_ERROR, &error, &size) || error)
        try_next_address(t);
    else
        t->state = TRP_TETHER_LISTENS;
}

/* ---- all of it ------------------------------------------------------------------------------- */

void trp_tether_listen(struct trp_tether *t, int rank)
{
    *t = (struct trp_tether){.listener = -1, .line = -1};
    write_card(t, rank);
}

void trp_tether_call(struct trp_tether *t, const struct trp_tether_card *next)
{
    t->next = *next;
    try_next_address(t);
}

void trp_tether_open(struct trp_tether *t, MPI_Comm firsts, int rank)
{
    int place, nodes;
    struct trp_tether_card next;
    trp_tether_listen(t, rank);
    MPI_Comm_rank(firsts, &place);
    MPI_Comm_size(firsts, &nodes);
    MPI_Sendrecv(&t->mine, sizeof t->mine, MPI_BYTE, (place + nodes - 1) % nodes, 0, &next,
                 sizeof next, MPI_BYTE, (place + 1) % nodes, 0, firsts, MPI_STATUS_IGNORE);
    trp_tether_call(t, &next);
}

int trp_tether_poll(const struct trp_tether *t, struct pollfd fds[TRP_TETHER_FDS])
{
    short events = t->state == TRP_TETHER_CALLS ? POLLOUT : POLLIN;
    fds[0] = (struct pollfd){.fd = t->listener, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = t->line, .events = events};
    if (t->line < 0 || t->state == TRP_TETHER_HOLDS)
        return -1;
    double left = t->deadline - trp_now();
    return left > 0 ? (int)(1e3 * left) + 1 : 0;
}

enum trp_tether_news trp_tether_look(struct trp_tether *t)
{
    if (t->listener >= 0)
        welcome(t);
    if (t->line < 0)
        return TRP_TETHER_NOTHING;
    if (t->state == TRP_TETHER_HOLDS)
        return hear_last_word(t);
    if (t->state == TRP_TETHER_CALLS)
        look_whether_connected(t);
    else
        listen_to_greeting(t);
    if (t->line >= 0 && t->state != TRP_TETHER_HOLDS && trp_now() > t->deadline)
        try_next_address(t);
    return TRP_TETHER_NOTHING;
}

void trp_tether_close(struct trp_tether *t, bool well)
{
    const char word = well ? GOODBYE : ENDING;
    for (int i = 0; i < t->guest_count; i++) {
        ssize_t ignored = send(t->guests[i], &word, 1, MSG_NOSIGNAL);
        (void)ignored;
        close(t->guests[i]);
    }
    if (t->listener >= 0)
        close(t->listener);
    if (t->line >= 0)
        close(t->line);
}
