/*
 * Records on their way out: gathered in one parcel for each rank, this one too, until flushed.
 *
 * Any thread of the rank may send; what other threads send goes through the inbox to the thread in
 * the scheduler role. Order is kept from each thread to each rank.
 */
#ifndef TRP_SEND_H
#define TRP_SEND_H

#include "schedule/rank.h"

/* Sends head and the packed value. TROUPE_INVALID when the value is larger than a message can be,
   TROUPE_NO_MEMORY when there is no room for it now. `from` is the calling context, NULL in threads
   that have none. */
int trp_send(struct trp_rank *rank, const struct trp_context *from, int to,
             const struct trp_record *head, const struct troupe_type *type, const void *value);

/* Sends head and bytes, from the thread in the scheduler role. */
void trp_send_bytes(struct trp_rank *rank, int to, const struct trp_record *head,
                    const void *bytes, size_t size);

/* As trp_send_bytes, from any thread. */
void trp_send_bytes_from(struct trp_rank *rank, const struct trp_context *from, int to,
                         const struct trp_record *head, const void *bytes, size_t size);

/* Hands over to the wire what was gathered, and to the input what is for this rank itself. */
void trp_flush(struct trp_rank *rank);

/* Takes over what other threads have sent; true if there was something. */
bool trp_inbox_empty_out(struct trp_rank *rank);

/* Wakes the scheduler, from any thread, unless the inbox has been shut. */
void trp_inbox_wake(struct trp_rank *rank);

/* From now on nothing comes in, and nobody is woken: the wire may be closed. */
void trp_inbox_shut(struct trp_rank *rank);

void trp_inbox_open(struct trp_inbox *inbox);
void trp_inbox_close(struct trp_inbox *inbox);

#endif
