#include "raw_exchange.h"

#include <stdlib.h>

#include "raw_world.h"

#define RECEIVES 16

static struct raw_post receives[RECEIVES];
static int next; /* the one that was posted first */
static raw_taker *take;

static bool is_alone(void)
{
    return raw_world_ranks() == 1;
}

void raw_exchange_open(raw_taker *taker)
{
    take = taker;
    next = 0;
    for (int i = 0; i < RECEIVES && !is_alone(); i++) {
        MPI_Recv_init(receives[i].words, RAW_WORDS, MPI_UINT64_T, MPI_ANY_SOURCE, MPI_ANY_TAG,
                      raw_world_comm(), &receives[i].request);
        MPI_Start(&receives[i].request);
    }
    raw_world_meet();
}

/* All that was sent has been taken: nothing is cancelled but receives that stand ready. */
void raw_exchange_close(void)
{
    raw_world_meet();
    for (int i = 0; i < RECEIVES && !is_alone(); i++) {
        MPI_Cancel(&receives[i].request);
        MPI_Wait(&receives[i].request, MPI_STATUS_IGNORE);
        MPI_Request_free(&receives[i].request);
    }
}

struct raw_post *raw_posts_new(size_t count)
{
    struct raw_post *posts = malloc(count * sizeof *posts);
    if (!posts)
        abort();
    for (size_t i = 0; i < count; i++)
        posts[i].request = MPI_REQUEST_NULL;
    return posts;
}

void raw_post_send(struct raw_post *post, int to, int kind, size_t count)
{
    if (to == raw_world_rank())
        take(to, kind, post->words, count);
    else
        MPI_Isend(post->words, (int)count, MPI_UINT64_T, to, kind, raw_world_comm(),
                  &post->request);
}

bool raw_post_is_off(struct raw_post *post)
{
    int off = 1;
    if (!is_alone())
        MPI_Test(&post->request, &off, MPI_STATUS_IGNORE);
    return off;
}

bool raw_exchange_look(void)
{
    int came, count;
    MPI_Status status;
    struct raw_post *head = &receives[next];
    if (is_alone())
        return false;
    MPI_Test(&head->request, &came, &status);
    if (!came)
        return false;
    MPI_Get_count(&status, MPI_UINT64_T, &count);
    take(status.MPI_SOURCE, status.MPI_TAG, head->words, (size_t)count);
    MPI_Start(&head->request);
    next = (next + 1) % RECEIVES;
    return true;
}
