#include "http.h"

#include <errno.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE 20000 /* milliseconds */

static char *text; /* the latest answer, and what came behind it is lost */
static size_t length, room;

int http_connect(const char *where)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int tcp = !strncmp(where, "http://127.0.0.1:", 17), fd;
    if (tcp) {
        in.sin_port = htons((uint16_t)atoi(where + 17));
        in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
        snprintf(un.sun_path, sizeof un.sun_path, "%s", where);
    }
    fd = socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (tcp ? connect(fd, (struct sockaddr *)&in, sizeof in)
            : connect(fd, (struct sockaddr *)&un, sizeof un)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

void http_send(int fd, const char *what, size_t bytes)
{
    while (bytes) {
        ssize_t sent = send(fd, what, bytes, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* hung up: what was answered tells */
        what += sent;
        bytes -= (size_t)sent;
    }
}

/* More of the answer; 0: the end. */
static size_t read_more(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (length + 4096 > room) {
        room = 2 * room + 65536;
        text = realloc(text, room);
        assert_non_null(text);
    }
    if (poll(&ready, 1, PATIENCE) != 1)
        fail_msg("no answer within %d s; so far: %.*s", PATIENCE / 1000, (int)length, text);
    ssize_t got = recv(fd, text + length, room - length - 1, 0);
    length += got > 0 ? (size_t)got : 0;
    text[length] = 0;
    return got > 0 ? (size_t)got : 0;
}

static const char *header(const char *headers, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = strchr(headers, '\n'); at; at = strchr(at + 1, '\n'))
        if (!strncasecmp(at + 1, name, n) && at[1 + n] == ':')
            return at + 1 + n + 1 + strspn(at + 1 + n + 1, " ");
    return NULL;
}

int http_has(const struct http_answer *answer, const char *name, const char *value)
{
    const char *found = header(answer->headers, name);
    return found && !strncasecmp(found, value, strlen(value));
}

/* Puts the chunks at `from` together; how many bytes they are. */
static size_t read_chunks(int fd, size_t from)
{
    size_t to = from, at = from;
    for (;;) {
        char *line_end;
        while (!(line_end = strstr(text + at, "\r\n")))
            if (!read_more(fd))
                return to - from;
        size_t size = strtoul(text + at, NULL, 16);
        at = (size_t)(line_end - text) + 2;
        while (length < at + size + 2)
            if (!read_more(fd))
                return to - from;
        memmove(text + to, text + at, size);
        to += size;
        at += size + 2;
        if (!size)
            return to - from;
    }
}

struct http_answer http_read(int fd)
{
    struct http_answer answer = {0};
    char *end = NULL;
    length = 0;
    while (read_more(fd) && !(end = strstr(text, "\r\n\r\n")))
        ;
    if (!end)
        return answer;
    size_t from = (size_t)(end - text) + 4;
    end[2] = 0;
    answer.status = atoi(text + 9);
    const char *bytes = header(text, "Content-Length");
    const char *coding = header(text, "Transfer-Encoding");
    if (coding && !strncasecmp(coding, "chunked", 7)) {
        answer.bytes = read_chunks(fd, from);
    } else {
        answer.bytes = bytes ? strtoul(bytes, NULL, 10) : SIZE_MAX;
        while (length - from < answer.bytes && read_more(fd))
            ;
        if (length - from < answer.bytes)
            answer.bytes = length - from;
    }
    text[from + answer.bytes] = 0;
    answer.headers = text;
    answer.body = text + from;
    return answer;
}

void http_say(int fd, const char *method, const char *path, const char *token, const char *body)
{
    char *request;
    size_t bytes = 0;
    FILE *out = open_memstream(&request, &bytes);
    fprintf(out, "%s %s HTTP/1.1\r\nHost: localhost\r\n", method, path);
    if (token)
        fprintf(out, "Authorization: Bearer %s\r\n", token);
    if (body)
        fprintf(out, "Content-Length: %zu\r\n", strlen(body));
    fprintf(out, "\r\n%s", body ? body : "");
    fclose(out);
    http_send(fd, request, bytes);
    free(request);
}

struct http_answer http_ask(int fd, const char *method, const char *path, const char *token,
                            const char *body)
{
    http_say(fd, method, path, token, body);
    return http_read(fd);
}

struct http_answer http_try(const char *where, const char *request)
{
    int fd = http_connect(where);
    assert_true(fd >= 0);
    const char *at = strstr(request, "Host: @");
    http_send(fd, request, at ? (size_t)(at - request) : strlen(request));
    if (at) {
        http_send(fd, "Host: localhost", 15);
        http_send(fd, at + 7, strlen(at + 7));
    }
    struct http_answer answer = http_read(fd);
    close(fd);
    return answer;
}

int http_is_closed(int fd)
{
    char ignored[4096];
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (poll(&ready, 1, PATIENCE) == 1)
        if (recv(fd, ignored, sizeof ignored, 0) <= 0)
            return 1;
    return 0;
}
