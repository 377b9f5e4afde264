#include "schedule/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor/classes.h"
#include "base/hash.h"
#include "base/log.h"
#include "schedule/execute.h"
#include "schedule/send.h"
#include "schedule/who.h"
#include "troupe/status.h"

#define BUCKETS 1024
#define FREE_MOST 4096 /* names that nobody has, of which it is known how many had them */

/* Somebody who looks for a name that nobody has yet. */
struct seeker {
    struct seeker *next;
    int rank;
    uint64_t future;
    uint32_t class_;
};

struct name {
    struct name *next;
    struct name *newer, *older; /* among those that nobody has and nobody looks for */
    bool free;                  /* it is there */
    struct troupe_ref ref; /* who has it; none: it is only looked for */
    uint32_t class_;
    uint32_t holders;      /* that it has had */
    struct seeker *seekers;
    char text[];
};

struct trp_names {
    struct name *buckets[BUCKETS];
    struct name *newest, *oldest; /* free ones, by when they came free */
    size_t free_count;
};

const struct troupe_type trp_handle_type = {
    "handle", TROUPE_KIND_HANDLE, true, sizeof(struct troupe_ref), 0, NULL, NULL};

void trp_names_open(struct trp_rank *rank)
{
    rank->names = calloc(1, sizeof *rank->names);
    if (!rank->names)
        trp_die("no memory for the table of names");
}

static void free_name(struct name *name)
{
    while (name->seekers) {
        struct seeker *seeker = name->seekers;
        name->seekers = seeker->next;
        free(seeker);
    }
    free(name);
}

void trp_names_close(struct trp_rank *rank)
{
    for (int i = 0; i < BUCKETS; i++)
        while (rank->names->buckets[i]) {
            struct name *name = rank->names->buckets[i];
            rank->names->buckets[i] = name->next;
            free_name(name);
        }
    free(rank->names);
}

/* ---- finding --------------------------------------------------------------------------------- */

static uint64_t hash(const char *text)
{
    return trp_hash(TRP_HASH_BEGIN, text, strlen(text));
}

int trp_name_home(const struct trp_rank *rank, const char *name)
{
    return (int)(hash(name) % (uint64_t)rank->ranks);
}

static struct name **find(struct trp_rank *rank, const char *text)
{
    struct name **link = &rank->names->buckets[(hash(text) >> 32) % BUCKETS];
    while (*link && strcmp((*link)->text, text))
        link = &(*link)->next;
    return link;
}

static void take_from_free(struct trp_names *names, struct name *name)
{
    if (!name->free)
        return;
    *(name->newer ? &name->newer->older : &names->newest) = name->older;
    *(name->older ? &name->older->newer : &names->oldest) = name->newer;
    name->newer = name->older = NULL;
    name->free = false;
    names->free_count--;
}

static void drop(struct trp_rank *rank, struct name *name)
{
    struct name **link = find(rank, name->text);
    *link = name->next;
    take_from_free(rank->names, name);
    free_name(name);
}

/* It is kept for a while, for how many have had it; the one that is free for longest is not. */
static void put_to_free(struct trp_rank *rank, struct name *name)
{
    struct trp_names *names = rank->names;
    name->older = names->newest;
    *(names->newest ? &names->newest->newer : &names->oldest) = name;
    names->newest = name;
    name->free = true;
    if (++names->free_count > FREE_MOST)
        drop(rank, names->oldest);
}

/* It is not free any more. */
static struct name *find_or_make(struct trp_rank *rank, const char *text)
{
    struct name **link = find(rank, text);
    if (!*link) {
        *link = calloc(1, sizeof **link + strlen(text) + 1);
        if (!*link)
            trp_die("no memory for the name %s", text);
        strcpy((*link)->text, text);
    }
    take_from_free(rank->names, *link);
    return *link;
}

/* ---- answering ------------------------------------------------------------------------------- */

static void name_holder(const struct trp_rank *rank, const struct name *name, char *who,
                        size_t size)
{
    trp_ref_name(rank, name->ref, trp_class_by_id(name->class_), who, size);
}

static void answer_holder(struct trp_rank *rank, const struct name *name, int to, uint64_t future,
                          uint32_t wanted)
{
    const struct troupe_class *has = trp_class_by_id(name->class_), *want = trp_class_by_id(wanted);
    struct trp_record head = {.kind = TRP_RECORD_ANSWER, .serial = future};
    struct trp_record failed = {
        .kind = TRP_RECORD_FAILED, .number = TROUPE_INVALID, .future = future};
    if (trp_class_is_a(has, want)) {
        trp_send_bytes(rank, to, &head, &name->ref, sizeof name->ref);
        return;
    }
    char who[TRP_WHO_SIZE], story[2 * TRP_WHO_SIZE];
    name_holder(rank, name, who, sizeof who);
    snprintf(story, sizeof story, "the name '%.100s' is that of %s, which is no %s", name->text,
             who, want ? want->name : "known class");
    trp_send_bytes(rank, to, &failed, story, strlen(story) + 1);
}

