/*
 * Letters: calls that must wait, because their actor is in another one or too many methods wait.
 *
 * A letter is a parcel of one record, in the actor's mailbox. Actors that are free and have letters
 * stand in a queue.
 */
#ifndef TRP_MAIL_H
#define TRP_MAIL_H

#include "schedule/rank.h"

/* The record, out of that parcel, in one of its own; NULL when memory is short. */
struct trp_parcel *trp_letter(struct trp_rank *rank, const struct trp_record *record,
                              struct trp_parcel *parcel);

/* The parcel itself, with the only hold of it, if nothing else was in it; or NULL. */
struct trp_parcel *trp_letter_taken(struct trp_rank *rank, const struct trp_record *record,
                                    struct trp_parcel *parcel);

/* The letter was a part of the parcel: its bytes are done with when the letter is. */
void trp_letter_owes(struct trp_parcel *letter, struct trp_parcel *parcel);

/* The record of a letter. */
static inline struct trp_record *trp_letter_record(struct trp_parcel *letter)
{
    return (struct trp_record *)(void *)(letter->bytes + letter->at);
}

/* Takes the first of the tells in a letter out of it, each `bytes` long: a letter of its own. NULL
   when it holds only one, or memory is short. */
struct trp_parcel *trp_letter_split(struct trp_parcel *letter, size_t bytes);

/* The actor is free: its letters, if any, are to be read. */
void trp_mail_list(struct trp_rank *rank, struct trp_actor *actor);
void trp_mail_unlist(struct trp_rank *rank, struct trp_actor *actor);

/* The next actor that is to read a letter, taken from the queue; NULL: none. */
struct trp_actor *trp_mail_next(struct trp_rank *rank);

#endif
