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

/* What may share a record: tells, or asks, of one method of actors that one rank made; answers of
   one size. */
static inline uint64_t trp_share_key(enum trp_record_kind kind, const void *method_or_size)
{
    _Static_assert(_Alignof(struct troupe_method) >= 4, "two bits are free");
    return (uint64_t)(uintptr_t)method_or_size | (kind == TRP_RECORD_ASK ? 1 : 0) |
           (kind == TRP_RECORD_ANSWER ? 2 : 0);
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

/* The parcel for that rank, where there is one with room for so many bytes; or NULL. */
static inline struct trp_parcel *trp_outlet_room(const struct trp_outlet *out, size_t bytes)
{
    struct trp_parcel *parcel = out->parcel;
    return parcel && parcel->room - parcel->used >= bytes ? parcel : NULL;
}

#define TRP_NO_SERIAL UINT64_MAX

/* The last record, of tells of `bytes` with its header, is a single one, or of many already. */
static inline bool trp_may_be_many(const struct trp_outlet *out, size_t bytes)
{
    return out->serial == TRP_NO_SERIAL || out->last->words == bytes / 8;
}

/* A new record of so many bytes behind the word of its header; there is room. */
static inline char *trp_outlet_record(struct trp_outlet *out, uint64_t word, size_t bytes,
                                      uint64_t key, uint64_t place, uint64_t serial)
{
    struct trp_parcel *parcel = out->parcel;
    char *at = (char *)parcel->bytes + parcel->used;
    word += bytes / 8 + 1;
    memcpy(at, &word, 8);
    parcel->used += bytes + 8;
    out->last = (struct trp_record *)(void *)at;
    out->key = key;
    out->place = place;
    out->serial = serial;
    return at + 8;
}

/* One more into the last record, which is of its sort, and of many from now on; there is room for
   that. */
static inline char *trp_outlet_join(struct trp_outlet *out, enum trp_record_kind many, size_t bytes)
{
    struct trp_parcel *parcel = out->parcel;
    if (out->last->kind != many) {
        trp_record_make_many(out->last, many, bytes);
        parcel->used += 8;
    }
    char *at = (char *)parcel->bytes + parcel->used;
    trp_record_add(out->last, bytes);
    parcel->used += bytes;
    return at;
}

/* The most frequent case of it, at once: a tell from the scheduler's thread that follows another of
   the same method to the same actor, where there is room. It adds its arguments to that record.
   False, and nothing done, if it is another case. */
__attribute__((always_inline)) static inline bool
trp_tell_again(struct trp_rank *rank, uint64_t place, uint64_t serial,
               const struct troupe_method *method, const void *args)
{
    uint32_t host = (uint32_t)(place >> 32) - 1;
    if (host >= (uint32_t)rank->ranks)
        return false;
    const struct trp_outlet *out = &rank->outlets[host];
    if (out->key != trp_share_key(TRP_RECORD_TELL, method) || out->place != place ||
        out->serial != serial)
        return false;
    struct trp_parcel *parcel = out->parcel;
    size_t size = method->signature->args.size, bytes = trp_tell_bytes(size);
    char *at = (char *)parcel->bytes + parcel->used;
    if (parcel->room - parcel->used < bytes)
        return false;
    parcel->used += bytes;
    trp_record_add(out->last, bytes);
    trp_copy_words(at, args, size);
    return true;
}

/* Of values without pointers, where there is room in the parcel. One of the same method to another
   actor makes the record before it one of many. */
static inline bool trp_tell(struct trp_rank *rank, uint64_t place, uint64_t serial,
                            const struct troupe_method *method, const void *args)
{
    const struct troupe_type *type = &method->signature->args;
    uint32_t host = (uint32_t)(place >> 32) - 1;
    if (!trp_in_job(rank, host, (uint32_t)place) || !method->quick)
        return false;
    struct trp_outlet *out = &rank->outlets[host];
    size_t bytes = 8 + trp_tell_bytes(type->size);
    if (!trp_outlet_room(out, 8 + bytes))
        return false;
    uint64_t key = trp_share_key(TRP_RECORD_TELL, method);
    bool same = out->key == key && out->place == place;
    char *at;
    if (same && out->serial == serial)
        return trp_tell_again(rank, place, serial, method, args);
    if (same && trp_may_be_many(out, 8 + bytes)) {
        at = trp_outlet_join(out, TRP_RECORD_TELLS, bytes);
        out->serial = TRP_NO_SERIAL;
    } else {
        at = trp_outlet_record(
            out, trp_record_word(TRP_RECORD_TELL, method->slot, (uint32_t)place, 0), bytes, key,
            place, serial);
        rank->sent += host != (uint32_t)rank->rank;
    }
    memcpy(at, &serial, 8);
    trp_copy_words(at + 8, args, type->size);
    return true;
}

/* As trp_tell, of an ask: its future, or 0 if it is another case. */
__attribute__((always_inline)) static inline uint64_t
trp_ask(struct trp_rank *rank, uint64_t place, uint64_t serial, const struct troupe_method *method,
        const void *args)
{
    const struct troupe_type *type = &method->signature->args;
    uint32_t host = (uint32_t)(place >> 32) - 1;
    if (!trp_in_job(rank, host, (uint32_t)place) || !method->quick)
        return 0;
    struct trp_outlet *out = &rank->outlets[host];
    size_t bytes = 16 + trp_tell_bytes(type->size);
    if (!trp_outlet_room(out, 8 + bytes))
        return 0;
    uint64_t future = trp_future_new_here(&rank->futures, method->signature->result, place, serial);
    uint64_t key = trp_share_key(TRP_RECORD_ASK, method);
    char *at;
    if (out->key == key && out->place == place) {
        at = trp_outlet_join(out, TRP_RECORD_ASKS, bytes);
    } else {
        at = trp_outlet_record(
            out, trp_record_word(TRP_RECORD_ASK, method->slot, (uint32_t)place, 0), bytes, key,
            place, TRP_NO_SERIAL);
        rank->sent += host != (uint32_t)rank->rank;
    }
    memcpy(at, &serial, 8);
    memcpy(at + 8, &future, 8);
    trp_copy_words(at + 16, args, type->size);
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
    struct trp_outlet *out = &rank->outlets[to];
    size_t bytes = 8 + trp_tell_bytes(size);
    if (!out->parcel)
        trp_outlet_begin(rank, to, false);
    if (!trp_outlet_room(out, 8 + bytes))
        return false;
    uint64_t key = trp_share_key(TRP_RECORD_ANSWER, (const void *)(uintptr_t)(bytes << 2));
    char *at;
    if (out->key == key) {
        at = trp_outlet_join(out, TRP_RECORD_ANSWERS, bytes);
    } else {
        at = trp_outlet_record(out, trp_record_word(TRP_RECORD_ANSWER, 0, 0, 0), bytes, key,
                               0, TRP_NO_SERIAL);
        rank->sent++;
    }
    memcpy(at, &future, 8);
    trp_copy_words(at + 8, value, size);
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

/* What is urgent, wherever it goes. */
void trp_flush_urgent(struct trp_rank *rank);

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