static void send_verdict(struct trp_rank *rank, const struct trp_record *claim, int status,
                         uint32_t before, const char *text)
{
    struct trp_record head = {.kind = TRP_RECORD_VERDICT,
                              .creator = claim->creator,
                              .serial = claim->serial,
                              .future = before,
                              .number = status};
    trp_send_bytes(rank, (int)claim->number, &head, text, strlen(text) + 1);
}

static void answer_seekers(struct trp_rank *rank, struct name *name)
{
    while (name->seekers) {
        struct seeker *seeker = name->seekers;
        name->seekers = seeker->next;
        answer_holder(rank, name, seeker->rank, seeker->future, seeker->class_);
        free(seeker);
    }
}

/* ---- what comes ------------------------------------------------------------------------------ */

void trp_names_claim(struct trp_rank *rank, const struct trp_record *record, int from)
{
    struct name *name = find_or_make(rank, trp_record_body(record));
    bool taken = !trp_ref_none(name->ref);
    if (!taken) {
        name->ref = trp_record_ref(record, (int32_t)record->number);
        name->ref.place |= (uint64_t)record->number >> 32 << 30;
        name->class_ = record->slot;
        send_verdict(rank, record, TROUPE_OK, name->holders++, name->text);
        answer_seekers(rank, name);
    }
    if (record->future) {
        answer_holder(rank, name, from, record->future, record->slot);
    } else if (taken) {
        char who[TRP_WHO_SIZE], story[2 * TRP_WHO_SIZE];
        name_holder(rank, name, who, sizeof who);
        snprintf(story, sizeof story, "the name '%.100s' is taken by %s", name->text, who);
        send_verdict(rank, record, TROUPE_INVALID, 0, story);
    }
}

void trp_names_lookup(struct trp_rank *rank, const struct trp_record *record, int from)
{
    struct name *name = find_or_make(rank, trp_record_body(record));
    if (!trp_ref_none(name->ref)) {
        answer_holder(rank, name, from, record->future, record->slot);
        return;
    }
    struct seeker *seeker = malloc(sizeof *seeker);
    if (!seeker)
        trp_die("no memory for one who looks for %s", name->text);
    *seeker = (struct seeker){name->seekers, from, record->future, record->slot};
    name->seekers = seeker;
}

/* Nobody has it and nobody looks for it. */
static void tidy(struct trp_rank *rank, struct name *name)
{
    if (!trp_ref_none(name->ref) || name->seekers)
        return;
    if (name->holders)
        put_to_free(rank, name);
    else
        drop(rank, name);
}

/* The answer that it gets frees its future; one that was found meanwhile has had its answer. */
void trp_names_forget(struct trp_rank *rank, const struct trp_record *record, int from)
{
    struct name **link = find(rank, trp_record_body(record));
    struct seeker **s = *link ? &(*link)->seekers : NULL;
    while (s && *s && ((*s)->rank != from || (*s)->future != record->future))
        s = &(*s)->next;
    if (!s || !*s)
        return;
    const struct trp_record head = {
        .kind = TRP_RECORD_FAILED, .number = TROUPE_CANCELLED, .future = record->future};
    trp_send_bytes(rank, from, &head, "", 1);
    struct seeker *seeker = *s;
    *s = seeker->next;
    free(seeker);
    tidy(rank, *link);
}

/* The host is told in any case: it waits for that. */
void trp_names_release(struct trp_rank *rank, const struct trp_record *record)
{
    struct name **link = find(rank, trp_record_body(record)), *name = *link;
    struct troupe_ref ref = trp_record_ref(record, (int)record->number);
    if (name && trp_ref_same(name->ref, ref)) {
        name->ref = (struct troupe_ref){0, 0};
        tidy(rank, name);
    }
    const struct trp_record head = trp_record_for(ref, TRP_RECORD_RELEASED);
    trp_send_bytes(rank, (int)record->number, &head, "", 0);
}

bool trp_names_holder(struct trp_rank *rank, const char *text, struct troupe_ref *ref,
                      uint32_t *class_)
{
    const struct name *name = *find(rank, text);
    if (!name || trp_ref_none(name->ref))
        return false;
    *ref = name->ref;
    *class_ = name->class_;
    return true;
}
