#include "schedule/bulk.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/log.h"

#define LINES 64 /* lists of lines, by what they are for */

/* What one rank has sent to one actor since a bulk that has not come yet: parcels of which nothing
   is used are those. What is urgent has a line of its own. */
struct trp_line {
    struct trp_line *next;
    int from;
    bool urgent;
    uint64_t creator, serial;
    struct trp_parcel_queue parcels;
};

/* A record whose bulk is under way. */
struct landing {
    struct trp_rank *rank;
    struct trp_line *line;     /* NULL: in no order with anything */
    struct trp_parcel *parcel; /* for the record, */
    size_t used;               /* so long; */
    struct trp_block *block;   /* or for the value of an answer, */
    uint64_t future;           /* which this waits for */
    size_t size;
    unsigned left;
    struct leg {
        struct trp_bulk bulk;
        struct landing *of;
    } legs[];
};

/* ---- lines ----------------------------------------------------------------------------------- */

static struct trp_line **list_for(struct trp_rank *rank, int from, uint64_t creator,
                                  uint64_t serial)
{
    uint64_t hash = ((uint64_t)from << 40 ^ creator << 20 ^ serial) * 0x9e3779b97f4a7c15u;
    return &rank->lines[(hash ^ serial >> 32) * 0x9e3779b97f4a7c15u >> 58];
}

static struct trp_line **find(struct trp_rank *rank, int from, const struct trp_record *record)
{
    bool urgent = trp_record_is_urgent(record);
    struct trp_line **link = list_for(rank, from, record->creator, record->serial);
    while (*link && ((*link)->from != from || (*link)->creator != record->creator ||
                     (*link)->serial != record->serial || (*link)->urgent != urgent))
        link = &(*link)->next;
    return link;
}

static void remove_line(struct trp_rank *rank, struct trp_line *line)
{
    struct trp_line **link = list_for(rank, line->from, line->creator, line->serial);
    while (*link != line)
        link = &(*link)->next;
    *link = line->next;
    rank->line_count--;
    free(line);
}

static struct trp_line *line_of(struct trp_rank *rank, int from, const struct trp_record *record)
{
    if (!rank->lines && !(rank->lines = calloc(LINES, sizeof(struct trp_line *))))
        trp_die("no memory for %d lists", LINES);
    struct trp_line **link = find(rank, from, record), *line = *link;
    if (line)
        return line;
    if (!(line = *link = calloc(1, sizeof *line)))
        trp_die("no memory to receive from rank %d", from);
    line->from = from;
    line->urgent = trp_record_is_urgent(record);
    line->creator = record->creator;
    line->serial = record->serial;
    rank->line_count++;
    return line;
}

/* Behind the last that went the same way, in front of all others. */
static void push_in_turn(struct trp_rank *rank, struct trp_parcel *parcel)
{
    struct trp_parcel_queue *input = trp_input_of(rank, parcel);
    struct trp_parcel *before = NULL, *behind = input->head;
    for (; behind && behind->in_turn; behind = behind->next)
        before = behind;
    rank->input_bytes += parcel->used;
    parcel->in_turn = 1;
    parcel->next = behind;
    if (before)
        before->next = parcel;
    else
        input->head = parcel;
    if (!behind)
        input->tail = parcel;
}

/* What is complete goes to the front of all that is to be read: so nothing can overtake it, and the
   line may end. */
static void move_up(struct trp_rank *rank, struct trp_line *line)
{
    while (line->parcels.head && line->parcels.head->used)
        push_in_turn(rank, trp_parcel_pop(&line->parcels));
    if (!line->parcels.head)
        remove_line(rank, line);
}

void trp_bulk_close(struct trp_rank *rank)
{
    for (int i = 0; rank->lines && i < LINES; i++)
        while (rank->lines[i]) {
            struct trp_line *line = rank->lines[i];
            struct trp_parcel *parcel;
            rank->lines[i] = line->next;
            while ((parcel = trp_parcel_pop(&line->parcels)))
                trp_parcel_drop(parcel);
            free(line);
        }
    free(rank->lines);
}

/* ---- records that wait ----------------------------------------------------------------------- */

