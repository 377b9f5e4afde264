/*
 * A monitor on each rank: an actor that says what its rank has and does, for the gateway on rank 0.
 *
 * It is a light actor like any other and is asked like one. What it answers is plain data; what is
 * shown of it, and how, is not its business. look.h is where it gets it from.
 */
#ifndef TRP_MONITOR_H
#define TRP_MONITOR_H

#include "troupe/declare.h"

enum trp_state {
    TRP_STATE_NONE,
    TRP_STATE_WAITING,
    TRP_STATE_ALIVE,
    TRP_STATE_ENDING,
    TRP_STATE_ENDED
};

/* An actor, by its handle or its name. */
TROUPE_STRUCT(trp_found, (uint64_t, place), (uint64_t, serial), (int32_t, state),
              (uint32_t, class_id), (int32_t, reason), (troupe_str, story));

/* Times of an actor's calls, as trp_brief_times. */
TROUPE_STRUCT(trp_brief, (uint64_t, count), (double, p50), (double, p99), (double, max));

/* An actor in a list. `busy` in seconds, negative: not known. */
TROUPE_STRUCT(trp_row, (uint64_t, place), (uint64_t, serial), (uint32_t, class_id),
              (int32_t, state), (uint32_t, depth), (troupe_str, name), (troupe_str, repr),
              (troupe_str, running), (troupe_str, reason), (int32_t, cpus), (int32_t, at_once),
              (double, gpus), (uint64_t, memory), (troupe_str, resources), (uint64_t, received),
              (uint64_t, done), (uint64_t, failed), (uint64_t, mailbox),
              (uint64_t, mailbox_highest), (double, age), (double, busy), (uint32_t, restarts),
              (trp_brief, run), (trp_brief, wait));

/* A call that has failed; `ago` in seconds. */
TROUPE_STRUCT(trp_failed, (uint64_t, number), (troupe_str, method), (int32_t, status),
              (troupe_str, story), (double, ago));

/* Somebody who waits, or runs. `since` in seconds, negative: not known. */
TROUPE_STRUCT(trp_doing, (troupe_str, who), (troupe_str, what), (troupe_str, waits_for),
              (double, since));

TROUPE_STRUCT(trp_stack_of, (TROUPE_SPAN(trp_doing), running), (TROUPE_SPAN(trp_doing), waiting));

/* What waits on the rank for CPUs and the like. */
TROUPE_STRUCT(trp_queued, (troupe_str, who), (troupe_str, reason), (double, seconds));

TROUPE_STRUCT(trp_tasks_of, (uint64_t, waiting), (uint64_t, running), (uint64_t, done),
              (uint64_t, failed), (uint64_t, cancelled), (TROUPE_SPAN(trp_queued), queue),
              (TROUPE_SPAN(troupe_str), names));

TROUPE_STRUCT(trp_resource_of, (troupe_str, name), (double, amount), (double, used));

TROUPE_STRUCT(trp_rank_of, (int32_t, pid), (troupe_str, host), (int32_t, node), (int32_t, cpus),
              (int32_t, slots_used), (uint64_t, memory_rss), (double, cpu_seconds),
              (uint64_t, actors), (uint64_t, tasks_running), (uint64_t, tasks_waiting),
              (uint64_t, calls), (uint64_t, messages_out), (uint64_t, bytes_out),
              (troupe_str, doing), (TROUPE_SPAN(trp_resource_of), resources));

/* The end of an actor; `ago` in seconds. */
TROUPE_STRUCT(trp_ended, (uint64_t, place), (uint64_t, serial), (uint32_t, class_id),
              (int32_t, reason), (troupe_str, story), (double, ago), (uint64_t, number));

/* How many of each class live here, by the class's id. */
TROUPE_STRUCT(trp_alive, (uint32_t, class_id), (uint64_t, count));

#define TRP_NO_CLASS UINT32_MAX

TROUPE_CLASS(trp_monitor);
TROUPE_ASK(trp_monitor, find, trp_found, (uint64_t, place), (uint64_t, serial));
TROUPE_ASK(trp_monitor, named, trp_found, (troupe_str, name)); /* at the name's home */
TROUPE_ASK(trp_monitor, actors, TROUPE_SPAN(trp_row));
TROUPE_ASK(trp_monitor, actor, TROUPE_SPAN(trp_row), (uint64_t, place), (uint64_t, serial));
TROUPE_ASK(trp_monitor, failures, TROUPE_SPAN(trp_failed), (uint64_t, place), (uint64_t, serial));
TROUPE_ASK(trp_monitor, ended, TROUPE_SPAN(trp_ended), (uint64_t, after)); /* that number */
TROUPE_ASK(trp_monitor, tasks, trp_tasks_of, (uint32_t, most));
TROUPE_ASK(trp_monitor, figures, trp_rank_of);
TROUPE_ASK(trp_monitor, stack, trp_stack_of);
TROUPE_ASK(trp_monitor, alive, TROUPE_SPAN(trp_alive));
/* The bytes of what schedule/counts.h gives: trp_method_counts, trp_edge, trp_traffic. */
TROUPE_ASK(trp_monitor, counts, TROUPE_SPAN(uint8_t));
TROUPE_ASK(trp_monitor, edges, TROUPE_SPAN(uint8_t));
TROUPE_ASK(trp_monitor, traffic, TROUPE_SPAN(uint8_t));

#endif
