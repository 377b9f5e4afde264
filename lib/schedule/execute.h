/*
 * Running methods: one at a time of each actor, on the loop's stack or on the actor's own worker.
 */
#ifndef TRP_EXECUTE_H
#define TRP_EXECUTE_H

#include <string.h>

#include "schedule/rank.h"

/* A call, stop or creation that has come for an actor: run now, or kept as a letter while it is in
   another call or others wait before it. */
void trp_execute(struct trp_rank *rank, struct trp_actor *actor, struct trp_record *record,
                 struct trp_parcel *parcel);

/* As trp_execute, now: the actor is free. The hold on the parcel is taken over. */
void trp_execute_now(struct trp_rank *rank, struct trp_actor *actor, struct trp_record *record,
                     struct trp_parcel *parcel);

/* Lets the first actor that has letters read one; false when there is none. */
bool trp_execute_mail(struct trp_rank *rank);

/* The context's function has ended: answers, releases what went with it, and frees its actor for
   the next call. On failure `value` is the story. */
void trp_conclude(struct trp_context *context, int status, const void *value);

/* The part of it that any thread does. */
void trp_conclude_call(struct trp_context *context, int status, const void *value);

/* The part for the scheduler's thread: the actor is in no call any more. */
void trp_conclude_actor(struct trp_rank *rank, struct trp_actor *actor);

/* Arguments are the method's until it returns; a debug build shows who keeps them for longer. */
static inline void trp_execute_poison(const struct trp_context *c)
{
#ifdef TROUPE_DEBUG
    memset(c->args, 0xdb, c->method->signature->args.size);
#else
    (void)c;
#endif
}

/* Those of the calls of a row, from `first` on, that have been run. */
static inline void trp_execute_poison_row(const struct trp_context *c, const char *first,
                                          const char *end, size_t stride)
{
#ifdef TROUPE_DEBUG
    for (; first < end; first += stride)
        memset((char *)(uintptr_t)first, 0xdb, c->method->signature->args.size);
#else
    (void)c, (void)first, (void)end, (void)stride;
#endif
}

/* Nothing is left to do but to free the actor, */
static inline bool trp_execute_is_plain(const struct trp_context *c)
{
    return trp_context_is_bare(c) && c->actor->life == TRP_LIFE_ALIVE &&
           !trp_mailbox_has_any(c->actor);
}

/* which is this; the hold on the parcel stays. */
static inline void trp_execute_end_plain(struct trp_context *c)
{
    trp_execute_poison(c);
    c->actor->running = NULL;
}

/* What an answer of it takes is known, and little. */
static inline bool trp_answers_small(const struct troupe_signature *s)
{
    return s->args.flat && s->result->flat && s->result->size <= 16;
}

/* Answers a call that cannot be run; one that nobody waits for is logged. */
void trp_refuse(struct trp_rank *rank, const struct trp_record *record, int caller, int status,
                const char *story);

/* As trp_refuse: there was no memory for it here. */
void trp_refuse_memory(struct trp_rank *rank, const struct trp_record *record, int caller);

/* What actor->running is while the actor's own worker runs its method. */
extern struct trp_context trp_elsewhere;

#endif
