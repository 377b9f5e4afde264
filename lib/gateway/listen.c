#define _GNU_SOURCE /* accept4, struct ucred */
#include "gateway/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

/* ---- TCP ------------------------------------------------------------------------------------- */

static bool is_port(const char *text)
{
    return *text && !text[strspn(text, "0123456789")] && strlen(text) < 6 && atoi(text) < 65536;
}

static struct addrinfo *look_up(const char *where, int *error)
{
    const char *colon = strrchr(where, ':');
    size_t length = colon ? (size_t)(colon - where) : 0;
    bool brackets = length > 2 && where[0] == '[' && where[length - 1] == ']';
    *error = EAI_NONAME;
    if (!length || !is_port(colon + 1))
        return NULL;
    char *name = strndup(where + brackets, length - 2 * brackets);
    struct addrinfo *found = NULL, hints = {.ai_family = AF_UNSPEC,
                                            .ai_socktype = SOCK_STREAM,
                                            .ai_flags = AI_NUMERICSERV};
    *error = name ? getaddrinfo(name, colon + 1, &hints, &found) : EAI_MEMORY;
    free(name);
    return *error ? NULL : found;
}

/* A port that was just another job's may be taken at once, though connections to it linger. */
static int listen_at(const struct addrinfo *at)
{
    int fd = socket(at->ai_family, SOCK_STREAM | FLAGS, 0), yes = 1;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, at->ai_addr, at->ai_addrlen) || listen(fd, SOMAXCONN)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static bool is_loopback(const struct sockaddr_storage *at)
{
    if (at->ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)at)->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)at)->sin6_addr);
}

static bool is_any(const struct sockaddr_storage *at)
{
    if (at->ss_family == AF_INET)
        return ((const struct sockaddr_in *)at)->sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)at)->sin6_addr);
}

static bool name_it(struct trp_listening *l)
{
    struct sockaddr_storage at;
    socklen_t length = sizeof at;
    char host[NI_MAXHOST], port[NI_MAXSERV], own[200] = "localhost";
    if (getsockname(l->fd, (struct sockaddr *)&at, &length) ||
        getnameinfo((struct sockaddr *)&at, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV))
        return false;
    gethostname(own, sizeof own - 1);
    bool v6 = at.ss_family == AF_INET6;
    l->loopback = is_loopback(&at);
    snprintf(l->address, sizeof l->address, "%s%.200s%s", v6 ? "[" : "", host, v6 ? "]" : "");
    snprintf(l->url, sizeof l->url, "http://%s:%s", is_any(&at) ? own : l->address, port);
    return true;
}

bool trp_listen_tcp(const char *where, struct trp_listening *listening)
{
    int error;
    struct addrinfo *found = look_up(where, &error);
    listening->fd = -1;
    if (!found) {
        trp_log(TRP_LOG_ERROR,
                "TROUPE_GATEWAY=%s: %s; it is 1, unix, or ADDRESS:PORT with a port of digits, 0 "
                "for any",
                where, gai_strerror(error));
        return false;
    }
    for (const struct addrinfo *at = found; at && listening->fd < 0; at = at->ai_next)
        listening->fd = listen_at(at);
    freeaddrinfo(found);
    if (listening->fd < 0 || !name_it(listening)) {
        trp_log(TRP_LOG_ERROR, "TROUPE_GATEWAY=%s: cannot listen there: %s", where,
                strerror(errno));
        return false;
    }
    return true;
}

/* ---- Unix ------------------------------------------------------------------------------------ */

/* By way of the open folder: it is the one that was checked, and no path is too long. */
int trp_listen_unix(int folder, const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int length = snprintf(at.sun_path, sizeof at.sun_path, "/proc/self/fd/%d/%s", folder, name);
    int fd = socket(AF_UNIX, SOCK_STREAM | FLAGS, 0);
    errno = (size_t)length < sizeof at.sun_path ? errno : ENAMETOOLONG;
    if (fd >= 0 && (size_t)length < sizeof at.sun_path &&
        !bind(fd, (struct sockaddr *)&at, sizeof at) && !fchmodat(folder, name, 0600, 0) &&
        !listen(fd, SOMAXCONN))
        return fd;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

/* ---- both ------------------------------------------------------------------------------------ */

int trp_listen_accept(int fd)
{
    return accept4(fd, NULL, NULL, FLAGS);
}

bool trp_listen_is_own(int fd)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) && peer.uid == geteuid();
}
