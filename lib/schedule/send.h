/*
 * Records on their way out: gathered in one parcel for each rank, this one too, until flushed.
 *
 * Any thread of the rank may send; what other threads send goes through the inbox to the thread in
 * the scheduler role. Order is kept from each thread to each rank.
 */
#ifndef TRP_SEND_H
#define TRP_SEND_H

#include <string.h>

#include "schedule/rank.h"

/* Sends head and the packed value. TROUPE_INVALID when the value is larger than a message can be,
   TROUPE_NO_MEMORY when there is no room for it now. `from` is the calling context, NULL in threads
   that have none. */
int trp_send(struct trp_rank *rank, const struct trp_context *from, int to,
             const struct trp_record *head, const struct troupe_type *type, const void *value);

#define TRP_NO_KEY UINT64_MAX

/* By what tells of one method to one actor are known, with the actor's serial. */
static inline uint64_t trp_tell_key(uint64_t creator, uint64_t slot)
{
    return creator << 16 | slot;
}

/* The frequent case of it, at once: a tell of values without pointers, from the scheduler's thread,
   into a parcel that has been begun. One that follows another of the same method to the same actor
   joins its record. False, and nothing done, if it is another case. */
static inline bool trp_tell(struct trp_rank *rank, struct troupe_ref to,
                            const struct troupe_method *method, const void *args)
{
    const struct troupe_type *type = &method->signature->args;
    uint32_t host = (uint32_t)(to.place >> 32) - 1;
    if (host >= (uint32_t)rank->ranks || !type->flat)
        return false;
    struct trp_outlet *out = &rank->outlets[host];
    struct trp_parcel *parcel = out->parcel;
    size_t bytes = trp_tell_bytes(type->size), head = trp_record_head(TRP_RECORD_TELL);
    if (!parcel || parcel->room - parcel->used < head + bytes)
        return false;
    uint64_t key = trp_tell_key((uint32_t)to.place, method->slot);
    char *end = (char *)parcel->bytes + parcel->used;
    if (out->key != key || out->serial != to.serial) {
        out->last = (struct trp_record *)(void *)end;
        out->key = key;
        out->serial = to.serial;
        memcpy(end, &(struct trp_record){.words = head / 8, .kind = TRP_RECORD_TELL,
                                         .slot = method->slot, .creator = (uint32_t)to.place,
                                         .serial = to.serial}, 16);
        end += head;
        parcel->used += head;
        rank->sent += host != (uint32_t)rank->rank;
    }
    parcel->used += bytes;
    out->last->words += bytes / 8;
    if (type->size == 16) {
        memcpy(end, args, 16);
    } else {
        memset(end + bytes - 8, 0, 8);
        memcpy(end, args, type->size);
    }
    return true;
}

/* Sends head and bytes, from the thread in the scheduler role. */
void trp_send_bytes(struct trp_rank *rank, int to, const struct trp_record *head,
                    const void *bytes, size_t size);

/* As trp_send_bytes, from any thread. */
void trp_send_bytes_from(struct trp_rank *rank, const struct trp_context *from, int to,
                         const struct trp_record *head, const void *bytes, size_t size);

/* Hands over to the wire what was gathered, but to ranks that it cannot reach now; false if there
   was nothing to hand over. */
bool trp_flush(struct trp_rank *rank);

/* All of it: the wire keeps what it cannot send now. */
void trp_flush_all(struct trp_rank *rank);

/* Takes over what other threads have sent; true if there was something. */
bool trp_inbox_empty_out(struct trp_rank *rank);

/* Wakes the scheduler, from any thread, unless the inbox has been shut. */
void trp_inbox_wake(struct trp_rank *rank);

/* From now on nothing comes in, and nobody is woken: the wire may be closed. */
void trp_inbox_shut(struct trp_rank *rank);

void trp_inbox_open(struct trp_inbox *inbox);
void trp_inbox_close(struct trp_inbox *inbox);

#endif