/* Several to a parcel: there may be very many. */
static struct trp_parcel *room_for(struct trp_line *line, size_t bytes)
{
    struct trp_parcel *last = line->parcels.tail;
    if (last->used && !last->gifts && bytes <= last->room - last->used)
        return last;
    struct trp_parcel *parcel =
        trp_parcel_try(bytes < TRP_PARCEL_BYTES ? TRP_PARCEL_BYTES : bytes);
    if (!parcel)
        trp_die("no memory for a message of %zu bytes that must wait", bytes);
    parcel->peer = line->from;
    parcel->urgent = line->urgent;
    trp_parcel_push(&line->parcels, parcel);
    return parcel;
}

bool trp_bulk_holds(struct trp_rank *rank, const struct trp_record *record,
                    struct trp_parcel *parcel)
{
    if (parcel->in_turn || record->flags & TRP_RECORD_BULK ||
        (record->kind != TRP_RECORD_TELL && record->kind != TRP_RECORD_ASK &&
         record->kind != TRP_RECORD_STOP && record->kind != TRP_RECORD_CREATE))
        return false;
    struct trp_line *line = *find(rank, parcel->peer, record);
    if (!line)
        return false;
    size_t bytes = trp_record_bytes(record), owes = bytes < parcel->owes ? bytes : parcel->owes;
    struct trp_parcel *to = room_for(line, bytes);
    memcpy(to->bytes + to->used, record, bytes);
    to->used += bytes;
    to->owed = parcel->owed;
    to->owes += owes;
    parcel->owes -= owes;
    rank->received -= (uint64_t)trp_record_counts(record); /* it is received once more */
    return true;
}

/* ---- bulk that comes ------------------------------------------------------------------------- */

static void land(struct landing *l)
{
    struct trp_rank *rank = l->rank;
    if (l->block) {
        rank->received++;
        trp_future_resolve_block(trp_futures_of(rank, l->future), l->future, l->block, l->size);
        return;
    }
    l->parcel->used = l->used;
    if (l->parcel->owes)
        trp_credit_received(rank, l->parcel);
    if (l->line) {
        move_up(rank, l->line);
    } else {
        rank->input_bytes += l->parcel->used;
        trp_parcel_push(trp_input_of(rank, l->parcel), l->parcel);
    }
}

/* At the end of the job. What is in a line goes with it. */
static void throw_away(struct landing *l)
{
    trp_block_free(l->block);
    if (l->parcel && !l->line)
        trp_parcel_drop(l->parcel);
}

static void leg_done(struct trp_bulk *bulk)
{
    struct landing *l = ((struct leg *)(void *)bulk)->of;
    if (--l->left)
        return;
    l->rank->hauled++;
    if (l->rank->inbox.closed)
        throw_away(l);
    else
        land(l);
    free(l);
}

static void receive(struct landing *l, unsigned i, int from, void *bytes, size_t size)
{
    struct trp_wire *wire = l->rank->wire;
    struct leg *leg = &l->legs[i];
    *leg = (struct leg){.of = l};
    leg->bulk.peer = from;
    leg->bulk.bytes = bytes;
    leg->bulk.size = size;
    leg->bulk.done = leg_done;
    wire->ops->receive_bulk(wire, &leg->bulk);
}

/* ---- notices --------------------------------------------------------------------------------- */

static size_t round_up(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

/* Holes lie behind each other inside of the values, and the rest is all there. */
static bool is_good(const struct trp_notice *n, size_t bytes)
{
    if (bytes < sizeof *n || n->holes > UINT16_MAX || n->gifts > UINT16_MAX ||
        n->holes + n->gifts == 0 || bytes < trp_notice_size(n->holes, n->gifts) ||
        n->size > PTRDIFF_MAX || n->size % 8)
        return false;
    size_t at = 0, rest = n->size;
    for (unsigned i = 0; i < n->holes; i++) {
        uint64_t begin = n->of[2 * i], size = n->of[2 * i + 1];
        if (begin < at || begin > n->size || size > n->size - begin)
            return false;
        at = begin + round_up(size);
        rest -= round_up(size);
    }
    return bytes - trp_notice_size(n->holes, n->gifts) == rest;
}

static size_t bytes_of(const struct trp_notice *n)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < n->holes; i++)
        bytes += n->of[2 * i + 1];
    for (unsigned i = 0; i < n->gifts; i++)
        bytes += n->of[2 * n->holes + i];
    return bytes;
}

