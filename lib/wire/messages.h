/*
 * Parcels as tagged MPI messages.
 *
 * Receives are posted ahead, from any source, all of one size and tag, and only the oldest is
 * tested: MPI matches messages of a pair to receives in the order of both, so taking them in the
 * order of posting keeps the order of the pair, which completion alone does not.
 */
#ifndef TRP_MESSAGES_H
#define TRP_MESSAGES_H

#include <mpi.h>
#include <stdbool.h>

#include "wire/doorbell.h"
#include "wire/parcel.h"

#define TRP_MESSAGES_POSTED 16 /* receives ahead */

struct trp_messages {
    MPI_Comm comm;
    struct trp_doorbell *bell;
    struct trp_message *in; /* [TRP_MESSAGES_POSTED]; NULL: not opened */
    MPI_Request receives[TRP_MESSAGES_POSTED];
    unsigned oldest_in;
    struct trp_flight *out; /* a ring */
    unsigned oldest_out, flying;
    struct trp_parcel_queue waiting; /* not yet (wholly) handed over */
    struct trp_parcel **half;        /* [ranks] large parcels half received, by source */
    int ranks;
};

void trp_messages_open(struct trp_messages *m, MPI_Comm comm, struct trp_doorbell *bell);

/* After the last is sent and received, by everyone. */
void trp_messages_close(struct trp_messages *m);

void trp_messages_send(struct trp_messages *m, int to, struct trp_parcel *parcel);
struct trp_parcel *trp_messages_receive(struct trp_messages *m);
bool trp_messages_sending(const struct trp_messages *m);

/* Before sleep: the handshake of a large message goes on only while both sides poll, and MPI rings
   nobody, so its receiver may be asleep in the middle of it. */
void trp_messages_ring(struct trp_messages *m);

#endif
