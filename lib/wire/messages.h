/*
 * Parcels as tagged MPI messages.
 *
 * Receives are posted ahead, from any source, all of one size and tag, and only the oldest is
 * tested: MPI matches messages of a pair to receives in the order of both, so taking them in the
 * order of posting keeps the order of the pair, which completion alone does not. Urgent parcels
 * have a tag, and receives, of their own; each other message says how many were sent before it, and
 * is not taken before those.
 */
#ifndef TRP_MESSAGES_H
#define TRP_MESSAGES_H

#include <mpi.h>
#include <stdbool.h>

#include "wire/doorbell.h"
#include "wire/parcel.h"

#define TRP_MESSAGES_POSTED 16 /* receives ahead */
#define TRP_MESSAGES_POSTED_URGENT 4

/* What is received in order. */
struct trp_lane {
    struct trp_message *in; /* [posted] */
    MPI_Request receives[TRP_MESSAGES_POSTED];
    unsigned posted, oldest;
    int tag;
    int done; /* the oldest receive is, with this status */
    MPI_Status status;
    struct trp_parcel **half; /* [ranks] large parcels half received, by source */
};

enum { TRP_LANE_URGENT, TRP_LANE_USUAL, TRP_LANES };

struct trp_messages {
    MPI_Comm comm;
    struct trp_doorbell *bell;
    struct trp_lane lanes[TRP_LANES];
    struct trp_flight *out; /* a ring; NULL: not opened */
    unsigned oldest_out, flying, looks;
    uint32_t *urgent_out, *urgent_in; /* [ranks] urgent messages, ever */
    struct trp_parcel_queue waiting; /* not yet (wholly) handed over */
    int ranks;
};

void trp_messages_open(struct trp_messages *m, MPI_Comm comm, struct trp_doorbell *bell);

/* After the last is sent and received, by everyone. */
void trp_messages_close(struct trp_messages *m);

void trp_messages_send(struct trp_messages *m, int to, struct trp_parcel *parcel);
struct trp_parcel *trp_messages_receive(struct trp_messages *m, bool full);
/* Before sleep: the next look sees whatever has come. */
void trp_messages_look_well(struct trp_messages *m);
bool trp_messages_sending(const struct trp_messages *m);

/* Before sleep: the handshake of a large message goes on only while both sides poll, and MPI rings
   nobody, so its receiver may be asleep in the middle of it. */
void trp_messages_ring(struct trp_messages *m);

#endif
