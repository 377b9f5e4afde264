/*
 * The sending side of bulk.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/log.h"
#include "schedule/bulk.h"
#include "schedule/send.h"
#include "schedule/wait.h"
#include "troupe/status.h"
#include "wire/pack.h"

/* The bulk of one record. */
struct trp_shipment {
    struct trp_rank *rank;
    int to;
    size_t weight;
    uint64_t waits; /* the future of who waits until it has been sent; 0: nobody does */
    struct trp_futures *futures; /* where that is */
    struct trp_parcel *packed;   /* that the bytes are in, or NULL */
    struct trp_buffer *gifts[TRP_APART_MAX];
    unsigned gift_count, count, left;
    struct leg {
        struct trp_bulk bulk;
        struct trp_shipment *of;
    } legs[];
};

bool trp_bulk_wanted(const struct trp_rank *rank, int to, size_t bytes)
{
    return trp_buffers_given ||
           bytes > (to == rank->rank ? (size_t)TRP_PARCEL_BYTES : TRP_BULK_LEAST);
}

/* ---- on its way ------------------------------------------------------------------------------ */

static void end(struct trp_shipment *s)
{
    for (unsigned i = 0; i < s->gift_count; i++)
        trp_buffer_drop(s->gifts[i]);
    if (s->packed)
        trp_parcel_drop(s->packed);
    if (s->waits)
        trp_future_resolve(s->futures, s->waits, TROUPE_OK, "", 0);
    s->rank->hauled++;
    free(s);
}

static void leg_done(struct trp_bulk *bulk)
{
    struct trp_shipment *s = ((struct leg *)(void *)bulk)->of;
    if (--s->left == 0)
        end(s);
}

void trp_ship(struct trp_shipment *s)
{
    struct trp_wire *wire = s->rank->wire;
    struct trp_account *account = &s->rank->outlets[s->to].account;
    __atomic_store_n(&account->sent, account->sent + s->weight, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < s->count; i++)
        wire->ops->send_bulk(wire, &s->legs[i].bulk);
}

void trp_ship_lost(struct trp_shipment *s)
{
    end(s);
}

static void add_leg(struct trp_shipment *s, const void *bytes, size_t size)
{
    struct leg *leg = &s->legs[s->count++];
    *leg = (struct leg){.of = s};
    leg->bulk.peer = s->to;
    leg->bulk.bytes = (unsigned char *)(uintptr_t)bytes;
    leg->bulk.size = size;
    leg->bulk.done = leg_done;
    s->left++;
}

static struct trp_shipment *shipment_new(struct trp_rank *rank, int to,
                                         const struct trp_apart *apart)
{
    unsigned count = apart->holes + apart->gifts;
    struct trp_shipment *s = calloc(1, sizeof *s + count * sizeof *s->legs);
    if (!s)
        trp_die("no memory to send %u spans", count);
    s->rank = rank;
    s->to = to;
    for (unsigned i = 0; i < apart->holes; i++)
        add_leg(s, apart->hole[i].from, apart->hole[i].size);
    for (unsigned i = 0; i < apart->gifts; i++) {
        add_leg(s, apart->gift[i]->data, apart->gift_size[i]);
        s->gifts[s->gift_count++] = apart->gift[i];
    }
    return s;
}

/* ---- to another rank ------------------------------------------------------------------------- */

static void fill_notice(struct trp_notice *n, const struct trp_apart *apart, size_t size)
{
    *n = (struct trp_notice){.size = size, .holes = apart->holes, .gifts = apart->gifts};
    for (unsigned i = 0; i < apart->holes; i++) {
        n->of[2 * i] = apart->hole[i].at;
        n->of[2 * i + 1] = apart->hole[i].size;
    }
    for (unsigned i = 0; i < apart->gifts; i++)
        n->of[2 * apart->holes + i] = apart->gift_size[i];
}

static void wait_until_sent(struct trp_context *c, struct trp_futures *futures, uint64_t future)
{
    c->shipping = true;
    for (;;) {
        trp_wait_prepare(c);
        if (trp_future_watch(futures, future, c) != TRP_FUTURE_PENDING)
            break;
        trp_wait(c, -1);
    }
    trp_future_take(futures, future);
    c->shipping = false;
}

static size_t bytes_of(const struct trp_shipment *s)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < s->count; i++)
        bytes += s->legs[i].bulk.size;
    return bytes;
}

/* Takes the notice over: the frames of who waits may be given up. */
static void announce(struct trp_rank *rank, const struct trp_context *from, bool waits,
                     const struct trp_record *head, struct trp_notice *notice, size_t size,
                     struct trp_shipment *s)
{
    struct trp_record flagged = *head;
    struct trp_futures *futures = trp_on_scheduler(from) ? &rank->futures : &trp_shared_futures;
    uint64_t future = 0;
    flagged.flags |= TRP_RECORD_BULK;
    if (head->kind != TRP_RECORD_ANSWER)
        s->weight = trp_bulk_weight(bytes_of(s));
    if (waits) {
        future = trp_future_new(futures, &trp_nothing, (struct troupe_ref){0, 0});
        s->futures = futures;
        s->waits = future;
    }
    trp_send_shipment(rank, from, s->to, &flagged, notice, size, s);
    free(notice);
    if (waits)
        wait_until_sent((struct trp_context *)(uintptr_t)from, futures, future);
}

static void make_one_hole(struct trp_apart *apart, const struct trp_parcel *packed, size_t size)
{
    apart->holes = 1;
    apart->hole[0].from = packed->bytes;
    apart->hole[0].at = 0;
    apart->hole[0].size = size;
}

