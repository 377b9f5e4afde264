#include "schedule/deadlines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "schedule/send.h"
#include "schedule/tasks.h"
#include "schedule/who.h"
#include "troupe/status.h"

#define FEWEST 64 /* that are swept */

/* The body of a record DEADLINE. */
struct about {
    double at, seconds;
    const struct troupe_signature *method;
    struct troupe_ref target;
};

struct trp_deadline {
    struct trp_timer timer;
    struct trp_deadline *next, **link; /* among the rank's */
    struct trp_rank *rank;
    uint64_t future;
    struct about about;
};

void trp_deadline_send(struct trp_rank *rank, const struct trp_context *from, uint64_t future,
                       const struct troupe_signature *method, struct troupe_ref target,
                       double seconds)
{
    const struct trp_record head = {.kind = TRP_RECORD_DEADLINE, .future = future};
    const struct about about = {trp_now() + seconds, seconds, method, target};
    trp_send_bytes_from(rank, from, rank->rank, &head, &about, sizeof about);
}

static void end(struct trp_deadline *deadline)
{
    struct trp_rank *rank = deadline->rank;
    trp_timers_remove(&rank->timers, &deadline->timer);
    *deadline->link = deadline->next;
    if (deadline->next)
        deadline->next->link = deadline->link;
    rank->deadline_count--;
    free(deadline);
}

static void tell(const struct trp_rank *rank, const struct about *about, int task_host, char *text,
                 size_t size)
{
    char who[TRP_WHO_SIZE];
    if (task_host >= 0) {
        snprintf(text, size, "task %s on rank %d was not done within %g s, and is cancelled",
                 about->method->name, task_host, about->seconds);
        return;
    }
    trp_ref_name(rank, about->target, NULL, who, sizeof who);
    snprintf(text, size, "%s.%s was not answered within %g s by %s", about->method->owner,
             about->method->name, about->seconds, who);
}

static void fire(struct trp_timer *timer)
{
    struct trp_deadline *deadline = (struct trp_deadline *)(void *)timer; /* its first member */
    struct trp_rank *rank = deadline->rank;
    struct trp_futures *futures = trp_futures_of(rank, deadline->future);
    int host = trp_future_call_off(futures, deadline->future);
    char story[TRP_WHO_SIZE + 256];
    tell(rank, &deadline->about, host, story, sizeof story);
    trp_future_resolve(futures, deadline->future, TROUPE_LATE, story, strlen(story) + 1);
    if (host >= 0)
        trp_task_call_off(rank, host, deadline->future);
    end(deadline);
}

/* Each is looked at about twice in its life. */
static void sweep(struct trp_rank *rank)
{
    struct trp_deadline *next;
    for (struct trp_deadline *d = rank->deadlines; d; d = next) {
        next = d->next;
        if (trp_future_is_settled(trp_futures_of(rank, d->future), d->future))
            end(d);
    }
    rank->deadlines_swept = rank->deadline_count;
}

void trp_deadlines_set(struct trp_rank *rank, const struct trp_record *record)
{
    struct trp_deadline *deadline = malloc(sizeof *deadline);
    if (!deadline)
        trp_die("no memory for the time-out of a call");
    if (rank->deadline_count >= 2 * rank->deadlines_swept + FEWEST)
        sweep(rank);
    *deadline = (struct trp_deadline){.rank = rank,
                                      .future = record->future,
                                      .next = rank->deadlines,
                                      .link = &rank->deadlines};
    memcpy(&deadline->about, trp_record_body(record), sizeof deadline->about);
    if (rank->deadlines)
        rank->deadlines->link = &deadline->next;
    rank->deadlines = deadline;
    rank->deadline_count++;
    deadline->timer = (struct trp_timer){.at = deadline->about.at, .fire = fire};
    trp_timers_add(&rank->timers, &deadline->timer);
}

size_t trp_deadlines_idle(struct trp_rank *rank)
{
    size_t idle = 0;
    for (const struct trp_deadline *d = rank->deadlines; d; d = d->next)
        idle += !trp_future_is_awaited(trp_futures_of(rank, d->future), d->future);
    return idle;
}

void trp_deadlines_close(struct trp_rank *rank)
{
    while (rank->deadlines)
        end(rank->deadlines);
}
