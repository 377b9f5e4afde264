/*
 * A client of HTTP that can do wrong: it sends any bytes, and reads answers as they are.
 */
#ifndef TEST_HTTP_H
#define TEST_HTTP_H

#include <stddef.h>

struct http_answer {
    int status;    /* 0: hung up before an answer */
    char *headers; /* with the first line; all are valid until the next answer */
    char *body;
    size_t bytes;
};

/* To "http://127.0.0.1:4711" or a path of a Unix socket; -1 with errno. */
int http_connect(const char *where);

void http_send(int fd, const char *text, size_t bytes);

/* One answer, of a length that it says, or of chunks, or to the end of the connection. Fails where
   it takes more than 20 seconds. */
struct http_answer http_read(int fd);

/* A request with a Host that is fine; token and body may be NULL. */
void http_say(int fd, const char *method, const char *path, const char *token, const char *body);
struct http_answer http_ask(int fd, const char *method, const char *path, const char *token,
                            const char *body);

/* The text as a whole request, on a connection of its own; "Host: @" becomes one that is fine. */
struct http_answer http_try(const char *where, const char *text);

/* The peer closes the connection within 20 seconds, after what is still to be read. */
int http_is_closed(int fd);

/* "name: value" is in the answer's headers, with a value that begins so. */
int http_has(const struct http_answer *answer, const char *name, const char *value);

#endif
