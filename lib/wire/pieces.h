/*
 * Parcels that go in pieces because they are larger than what a transport carries at once: the
 * pieces of a pair come in order, and are put together where the parcel will stay.
 */
#ifndef TRP_PIECES_H
#define TRP_PIECES_H

#include "wire/parcel.h"

#define TRP_PIECE TRP_PARCEL_BYTES /* the largest, and enough for a usual parcel */

/* A piece of `size` bytes has come from rank `from`, of a parcel of `total` bytes, of which *half
   is what came before, NULL at first: where to put it. NULL: there is no memory for the parcel, the
   bytes are thrown away. */
unsigned char *trp_pieces_place(struct trp_parcel **half, int from, size_t total, size_t size);

/* It is there: the parcel, when that was the last piece. */
struct trp_parcel *trp_pieces_placed(struct trp_parcel **half, size_t total, size_t size);

#endif
