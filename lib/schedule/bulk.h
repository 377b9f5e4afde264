/*
 * Bulk: records whose values are too large for a parcel between ranks, or were given.
 *
 * In the stream goes a notice, with the small part of the values; the rest goes on the wire's way
 * for bulk, out of the sender's memory into where it will stay. Until it has come only messages of
 * that rank to that actor are held back. What was given, or is large, on the same rank goes in a
 * parcel of its own, which who must keep it takes over instead of copying it.
 */
#ifndef TRP_SCHEDULE_BULK_H
#define TRP_SCHEDULE_BULK_H

#include "schedule/rank.h"

/* More bytes of values than this go so: between 16 and 32 KiB it takes over from the rings, and
   from parcels of MPI. */
#define TRP_BULK_LEAST ((size_t)24 * 1024)

struct trp_shipment;

/* ---- sending --------------------------------------------------------------------------------- */

/* What trp_send leaves to trp_send_large. */
#define TRP_SEND_LARGE 1
bool trp_bulk_wanted(const struct trp_rank *rank, int to, size_t bytes);

/* As trp_send, for every size. Nothing large is copied where the calling context `waits`; it does
   until the bytes have been sent, whatever becomes of it meanwhile. */
int trp_send_large(struct trp_rank *rank, const struct trp_context *from, bool waits, int to,
                   const struct trp_record *head, const struct troupe_type *type,
                   const void *value);

/* As trp_send_bytes, for every size. */
void trp_send_packed(struct trp_rank *rank, int to, const struct trp_record *head,
                     const void *bytes, size_t size);

/* From the scheduler's thread, right after its notice went to the outlet. */
void trp_ship(struct trp_shipment *shipment);

/* It never will be. */
void trp_ship_lost(struct trp_shipment *shipment);

/* ---- receiving ------------------------------------------------------------------------------- */

/* A notice has come. */
void trp_bulk_announced(struct trp_rank *rank, const struct trp_record *record, int from);

/* Whether the record must wait for bulk that was sent before it; it is copied then. Asked while
   rank->line_count. */
bool trp_bulk_holds(struct trp_rank *rank, const struct trp_record *record,
                    struct trp_parcel *parcel);

/* After the wire has been closed. */
void trp_bulk_close(struct trp_rank *rank);

/* What a notice has instead of values; behind it, the packed bytes but for the holes. */
struct trp_notice {
    uint64_t size; /* of the values, packed */
    uint32_t holes, gifts;
    uint64_t of[]; /* each hole: where it begins, and its bytes; each gift: its bytes */
};

static inline size_t trp_notice_size(unsigned holes, unsigned gifts)
{
    return sizeof(struct trp_notice) + 8 * (2 * (size_t)holes + gifts);
}

/* By how much bulk of so many bytes uses up credit: many times as much may be under way. */
static inline size_t trp_bulk_weight(size_t bytes)
{
    return 8 + bytes / 32;
}

#endif
