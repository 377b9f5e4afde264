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
    if (memory || *bytes > PTRDIFF_MAX - TRP_LARGE_ALIGNED)
        return memory;
    size_t lines = (*bytes + TRP_LARGE_ALIGNED - 1) / TRP_LARGE_ALIGNED;
    return aligned_alloc(TRP_LARGE_ALIGNED, lines * TRP_LARGE_ALIGNED);
}

static void keep(void *memory, size_t bytes)
{
    while (count && (count == KEPT_MAX || total + bytes > KEPT_BYTES))
        free(take(count - 1));
    memmove(&kept[1], &kept[0], count * sizeof *kept);
    kept[0].memory = memory;
    kept[0].bytes = bytes;
    total += bytes;
    count++;
}

void trp_large_free(void *memory, size_t bytes)
{
    if (bytes > KEPT_BYTES) {
        free(memory);
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
        free(take(count - 1));
    pthread_mutex_unlock(&lock);
}
