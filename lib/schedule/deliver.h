/*
 * A record arrives: at the actor, the worker, the future or the runtime that it is for.
 */
#ifndef TRP_DELIVER_H
#define TRP_DELIVER_H

#include "schedule/rank.h"

/* The parcel holds the record; who needs it for longer holds the parcel. */
void trp_deliver(struct trp_rank *rank, struct trp_record *record, struct trp_parcel *parcel);

/* Lets the first actor that has letters read one. */
void trp_deliver_mail(struct trp_rank *rank);

/* The context's function has ended: answers, releases what went with it, and frees its actor for
   the next call. On failure `value` is the story. */
void trp_conclude(struct trp_context *context, int status, const void *value);

/* Who is running, for messages: "progress(1:4).report", "sample_circle on rank 2", "driver". */
void trp_context_name(struct trp_context *context, char *text, size_t size);

/* The actor's repr. Of one that is elsewhere, or not yet here: what its handle tells. */
void trp_actor_name(struct trp_rank *rank, struct trp_actor *actor, char *text, size_t size);

/* Runs the destructors of the class and its bases. */
void trp_destroy(struct trp_rank *rank, struct trp_actor *actor);

#endif
