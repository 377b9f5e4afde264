#include "door.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "gateway/file.h"
#include "http.h"

#define KEPT 64

json_t *door_file;
char door_folder[64];
_Atomic double door_later;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static struct trp_request *kept[KEPT];
static unsigned kept_count;

static double later(void)
{
    return trp_now() + door_later;
}

/* ---- who is behind it ------------------------------------------------------------------------ */

static void echo(struct trp_request *request)
{
    json_t *body = json_pack("{si ss sO sO sb}", "verb", request->verb, "path", request->path,
                             "query", request->query, "body", request->body, "may_call",
                             request->may_call);
    trp_reply(request, 200, body);
}

static void keep(struct trp_request *request)
{
    pthread_mutex_lock(&lock);
    assert_true(kept_count < KEPT);
    kept[kept_count++] = request;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
}

static void take(struct trp_request *request)
{
    if (!strcmp(request->path, "/v1/echo"))
        echo(request);
    else if (!strcmp(request->path, "/v1/keep"))
        keep(request);
    else if (!strcmp(request->path, "/v1/fail"))
        trp_reply_error(request, 422, "failed", "field", "\xff\xfe story", "cut \xc3");
    else if (!strcmp(request->path, "/metrics"))
        trp_reply_text(request, 200, "text/plain; version=0.0.4", strdup("up 1\n"), 5);
    else if (!strcmp(request->path, "/report"))
        trp_reply_page(request, json_pack("{ss}", "repr", "</script><script>alert(1)</script>"));
    else
        trp_reply_error(request, 404, "not_found", NULL, NULL, "there is no %s", request->path);
}

void door_await_kept(unsigned count)
{
    pthread_mutex_lock(&lock);
    while (kept_count < count)
        pthread_cond_wait(&more, &lock);
    pthread_mutex_unlock(&lock);
}

void door_answer(void)
{
    pthread_mutex_lock(&lock);
    while (kept_count)
        echo(kept[--kept_count]);
    pthread_mutex_unlock(&lock);
}

/* ---- the door -------------------------------------------------------------------------------- */

void door_open(const char *where, unsigned connections, double patience)
{
    snprintf(door_folder, sizeof door_folder, "/tmp/troupe-door-XXXXXX");
    assert_non_null(mkdtemp(door_folder));
    setenv("XDG_RUNTIME_DIR", door_folder, 1);
    unsetenv("SLURM_JOB_ID");
    door_later = 0;
    assert_true(trp_door_open(&(struct trp_door_options){.where = where,
                                                         .program = "test",
                                                         .take = take,
                                                         .now = later,
                                                         .connections = connections,
                                                         .patience = patience}));
    door_file = json_load_file(trp_job_file_path(".json"), 0, NULL);
    assert_non_null(door_file);
}

void door_close(void)
{
    char folder[128];
    trp_door_close();
    json_decref(door_file);
    snprintf(folder, sizeof folder, "%s/troupe", door_folder);
    assert_int_equal(rmdir(folder), 0); /* nothing is left in it */
    rmdir(door_folder);
}

static const char *of_file(const char *key)
{
    return json_string_value(json_object_get(door_file, key));
}

const char *door_url(void)
{
    return of_file("url");
}

const char *door_socket(void)
{
    return of_file("socket");
}

const char *door_token(void)
{
    return of_file("token");
}

const char *door_read_token(void)
{
    return of_file("read_token");
}

int door_connect(void)
{
    int fd = http_connect(door_url() ? door_url() : door_socket());
    assert_true(fd >= 0);
    return fd;
}

int door_begin(void **state)
{
    (void)state;
    door_open("1", 0, 0);
    return 0;
}

int door_end(void **state)
{
    (void)state;
    door_close();
    return 0;
}
