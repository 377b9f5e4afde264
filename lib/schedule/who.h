/*
 * Who is who, for messages to people.
 */
#ifndef TRP_WHO_H
#define TRP_WHO_H

#include "schedule/rank.h"

#define TRP_WHO_SIZE 256 /* bytes that are enough */

/* Who is running: "progress(1:4).report", "task sample_circle on rank 2", "driver"; of a class with
   a repr: "progress(1:4 \"of pi\").report". */
void trp_context_name(const struct trp_context *context, char *text, size_t size);

/* What its handle tells, and its own repr, if it has one, is alive, and runs one method at a
   time. */
void trp_actor_name(const struct trp_rank *rank, struct trp_actor *actor, char *text, size_t size);

/* A trp_crash_describe: who runs on this thread, without any code of the user's. */
void trp_who_crashed(int signal, const void *address, char *text, size_t size);

/* What a rank lets its mates see of the method it runs, and the trp_wire_died that tells it. */
uint64_t trp_who_code(const struct trp_actor *actor, const struct troupe_method *method);
uint64_t trp_who_task_code(uint32_t number);
uint64_t trp_who_context_code(const struct trp_context *context);
/* Another thread than the scheduler's runs this, from now on, and until now. Before the wire is
   closed. */
void trp_who_computes(struct trp_rank *rank, uint64_t code);
void trp_who_computed(struct trp_rank *rank, uint64_t code);
void trp_who_died(const struct trp_wire_death *death);

/* "progress(1:4)", whatever the class's own repr. Safe in a signal handler but for snprintf. */
void trp_ref_name(const struct trp_rank *rank, struct troupe_ref ref,
                  const struct troupe_class *class_, char *text, size_t size);

#endif
