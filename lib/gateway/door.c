#define _GNU_SOURCE /* pthread_setname_np */
#include "gateway/door.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/events.h"
#include "gateway/exchange.h"
#include "gateway/file.h"
#include "gateway/listen.h"

#define CONNECTION_MEMORY (64 * 1024) /* bytes: URL, headers, and the library's own */
#define SPARE_CONNECTIONS 64          /* sent away, and not yet found closed */
#define ACCEPTS 32                    /* at a time; then those who are in are served */
#define GOODBYE 1.0                   /* seconds for the last answers to be sent */
#define STACK_BYTES (1024 * 1024)

static struct trp_door door;

static struct {
    pthread_t thread;
    struct MHD_Daemon *daemon;
    int poll, bell, unix_fd;
    struct trp_listening tcp;
    char host[256];
    bool open;
    _Atomic bool rung, closing;
    double pulse; /* when the listeners get a comment */
} self = {.poll = -1, .bell = -1, .unix_fd = -1, .tcp.fd = -1};

void trp_door_ring(void)
{
    if (!atomic_exchange(&self.rung, true))
        eventfd_write(self.bell, 1);
}

/* ---- who comes and goes ---------------------------------------------------------------------- */

static void on_connection(void *arg, struct MHD_Connection *connection, void **peer,
                          enum MHD_ConnectionNotificationCode code)
{
    (void)arg;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *peer = trp_peers_add(&door.peers, fd, door.options.now());
    } else if (*peer) {
        trp_peers_remove(&door.peers, *peer);
    }
}

/* The library takes the socket over, and closes it if it does not want it. */
static void let_in(int fd)
{
    const struct sockaddr nobody = {.sa_family = AF_UNIX};
    if (trp_peers_make_room(&door.peers)) {
        MHD_add_connection(self.daemon, fd, &nobody, sizeof nobody);
        return;
    }
    trp_peer_say(fd, 503, "Service Unavailable", "full", "too many connections");
    close(fd);
}

static void answer_knocks(int listening)
{
    for (int i = 0, fd; i < ACCEPTS && (fd = trp_listen_accept(listening)) >= 0; i++) {
        if (listening == self.tcp.fd || trp_listen_is_own(fd)) {
            let_in(fd);
        } else {
            trp_peer_say(fd, 403, "Forbidden", "forbidden", "the job is another user's");
            close(fd);
        }
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

static int shorter(int timeout, double seconds)
{
    int ms = seconds <= 0 ? 0 : seconds > 60 ? 60000 : (int)(1000 * seconds) + 1;
    return timeout < 0 || ms < timeout ? ms : timeout;
}

/* How long nothing is to be done but what comes, in milliseconds; -1: for ever. */
static int patience(void)
{
    MHD_UNSIGNED_LONG_LONG ms;
    int timeout = -1;
    double now = door.options.now(), next = trp_peers_hurry(&door.peers, now);
    if (MHD_get_timeout(self.daemon, &ms) == MHD_YES)
        timeout = ms < INT_MAX ? (int)ms : INT_MAX;
    if (next >= 0)
        timeout = shorter(timeout, next - now);
    if (trp_events_wanted())
        timeout = shorter(timeout, self.pulse - now);
    return timeout;
}

static void see_to(int fd)
{
    if (fd == self.bell) {
        eventfd_t count;
        eventfd_read(self.bell, &count);
        atomic_store(&self.rung, false); /* before what it was rung for is looked at */
    } else if (fd == self.tcp.fd || fd == self.unix_fd) {
        answer_knocks(fd);
    }
}

static void wait_for(int timeout)
{
    struct epoll_event events[8];
    int count = epoll_wait(self.poll, events, sizeof events / sizeof *events, timeout);
    for (int i = 0; i < count; i++)
        see_to(events[i].data.fd);
}

static void turn(void)
{
    trp_exchanges_turn();
    if (trp_events_wanted() && door.options.now() >= self.pulse) {
        trp_events_pulse();
        self.pulse = door.options.now() + TRP_EVENTS_PULSE;
    }
    trp_events_turn();
    MHD_run(self.daemon);
}

static void stop_listening(void)
{
    if (self.tcp.fd >= 0)
        close(self.tcp.fd);
    if (self.unix_fd >= 0)
        close(self.unix_fd);
    self.tcp.fd = self.unix_fd = -1;
}

/* Whoever waits for an answer gets one, if he takes it soon. */
static void say_goodbye(void)
{
    stop_listening();
    door.closing = true;
    trp_events_end();
    trp_exchanges_give_up(&door);
    double end = trp_now() + GOODBYE;
    do {
        turn();
        wait_for(door.exchanges ? 10 : 0);
    } while (door.exchanges && trp_now() < end);
}

static void *serve(void *arg)
{
    while (!atomic_load(&self.closing)) {
        turn();
        wait_for(patience());
    }
    say_goodbye();
    MHD_stop_daemon(self.daemon);
    return arg;
}

/* ---- opening --------------------------------------------------------------------------------- */

static struct MHD_Daemon *start_library(void)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        trp_exchange_handle, &door, MHD_OPTION_URI_LOG_CALLBACK, trp_exchange_begin, &door,
        MHD_OPTION_NOTIFY_COMPLETED, trp_exchange_end, &door, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_LIMIT, door.options.connections + SPARE_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(door.options.patience + 1),
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
}

static bool listen_on_file(bool alone)
{
    self.unix_fd = trp_listen_unix(trp_job_file_folder(), trp_job_file_name(".sock"));
    if (self.unix_fd < 0)
        trp_log(alone ? TRP_LOG_ERROR : TRP_LOG_WARNING, "no socket %s: %s",
                trp_job_file_path(".sock"), strerror(errno));
    return self.unix_fd >= 0 || !alone;
}

static bool start_listening(const char *where)
{
    if (!strcmp(where, "unix"))
        return listen_on_file(true);
    bool usual = !strcmp(where, "1");
    if (!trp_listen_tcp(usual ? "127.0.0.1:0" : where, &self.tcp))
        return false;
    if (!self.tcp.loopback)
        trp_log(TRP_LOG_WARNING,
                "the gateway listens at %s: others on the network can reach it, and what is said "
                "there, tokens too, is not encrypted",
                self.tcp.url);
    return !usual || listen_on_file(false);
}

static void name_hosts(void)
{
    unsigned count = 0;
    door.hosts[count++] = "localhost";
    door.hosts[count++] = "127.0.0.1";
    door.hosts[count++] = "[::1]";
    if (self.tcp.fd < 0 || self.tcp.loopback)
        return;
    gethostname(self.host, sizeof self.host - 1);
    door.hosts[count++] = self.tcp.address;
    door.hosts[count++] = self.host;
}

static bool watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return fd < 0 || !epoll_ctl(self.poll, EPOLL_CTL_ADD, fd, &event);
}

