#include "schedule/ending.h"

#include <string.h>

#include "base/log.h"
#include "base/notice.h"
#include "schedule/alarms.h"
#include "schedule/send.h"
#include "troupe/declare.h"
#include "troupe/status.h"

_Atomic int trp_ending_by;
_Atomic bool trp_ending_news;

static double grace; /* seconds */
static bool announced;
static _Atomic bool closes; /* the wire does */

/* In a signal handler. */
static bool hear(int signal)
{
    if (closes)
        return false;
    if (!(grace > 0)) {
        struct trp_wire *wire = trp_home->wire;
        wire->words->signal = (uint32_t)signal; /* for the mate that will miss us */
        return wire->ops->leave && wire->ops->leave(wire, signal);
    }
    if (!trp_ending_by)
        trp_ending_by = signal;
    trp_ending_news = true;
    trp_home->wire->ops->wake(trp_home->wire);
    return true;
}

void trp_ending_open(double seconds)
{
    grace = seconds;
    announced = false;
    trp_ending_by = 0;
    trp_ending_news = false;
    closes = false;
    trp_notice_open(hear);
}

void trp_ending_wire_closes(void)
{
    closes = true;
}

void trp_ending_close(void)
{
    trp_notice_close();
}

void trp_ending_pass_on(struct trp_rank *rank)
{
    const struct trp_record head = {.kind = TRP_RECORD_ENDING, .number = trp_ending_by};
    trp_ending_news = false;
    trp_send_bytes(rank, 0, &head, "", 0);
}

/* ---- rank 0, and then the others ------------------------------------------------------------- */

/* What follows if the driver does not return: as if somebody called troupe_exit. */
static void set_alarm(struct trp_rank *rank, int signal)
{
    const struct trp_record exit = {.kind = TRP_RECORD_EXIT, .number = 128 + signal};
    const struct trp_alarm_times times = {.after = grace, .to = 0};
    const int unused = 0; /* a record has a value behind it */
    if (trp_alarm_send(rank, NULL, 0, times, &exit, &troupe_type_int, &unused) != TROUPE_OK)
        trp_die("no memory for a timer");
}

static void announce(struct trp_rank *rank, int signal)
{
    const struct trp_record head = {.kind = TRP_RECORD_ENDING, .number = signal};
    announced = true;
    trp_log(TRP_LOG_WARNING, "the job is told to end, by signal %d (%s): the driver has %g s",
            signal, strsignal(signal), grace);
    for (int to = 1; to < rank->ranks; to++)
        trp_send_bytes(rank, to, &head, "", 0);
    set_alarm(rank, signal);
}

void trp_ending_deliver(struct trp_rank *rank, const struct trp_record *record)
{
    if (!trp_ending_by)
        trp_ending_by = (int)record->number;
    if (rank->rank == 0 && !announced)
        announce(rank, (int)record->number);
}
