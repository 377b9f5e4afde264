/** @file
 * Where the functions that declare.h generates land. Not for calling by hand: nothing here checks
 * that arguments are what a description says. `args` is the caller's, read before the return; what
 * cannot be sent fails the caller with TROUPE_NO_MEMORY, or TROUPE_INVALID (a span without data, or
 * more than 32 GiB). Where arguments for another rank are large, the driver, tasks and methods wait
 * until they have been sent, and others run meanwhile; elsewhere they are copied. `with` may be
 * NULL. Threads: any, but for those from inside an actor.
 */
#ifndef TROUPE_STUB_H
#define TROUPE_STUB_H

#include <string.h>

#include "troupe/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A tell. To no actor: a warning, and nothing is sent.
 * @param to the actor, of the method's class or a subclass
 * @param method the declared one, whose override runs
 * @param args as method->signature->args describes
 * @param with nothing: a tell has no options
 */
void troupe_stub_tell(struct troupe_ref to, const struct troupe_method *method, const void *args,
                      const struct troupe_options *with);

/**
 * An ask. To no actor: the future fails with TROUPE_NO_ACTOR.
 * @param to the actor, of the method's class or a subclass
 * @param method the declared one, whose override runs
 * @param args as method->signature->args describes
 * @param with timeout
 * @return of method->signature->result
 */
troupe_future troupe_stub_ask(struct troupe_ref to, const struct troupe_method *method,
                              const void *args, const struct troupe_options *with);

/**
 * A new actor.
 * @param class_ what it is
 * @param init how its constructor is declared
 * @param args as init->args describes
 * @param with all of it; or_existing waits, as troupe_await
 * @return complete at once: calls may go to it before it is there
 */
struct troupe_ref troupe_stub_new(const struct troupe_class *class_,
                                  const struct troupe_signature *init, const void *args,
                                  const struct troupe_options *with);

/**
 * A task.
 * @param task what runs
 * @param args as task->signature->args describes
 * @param with place, cpus, gpus, memory, resources
 * @return of task->signature->result
 */
troupe_future troupe_stub_submit(const struct troupe_method *task, const void *args,
                                 const struct troupe_options *with);

/**
 * A tell for later. To no actor: a warning, and no timer.
 * @param to the actor, of the method's class or a subclass
 * @param method the declared one, whose override runs
 * @param args as method->signature->args describes; copied
 * @param after seconds until the first; 0 or less: at the next chance
 * @param every seconds from one to the next; 0 or less: there is only one
 * @return for troupe_cancel_timer
 */
troupe_timer troupe_stub_later(struct troupe_ref to, const struct troupe_method *method,
                               const void *args, double after, double every);

/**
 * Runs a method of the actor's own class, or its override, at once.
 * @param self the state of the actor whose method runs
 * @param method the declared one
 * @param args as method->signature->args describes
 * @param result room for the result; NULL where there is none
 */
void troupe_stub_inside(void *self, const struct troupe_method *method, const void *args,
                        void *result);

/**
 * Runs the constructor of a base, if it has one, on the state under construction.
 * @param self the state
 * @param class_ the base
 * @param args as its constructor declares
 */
void troupe_stub_init(void *self, const struct troupe_class *class_, const void *args);

/** The handle of a state's actor. @param self the state @return its actor */
struct troupe_ref troupe_stub_self(const void *self);

/** Fails the caller with TROUPE_INVALID. @param method the one that has no body */
void troupe_stub_abstract(const struct troupe_signature *method);

/** To one rank: what the last call was, and where arguments of one like it go. */
struct troupe_lane {
    uint64_t place;  /**< of the handle of whom it was for, */
    uint64_t serial; /**< and this, or TROUPE_ANY_SERIAL */
    uint64_t key;    /**< its method, of a tell */
    char *at;        /**< where there is room, */
    char *end;       /**< up to here */
};

