#include "base/large.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The last used are kept, the latest first, as many as both bounds let. */
#define KEPT_MAX 4
#define KEPT_BYTES ((size_t)512 << 20)

static struct {
    void *memory;
    size_t bytes;
} kept[KEPT_MAX];
static unsigned count;
static size_t total;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Where it begins in its first page. What is large mostly begins with a page where it was, and in
   front of it here are headers: so what is copied here lies a little lower in its page than it did
   there. A little higher, and each load would wait for the store before it that has the same lowest
   12 bits of its address. */
#define PAGE 4096
#define HEADERS 128
#define LOWER 256

static size_t begins_at(size_t bytes)
{
    return bytes < TRP_LARGE_BYTES ? 0 : PAGE - HEADERS - LOWER;
}

static void *allocate(size_t bytes)
{
    if (bytes > PTRDIFF_MAX - 2 * PAGE)
        return NULL;
    size_t at = begins_at(bytes), aligned = at ? PAGE : TRP_LARGE_ALIGNED;
    char *memory = aligned_alloc(aligned, (at + bytes + aligned - 1) & ~(aligned - 1));
    return memory ? memory + at : NULL;
}

static void release(void *memory, size_t bytes)
{
    free((char *)memory - begins_at(bytes));
}

static void *take(unsigned i)
{
    void *memory = kept[i].memory;
    total -= kept[i].bytes;
    count--;
    memmove(&kept[i], &kept[i + 1], (count - i) * sizeof *kept);
    return memory;
}

/* Only what wastes less than half of it, so that what is kept is soon known to be useless. */
static void *find(size_t *bytes)
{
    for (unsigned i = 0; i < count; i++)
        if (kept[i].bytes >= *bytes && kept[i].bytes / 2 <= *bytes) {
            *bytes = kept[i].bytes;
            return take(i);
        }
    return NULL;
}

void *trp_large_new(size_t *bytes)
{
    pthread_mutex_lock(&lock);
    void *memory = find(bytes);
    pthread_mutex_unlock(&lock);
    return memory ? memory : allocate(*bytes);
}

static void release_last(void)
{
    size_t bytes = kept[count - 1].bytes;
    release(take(count - 1), bytes);
}

static void keep(void *memory, size_t bytes)
{
    while (count && (count == KEPT_MAX || total + bytes > KEPT_BYTES))
        release_last();
    memmove(&kept[1], &kept[0], count * sizeof *kept);
    kept[0].memory = memory;
    kept[0].bytes = bytes;
    total += bytes;
    count++;
}

void trp_large_free(void *memory, size_t bytes)
{
    if (bytes > KEPT_BYTES) {
        release(memory, bytes);
        return;
    }
    pthread_mutex_lock(&lock);
    keep(memory, bytes);
    pthread_mutex_unlock(&lock);
}

void trp_large_clear(void)
{
    pthread_mutex_lock(&lock);
    while (count)
        release_last();
    pthread_mutex_unlock(&lock);
}