static bool make_gifts(struct landing *l, const struct trp_notice *n)
{
    struct trp_buffer **gifts = calloc((size_t)n->gifts + 1, sizeof(struct trp_buffer *));
    if (!gifts)
        return false;
    l->parcel->gifts = gifts;
    for (unsigned i = 0; i < n->gifts; i++)
        if (!(gifts[i] = trp_buffer_new(n->of[2 * n->holes + i])))
            return false;
    return true;
}

/* Memory for all of it; what was made remains with the landing if there is not enough. */
static bool make_room(struct landing *l, const struct trp_record *record,
                      const struct trp_notice *n)
{
    if (record->kind == TRP_RECORD_ANSWER) {
        l->future = record->serial;
        return (l->block = trp_block_raw(n->size));
    }
    l->used = trp_record_whole(record->kind, n->size);
    if (!(l->parcel = trp_parcel_apart(l->used)))
        return false;
    return !n->gifts || make_gifts(l, n);
}

/* The record without values: whoever waits for an answer is told. */
static void cut(struct landing *l, const struct trp_record *record)
{
    if (l->parcel)
        trp_parcel_drop(l->parcel);
    l->parcel = trp_parcel_apart(sizeof *record);
    if (!l->parcel)
        trp_die("no memory for a message of %zu bytes", sizeof *record);
    l->used = trp_record_cut(l->parcel->bytes, record);
    ((struct trp_record *)(void *)l->parcel->bytes)->flags &= TRP_RECORD_URGENT;
    ((struct trp_record *)(void *)l->parcel->bytes)->flags |= TRP_RECORD_CUT;
}

/* What came with the notice, to its places. Returns where the values are. */
static unsigned char *place_rest(struct landing *l, const struct trp_record *head,
                                 const struct trp_notice *n)
{
    const unsigned char *rest = (const unsigned char *)n + trp_notice_size(n->holes, n->gifts);
    unsigned char *values;
    if (l->block) {
        values = l->block->bytes;
    } else {
        struct trp_record *record = (struct trp_record *)(void *)l->parcel->bytes;
        trp_record_begin(record, head, l->used);
        record->flags &= ~(unsigned)TRP_RECORD_BULK;
        values = trp_record_body(record);
    }
    size_t at = 0;
    for (unsigned i = 0; i <= n->holes; i++) {
        size_t begin = i < n->holes ? n->of[2 * i] : n->size;
        memcpy(values + at, rest, begin - at);
        rest += begin - at;
        at = i < n->holes ? begin + round_up(n->of[2 * i + 1]) : at;
        if (i < n->holes && at > begin)
            memset(values + at - 8, 0, 8);
    }
    return values;
}

static void receive_all(struct landing *l, const struct trp_notice *n, int from,
                        unsigned char *values)
{
    for (unsigned i = 0; i < n->holes; i++)
        receive(l, i, from, values ? values + n->of[2 * i] : NULL, n->of[2 * i + 1]);
    for (unsigned i = 0; i < n->gifts; i++)
        receive(l, n->holes + i, from, values ? l->parcel->gifts[i]->data : NULL,
                n->of[2 * n->holes + i]);
}

static bool is_ordered(const struct trp_record *record)
{
    return record->kind != TRP_RECORD_ANSWER && record->kind != TRP_RECORD_TASK;
}

void trp_bulk_announced(struct trp_rank *rank, const struct trp_record *record, int from)
{
    const struct trp_notice *n = trp_record_body(record);
    if (!is_good(n, trp_record_body_size(record)))
        trp_die("a message from rank %d announces what cannot be", from);
    unsigned count = n->holes + n->gifts;
    struct landing *l = calloc(1, sizeof *l + count * sizeof *l->legs);
    if (!l)
        trp_die("no memory to receive %u spans", count);
    l->rank = rank;
    l->left = count;
    l->size = n->size;
    unsigned char *values = NULL;
    if (make_room(l, record, n))
        values = place_rest(l, record, n);
    else
        cut(l, record);
    if (l->parcel) {
        l->parcel->peer = from;
        l->parcel->urgent = trp_record_is_urgent(record);
        if (record->kind != TRP_RECORD_ANSWER)
            l->parcel->owes = trp_bulk_weight(bytes_of(n));
    }
    if (is_ordered(record)) {
        l->line = line_of(rank, from, record);
        trp_parcel_push(&l->line->parcels, l->parcel);
    }
    rank->received -= (uint64_t)trp_record_counts(record);
    receive_all(l, n, from, values);
}
