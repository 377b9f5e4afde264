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

struct trp_shipment;

/* Sends head and the packed value. TRP_SEND_LARGE, and nothing done, when that is better left to
   trp_send_large; TROUPE_INVALID when the value is larger than a message can be,
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

/* The ranks that a handle names are ranks of the job: else it is empty, or damaged. */
static inline bool trp_in_job(const struct trp_rank *rank, uint32_t host, uint32_t creator)
{
    return host < (uint32_t)rank->ranks && creator < (uint32_t)rank->ranks;
}

/* Word by word: arguments were written just now, one by one, and a load of several at once would
   wait until they have left the store buffer. What is behind the last is zero. */
static inline void trp_copy_words(char *to, const char *from, size_t size)
{
    uint64_t word;
    for (; size >= 8; size -= 8, from += 8, to += 8) {
        memcpy(&word, from, 8);
        __asm__("" : "+r"(word)); /* or the compiler joins them */
        memcpy(to, &word, 8);
    }
    if (size) {
        word = 0;
        memcpy(&word, from, size);
        memcpy(to, &word, 8);
    }
}

/* A parcel to be filled for that rank, where there is none. NULL when memory is short, or, for
   `new_work`, too much is on its way there: the caller is to wait. */
struct trp_parcel *trp_outlet_begin(struct trp_rank *rank, int to, bool new_work);

/* The parcel for that rank, with room for so many bytes; NULL as above, or where there is none. */
static inline struct trp_parcel *trp_outlet_room(struct trp_rank *rank, uint32_t to, size_t bytes,
                                                 bool new_work)
{
    struct trp_parcel *parcel = rank->outlets[to].parcel;
    if (!parcel && bytes <= TRP_PARCEL_BYTES)
        parcel = trp_outlet_begin(rank, (int)to, new_work);
    return parcel && parcel->room - parcel->used >= bytes ? parcel : NULL;
}

/* The frequent case of it, at once: a tell of values without pointers, from the scheduler's thread,
   where there is room in the parcel. One that follows another of the same method to the same actor
   joins its record. False, and nothing done, if it is another case. */
static inline bool trp_tell(struct trp_rank *rank, struct troupe_ref to,
                            const struct troupe_method *method, const void *args)
{
    const struct troupe_type *type = &method->signature->args;
    uint32_t host = (uint32_t)(to.place >> 32) - 1;
    if (!trp_in_job(rank, host, (uint32_t)to.place) || !type->flat)
        return false;
    struct trp_outlet *out = &rank->outlets[host];
    size_t bytes = trp_tell_bytes(type->size), head = trp_record_head(TRP_RECORD_TELL);
    struct trp_parcel *parcel = trp_outlet_room(rank, host, head + bytes, true);
    if (!parcel)
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
    trp_copy_words(end, args, type->size);
    return true;
}

/* As trp_tell, of an ask: its future, or 0 if it is another case. */
static inline uint64_t trp_ask(struct trp_rank *rank, struct troupe_ref to,
                               const struct troupe_method *method, const void *args)
{
    const struct troupe_type *type = &method->signature->args;
    uint32_t host = (uint32_t)(to.place >> 32) - 1;
    if (!trp_in_job(rank, host, (uint32_t)to.place) || !type->flat)
        return 0;
    size_t head = trp_record_head(TRP_RECORD_ASK), bytes = head + trp_tell_bytes(type->size);
    struct trp_parcel *parcel = trp_outlet_room(rank, host, bytes, true);
    if (!parcel)
        return 0;
    uint64_t future = trp_future_new_here(&rank->futures, method->signature->result, to);
    struct trp_record *record = (struct trp_record *)(void *)(parcel->bytes + parcel->used);
    struct trp_record what = {.words = bytes / 8, .kind = TRP_RECORD_ASK, .slot = method->slot,
                              .creator = (uint32_t)to.place};
    memcpy(record, &what, 8);
    record->serial = to.serial;
    record->future = future;
    trp_copy_words((char *)record + head, args, type->size);
    parcel->used += bytes;
    rank->outlets[host].key = TRP_NO_KEY;
    rank->sent += host != (uint32_t)rank->rank;
    return future;
}

/* The frequent case of an answer, at once: a value without pointers, from the scheduler's thread.
   False, and nothing done, if it is another case. */
static inline bool trp_answer(struct trp_rank *rank, int to, uint64_t future,
                              const struct troupe_type *type, const void *value)
{
    size_t size = type->kind == TROUPE_KIND_VOID ? 0 : type->size;
    if (to == rank->rank)
        return trp_future_resolve_small(trp_futures_of(rank, future), future, value, size);
    size_t head = trp_record_head(TRP_RECORD_ANSWER), bytes = head + trp_tell_bytes(size);
    struct trp_parcel *parcel = trp_outlet_room(rank, (uint32_t)to, bytes, false);
    if (!parcel)
        return false;
    struct trp_record *record = (struct trp_record *)(void *)(parcel->bytes + parcel->used);
    struct trp_record what = {.words = bytes / 8, .kind = TRP_RECORD_ANSWER};
    memcpy(record, &what, 8);
    record->serial = future;
    trp_copy_words((char *)record + head, value, size);
    parcel->used += bytes;
    rank->outlets[to].key = TRP_NO_KEY;
    rank->sent++;
    return true;
}

/* Sends head and bytes, from the thread in the scheduler role. */
void trp_send_bytes(struct trp_rank *rank, int to, const struct trp_record *head,
                    const void *bytes, size_t size);

/* As trp_send_bytes, from any thread. */
void trp_send_bytes_from(struct trp_rank *rank, const struct trp_context *from, int to,
                         const struct trp_record *head, const void *bytes, size_t size);

/* From any thread: a notice, and what it announces right behind it. */
void trp_send_shipment(struct trp_rank *rank, const struct trp_context *from, int to,
                       const struct trp_record *head, const void *bytes, size_t size,
                       struct trp_shipment *shipment);

/* From any thread: a record for this rank, in a parcel of its own, which is taken over. */
void trp_send_apart(struct trp_rank *rank, const struct trp_context *from,
                    struct trp_parcel *parcel);

/* Hands over to the wire what was gathered, but to ranks that it cannot reach now; false if there
   was nothing to hand over. */
bool trp_flush(struct trp_rank *rank);

/* All of it: the wire keeps what it cannot send now. */
void trp_flush_all(struct trp_rank *rank);

/* Takes over what other threads have sent; true if there was something. */
bool trp_inbox_empty_out(struct trp_rank *rank);

/* Wakes the scheduler, from any thread, unless the inbox has been shut. */
void trp_inbox_wake(struct trp_rank *rank);

/* From now on nothing comes in, what is there is thrown away, and nobody is woken: the wire may be
   closed. */
void trp_inbox_shut(struct trp_rank *rank);

void trp_inbox_open(struct trp_inbox *inbox);
void trp_inbox_close(struct trp_inbox *inbox);

#endif
