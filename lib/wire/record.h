/*
 * What parcels are made of: records, one after the other, each a header and its values.
 *
 * A record is a multiple of 8 bytes long and starts at a multiple of 8. Its header is as long as
 * its kind needs: two words for the frequent ones, so that a tell of two numbers is 32 bytes, and
 * the tells of one method to one actor that follow it add only their arguments to the same record.
 */
#ifndef TRP_RECORD_H
#define TRP_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum trp_record_kind {
    /* Headers of two words. */
    TRP_RECORD_TELL = 1, /* a method of an actor: slot, actor; arguments, maybe of many tells */
    TRP_RECORD_ANSWER,   /* the value of a future, which is in `serial` */
    TRP_RECORD_CREDIT,   /* so many bytes, in `serial`, of what came from there are done with */
    /* Of two, and then many of the same: the bytes of each are in `serial`, and each is what stands
       behind the first word of the single one. */
    TRP_RECORD_TELLS,   /* one method of any actors that one rank made: their serials, arguments */
    TRP_RECORD_ASKS,    /* as TELLS: serial, future, arguments */
    TRP_RECORD_ANSWERS, /* future, value */
    /* Of three. */
    TRP_RECORD_ASK,      /* as TELL, of one: the answer is for `future` */
    /* Of four. */
    TRP_RECORD_CREATE,   /* a new actor: slot is the class's id */
    TRP_RECORD_TASK,     /* slot is the task's number */
    TRP_RECORD_CALL_OFF, /* a task is cancelled: future, as it was sent with */
    TRP_RECORD_FAILED,   /* an answer, too: number is the status, the body the story */
    TRP_RECORD_STOP,     /* an actor is to end after what came before; body: by whom */
    TRP_RECORD_KILL,     /* an actor is to end now; body: by whom */
    TRP_RECORD_WATCH,    /* a future of an actor's end */
    TRP_RECORD_LIMIT,    /* to be created: number says how many calls may wait; see limit.h */
    TRP_RECORD_ADMIT,    /* the next call is from one who waits until it is accepted: future */
    TRP_RECORD_FREED,    /* to its creator: the index of an ended actor may be used again */
    TRP_RECORD_CLAIM,    /* to a name's home: slot is the class; body: the name */
    TRP_RECORD_VERDICT,  /* from there to the host: number is 0, and future how many have had the
                            name, or the body says who has it */
    TRP_RECORD_LOOKUP,   /* to a name's home: slot is the class; body: the name */
    TRP_RECORD_FORGET,   /* to a name's home: that lookup has timed out; body: the name */
    TRP_RECORD_RELEASE,  /* to a name's home: the actor has ended; body: the name */
    TRP_RECORD_RELEASED, /* from there to the host: the name is free */
    TRP_RECORD_ALARM,    /* to this rank: a tell for later; see schedule/alarms.h */
    TRP_RECORD_CANCEL,   /* to this rank: no more of that */
    TRP_RECORD_DEADLINE, /* to this rank: a future of it is to have its outcome in time */
    TRP_RECORD_GRANTED,  /* to this rank: what a new actor has waited for is its own */
    TRP_RECORD_GIFT,     /* tasks that have waited elsewhere; body: their records */
    TRP_RECORD_MOVED,    /* to who submitted tasks: they are here now; body: see steal.c */
    TRP_RECORD_GROUP,    /* a word about a group of places: see schedule/groups.h */
    TRP_RECORD_DONE,     /* to this rank: the method of an actor on a worker has ended */
    TRP_RECORD_EXIT,     /* to rank 0: the job is to end now, number is its status */
    TRP_RECORD_PROBE,    /* rank 0 asks: what have you sent and received? */
    TRP_RECORD_COUNTS,   /* the answer to that */
    TRP_RECORD_LEVEL,    /* rank 0 says: end the actors of depth number; answered by COUNTS */
    TRP_RECORD_END,      /* the job is over */
    TRP_RECORD_HUNGRY,   /* the sender has no task to run; body: what it has free */
    TRP_RECORD_ENDING,   /* the job is told to end, by the signal in number */
    TRP_RECORD_NEWS,     /* to rank 0: see schedule/news.h */
};

enum trp_record_flags {
    TRP_RECORD_CUT = 1,  /* the body is missing: there was no memory for it */
    TRP_RECORD_BULK = 2, /* instead of it there is a notice, and it comes as bulk */
    TRP_RECORD_URGENT = 4, /* it overtakes all that is not, and is in order with what is */
};

#define TRP_RECORD_WORDS_MAX ((1u << 16) - 1)
#define TRP_SLOTS_MAX ((1u << 11) - 1) /* methods of a class, classes, tasks; as a slot: none */
#define TRP_RECORD_FROM_MAX ((1u << 8) - 1)
#define TRP_RANKS_MAX (1u << 20)

