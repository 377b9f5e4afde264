#include "base/buffer.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/large.h"

#define BUCKETS 1024

static struct trp_buffer *buckets[BUCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
_Atomic unsigned trp_buffers_given;

static struct trp_buffer **bucket_of(const void *data)
{
    return &buckets[((uintptr_t)data * 0x9e3779b97f4a7c15u >> 40) % BUCKETS];
}

/* With the lock held: where it is linked; of no buffer: a link that is NULL. */
static struct trp_buffer **find(const void *data)
{
    struct trp_buffer **link = bucket_of(data);
    while (*link && (*link)->data != data)
        link = &(*link)->next;
    return link;
}

struct trp_buffer *trp_buffer_new(size_t bytes)
{
    size_t whole = bytes + sizeof(struct trp_buffer);
    if (bytes > PTRDIFF_MAX - sizeof(struct trp_buffer))
        return NULL;
    struct trp_buffer *b = trp_large_new(&whole);
    if (!b)
        return NULL;
    struct trp_buffer **bucket = bucket_of(b->data);
    pthread_mutex_lock(&lock);
    *b = (struct trp_buffer){.next = *bucket, .whole = whole, .bytes = bytes, .holds = 1};
    *bucket = b;
    pthread_mutex_unlock(&lock);
    return b;
}

bool trp_buffer_keep(const void *data)
{
    pthread_mutex_lock(&lock);
    struct trp_buffer *b = *find(data);
    if (b)
        b->holds++;
    pthread_mutex_unlock(&lock);
    return b;
}

bool trp_buffer_give(const void *data)
{
    pthread_mutex_lock(&lock);
    struct trp_buffer *b = *find(data);
    bool gives = b && b->given < b->holds;
    if (gives) {
        b->given++;
        trp_buffers_given++;
    }
    pthread_mutex_unlock(&lock);
    return gives;
}

struct trp_buffer *trp_buffer_claim(const void *data)
{
    pthread_mutex_lock(&lock);
    struct trp_buffer *b = *find(data);
    if (b && b->given) {
        b->given--;
        trp_buffers_given--;
    } else {
        b = NULL;
    }
    pthread_mutex_unlock(&lock);
    return b;
}

bool trp_buffer_release(const void *data)
{
    pthread_mutex_lock(&lock);
    struct trp_buffer **link = find(data), *b = *link;
    bool has = b && b->holds > b->given, last = has && --b->holds == 0;
    if (last)
        *link = b->next;
    pthread_mutex_unlock(&lock);
    if (!last)
        return has;
    if (b->whole >= TRP_LARGE_BYTES)
        trp_large_free(b, b->whole);
    else
        free(b);
    return true;
}

void trp_buffer_drop(struct trp_buffer *buffer)
{
    trp_buffer_release(buffer->data);
}
