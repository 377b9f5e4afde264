#define _GNU_SOURCE /* asprintf */
#include "gateway/events.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "gateway/request.h"

#define BLOCK 4096 /* bytes that the library asks for at a time */

struct trp_listener {
    struct trp_listener *next;
    struct MHD_Connection *connection;
    int fd;
    char *only; /* ",log,progress,"; NULL: everything */
    char *text; /* what waits is text[begin…end) */
    size_t begin, end, room;
    bool waits;   /* its connection is suspended until there is something */
    bool dropped; /* it gets nothing more */
};

static struct {
    pthread_mutex_t lock; /* of all that follows */
    struct trp_listener *first;
    unsigned long long number; /* of the latest event */
    bool ended;
    void (*wake)(void);
    int watch; /* epoll's, of the listeners' sockets: the library does not look at them */
    _Atomic unsigned count;
} events = {.lock = PTHREAD_MUTEX_INITIALIZER, .watch = -1};

bool trp_events_wanted(void)
{
    return atomic_load_explicit(&events.count, memory_order_relaxed) > 0;
}

/* ---- saying ---------------------------------------------------------------------------------- */

static bool grow(struct trp_listener *l, size_t needed)
{
    size_t room = l->room ? l->room : BLOCK;
    while (room < needed)
        room *= 2;
    char *text = realloc(l->text, room);
    if (!text)
        return false;
    l->text = text;
    l->room = room;
    return true;
}

/* However long what comes is: it is who does not read that is dropped. */
static bool make_room(struct trp_listener *l, size_t length)
{
    if (l->begin) {
        memmove(l->text, l->text + l->begin, l->end - l->begin);
        l->end -= l->begin;
        l->begin = 0;
    }
    return l->end <= TRP_LISTENER_BYTES &&
           (l->end + length <= l->room || grow(l, l->end + length));
}

static void put(struct trp_listener *l, const char *text, size_t length)
{
    if (l->dropped)
        return;
    l->dropped = !make_room(l, length);
    if (l->dropped)
        return;
    memcpy(l->text + l->end, text, length);
    l->end += length;
}

static bool wants(const struct trp_listener *l, const char *name)
{
    char word[64];
    int length = snprintf(word, sizeof word, ",%s,", name);
    return !l->only || ((size_t)length < sizeof word && strstr(l->only, word));
}

/* To all who listen to that; NULL: to all. */
static void say(const char *name, const char *text, size_t length)
{
    for (struct trp_listener *l = events.first; l; l = l->next)
        if (!name || wants(l, name))
            put(l, text, length);
}

static void say_event(const char *name, const char *data)
{
    char *text = NULL;
    pthread_mutex_lock(&events.lock);
    int length = asprintf(&text, "id: %llu\nevent: %s\ndata: %s\n\n", ++events.number, name, data);
    if (length > 0) {
        say(name, text, (size_t)length);
        free(text);
    }
    if (events.wake)
        events.wake();
    pthread_mutex_unlock(&events.lock);
}

void trp_event(const char *name, json_t *data)
{
    char *text = trp_events_wanted() ? json_dumps(data, JSON_COMPACT) : NULL;
    if (text)
        say_event(name, text);
    free(text);
    json_decref(data);
}

/* ---- the door's thread ----------------------------------------------------------------------- */

bool trp_events_open(void (*wake)(void))
{
    events.watch = epoll_create1(EPOLL_CLOEXEC);
    pthread_mutex_lock(&events.lock);
    events.wake = wake;
    events.ended = false;
    pthread_mutex_unlock(&events.lock);
    return events.watch >= 0;
}

void trp_events_close(void)
{
    pthread_mutex_lock(&events.lock);
    events.wake = NULL;
    pthread_mutex_unlock(&events.lock);
    if (events.watch >= 0)
        close(events.watch);
    events.watch = -1;
}

int trp_events_descriptor(void)
{
    return events.watch;
}

