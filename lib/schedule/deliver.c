#include "schedule/deliver.h"

#include <string.h>

#include "base/log.h"
#include "schedule/alarms.h"
#include "schedule/bulk.h"
#include "schedule/deadlines.h"
#include "schedule/ending.h"
#include "schedule/execute.h"
#include "schedule/groups.h"
#include "schedule/life.h"
#include "schedule/limit.h"
#include "schedule/names.h"
#include "schedule/news.h"
#include "schedule/quiet.h"
#include "schedule/steal.h"
#include "schedule/tasks.h"
#include "schedule/workers.h"
#include "troupe/status.h"

/* What is for an actor: by its life, and by what it is. */
static void deliver_to_actor(struct trp_rank *rank, struct trp_record *record,
                             struct trp_parcel *parcel)
{
    struct troupe_ref ref = trp_record_ref(record, rank->rank);
    struct trp_actor *actor = trp_actors_find(&rank->actors, ref);
    if (record->kind == TRP_RECORD_WATCH) {
        trp_life_watch(rank, actor, record, parcel->peer);
    } else if (record->kind == TRP_RECORD_ADMIT) {
        trp_limit_admit(rank, actor, record, parcel->peer);
    } else if (record->kind == TRP_RECORD_LIMIT) {
        if (actor)
            trp_limit_set(rank, actor, record);
    } else if (record->kind == TRP_RECORD_KILL) {
        if (actor)
            trp_life_kill(rank, actor, record);
    } else if (!actor || actor->life == TRP_LIFE_ENDING) {
        trp_life_refuse(rank, actor, record, parcel->peer);
    } else {
        trp_execute(rank, actor, record, parcel);
    }
}

/* The worker's part of the call is over, and nothing else could end the actor meanwhile. */
static void deliver_done(struct trp_rank *rank, const struct trp_record *record)
{
    struct troupe_ref ref = trp_record_ref(record, rank->rank);
    trp_workers_done(rank, trp_actors_find(&rank->actors, ref), record);
}

static void deliver_answer(struct trp_rank *rank, const struct trp_record *record)
{
    bool failed = record->kind == TRP_RECORD_FAILED;
    uint64_t future = failed ? record->future : record->serial;
    trp_future_resolve(trp_futures_of(rank, future), future,
                       failed ? (int)record->number : TROUPE_OK, trp_record_body(record),
                       trp_record_body_size(record));
}

static void deliver_freed(struct trp_rank *rank, const struct trp_record *record, int host)
{
    struct troupe_ref ended = trp_record_ref(record, host);
    if (record->future)
        trp_ties_remove(&rank->ties, (uint32_t)record->future, ended);
    if (record->number)
        trp_actors_reuse(&rank->actors, ended);
}

/* A message that there was no memory for: whoever waits for an answer is told. */
static void deliver_cut(struct trp_rank *rank, struct trp_record *record, int from)
{
    const char *story = "there is no memory for an answer of that size";
    if (record->kind == TRP_RECORD_ANSWER)
        trp_future_resolve(trp_futures_of(rank, record->serial), record->serial, TROUPE_NO_MEMORY,
                           story, strlen(story) + 1);
    else if (record->kind == TRP_RECORD_TELL || record->kind == TRP_RECORD_ASK)
        trp_refuse_memory(rank, record, from);
    else if (record->kind == TRP_RECORD_TASK)
        trp_refuse_memory(rank, record, (int)record->creator);
    else if (record->kind == TRP_RECORD_CREATE)
        trp_life_stillborn(rank, record);
    else
        trp_die("no memory for a message of the largest kind from rank %d", from);
}

