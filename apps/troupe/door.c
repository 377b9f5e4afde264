#define _GNU_SOURCE
#include "door.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

#define ANSWERS_WITHIN 90L /* seconds; a call is waited for in pieces of 30 */

/* ---- opening --------------------------------------------------------------------------------- */

static enum status choose_way(struct door *door, const char *url)
{
    const struct job *job = door->job;
    struct stat status;
    if (url) {
        door->base = url;
    } else if (job->is_here && job->socket && !stat(job->socket, &status)) {
        door->on_socket = true;
        door->base = "http://localhost";
    } else if (job->is_here && job->url) {
        door->base = job->url;
    } else {
        return complain(FAILED, "job %s runs on %s: log in there, or run what `troupe tunnel` says "
                                "and give --url http://127.0.0.1:PORT",
                        job->name, job->host);
    }
    return DONE;
}

/* No proxy, whatever the environment says: the token is for the job alone. */
static void set_up(struct door *door)
{
    char *header = NULL;
    if (asprintf(&header, "Authorization: Bearer %s", door->job->token) < 0)
        return;
    struct curl_slist *headers = curl_slist_append(NULL, header);
    headers = curl_slist_append(headers, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    free(header);
    door->headers = headers;
    curl_easy_setopt(door->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(door->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(door->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(door->curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(door->curl, CURLOPT_CONNECTTIMEOUT, 5L);
    curl_easy_setopt(door->curl, CURLOPT_TIMEOUT, ANSWERS_WITHIN);
    if (door->on_socket)
        curl_easy_setopt(door->curl, CURLOPT_UNIX_SOCKET_PATH, door->job->socket);
}

enum status door_open(const struct job *job, const char *url, struct door *door)
{
    *door = (struct door){.job = job};
    if (url && strncmp(url, "http://", 7))
        return complain(MISUSED, "--url is http://127.0.0.1:PORT, not '%s'", url);
    enum status status = choose_way(door, url);
    if (status != DONE)
        return status;
    /* Without TLS there is nothing to set up, which would take longer than the call. */
    curl_global_init(CURL_GLOBAL_NOTHING);
    door->curl = curl_easy_init();
    if (!door->curl)
        return complain(FAILED, "libcurl cannot be set up");
    set_up(door);
    return DONE;
}

void door_close(struct door *door)
{
    if (door->curl)
        curl_easy_cleanup(door->curl);
    curl_slist_free_all(door->headers);
}

/* ---- asking ---------------------------------------------------------------------------------- */

struct answer {
    char *data;
    size_t length;
};

static size_t take(char *data, size_t size, size_t count, void *into)
{
    struct answer *answer = into;
    char *grown = realloc(answer->data, answer->length + size * count + 1);
    if (!grown)
        return 0;
    memcpy(grown + answer->length, data, size * count);
    answer->data = grown;
    answer->length += size * count;
    return size * count;
}

static CURLcode transfer(struct door *door, const char *verb, const char *path, const char *body,
                         struct answer *answer)
{
    char *url = NULL;
    if (asprintf(&url, "%s%s%s", door->base, path,
                 !door->numbers_as_strings ? ""
                 : strchr(path, '?')       ? "&numbers=string"
                                           : "?numbers=string") < 0)
        return CURLE_OUT_OF_MEMORY;
    curl_easy_setopt(door->curl, CURLOPT_URL, url);
    curl_easy_setopt(door->curl, CURLOPT_CUSTOMREQUEST, verb);
    curl_easy_setopt(door->curl, CURLOPT_HTTPGET, 1L);
    if (body)
        curl_easy_setopt(door->curl, CURLOPT_COPYPOSTFIELDS, body);
    curl_easy_setopt(door->curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(door->curl, CURLOPT_WRITEDATA, answer);
    CURLcode code = curl_easy_perform(door->curl);
    curl_easy_getinfo(door->curl, CURLINFO_RESPONSE_CODE, &door->answered);
    free(url);
    return code;
}

static void tell_failure(const struct door *door, const json_t *answer)
{
    const json_t *error = json_object_get(answer, "error");
    const char *message = json_string_value(json_object_get(error, "message"));
    const char *story = json_string_value(json_object_get(error, "story"));
    if (message)
        complain(FAILED, "%s", message);
    else
        complain(FAILED, "the job answered with HTTP status %ld", door->answered);
    if (story && !(message && strstr(message, story)))
        complain(FAILED, "%s", story);
}

json_t *door_ask(struct door *door, const char *verb, const char *path, json_t *body)
{
    struct answer answer = {0};
    json_error_t error;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    CURLcode code = transfer(door, verb, path, text, &answer);
    json_t *said = code ? NULL : json_loadb(answer.data, answer.length, 0, &error);
    if (code) {
        complain(FAILED, "job %s is not reached: %s", door->job->name, curl_easy_strerror(code));
    } else if (door->answered >= 400) {
        tell_failure(door, said);
        json_decref(said);
        said = NULL;
    } else if (!said) {
        complain(FAILED, "the answer is no JSON (%s): is this the door of a job?", error.text);
    }
    free(answer.data);
    free(text);
    return said;
}

json_t *door_get(struct door *door, const char *path)
{
    return door_ask(door, "GET", path, NULL);
}

/* ---- paths ----------------------------------------------------------------------------------- */

/* Puts `before`, and `text` quoted, behind the path. */
static void append(char **path, const char *before, const char *text)
{
    char *longer = NULL, *quoted = curl_easy_escape(NULL, text, 0);
    if (!quoted || asprintf(&longer, "%s%s%s", *path, before, quoted) < 0)
        exit(complain(FAILED, "no memory"));
    curl_free(quoted);
    free(*path);
    *path = longer;
}

char *door_path(const char *segment, ...)
{
    char *path = strdup("/v1");
    va_list more;
    va_start(more, segment);
    for (; segment; segment = va_arg(more, const char *))
        append(&path, "/", segment);
    va_end(more);
    return path;
}

void door_query(char **path, const char *name, const char *value)
{
    char before[32];
    snprintf(before, sizeof before, "%c%s=", strchr(*path, '?') ? '&' : '?', name);
    if (value)
        append(path, before, value);
}