static bool watch_all(void)
{
    const union MHD_DaemonInfo *info =
        self.daemon ? MHD_get_daemon_info(self.daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    return info && watch(info->epoll_fd) && watch(self.bell) && watch(self.tcp.fd) &&
           watch(self.unix_fd) && watch(trp_events_descriptor());
}

static bool write_file(void)
{
    return trp_job_file_write(&(struct trp_job_entry){
        .url = self.tcp.fd >= 0 ? self.tcp.url : NULL,
        .socket = self.unix_fd >= 0 ? trp_job_file_path(".sock") : NULL,
        .token = door.keys.call.text,
        .read_token = door.keys.read.text,
        .program = door.options.program});
}

/* Signals are for others; that of a broken pipe too, which so ends nothing. */
static bool start_thread(void)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    sigfillset(&all);
    if (pthread_attr_init(&attributes))
        return false;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&self.thread, &attributes, serve, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (!error)
        pthread_setname_np(self.thread, "troupe-gateway");
    return !error;
}

static void prepare(const struct trp_door_options *options)
{
    door = (struct trp_door){.options = *options};
    if (!door.options.now)
        door.options.now = trp_now;
    if (!door.options.connections)
        door.options.connections = TRP_CONNECTIONS;
    if (!(door.options.patience > 0))
        door.options.patience = TRP_PATIENCE;
    trp_link_init(&door.taken);
    trp_peers_open(&door.peers, door.options.connections, door.options.patience);
    atomic_store(&self.closing, false);
    atomic_store(&self.rung, false);
    self.pulse = door.options.now() + TRP_EVENTS_PULSE;
}

static void close_all(void)
{
    stop_listening();
    trp_events_close();
    if (self.poll >= 0)
        close(self.poll);
    if (self.bell >= 0)
        close(self.bell);
    self.poll = self.bell = -1;
    self.daemon = NULL;
    trp_keys_close(&door.keys);
    trp_job_file_close();
}

static bool start(void)
{
    self.poll = epoll_create1(EPOLL_CLOEXEC);
    self.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    name_hosts();
    bool good = self.poll >= 0 && self.bell >= 0 && trp_keys_open(&door.keys) &&
                trp_events_open(trp_door_ring) && (self.daemon = start_library()) && watch_all() &&
                start_thread();
    if (!good) {
        trp_log(TRP_LOG_ERROR, "the gateway cannot start: %s", strerror(errno));
        if (self.daemon)
            MHD_stop_daemon(self.daemon);
    }
    return good;
}

bool trp_door_open(const struct trp_door_options *options)
{
    prepare(options);
    if (!trp_job_file_open())
        return false;
    self.open = start_listening(options->where) && start();
    if (!self.open)
        close_all();
    else if (!write_file())
        trp_door_close();
    return self.open;
}

void trp_door_close(void)
{
    if (!self.open)
        return;
    self.open = false;
    trp_job_file_remove(); /* nobody is to find what is closing */
    atomic_store(&self.closing, true);
    trp_door_ring();
    pthread_join(self.thread, NULL);
    close_all();
}