/* All of the values are one hole. */
static struct trp_parcel *pack_all(const struct troupe_type *type, const void *value, size_t size,
                                   struct trp_apart *apart)
{
    struct trp_parcel *packed = trp_parcel_apart(size);
    if (!packed)
        return NULL;
    apart->holes = 0;
    trp_pack_apart(type, value, packed->bytes, apart);
    make_one_hole(apart, packed, size);
    return packed;
}

static struct trp_notice *notice_new(size_t bytes)
{
    struct trp_notice *notice = malloc(bytes);
    if (!notice)
        trp_die("no memory for a message of %zu bytes", bytes);
    return notice;
}

void trp_send_packed(struct trp_rank *rank, int to, const struct trp_record *head,
                     const void *bytes, size_t size)
{
    bool bulk = to != rank->rank && size > TRP_BULK_LEAST;
    struct trp_parcel *packed = bulk ? trp_parcel_apart(size) : NULL;
    if (!packed) {
        trp_send_bytes(rank, to, head, bytes, size);
        return;
    }
    struct trp_apart apart = {.least = SIZE_MAX};
    memcpy(packed->bytes, bytes, size);
    make_one_hole(&apart, packed, size);
    struct trp_notice *notice = notice_new(trp_notice_size(1, 0));
    fill_notice(notice, &apart, size);
    struct trp_shipment *s = shipment_new(rank, to, &apart);
    s->packed = packed;
    announce(rank, rank->main, false, head, notice, trp_notice_size(1, 0), s);
}

static int send_there(struct trp_rank *rank, const struct trp_context *from, int to,
                      const struct trp_record *head, const struct troupe_type *type,
                      const void *value, size_t size, struct trp_apart *apart)
{
    size_t rest = size - apart->left_out;
    bool all = rest > TRP_BULK_LEAST;
    struct trp_parcel *packed = NULL;
    if (all && !(packed = pack_all(type, value, size, apart)))
        return TROUPE_NO_MEMORY;
    size_t begin = trp_notice_size(apart->holes, apart->gifts), whole = begin + (all ? 0 : rest);
    struct trp_notice *notice = notice_new(whole);
    if (!all)
        trp_pack_apart(type, value, (char *)notice + begin, apart);
    fill_notice(notice, apart, size);
    struct trp_shipment *s = shipment_new(rank, to, apart);
    s->packed = packed;
    announce(rank, from, !all && apart->holes, head, notice, whole, s);
    return TROUPE_OK;
}

/* ---- on this rank ---------------------------------------------------------------------------- */

static struct trp_buffer **list_of(const struct trp_apart *apart)
{
    struct trp_buffer **list = calloc(apart->gifts + 1, sizeof(struct trp_buffer *));
    if (!list)
        trp_die("no memory for a list of %u buffers", apart->gifts);
    memcpy(list, apart->gift, apart->gifts * sizeof *list);
    return list;
}

static int send_here(struct trp_rank *rank, const struct trp_context *from,
                     const struct trp_record *head, const struct troupe_type *type,
                     const void *value, size_t size, struct trp_apart *apart)
{
    size_t bytes = trp_record_whole(head->kind, size);
    struct trp_parcel *parcel = trp_parcel_apart(bytes);
    if (!parcel)
        return TROUPE_NO_MEMORY;
    struct trp_record *record = (struct trp_record *)(void *)parcel->bytes;
    trp_record_begin(record, head, bytes);
    trp_pack_apart(type, value, trp_record_body(record), apart);
    parcel->used = bytes;
    if (apart->gifts)
        parcel->gifts = list_of(apart);
    trp_send_apart(rank, from, parcel);
    return TROUPE_OK;
}

/* Buffers have been given in another call, which made this one look large. */
static int send_small(struct trp_rank *rank, const struct trp_context *from, int to,
                      const struct trp_record *head, const struct troupe_type *type,
                      const void *value, size_t size)
{
    void *bytes = malloc(size ? size : 1);
    if (!bytes)
        return TROUPE_NO_MEMORY;
    trp_pack(type, value, bytes);
    trp_send_bytes_from(rank, from, to, head, bytes, size);
    free(bytes);
    return TROUPE_OK;
}

/* ---- both ------------------------------------------------------------------------------------ */

static int send(struct trp_rank *rank, const struct trp_context *from, int to,
                const struct trp_record *head, const struct troupe_type *type, const void *value,
                struct trp_apart *apart)
{
    size_t size = trp_packed_size_apart(type, value, apart);
    if (trp_record_whole(head->kind, size) == SIZE_MAX)
        return TROUPE_INVALID;
    if (!apart->gifts && size <= (to == rank->rank ? (size_t)TRP_PARCEL_BYTES : TRP_BULK_LEAST))
        return send_small(rank, from, to, head, type, value, size);
    return to == rank->rank ? send_here(rank, from, head, type, value, size, apart)
                            : send_there(rank, from, to, head, type, value, size, apart);
}

/* Answers are the asker's to keep anyway: in them nothing is given, but it may have been meant. */
int trp_send_large(struct trp_rank *rank, const struct trp_context *from, bool waits, int to,
                   const struct trp_record *head, const struct troupe_type *type,
                   const void *value)
{
    bool answer = head->kind == TRP_RECORD_ANSWER;
    struct trp_apart apart = {.least = waits && to != rank->rank ? TRP_BULK_LEAST : SIZE_MAX,
                              .copies_gifts = answer};
    int status = send(rank, from, to, head, type, value, &apart);
    trp_apart_drop(&apart, status != TROUPE_OK);
    if (answer)
        trp_ungive(type, value);
    return status;
}