/** Each call is preceded by the serial of its own. */
#define TROUPE_ANY_SERIAL UINT64_MAX
/** Bytes from a rank's lane to that of the next rank. */
#define TROUPE_LANES_APART 128

/** What a thread sends by itself, without the runtime. */
struct troupe_lanes {
    uint32_t told;  /**< odd while it does */
    uint32_t ranks; /**< 0: it may not */
    char *of;       /**< the lane to rank 0 */
};
/** Of the calling thread. */
extern __thread struct troupe_lanes troupe_lanes __attribute__((tls_model("initial-exec")));

/** The calling thread sends: it says so, then looks whether it may; who forbids it does the
    converse, see schedule/role.h. @return for troupe_told */
static inline uint32_t troupe_tells(void)
{
    uint32_t told = __atomic_load_n(&troupe_lanes.told, __ATOMIC_RELAXED) + 1;
    __atomic_store_n(&troupe_lanes.told, told, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return told;
}

/** It has. @param told what troupe_tells gave */
static inline void troupe_told(uint32_t told)
{
    __atomic_store_n(&troupe_lanes.told, told + 1, __ATOMIC_RELEASE);
}

/**
 * The frequent tell, between troupe_tells and troupe_told: one like the tell before it, where there
 * is room.
 * @param to the actor
 * @param method the declared one
 * @param bytes of its arguments, a multiple of 8
 * @return where the arguments are to be written; NULL: it is another case
 */
static inline char *troupe_tell_again(struct troupe_ref to, const struct troupe_method *method,
                                      size_t bytes)
{
    uint32_t host = (uint32_t)(to.place >> 32) - 1;
    if (host >= __atomic_load_n(&troupe_lanes.ranks, __ATOMIC_RELAXED))
        return NULL;
    struct troupe_lane *lane =
        (struct troupe_lane *)(void *)(troupe_lanes.of + (size_t)host * TROUPE_LANES_APART);
    char *at = lane->at;
    if (lane->key != (uint64_t)(uintptr_t)method || lane->place != to.place ||
        (size_t)(lane->end - at) < bytes + 8)
        return NULL;
    if (lane->serial != to.serial) {
        if (lane->serial != TROUPE_ANY_SERIAL)
            return NULL;
        memcpy(at, &to.serial, 8);
        at += 8;
    }
    lane->at = at + bytes;
    return at;
}

/** Says in `row` that the call at `at` is next, then looks whether it may be; who wants to know
    what runs does the converse.
    @param row as the runtime sees it @param old as it was @param at the call's arguments */
static inline bool troupe_row_goes_on(struct troupe_row *row, const struct troupe_row *old,
                                      const char *at)
{
    __atomic_store_n(&row->at, at, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return __atomic_load_n(old->happened, __ATOMIC_RELAXED) == old->before;
}

/** Says in `row` that all calls before `at` have run. @param row as the runtime sees it
    @param at behind the last call's arguments */
static inline void troupe_row_ends(struct troupe_row *row, const char *at)
{
    __atomic_store_n(&row->at, at, __ATOMIC_RELAXED);
}

/** A signature that the program declares; the linker gathers them in a section of their own. */
typedef const struct troupe_signature *const troupe_declared;
/** The first of them. */
extern troupe_declared __start_troupe_declared[] __attribute__((weak, visibility("hidden")));
/** Behind the last of them. */
extern troupe_declared __stop_troupe_declared[] __attribute__((weak, visibility("hidden")));

/**
 * Makes a class known: from a constructor of the program, before main.
 * @param class_ filled in but for what is set at start
 * @param base or NULL
 * @param from the first signature that the program declares
 * @param to behind the last
 */
void troupe_register_class(struct troupe_class *class_, struct troupe_class *base,
                           troupe_declared *from, troupe_declared *to);

/** Makes a task known: before main; no memory ends the process. @param task with its body */
void troupe_register_task(struct troupe_method *task);

#ifdef __cplusplus
}
#endif

#endif
