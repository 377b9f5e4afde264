#include "schedule/limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "schedule/execute.h"
#include "schedule/figures.h"
#include "schedule/mail.h"
#include "schedule/send.h"
#include "schedule/who.h"
#include "troupe/status.h"

static struct trp_limit *limit_of(struct trp_actor *actor)
{
    struct trp_actor_more *more = trp_actor_more(actor);
    if (!more->limit && !(more->limit = calloc(1, sizeof *more->limit)))
        trp_die("no memory for the limit of an actor");
    return more->limit;
}

static bool counts(const struct trp_record *record)
{
    return (record->kind == TRP_RECORD_TELL || record->kind == TRP_RECORD_ASK) &&
           !trp_record_is_urgent(record);
}

/* ---- who waits ------------------------------------------------------------------------------- */

static void push(struct trp_limit *limit, struct trp_watcher who)
{
    if (limit->count == limit->room) {
        size_t room = limit->room ? 2 * limit->room : 8;
        struct trp_watcher *grown = malloc(room * sizeof *grown);
        if (!grown)
            trp_die("no memory for a list of %zu callers", room);
        for (size_t i = 0; i < limit->count; i++)
            grown[i] = limit->waiting[(limit->first + i) % limit->room];
        free(limit->waiting);
        limit->waiting = grown;
        limit->first = 0;
        limit->room = room;
    }
    limit->waiting[(limit->first + limit->count++) % limit->room] = who;
}

static void let_go_on(struct trp_rank *rank, struct trp_watcher who)
{
    const struct trp_record head = {
        .kind = TRP_RECORD_ANSWER, .flags = TRP_RECORD_URGENT, .serial = who.future};
    trp_send_bytes(rank, who.rank, &head, "", 0);
}

/* The calls of those who wait have come, or are about to: they are not accepted yet. */
static bool has_room(const struct trp_limit *limit)
{
    return limit->most && limit->pending - (int64_t)limit->count < limit->most;
}

static void let_in(struct trp_rank *rank, struct trp_limit *limit, bool all)
{
    while (limit->count && (all || has_room(limit))) {
        let_go_on(rank, limit->waiting[limit->first]);
        limit->first = (limit->first + 1) % limit->room;
        limit->count--;
    }
}

/* ---- what comes and goes --------------------------------------------------------------------- */

void trp_limit_set(struct trp_rank *rank, struct trp_actor *actor, const struct trp_record *record)
{
    struct trp_limit *limit = limit_of(actor);
    limit->most = (uint32_t)record->number;
    limit->refuses = record->number & TRP_LIMIT_REFUSES;
    limit->pending = 0; /* of those that have outrun this */
    struct trp_parcel *const last = actor->more ? actor->more->mailbox : NULL, *letter = last;
    for (bool more = letter; more; more = letter != last) {
        letter = letter->next;
        limit->pending += counts(trp_letter_record(letter));
    }
    let_in(rank, limit, false);
}

void trp_limit_admit(struct trp_rank *rank, struct trp_actor *actor,
                     const struct trp_record *record, int from)
{
    struct trp_watcher who = {from, record->future};
    if (!actor || actor->life == TRP_LIFE_ENDING || has_room(limit_of(actor)))
        let_go_on(rank, who);
    else
        push(limit_of(actor), who);
}

bool trp_limit_refuses(struct trp_rank *rank, struct trp_actor *actor,
                       const struct trp_record *record, int from)
{
    struct trp_limit *limit = actor->more ? actor->more->limit : NULL;
    if (!limit || !counts(record))
        return false;
    if (!limit->refuses || limit->pending < limit->most) {
        limit->pending++;
        return false;
    }
    char who[TRP_WHO_SIZE], story[TRP_WHO_SIZE + 96];
    trp_ref_name(rank, trp_actor_ref(actor), actor->class_, who, sizeof who);
    snprintf(story, sizeof story, "%u calls wait for %s already (max_pending)", limit->most, who);
    trp_figures_refuse(rank, actor->class_, actor, record, from);
    trp_refuse(rank, record, from, TROUPE_FULL, story);
    return true;
}

void trp_limit_taken(struct trp_rank *rank, struct trp_actor *actor,
                     const struct trp_record *record)
{
    struct trp_limit *limit = actor->more ? actor->more->limit : NULL;
    if (!limit || !counts(record))
        return;
    limit->pending--;
    let_in(rank, limit, false);
}

void trp_limit_end(struct trp_rank *rank, struct trp_actor *actor)
{
    if (actor->more && actor->more->limit)
        let_in(rank, actor->more->limit, true);
}
