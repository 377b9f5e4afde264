#include "wire/pieces.h"

#include <stdbool.h>

#include "base/log.h"
#include "wire/record.h"

static struct trp_parcel *begin(int from, size_t total)
{
    bool usual = total > TRP_PARCEL_SMALL && total < TRP_PARCEL_BYTES;
    struct trp_parcel *parcel = trp_parcel_try(usual ? TRP_PARCEL_BYTES : total);
    if (!parcel) /* for the first piece, which says who the record is for */
        parcel = trp_parcel_new(TRP_PARCEL_BYTES);
    parcel->peer = from;
    return parcel;
}

unsigned char *trp_pieces_place(struct trp_parcel **half, int from, size_t total, size_t size)
{
    if (!*half)
        *half = begin(from, total);
    struct trp_parcel *parcel = *half;
    if (size > total - parcel->at || size > TRP_PIECE)
        trp_die("a piece of a message from rank %d is out of order", from);
    return parcel->at == 0 || total <= parcel->room ? parcel->bytes + parcel->at : NULL;
}

/* What is kept of a record that there is no memory for. */
static void cut(struct trp_parcel *parcel)
{
    parcel->used = trp_record_cut(parcel->bytes, parcel->bytes);
}

struct trp_parcel *trp_pieces_placed(struct trp_parcel **half, size_t total, size_t size)
{
    struct trp_parcel *parcel = *half;
    if (total <= parcel->room)
        parcel->used += size;
    else if (parcel->at == 0)
        cut(parcel);
    parcel->at += size;
    if (parcel->at < total)
        return NULL;
    *half = NULL;
    parcel->at = 0;
    return parcel;
}
