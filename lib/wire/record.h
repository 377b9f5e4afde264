/*
 * What parcels are made of: records, one after the other, each a header and its values.
 *
 * A record is a multiple of 8 bytes long and starts at a multiple of 8.
 */
#ifndef TRP_RECORD_H
#define TRP_RECORD_H

#include <stddef.h>
#include <stdint.h>

enum trp_record_kind {
    TRP_RECORD_CALL = 1, /* a method of an actor: slot, actor, future (0 for a tell) */
    TRP_RECORD_CREATE,   /* a new actor: slot is the class's id */
    TRP_RECORD_TASK,     /* slot is the task's number */
    TRP_RECORD_ANSWER,   /* status and value, or status and story, of a future */
    TRP_RECORD_STOP,     /* an actor is to end after what came before; body: by whom */
    TRP_RECORD_KILL,     /* an actor is to end now; body: by whom */
    TRP_RECORD_WATCH,    /* a future of an actor's end */
    TRP_RECORD_FREED,    /* to its creator: the index of an ended actor may be used again */
    TRP_RECORD_CLAIM,    /* to a name's home: slot is the class; body: the name */
    TRP_RECORD_VERDICT,  /* from there to the host: number is 0, or the body says who has it */
    TRP_RECORD_LOOKUP,   /* to a name's home: slot is the class; body: the name */
    TRP_RECORD_RELEASE,  /* to a name's home: the actor has ended; body: the name */
    TRP_RECORD_ALARM,    /* to this rank: a tell for later; see schedule/alarms.h */
    TRP_RECORD_CANCEL,   /* to this rank: no more of that */
    TRP_RECORD_DONE,     /* to this rank: the method of an actor on a worker has ended */
    TRP_RECORD_EXIT,     /* to rank 0: the job is to end now, number is its status */
    TRP_RECORD_PROBE,    /* rank 0 asks: what have you sent and received? */
    TRP_RECORD_COUNTS,   /* the answer to that */
    TRP_RECORD_LEVEL,    /* rank 0 says: end the actors of depth number; answered by COUNTS */
    TRP_RECORD_END,      /* the job is over */
    TRP_RECORD_CUT = 0x8000, /* with another: the body is missing, there was no memory for it */
};

struct trp_record {
    uint32_t words; /* of 8 bytes, this header included */
    uint16_t kind;
    uint16_t slot;
    uint32_t creator; /* the actor: rank that made it, */
    uint32_t index;   /* index among what that rank put here, */
    uint32_t generation;
    int32_t number;  /* ANSWER, END: status; TASK, CREATE: CPUs */
    uint64_t future; /* on the rank it came from (ANSWER: on the one it goes to) */
};

/* The values behind the header. */
static inline void *trp_record_body(const struct trp_record *record)
{
    return (void *)(uintptr_t)(record + 1);
}

static inline uint64_t trp_record_bytes(const struct trp_record *record)
{
    return 8 * (uint64_t)record->words;
}

static inline size_t trp_record_body_size(const struct trp_record *record)
{
    return trp_record_bytes(record) - sizeof *record;
}

/* What the end of the job is found out with is not counted among what was sent. */
static inline int trp_record_counts(const struct trp_record *record)
{
    return (record->kind & ~TRP_RECORD_CUT) < TRP_RECORD_PROBE;
}

#endif