__attribute__((noinline)) static void deliver_other(struct trp_rank *rank,
                                                   struct trp_record *record,
                                                   struct trp_parcel *parcel)
{
    if (record->creator >= (uint32_t)rank->ranks)
        trp_die("a message from rank %d names rank %u", parcel->peer, record->creator);
    if (record->flags & TRP_RECORD_CUT) {
        deliver_cut(rank, record, parcel->peer);
        return;
    }
    if (record->flags & TRP_RECORD_BULK) {
        trp_bulk_announced(rank, record, parcel->peer);
        return;
    }
    switch (record->kind) {
    case TRP_RECORD_TELL:
    case TRP_RECORD_ASK:
    case TRP_RECORD_STOP:
    case TRP_RECORD_KILL:
    case TRP_RECORD_WATCH:
    case TRP_RECORD_LIMIT:
    case TRP_RECORD_ADMIT:
        deliver_to_actor(rank, record, parcel);
        break;
    case TRP_RECORD_CREATE:
        trp_life_create(rank, record, parcel);
        break;
    case TRP_RECORD_TASK:
        trp_workers_submit(rank, record, parcel);
        break;
    case TRP_RECORD_GIFT:
    case TRP_RECORD_MOVED:
    case TRP_RECORD_HUNGRY:
        trp_steal_deliver(rank, record, parcel);
        break;
    case TRP_RECORD_GROUP:
        trp_groups_deliver(rank, record, parcel->peer);
        break;
    case TRP_RECORD_CALL_OFF:
        trp_task_called_off(rank, record, parcel->peer);
        break;
    case TRP_RECORD_ANSWER:
    case TRP_RECORD_FAILED:
        deliver_answer(rank, record);
        break;
    case TRP_RECORD_CREDIT:
        trp_credit_done(rank, parcel->peer, record->serial);
        break;
    case TRP_RECORD_FREED:
        deliver_freed(rank, record, parcel->peer);
        break;
    case TRP_RECORD_CLAIM:
        trp_names_claim(rank, record, parcel->peer);
        break;
    case TRP_RECORD_VERDICT:
        trp_life_verdict(rank, record);
        break;
    case TRP_RECORD_LOOKUP:
        trp_names_lookup(rank, record, parcel->peer);
        break;
    case TRP_RECORD_FORGET:
        trp_names_forget(rank, record, parcel->peer);
        break;
    case TRP_RECORD_RELEASE:
        trp_names_release(rank, record);
        break;
    case TRP_RECORD_RELEASED:
        trp_life_released(rank, record);
        break;
    case TRP_RECORD_ALARM:
        trp_alarms_set(rank, record);
        break;
    case TRP_RECORD_CANCEL:
        trp_alarms_cancel(rank, record->future);
        break;
    case TRP_RECORD_DEADLINE:
        trp_deadlines_set(rank, record);
        break;
    case TRP_RECORD_GRANTED:
        trp_life_granted(rank, record);
        break;
    case TRP_RECORD_DONE:
        deliver_done(rank, record);
        break;
    case TRP_RECORD_NEWS:
        trp_news_deliver(rank, record, parcel->peer);
        break;
    case TRP_RECORD_EXIT:
    case TRP_RECORD_PROBE:
    case TRP_RECORD_COUNTS:
    case TRP_RECORD_LEVEL:
    case TRP_RECORD_END:
        trp_quiet_deliver(rank, record, parcel->peer);
        break;
    case TRP_RECORD_ENDING:
        trp_ending_deliver(rank, record);
        break;
    default:
        trp_die("a message from rank %d is of unknown kind %u", parcel->peer, record->kind);
    }
}

/* The frequent answer, at once. */
static inline bool deliver_small(struct trp_rank *rank, const struct trp_record *record)
{
    return record->kind == TRP_RECORD_ANSWER && !record->flags && record->words &&
           trp_future_resolve_small(&rank->futures, record->serial, (const char *)record + 16,
                                    8 * (size_t)record->words - 16);
}

__attribute__((noinline)) static void deliver_any(struct trp_rank *rank,
                                                  struct trp_record *record,
                                                  struct trp_parcel *parcel)
{
    if (rank->line_count && trp_bulk_holds(rank, record, parcel))
        return;
    if (!deliver_small(rank, record))
        deliver_other(rank, record, parcel);
}

static inline bool is_usual_call(const struct trp_rank *rank, const struct trp_record *record)
{
    return (record->kind == TRP_RECORD_TELL || record->kind == TRP_RECORD_ASK) &&
           !record->flags && !rank->line_count && record->creator < (uint32_t)rank->ranks;
}

/* Both calls are the last thing done, so that the frequent case, a call of an actor that is here,
   saves nothing on the stack. */
void trp_deliver(struct trp_rank *rank, struct trp_record *record, struct trp_parcel *parcel)
{
    struct trp_actor *actor = NULL;
    if (is_usual_call(rank, record))
        actor = trp_actors_peek(&rank->actors, record->creator, record->serial);
    if (actor && actor->life == TRP_LIFE_ALIVE)
        trp_execute(rank, actor, record, parcel);
    else
        deliver_any(rank, record, parcel);
}

/* ---- ahead of delivery ----------------------------------------------------------------------- */

#define AHEAD 16 /* records; their cache misses overlap */

static bool is_call(const struct trp_record *record)
{
    return (record->kind == TRP_RECORD_TELL || record->kind == TRP_RECORD_ASK) && record->words;
}

/* Two rounds: where the actors' addresses are, then the actors. Nothing here is believed. */
void trp_deliver_soon(struct trp_rank *rank, struct trp_parcel *parcel)
{
    const trp_actor_place *places[AHEAD];
    size_t at = parcel->at, count = 0;
    for (; count < AHEAD && at + 64 < parcel->used; count++) {
        const struct trp_record *record = (const void *)(parcel->bytes + at);
        if (!is_call(record) || record->creator >= (uint32_t)rank->ranks)
            break;
        places[count] = trp_actors_place(&rank->actors, record->creator, record->serial);
        __builtin_prefetch(places[count]);
        at += 8 * (size_t)record->words;
    }
    for (size_t i = 0; i < count && count > 2; i++)
        if (places[i])
            __builtin_prefetch((const void *)(uintptr_t)*places[i], 1);
    parcel->ahead = count > 2 ? at : parcel->used;
}