struct trp_record {
    uint64_t words : 16; /* of 8 bytes, all of it; 0: in one more word behind the header */
    uint64_t kind : 6;
    uint64_t flags : 3;
    uint64_t slot : 11;
    uint64_t from : 8;     /* of a call: who calls; see schedule/counts.h */
    uint64_t creator : 20; /* the actor: rank that made it (TASK: that gets the answer), */
    uint64_t serial;       /* and index and generation, as in its handle */
    uint64_t future;       /* on the rank it came from (FAILED: on the one it goes to) */
    int64_t number;        /* EXIT, END, FAILED: status; TASK, CREATE: what is asked for */
};

/* The first word, in one piece: fields that are written one by one would be waited for by who then
   copies the word. */
static inline uint64_t trp_record_word(enum trp_record_kind kind, uint64_t slot, uint64_t creator,
                                       uint64_t from)
{
    return (uint64_t)kind << 16 | slot << 25 | from << 36 | creator << 44;
}

/* Its header was written with no length: now it ends, in a parcel of the usual size. */
static inline void trp_record_close(struct trp_record *record, size_t bytes)
{
    *(uint64_t *)(void *)record += bytes / 8; /* as trp_record_word has it */
}

/* Bytes of the header of records of a kind, but for the word of a long one. */
static inline size_t trp_record_head(unsigned kind)
{
    return kind <= TRP_RECORD_ANSWERS ? 16 : kind == TRP_RECORD_ASK ? 24 : 32;
}

static inline int trp_record_is_many(const struct trp_record *record)
{
    return record->kind >= TRP_RECORD_TELLS && record->kind <= TRP_RECORD_ANSWERS;
}

/* A single record, not closed yet, becomes the first of many, each of so many bytes; it is 8 bytes
   longer then. */
static inline void trp_record_make_many(struct trp_record *record, enum trp_record_kind many,
                                        size_t each)
{
    char *first = (char *)record + 8;
    memmove(first + 8, first, each);
    record->kind = many;
    record->serial = each;
}

/* The values behind the header. */
static inline void *trp_record_body(const struct trp_record *record)
{
    char *end = (char *)(uintptr_t)record + trp_record_head(record->kind);
    return record->words ? end : end + 8;
}

static inline uint64_t trp_record_bytes(const struct trp_record *record)
{
    uint64_t bytes;
    if (record->words)
        return 8 * (uint64_t)record->words;
    memcpy(&bytes, (const char *)record + trp_record_head(record->kind), 8);
    return bytes;
}

static inline size_t trp_record_body_size(const struct trp_record *record)
{
    size_t head = (size_t)((char *)trp_record_body(record) - (const char *)record);
    return trp_record_bytes(record) - head;
}

/* Bytes that each tell of values without pointers adds to a record. */
static inline size_t trp_tell_bytes(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

/* Bytes of a record with that body, rounded up; SIZE_MAX when there is no such number. */
static inline size_t trp_record_whole(unsigned kind, size_t body)
{
    if (body > SIZE_MAX / 2)
        return SIZE_MAX;
    size_t bytes = trp_record_head(kind) + ((body + 7) & ~(size_t)7);
    return bytes / 8 > TRP_RECORD_WORDS_MAX ? bytes + 8 : bytes;
}

/* Writes the header of a record of so many bytes, as trp_record_whole has it. */
static inline void trp_record_begin(struct trp_record *record, const struct trp_record *head,
                                    size_t bytes)
{
    size_t size = trp_record_head(head->kind);
    uint64_t whole = bytes;
    memcpy(record, head, size);
    record->words = bytes / 8 <= TRP_RECORD_WORDS_MAX ? bytes / 8 : 0;
    if (!record->words)
        memcpy((char *)record + size, &whole, 8);
}

/* What is kept of a record that there is no memory for: who it was for. Returns its bytes. */
static inline size_t trp_record_cut(void *to, const void *beginning)
{
    struct trp_record *record = to;
    memmove(to, beginning, 8);
    size_t size = trp_record_head(record->kind);
    memmove(record, beginning, size);
    record->flags |= TRP_RECORD_CUT;
    record->words = size / 8;
    return size;
}

/* It overtakes what is not: calls that are declared so, and what the runtime must hear of soon. */
static inline bool trp_record_is_urgent(const struct trp_record *record)
{
    return record->flags & TRP_RECORD_URGENT || record->kind == TRP_RECORD_FAILED ||
           record->kind == TRP_RECORD_EXIT || record->kind == TRP_RECORD_ENDING;
}

/* What the end of the job is found out with is not counted among what was sent. */
static inline int trp_record_counts(const struct trp_record *record)
{
    return record->kind < TRP_RECORD_PROBE && record->kind != TRP_RECORD_CREDIT;
}

#endif
