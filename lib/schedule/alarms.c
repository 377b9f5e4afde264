#include "schedule/alarms.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "schedule/bulk.h"
#include "schedule/send.h"
#include "schedule/trace.h"
#include "troupe/status.h"
#include "wire/pack.h"

struct trp_alarm {
    struct trp_timer timer;
    struct trp_alarm *next, **link; /* among the rank's */
    struct trp_rank *rank;
    uint64_t number;
    struct trp_alarm_times times;
    uint64_t words[]; /* the record to send */
};

int trp_alarm_send(struct trp_rank *rank, const struct trp_context *from, uint64_t number,
                    struct trp_alarm_times times, const struct trp_record *head,
                    const struct troupe_type *type, const void *value)
{
    struct trp_record alarm = {.kind = TRP_RECORD_ALARM, .future = number};
    size_t whole = trp_record_whole(head->kind, trp_packed_size(type, value));
    char *bytes = whole < PTRDIFF_MAX ? malloc(sizeof times + whole) : NULL;
    if (!bytes)
        return whole == SIZE_MAX ? TROUPE_INVALID : TROUPE_NO_MEMORY;
    struct trp_record *inner = (struct trp_record *)(void *)(bytes + sizeof times);
    memcpy(bytes, &times, sizeof times);
    trp_record_begin(inner, head, whole);
    trp_pack(type, value, trp_record_body(inner));
    trp_send_bytes_from(rank, from, rank->rank, &alarm, bytes, sizeof times + whole);
    free(bytes);
    return TROUPE_OK;
}

static void end(struct trp_alarm *alarm)
{
    trp_timers_remove(&alarm->rank->timers, &alarm->timer);
    *alarm->link = alarm->next;
    if (alarm->next)
        alarm->next->link = alarm->link;
    alarm->rank->alarm_count--;
    free(alarm);
}

static void fire(struct trp_timer *timer)
{
    struct trp_alarm *alarm = (struct trp_alarm *)(void *)timer; /* its first member */
    const struct trp_record *record = (const struct trp_record *)(const void *)alarm->words;
    trp_trace_tells_later(alarm->rank, trp_record_ref(record, (int)alarm->times.to), record->slot);
    trp_send_packed(alarm->rank, (int)alarm->times.to, record, trp_record_body(record),
                    trp_record_body_size(record));
    if (!(alarm->times.every > 0)) {
        end(alarm);
        return;
    }
    /* By the plan, not by when this was done; what was missed is not made up for. */
    double now = trp_now();
    timer->at += alarm->times.every;
    timer->at = timer->at < now ? now : timer->at;
    trp_timers_add(&alarm->rank->timers, timer);
}

void trp_alarms_set(struct trp_rank *rank, const struct trp_record *record)
{
    const char *body = trp_record_body(record);
    size_t size = trp_record_body_size(record) - sizeof(struct trp_alarm_times);
    struct trp_alarm *alarm = malloc(sizeof *alarm + size);
    if (!alarm)
        trp_die("no memory for a timer");
    *alarm = (struct trp_alarm){.rank = rank, .number = record->future, .next = rank->alarms};
    memcpy(&alarm->times, body, sizeof alarm->times);
    memcpy(alarm->words, body + sizeof alarm->times, size);
    alarm->link = &rank->alarms;
    if (rank->alarms)
        rank->alarms->link = &alarm->next;
    rank->alarms = alarm;
    rank->alarm_count++;
    alarm->timer.fire = fire;
    alarm->timer.at = trp_now() + (alarm->times.after > 0 ? alarm->times.after : 0);
    trp_timers_add(&rank->timers, &alarm->timer);
}

void trp_alarms_cancel(struct trp_rank *rank, uint64_t number)
{
    for (struct trp_alarm *alarm = rank->alarms; alarm; alarm = alarm->next)
        if (alarm->number == number) {
            end(alarm);
            return;
        }
}

void trp_alarms_close(struct trp_rank *rank)
{
    while (rank->alarms)
        end(rank->alarms);
}
