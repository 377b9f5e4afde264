#include "schedule/mail.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* ---- letters --------------------------------------------------------------------------------- */

void trp_letter_owes(struct trp_parcel *letter, struct trp_parcel *parcel)
{
    letter->peer = parcel->peer;
    letter->owed = parcel->owed;
    letter->owes = letter->used < parcel->owes ? letter->used : parcel->owes;
    parcel->owes -= letter->owes;
}

struct trp_parcel *trp_letter_taken(struct trp_rank *rank, const struct trp_record *record,
                                    struct trp_parcel *parcel)
{
    if (parcel != rank->spent || (const void *)record != parcel->bytes ||
        trp_record_bytes(record) != parcel->used)
        return NULL;
    rank->spent = NULL;
    parcel->at = 0;
    return parcel;
}

struct trp_parcel *trp_letter(struct trp_rank *rank, const struct trp_record *record,
                              struct trp_parcel *parcel)
{
    struct trp_parcel *taken = trp_letter_taken(rank, record, parcel);
    if (taken)
        return taken;
    size_t bytes = trp_record_bytes(record);
    struct trp_parcel *letter = trp_parcel_try(bytes);
    if (!letter)
        return NULL;
    memcpy(letter->bytes, record, bytes);
    letter->used = bytes;
    trp_letter_owes(letter, parcel);
    return letter;
}

struct trp_parcel *trp_letter_split(struct trp_parcel *letter, size_t bytes)
{
    struct trp_record *record = trp_letter_record(letter);
    size_t head = trp_record_head(record->kind);
    if (!record->words || trp_record_bytes(record) <= head + bytes)
        return NULL;
    struct trp_parcel *first = trp_parcel_try(head + bytes);
    if (!first)
        return NULL;
    memcpy(first->bytes, record, head + bytes);
    first->used = head + bytes;
    trp_letter_owes(first, letter);
    trp_letter_record(first)->words = (head + bytes) / 8;
    /* The others keep their place; the header moves over the arguments of the first. */
    record->words -= bytes / 8;
    memmove((char *)record + bytes, record, head);
    letter->at += bytes;
    return first;
}

/* ---- the queue ------------------------------------------------------------------------------- */

static void grow(struct trp_mail *mail)
{
    size_t room = mail->room ? 2 * mail->room : 64;
    struct trp_actor **grown = malloc(room * sizeof(struct trp_actor *));
    if (!grown)
        trp_die("no memory for a list of %zu actors", room);
    for (size_t i = 0; i < mail->count; i++)
        grown[i] = mail->actors[(mail->first + i) % mail->room];
    free(mail->actors);
    *mail = (struct trp_mail){.actors = grown, .count = mail->count, .room = room};
}

void trp_mail_list(struct trp_rank *rank, struct trp_actor *actor)
{
    struct trp_mail *mail = &rank->mail;
    if (actor->listed || !trp_mailbox_has_any(actor) || trp_actor_is_full(actor) ||
        actor->life != TRP_LIFE_ALIVE)
        return;
    actor->listed = true;
    if (mail->count == mail->room)
        grow(mail);
    mail->actors[(mail->first + mail->count++) % mail->room] = actor;
}

void trp_mail_unlist(struct trp_rank *rank, struct trp_actor *actor)
{
    struct trp_mail *mail = &rank->mail;
    for (size_t i = 0; actor->listed && i < mail->count; i++) {
        struct trp_actor **place = &mail->actors[(mail->first + i) % mail->room];
        if (*place == actor) {
            *place = NULL;
            actor->listed = false;
        }
    }
}

struct trp_actor *trp_mail_next(struct trp_rank *rank)
{
    struct trp_mail *mail = &rank->mail;
    struct trp_actor *actor = NULL;
    while (mail->count && !actor) {
        actor = mail->actors[mail->first];
        mail->first = (mail->first + 1) % mail->room;
        mail->count--;
    }
    if (actor)
        actor->listed = false;
    return actor;
}
