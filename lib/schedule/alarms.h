/*
 * Tells for later: once after some time, or again and again, until cancelled.
 */
#ifndef TRP_ALARMS_H
#define TRP_ALARMS_H

#include "schedule/rank.h"

/* Before the record that is to be sent, in the body of an ALARM. */
struct trp_alarm_times {
    double after; /* seconds */
    double every; /* seconds; 0: once */
    int64_t to;   /* rank */
};

/* Sends to this rank: that record later. False when memory is short. */
int trp_alarm_send(struct trp_rank *rank, const struct trp_context *from, uint64_t number,
                    struct trp_alarm_times times, const struct trp_record *head,
                    const struct troupe_type *type, const void *value);

/* ALARM and CANCEL: `future` is the alarm's number, chosen by who sets it. */
void trp_alarms_set(struct trp_rank *rank, const struct trp_record *record);
void trp_alarms_cancel(struct trp_rank *rank, uint64_t number);
void trp_alarms_close(struct trp_rank *rank);

#endif
