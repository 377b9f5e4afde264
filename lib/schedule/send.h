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
    if (!size)
        return;
    word = 0;
    memcpy(to, &word, 8);
    if (size & 4)
        memcpy(to, from, 4);
    if (size & 2)
        memcpy(to + (size & 4), from + (size & 4), 2);
    if (size & 1)
        to[size - 1] = from[size - 1];
}

/* A parcel to be filled for that rank, where there is none. NULL when memory is short, or, for
   `new_work`, too much is on its way there: the caller is to wait. */
struct trp_parcel *trp_outlet_begin(struct trp_rank *rank, int to, bool new_work);

/* Bytes that the parcel for that rank, if there is one, has room for. */
static inline size_t trp_outlet_room(const struct trp_outlet *out)
{
    return (size_t)(out->lane.end - out->lane.at);
}

/* Nothing joins the last record any more. */
static inline void trp_outlet_close(struct trp_outlet *out)
{
    if (out->last)
        trp_record_close(out->last, (size_t)(out->lane.at - (char *)out->last));
    out->last = NULL;
    out->lane.key = TRP_NO_KEY;
}

/* The parcel, as it is to be read or sent; or NULL. */
static inline struct trp_parcel *trp_outlet_parcel(struct trp_outlet *out)
{
    trp_outlet_close(out);
    if (out->parcel)
        out->parcel->used = (size_t)(out->lane.at - (char *)out->parcel->bytes);
    return out->parcel;
}

/* Fills that parcel from now on, from its beginning. NULL: none. */
static inline void trp_outlet_use(struct trp_outlet *out, struct trp_parcel *parcel)
{
    out->parcel = parcel;
    out->last = NULL;
    out->lane.key = TRP_NO_KEY;
    out->lane.at = parcel ? (char *)parcel->bytes : NULL;
    out->lane.end = parcel ? out->lane.at + parcel->room : NULL;
}

/* A new record of so many bytes behind the word of its header; there is room. */
static inline char *trp_outlet_record(struct trp_outlet *out, uint64_t word, size_t bytes,
                                      uint64_t key, uint64_t place, uint64_t serial)
{
    trp_outlet_close(out);
    out->messages++;
    char *at = out->lane.at;
    memcpy(at, &word, 8);
    out->last = (struct trp_record *)(void *)at;
    out->lane = (struct troupe_lane){place, serial, key, at + 8 + bytes, out->lane.end};
    return at + 8;
}

/* One more into the last record, which is of its sort, and of many from now on; there is room for
   that. */
static inline char *trp_outlet_join(struct trp_outlet *out, enum trp_record_kind many, size_t bytes)
{
    if (out->last->kind != many) {
        trp_record_make_many(out->last, many, bytes);
        out->lane.at += 8;
    }
    char *at = out->lane.at;
    out->lane.at += bytes;
    return at;
}

/* The last record, of tells of `bytes` with their serial, is a single one, or of many already. */
static inline bool trp_may_be_many(const struct trp_outlet *out, size_t bytes)
{
    return out->lane.serial == TROUPE_ANY_SERIAL ||
           out->lane.at == (char *)out->last + 8 + bytes;
}

/* Of values without pointers, from the scheduler's thread, where there is room in the parcel. One
   more to the same actor adds its arguments to the record of the one before it; one of the same
   method to another makes that one of many. False, and nothing done, if it is another case. */
static inline bool trp_tell(struct trp_rank *rank, uint64_t place, uint64_t serial,
                            const struct troupe_method *method, const void *args)
{
    const size_t size = method->signature->args.size, each = trp_tell_bytes(size);
    uint32_t host = (uint32_t)(place >> 32) - 1;
    if (!trp_in_job(rank, host, (uint32_t)place) || !method->quick)
        return false;
    struct trp_outlet *out = &rank->outlets[host];
    if (trp_outlet_room(out) < 16 + each)
        return false;
    uint64_t key = trp_share_key(TRP_RECORD_TELL, method);
    bool same = out->lane.key == key && out->lane.place == place;
    char *at;
    if (same && out->lane.serial == serial) {
        trp_copy_words(out->lane.at, args, size);
        out->lane.at += each;
        return true;
    }
    if (same && trp_may_be_many(out, 8 + each)) {
        at = trp_outlet_join(out, TRP_RECORD_TELLS, 8 + each);
        out->lane.serial = TROUPE_ANY_SERIAL;
    } else {
        at = trp_outlet_record(
            out, trp_record_word(TRP_RECORD_TELL, method->slot, (uint32_t)place, rank->lanes_from),
            8 + each, key, place, serial);
        rank->sent += host != (uint32_t)rank->rank;
    }
    memcpy(at, &serial, 8);
    trp_copy_words(at + 8, args, size);
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
    if (trp_outlet_room(out) < 8 + bytes)
        return 0;
    uint64_t future = trp_future_new_here(&rank->futures, method->signature->result, place, serial);
    uint64_t key = trp_share_key(TRP_RECORD_ASK, method);
    char *at;
    if (out->lane.key == key && out->lane.place == place) {
        at = trp_outlet_join(out, TRP_RECORD_ASKS, bytes);
    } else {
        at = trp_outlet_record(
            out, trp_record_word(TRP_RECORD_ASK, method->slot, (uint32_t)place, rank->lanes_from),
            bytes, key, place, TROUPE_ANY_SERIAL);
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
    if (trp_outlet_room(out) < 8 + bytes)
        return false;
    uint64_t key = trp_share_key(TRP_RECORD_ANSWER, (const void *)(uintptr_t)(bytes << 2));
    char *at;
    if (out->lane.key == key) {
        at = trp_outlet_join(out, TRP_RECORD_ANSWERS, bytes);
    } else {
        at = trp_outlet_record(out, trp_record_word(TRP_RECORD_ANSWER, 0, 0, 0), bytes, key,
                               0, TROUPE_ANY_SERIAL);
        rank->sent++;
    }
    memcpy(at, &future, 8);
    trp_copy_words(at + 8, value, size);
    return true;
}

/* As trp_answer, of asks in a row: their futures are `apart` bytes from each other, their values
   zero behind their size. Returns how many that were; not all: the next is another case. */
static inline unsigned trp_answer_row(struct trp_rank *rank, int to, const char *futures,
                                      size_t apart, const struct troupe_type *type,
                                      uint64_t (*values)[2], unsigned count)
{
    const size_t words = 1 + (type->kind == TROUPE_KIND_VOID ? 0 : trp_tell_bytes(type->size) / 8);
    struct trp_outlet *out = &rank->outlets[to];
    unsigned done = 0;
    while (done < count) {
        uint64_t future;
        memcpy(&future, futures, 8);
        if (!trp_answer(rank, to, future, type, values[done]))
            break;
        futures += apart;
        done++;
        if (to == rank->rank || out->last->kind != TRP_RECORD_ANSWERS) /* resolved; the first */
            continue;
        uint64_t *at = (uint64_t *)(void *)out->lane.at;
        const size_t room = trp_outlet_room(out) / 8 / words;
        const unsigned end = count - done < room ? count : done + (unsigned)room;
        for (; done < end; done++, futures += apart, at += words) {
            memcpy(at, futures, 8);
            if (words > 1)
                at[1] = values[done][0];
            if (words > 2)
                at[2] = values[done][1];
        }
        out->lane.at = (char *)at;
    }
    return done;
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