/* All was read: many events have come at once, and so many will not soon. */
static void give_back(struct trp_listener *l)
{
    free(l->text);
    l->text = NULL;
    l->begin = l->end = l->room = 0;
}

/* The library wants more of the body. */
static ssize_t read_events(void *arg, uint64_t position, char *to, size_t room)
{
    struct trp_listener *l = arg;
    (void)position;
    pthread_mutex_lock(&events.lock);
    size_t length = l->end - l->begin;
    ssize_t result = (ssize_t)(length < room ? length : room);
    if (length) {
        memcpy(to, l->text + l->begin, (size_t)result);
        l->begin += (size_t)result;
        if (l->begin == l->end && l->room > BLOCK)
            give_back(l);
    } else if (l->dropped || events.ended) {
        result = l->dropped ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        l->waits = true;
        MHD_suspend_connection(l->connection);
    }
    pthread_mutex_unlock(&events.lock);
    return result;
}

static void free_listener(void *arg)
{
    struct trp_listener *l = arg;
    pthread_mutex_lock(&events.lock);
    for (struct trp_listener **at = &events.first; *at; at = &(*at)->next)
        if (*at == l) {
            *at = l->next;
            atomic_fetch_sub(&events.count, 1);
            break;
        }
    pthread_mutex_unlock(&events.lock);
    epoll_ctl(events.watch, EPOLL_CTL_DEL, l->fd, NULL);
    free(l->only);
    free(l->text);
    free(l);
}

static struct trp_listener *new_listener(struct MHD_Connection *connection, int fd,
                                         const char *only)
{
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLHUP | EPOLLONESHOT};
    struct trp_listener *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->connection = connection;
    l->fd = fd;
    event.data.ptr = l;
    if ((only && *only && asprintf(&l->only, ",%s,", only) < 0) ||
        epoll_ctl(events.watch, EPOLL_CTL_ADD, fd, &event)) {
        free(l->only);
        free(l);
        return NULL;
    }
    put(l, ":\n\n", 3); /* the headers go out with the first byte of the body */
    return l;
}

static void enlist(struct trp_listener *l)
{
    pthread_mutex_lock(&events.lock);
    l->next = events.first;
    events.first = l;
    atomic_fetch_add(&events.count, 1);
    pthread_mutex_unlock(&events.lock);
}

struct MHD_Response *trp_events_response(struct MHD_Connection *connection, int fd,
                                         const char *only)
{
    if (atomic_load(&events.count) >= TRP_LISTENERS)
        return NULL;
    struct trp_listener *l = new_listener(connection, fd, only);
    struct MHD_Response *response =
        l ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_events, l,
                                              free_listener)
          : NULL;
    if (response)
        enlist(l);
    else if (l)
        free_listener(l);
    return response;
}

/* Its connection goes on, and the library sees that it is closed. */
static void find_who_has_gone(void)
{
    struct epoll_event gone[16];
    int count = epoll_wait(events.watch, gone, sizeof gone / sizeof *gone, 0);
    for (int i = 0; i < count; i++)
        ((struct trp_listener *)gone[i].data.ptr)->dropped = true;
}

void trp_events_turn(void)
{
    pthread_mutex_lock(&events.lock);
    find_who_has_gone();
    for (struct trp_listener *l = events.first; l; l = l->next)
        if (l->waits && (l->end > l->begin || l->dropped || events.ended)) {
            l->waits = false;
            MHD_resume_connection(l->connection);
        }
    pthread_mutex_unlock(&events.lock);
}

void trp_events_pulse(void)
{
    pthread_mutex_lock(&events.lock);
    say(NULL, ":\n\n", 3);
    pthread_mutex_unlock(&events.lock);
}

void trp_events_end(void)
{
    pthread_mutex_lock(&events.lock);
    events.ended = true;
    pthread_mutex_unlock(&events.lock);
}
