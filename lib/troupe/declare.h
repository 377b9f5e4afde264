/** @file
 * The declaration of classes, tasks and types: one line each becomes ordinary typed C functions.
 *
 * This is the one header of macros; docs/declare.md shows what a line becomes. A class is a set of
 * independent lines, so that each is read, and each mistake is reported, by itself:
 *
 *     TROUPE_CLASS(progress, (uint64_t, total));            progress_new(total)
 *     TROUPE_TELL (progress, report, (uint32_t, task));     progress_report(p, task)
 *     TROUPE_ASK  (progress, ratio, double);                progress_ratio(p), a future of double
 *     TROUPE_IMPLEMENT(progress, (init, on_init), (report, on_report), (ratio, on_ratio));
 *
 * Any thread may call. Arguments are copied before a call returns; what cannot be sent fails the
 * caller: TROUPE_NO_MEMORY, or TROUPE_INVALID (a span without data, more than 32 GiB). In a method
 * they are read only and good until it returns; its result is copied then. Calls of one caller to
 * one actor run in their order. A tell to no actor is a warning, one to an actor that has ended, or
 * that fails, is counted, and the first of each method (of ends: of all) is a warning.
 */
#ifndef TROUPE_DECLARE_H
#define TROUPE_DECLARE_H

/* For gcc, so that a mistake is reported at the line of the user and not within a macro. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC system_header
#endif

#include <stddef.h>
#include <string.h>

#include "troupe/future.h"
#include "troupe/lists.h"
#include "troupe/map.h"
#include "troupe/pool.h"
#include "troupe/stub.h"
#include "troupe/types.h"

/* What C only warns of, and what would send a wrong argument to another rank. */
#if !defined(__cplusplus) && defined(__clang__)
#pragma clang diagnostic error "-Wint-conversion"
#pragma clang diagnostic error "-Wincompatible-pointer-types"
#pragma clang diagnostic error "-Wincompatible-function-pointer-types"
#pragma clang diagnostic error "-Wimplicit-function-declaration"
#elif !defined(__cplusplus)
#pragma GCC diagnostic error "-Wint-conversion"
#pragma GCC diagnostic error "-Wincompatible-pointer-types"
#pragma GCC diagnostic error "-Wimplicit-function-declaration"
#endif

/* ---- what users write ------------------------------------------------------------------------ */

/** @addtogroup classes
    @{ */

/**
 * `TROUPE_CLASS(C, (T, field)…);` a class with the arguments of its constructor, at most 32: the
 * handle C, C_new(field…), in methods C_self(state); struct C_state is for the .c file to define.
 * T is a class, bool, troupe_str, a number of C, or declared by one of the macros below.
 */
#define TROUPE_CLASS(...) TROUPE_BEGIN_(TROUPE_CLASS_, TROUPE_FIRST_(__VA_ARGS__, ~), __VA_ARGS__)

/**
 * `TROUPE_EXTENDS(C, B, (T, field)…);` a class that inherits from B; its state starts with B's, and
 * `handle.super` is a handle of B. Its constructor calls B_init(state, field…); if it has none, B's
 * runs, which must not take arguments.
 */
#define TROUPE_EXTENDS(C, ...)                                                                     \
    TROUPE_BEGIN_(TROUPE_EXTENDS_, C, TROUPE_FIRST_(__VA_ARGS__, ~), __VA_ARGS__)

/** `TROUPE_TELL(C, method, (T, field)…);` a method without an answer: C_method(handle, field…). In
    methods C_method_inside(state, field…) runs it, or its override, at once. */
#define TROUPE_TELL(C, ...)                                                                        \
    TROUPE_BEGIN_(TROUPE_METHOD_, C, TROUPE_FIRST_(__VA_ARGS__, ~), TELL, void, NULL, __VA_ARGS__) \
    TROUPE_END_

/** `TROUPE_ASK(C, method, R, (T, field)…);` a method that answers with an R, or void (when
    done). */
#define TROUPE_ASK(C, m, ...)                                                                      \
    TROUPE_BEGIN_(TROUPE_METHOD_, C, m, ASK, TROUPE_FIRST_(__VA_ARGS__, ~), NULL, __VA_ARGS__)     \
    TROUPE_END_

/** As TROUPE_TELL, of a method whose calls overtake all that are not urgent: on their way, and in
    the actor's mailbox; among themselves they keep their order. A running method is not
    interrupted. For rare and small ones, such as a word to stop: nothing slows their callers down.
    An override of it is urgent, too. */
#define TROUPE_URGENT_TELL(C, ...)                                                                 \
    TROUPE_BEGIN_(TROUPE_METHOD_, C, TROUPE_FIRST_(__VA_ARGS__, ~), URGENT_TELL, void, NULL,       \
                  __VA_ARGS__)                                                                     \
    TROUPE_END_

/** As TROUPE_URGENT_TELL, with an answer, which is urgent, too. */
#define TROUPE_URGENT_ASK(C, m, ...)                                                               \
    TROUPE_BEGIN_(TROUPE_METHOD_, C, m, URGENT_ASK, TROUPE_FIRST_(__VA_ARGS__, ~), NULL,           \
                  __VA_ARGS__)                                                                     \
    TROUPE_END_

/** `TROUPE_OVERRIDE_TELL(C, B, method, (T, field)…);` C's own way of a tell of a base B. */
#define TROUPE_OVERRIDE_TELL(C, B, ...)                                                            \
    TROUPE_BEGIN_(TROUPE_OVERRIDE_, C, B, TROUPE_FIRST_(__VA_ARGS__, ~), TELL, void, __VA_ARGS__)

/** `TROUPE_OVERRIDE_ASK(C, B, method, R, (T, field)…);` C's own way of an ask of a base B. */
#define TROUPE_OVERRIDE_ASK(C, B, m, ...)                                                          \
    TROUPE_BEGIN_(TROUPE_OVERRIDE_, C, B, m, ASK, TROUPE_FIRST_(__VA_ARGS__, ~), __VA_ARGS__)

/** `TROUPE_TASK(t, R, (T, field)…);` a function that runs once on a worker of some rank: t(field…)
    gives a future of R, which may be void. */
#define TROUPE_TASK(t, ...)                                                                        \
    TROUPE_BEGIN_(TROUPE_TASK_, t, TROUPE_FIRST_(__VA_ARGS__, ~), __VA_ARGS__)

/** `TROUPE_STRUCT(S, (T, field)…);` a struct that can be an argument or a result, of 1 to 32
    fields; `(TROUPE_ARRAY(T, n), field)` is `T field[n]`. */
#define TROUPE_STRUCT(S, ...) TROUPE_STRUCT_(S, S, __VA_ARGS__) TROUPE_END_

/** `TROUPE_BYTES(T);` lets a type of the user's own travel as its bytes: without pointers, aligned
    to 8 bytes at most. */
#define TROUPE_BYTES(T) TROUPE_TYPE_(T, #T, TROUPE_KIND_BYTES, true, 0, NULL) TROUPE_END_

/** `TROUPE_SPAN(T)`: any number of T, `{ const T *data; size_t count; }`; count 0: data is not
    read. */
#define TROUPE_SPAN(T) TROUPE_CAT_(troupe_span_, T)

/** `TROUPE_FUTURE(T)`: a T that is still to come. */
#define TROUPE_FUTURE(T) TROUPE_CAT_(troupe_future_, T)

/* TROUPE_ARRAY in a TROUPE_STRUCT is a marker, not a macro. */

/** The arguments by name: `troupe_call(C_method, handle, .field = value…, .with = { … })`. What is
    left out is zero, here and below; `with` is a struct troupe_options. */
#define troupe_call(method, ...)                                                                   \
    TROUPE_CAT_(method, _with)                                                                     \
    (__extension__(struct TROUPE_CAT_(method, _call)){.troupe_to = __VA_ARGS__})

/** A new actor, by name: `troupe_new(C, .field = value…, .with = { … })`. Its handle, at once:
    calls may precede it. Where its constructor fails they fail with TROUPE_ENDED and that story. */
#define troupe_new(...)                                                                            \
    TROUPE_CAT_(TROUPE_FIRST_(__VA_ARGS__, ~), _new_with)(                                         \
        __extension__(struct TROUPE_CAT_(TROUPE_FIRST_(__VA_ARGS__, ~), _new_call)){               \
            .troupe_zero = 0, TROUPE_DROP_(__VA_ARGS__, )})

/** A tell after some seconds: `troupe_after(1.5, C_method, handle, .field = value…)` gives a
    troupe_timer, for troupe_cancel_timer on this rank. The end of the driver does not wait for
    it. */
#define troupe_after(seconds, method, ...)                                                         \
    TROUPE_CAT_(method, _later)                                                                    \
    (seconds, 0, __extension__(struct TROUPE_CAT_(method, _call)){.troupe_to = __VA_ARGS__})

/** A tell every so many seconds, the first after as many; until troupe_cancel_timer, or the job
    ends. By plan: what was missed is not made up for. 0 seconds or less: only one is sent. */
#define troupe_every(seconds, method, ...)                                                         \
    TROUPE_CAT_(method, _later)                                                                    \
    (seconds, seconds, __extension__(struct TROUPE_CAT_(method, _call)){.troupe_to = __VA_ARGS__})

/** A task, by name: `troupe_submit(t, .field = value…, .with = { … })` gives a future. */
#define troupe_submit(...)                                                                         \
    TROUPE_CAT_(TROUPE_FIRST_(__VA_ARGS__, ~), _with)(                                             \
        __extension__(struct TROUPE_CAT_(TROUPE_FIRST_(__VA_ARGS__, ~), _call)){                   \
            .troupe_zero = 0, TROUPE_DROP_(__VA_ARGS__, )})

/** A task for each index from `begin` up to, without, `end`, its results in their order: see map.h.
    `troupe_map(t, begin, end, values, .field = value…, .with = { … })`; the first failure is the
    caller's. */
#define troupe_map(...) troupe_map_check(troupe_get_map(__VA_ARGS__))
/** As troupe_map, with the same arguments, but the first failure is the status that it gives. */
#define troupe_get_map(t, begin, end, ...)                                                         \
    __extension__({                                                                                \
        (void)sizeof((size_t *){&((struct TROUPE_CAT_(t, _call) *)0)->index});                     \
        TROUPE_CAT_(t, _map)(begin, end, TROUPE_FIRST_(__VA_ARGS__, ~),                            \
                             (struct TROUPE_CAT_(t, _call)){.troupe_zero = 0,                      \
                                                            TROUPE_DROP_(__VA_ARGS__, )});         \
    })

/** The value of a future, when it is there; consumes it. A failure becomes the caller's own. What
    it points to lives as long as the caller, or a troupe_scope of it. See troupe_await_any. */
#define troupe_await(f)                                                                            \
    __extension__({                                                                                \
        __typeof__((f).type) troupe_value_ =                                                       \
            (__typeof__((f).type))troupe_await_any((f).any, sizeof(*(f).type));                    \
        *troupe_value_;                                                                            \
    })

/** Puts the value into `*value` and consumes the future; a failure is returned as a status, with
    its story in troupe_story. See troupe_get_any. */
#define troupe_get(f, value) troupe_get_within(f, value, TROUPE_FOREVER)

/** As troupe_get, but gives up after `seconds` with TROUPE_TIMEOUT; the future stays good. 0: looks
    once; negative: TROUPE_FOREVER. */
#define troupe_get_within(f, value, seconds)                                                       \
    __extension__({                                                                                \
        __typeof__((f).type) troupe_value_ = (value);                                              \
        troupe_get_any((f).any, troupe_value_, sizeof(*troupe_value_), seconds);                   \
    })

/** Awaits `n` futures of one type, an array, into an array of `n` values. See troupe_await_each. */
#define troupe_await_all(futures, n, values)                                                       \
    __extension__({                                                                                \
        __typeof__((futures)[0].type) troupe_value_ = (values);                                    \
        troupe_await_each(&(futures)[0].any, n, troupe_value_, sizeof(*troupe_value_));            \
    })

/** Whether the value, or the failure, of a future is there; it is not consumed. See
    troupe_done_any. */
#define troupe_done(f) troupe_done_any((f).any)

/** The result is not wanted; when it comes it is thrown away. See troupe_drop_any for threads. */
#define troupe_drop(f) troupe_drop_any((f).any)

/** Cancels a task: one that waits fails, one that runs sees it. See troupe_cancel_any. */
#define troupe_cancel(f) troupe_cancel_any((f).any)

/** `TROUPE_POOL(C)`: some actors of C, of which an idle one gets the next call: see pool.h. */
#define TROUPE_POOL(C) TROUPE_CAT_(C, _pool)

/** A pool of new actors: `troupe_pool_new(C, n, .field = value…, .with = { … })`. */
#define troupe_pool_new(C, ...)                                                                    \
    TROUPE_CAT_(C, _pool_new)(                                                                     \
        TROUPE_FIRST_(__VA_ARGS__, ~),                                                             \
        __extension__(struct TROUPE_CAT_(C, _new_call)){.troupe_zero = 0,                          \
                                                        TROUPE_DROP_(__VA_ARGS__, )})

/** One more actor: `troupe_pool_add(pool, handle)`. */
#define troupe_pool_add(pool, handle)                                                              \
    troupe_pool_add_ref((pool).any, ((__typeof__((pool).type)){&(handle)})->ref, false)
/** One fewer, whose calls go on: `troupe_pool_remove(pool, handle)`; whether it was in it. */
#define troupe_pool_remove(pool, handle) troupe_pool_remove_ref((pool).any, (handle).ref)

/** A call of an actor that is idle, or will be: `troupe_pool_submit(pool, C_method, .field =
    value…, .with = { … })` gives its number, from 0. */
#define troupe_pool_submit(pool, ...)                                                              \
    __extension__({                                                                                \
        __typeof__(pool) troupe_pool_ = (pool);                                                    \
        __typeof__(*troupe_pool_.type) troupe_idle_ = {troupe_pool_choose(troupe_pool_.any)};      \
        troupe_pool_submitted(troupe_pool_.any, TROUPE_METHOD_OF_(__VA_ARGS__, ~),                 \
                              troupe_call(TROUPE_FIRST_(__VA_ARGS__, ~), troupe_idle_,             \
                                          TROUPE_DROP_(__VA_ARGS__, )).any);                       \
    })

/** The result of a call that was submitted, of the oldest, or with a number, `size_t *`, of the
    first that is answered: `status = troupe_pool_next(pool, C_method, &value, NULL)`. */
#define troupe_pool_next(pool, method, value, number)                                              \
    __extension__({                                                                                \
        TROUPE_VALUES_(method) troupe_value_ = (value);                                            \
        troupe_pool_next_any((pool).any, TROUPE_METHOD_OF_(method, ~), troupe_value_,              \
                             sizeof *troupe_value_, number);                                       \
    })

/** A call for each of `n` arguments, an array of struct C_method_args, with the results in their
    order. How many failed; without an array of `n` statuses, NULL, the first one fails the caller:
    `troupe_pool_map(pool, C_method, args, n, values, NULL)`. */
#define troupe_pool_map(pool, method, args, n, values, statuses)                                   \
    __extension__({                                                                                \
        const struct TROUPE_CAT_(method, _args) *troupe_args_ = (args);                            \
        TROUPE_CAT_(method, _owner) *troupe_owner_ = (pool).type;                                  \
        TROUPE_VALUES_(method) troupe_value_ = (values);                                           \
        (void)troupe_owner_;                                                                       \
        troupe_pool_map_any((pool).any, TROUPE_METHOD_OF_(method, ~), troupe_args_, n,             \
                            troupe_value_, sizeof *troupe_value_, statuses);                       \
    })

/** Whether two handles, of whatever class, are the same actor. Any thread. */
#define troupe_same(a, b) troupe_same_ref((a).ref, (b).ref)

/** The rank of another actor, for `.with = { .place = troupe_beside(handle) }`. Any thread. */
#define troupe_beside(handle) troupe_beside_ref((handle).ref)

/** Any rank but that of another actor, in turn: `.with = { .place = troupe_away_from(handle) }`.
    Any thread. */
#define troupe_away_from(handle) troupe_away_from_ref((handle).ref)

/** Ends an actor after the calls that came before, this caller's earlier ones among them; later
    ones fail with TROUPE_ENDED. To no actor: a warning. Any thread. */
#define troupe_stop(handle) troupe_stop_ref((handle).ref)

/** Ends an actor now: calls that wait for it fail with TROUPE_ENDED, and so does a method that
    waits: it is unwound, as by troupe_fail. One that runs goes on to its next wait or its end; on a
    worker its result is dropped then. To no actor: a warning. Any thread. */
#define troupe_kill(handle) troupe_kill_ref((handle).ref)

/** A future of the actor's end: `troupe_end end = troupe_await(troupe_ended(h));`. Of no actor it
    fails with TROUPE_NO_ACTOR. A rank remembers its last 4096 ends; one before them is given as
    TROUPE_END_FORGOTTEN. Any thread. */
#define troupe_ended(handle) troupe_ended_ref((handle).ref)

/**
 * Finds an actor by the name it was created under (`.with = {.name = "p"}`), waiting for one up to
 * some seconds, the answer's way included (0 is too short for it; negative: TROUPE_FOREVER). A name
 * is free when its actor has ended.
 * `status = troupe_lookup(progress, "p", 1.5, &handle)`: TROUPE_OK; TROUPE_TIMEOUT; TROUPE_INVALID
 * if the name is NULL or that of an actor of another class (a subclass is fine); TROUPE_NOT_HERE
 * where the thread may not wait. The handle is written with TROUPE_OK only.
 */
#define troupe_lookup(C, name, seconds, handle)                                                    \
    troupe_lookup_ref(&C##_class, name, seconds, &((C *){handle})->ref)

/** In TROUPE_IMPLEMENT instead of a function: only subclasses have this method. Without an override
    a call fails with TROUPE_INVALID. */
#define troupe_abstract NULL

#ifndef __cplusplus

/**
 * `TROUPE_IMPLEMENT(C, (init, fn), (method, fn)…, (repr, fn), (destroy, fn));` in one .c file, at
 * most 32. fn takes a `struct C_state *` and the fields. Every declared method is named, and init
 * if it has fields; else troupe_run returns 2. The state is zero before the constructor. The
 * destructor, `void fn(struct C_state *)`, runs on every end, after a constructor that failed too,
 * before those of bases, always on the scheduler's thread; it must neither wait nor fail. Messages
 * call an actor `C(1:4)`, by its rank and number, or `C(1:4 "text")` with what is written by
 * `void repr(const struct C_state *, char *text, size_t size)`, inherited, at any time between its
 * methods or while one waits: it only reads the state. Texts over 127 bytes are cut. Where a call
 * does not say what an actor needs, `(needs, .gpus = 0.5, .memory = n)` does, inherited as a whole:
 * see struct troupe_needs.
 */
#define TROUPE_IMPLEMENT(...)                                                                      \
    TROUPE_BEGIN_(TROUPE_IMPLEMENT_, TROUPE_FIRST_(__VA_ARGS__, ~), __VA_ARGS__)

/** `TROUPE_BODY(t, fn);` in one .c file: the function that is the task; fn takes the fields. What
    it needs, where a call does not say it, may follow: `TROUPE_BODY(t, fn, .cpus = 4, .gpus = 1)`,
    see struct troupe_needs. */
#define TROUPE_BODY(t, ...)                                                                        \
    TROUPE_BEGIN_(TROUPE_TASK_BODY_, t, TROUPE_FIRST_(__VA_ARGS__, ~), __VA_ARGS__)

#else
#define TROUPE_IMPLEMENT(...)                                                                      \
    static_assert(false, "TROUPE_IMPLEMENT is for C: write it, and the methods, in a .c file")
#define TROUPE_BODY(...)                                                                           \
    static_assert(false, "TROUPE_BODY is for C: write it, and the task, in a .c file")
#endif

/** @} */

/** @cond INTERNAL */
/* What stands behind the name of an ask. */
#define TROUPE_METHOD_OF_(m, ...) &TROUPE_CAT_(m, _method)
#define TROUPE_VALUES_(m)                                                                          \
    __typeof__(TROUPE_CAT_(m, _with)(*(struct TROUPE_CAT_(m, _call) *)0).type)

/* ---- fields ---------------------------------------------------------------------------------- */

#define TROUPE_MEMBER_(c, field) TROUPE_MEMBER2_ field
#define TROUPE_MEMBER2_(T, name) T name;

#define TROUPE_PARAMETER_(c, field) TROUPE_PARAMETER2_ field
#define TROUPE_PARAMETER2_(T, name) , T name

#define TROUPE_COPY_(from, field) TROUPE_APPLY_(TROUPE_COPY2_, from, TROUPE_OPEN_ field)
#define TROUPE_COPY2_(from, T, name) args_.name = from name;

#define TROUPE_PUT_(from, field) TROUPE_APPLY_(TROUPE_PUT2_, from, TROUPE_OPEN_ field)
#define TROUPE_PUT2_(from, T, name) put_->name = from name;

#define TROUPE_PASS_(c, field) TROUPE_PASS2_ field
#define TROUPE_PASS2_(T, name) , args_->name

#define TROUPE_FLAT_(c, field) TROUPE_FLAT2_ field
#define TROUPE_FLAT2_(T, name) &&TROUPE_CAT_(troupe_flat_, T)

#define TROUPE_FIELD_(S, field) TROUPE_APPLY_(TROUPE_FIELD2_, S, TROUPE_OPEN_ field)
#define TROUPE_FIELD2_(S, T, name)                                                                 \
    {#name, &TROUPE_CAT_(troupe_type_, T), (uint32_t)offsetof(struct S, name), 0},

/* A struct without members is not ISO C. */
#define TROUPE_MEMBERS_(...)                                                                       \
    TROUPE_EACH_(TROUPE_MEMBER_, ~, __VA_ARGS__) TROUPE_CAT_(TROUPE_NONE, TROUPE_MORE_(__VA_ARGS__))
#define TROUPE_NONE0 char troupe_none;
#define TROUPE_NONE1

#define TROUPE_PARAMETERS_(...)                                                                    \
    TROUPE_LIST_(TROUPE_PARAMETER_, ~, __VA_ARGS__)                                                \
    TROUPE_CAT_(TROUPE_NOTHING, TROUPE_MORE_(__VA_ARGS__))
#define TROUPE_NOTHING0 void
#define TROUPE_NOTHING1

/* Fields of a struct may be arrays too: `(TROUPE_ARRAY(T, n), name)`. */
#define TROUPE_ARRAY_TROUPE_ARRAY(T, n) ~, ~
#define TROUPE_ELEMENT_TROUPE_ARRAY(T, n) T
#define TROUPE_LENGTH_TROUPE_ARRAY(T, n) n
#define TROUPE_IS_ARRAY_(T) TROUPE_PROBE_(TROUPE_CAT_(TROUPE_ARRAY_, T))

#define TROUPE_SMEMBER_(c, field) TROUPE_SMEMBER2_ field
#define TROUPE_SMEMBER2_(T, name) TROUPE_CAT_(TROUPE_SMEMBER3_, TROUPE_IS_ARRAY_(T))(T, name)
#define TROUPE_SMEMBER3_0(T, name) T name;
#define TROUPE_SMEMBER3_1(T, name)                                                                 \
    TROUPE_CAT_(TROUPE_ELEMENT_, T) name[TROUPE_CAT_(TROUPE_LENGTH_, T)];

#define TROUPE_SFLAT_(c, field) TROUPE_SFLAT2_ field
#define TROUPE_SFLAT2_(T, name) TROUPE_CAT_(TROUPE_SFLAT3_, TROUPE_IS_ARRAY_(T))(T)
#define TROUPE_SFLAT3_0(T) &&TROUPE_CAT_(troupe_flat_, T)
#define TROUPE_SFLAT3_1(T) TROUPE_SFLAT3_0(TROUPE_CAT_(TROUPE_ELEMENT_, T))

#define TROUPE_SFIELD_(S, field) TROUPE_APPLY_(TROUPE_SFIELD2_, S, TROUPE_OPEN_ field)
#define TROUPE_SFIELD2_(S, T, name)                                                                \
    TROUPE_CAT_(TROUPE_SFIELD3_, TROUPE_IS_ARRAY_(T))(S, T, name)
#define TROUPE_SFIELD3_0(S, T, name) TROUPE_FIELD2_(S, T, name)
#define TROUPE_SFIELD3_1(S, T, name)                                                               \
    {#name, &TROUPE_CAT_(troupe_type_, TROUPE_CAT_(TROUPE_ELEMENT_, T)),                           \
     (uint32_t)offsetof(struct S, name), TROUPE_CAT_(TROUPE_LENGTH_, T)},

/* ---- types ----------------------------------------------------------------------------------- */

#define TROUPE_UNUSED_ __attribute__((unused))
#define TROUPE_INLINE_ static inline TROUPE_UNUSED_
#define TROUPE_ALWAYS_INLINE_ TROUPE_INLINE_ __attribute__((always_inline))
#ifdef __cplusplus
#define TROUPE_ASSERT_ static_assert
#else
#define TROUPE_ASSERT_ _Static_assert
#endif
/* A declaration that changes nothing, to take the semicolon which the user writes. */
#define TROUPE_END_ struct troupe_type

#define TROUPE_TYPE_(T, text, kind, flat, n, fields)                                               \
    TROUPE_ASSERT_(sizeof(T) > 0 && __alignof__(T) <= 8,                                           \
                   text " cannot be sent: it is empty, or must be aligned to more than 8 bytes");  \
    TROUPE_DESCRIBE_(T, T, text, kind, flat, n, fields, NULL)                                      \
    typedef struct TROUPE_SPAN(T) {                                                                \
        const T *data;                                                                             \
        size_t count;                                                                              \
    } TROUPE_SPAN(T);                                                                              \
    TROUPE_DESCRIBE_(TROUPE_SPAN(T), TROUPE_SPAN(T), "span of " text, TROUPE_KIND_SPAN, false, 0,  \
                     NULL, &TROUPE_CAT_(troupe_type_, T))

#define TROUPE_DESCRIBE_(T, C, text, kind, flat, n, fields, element)                               \
    enum { TROUPE_CAT_(troupe_flat_, T) = (flat) };                                                \
    static const struct troupe_type TROUPE_CAT_(troupe_type_, T) TROUPE_UNUSED_ = {                \
        text, kind, flat, (uint32_t)sizeof(C), n, fields, element};                                \
    typedef union TROUPE_FUTURE(T) {                                                               \
        troupe_future any;                                                                         \
        C *type;                                                                                   \
    } TROUPE_FUTURE(T);

#define TROUPE_STRUCT_(S, ...)                                                                     \
    typedef struct S {                                                                             \
        TROUPE_EACH_(TROUPE_SMEMBER_, ~, __VA_ARGS__)                                              \
    } S;                                                                                           \
    static const struct troupe_field S##_fields[] = {                                              \
        TROUPE_EACH_(TROUPE_SFIELD_, S, __VA_ARGS__)};                                             \
    TROUPE_TYPE_(S, #S, TROUPE_KIND_STRUCT, true TROUPE_EACH_(TROUPE_SFLAT_, ~, __VA_ARGS__),      \
                 TROUPE_COUNT_(__VA_ARGS__) - 1, S##_fields)

/* The types that need no declaration. */
TROUPE_DESCRIBE_(void, troupe_void, "void", TROUPE_KIND_VOID, true, 0, NULL, NULL)
TROUPE_TYPE_(bool, "bool", TROUPE_KIND_BOOL, true, 0, NULL)
TROUPE_TYPE_(char, "char", TROUPE_KIND_INT, true, 0, NULL)
TROUPE_TYPE_(short, "short", TROUPE_KIND_INT, true, 0, NULL)
TROUPE_TYPE_(int, "int", TROUPE_KIND_INT, true, 0, NULL)
TROUPE_TYPE_(long, "long", TROUPE_KIND_INT, true, 0, NULL)
TROUPE_TYPE_(unsigned, "unsigned", TROUPE_KIND_UINT, true, 0, NULL)
TROUPE_TYPE_(int8_t, "int8_t", TROUPE_KIND_INT, true, 0, NULL)
TROUPE_TYPE_(int16_t, "int16_t", TROUPE_KIND_INT, true, 0, NULL)
TROUPE_TYPE_(int32_t, "int32_t", TROUPE_KIND_INT, true, 0, NULL)
TROUPE_TYPE_(int64_t, "int64_t", TROUPE_KIND_INT, true, 0, NULL)
TROUPE_TYPE_(uint8_t, "uint8_t", TROUPE_KIND_UINT, true, 0, NULL)
TROUPE_TYPE_(uint16_t, "uint16_t", TROUPE_KIND_UINT, true, 0, NULL)
TROUPE_TYPE_(uint32_t, "uint32_t", TROUPE_KIND_UINT, true, 0, NULL)
TROUPE_TYPE_(uint64_t, "uint64_t", TROUPE_KIND_UINT, true, 0, NULL)
TROUPE_TYPE_(size_t, "size_t", TROUPE_KIND_UINT, true, 0, NULL)
TROUPE_TYPE_(float, "float", TROUPE_KIND_FLOAT, true, 0, NULL)
TROUPE_TYPE_(double, "double", TROUPE_KIND_FLOAT, true, 0, NULL)
TROUPE_TYPE_(troupe_str, "troupe_str", TROUPE_KIND_STR, false, 0, NULL)

/* ---- classes, methods, tasks ----------------------------------------------------------------- */

/* Names that the expansion uses itself. */
#define TROUPE_RESERVED_init ~, ~
#define TROUPE_RESERVED_destroy ~, ~
#define TROUPE_RESERVED_repr ~, ~
#define TROUPE_RESERVED_new ~, ~
#define TROUPE_RESERVED_self ~, ~
#define TROUPE_RESERVED_state ~, ~
#define TROUPE_RESERVED_class ~, ~
#define TROUPE_RESERVED_base ~, ~
#define TROUPE_RESERVED_needs ~, ~
#define TROUPE_RESERVED_pool ~, ~
#define TROUPE_FREE_NAME_(m)                                                                       \
    TROUPE_ASSERT_(!TROUPE_PROBE_(TROUPE_CAT_(TROUPE_RESERVED_, m)),                               \
                   "a method cannot be called '" #m "': troupe declares a function of that name")

/* What a call carries, and how it is described: struct P_args, P_signature. */
#define TROUPE_SIGNATURE_(P, owner, name, role, R, base, ...)                                      \
    struct P##_args {                                                                              \
        TROUPE_MEMBERS_(__VA_ARGS__)                                                               \
    };                                                                                             \
    static const struct troupe_field P##_fields[] = {                                              \
        TROUPE_EACH_(TROUPE_FIELD_, P##_args, __VA_ARGS__){NULL, NULL, 0, 0}};                     \
    static const struct troupe_signature P##_signature TROUPE_UNUSED_ = {                          \
        owner,                                                                                     \
        name,                                                                                      \
        role,                                                                                      \
        {"arguments", TROUPE_KIND_STRUCT, true TROUPE_EACH_(TROUPE_FLAT_, ~, __VA_ARGS__),         \
         (uint32_t)sizeof(struct P##_args), TROUPE_COUNT_(__VA_ARGS__) - 1, P##_fields, NULL},     \
        &TROUPE_CAT_(troupe_type_, R),                                                             \
        base};                                                                                     \
    enum {                                                                                         \
        P##_is_ask = role == TROUPE_ROLE_ASK,                                                      \
        P##_in_rows = (role == TROUPE_ROLE_TELL || role == TROUPE_ROLE_ASK) &&                     \
                      TROUPE_CAT_(troupe_flat_, R) &&                                              \
                      sizeof(*((TROUPE_FUTURE(R) *)0)->type) <= 16 TROUPE_EACH_(TROUPE_FLAT_, ~,   \
                                                                                __VA_ARGS__)       \
    };                                                                                             \
    static const struct troupe_signature *const P##_declared                                       \
        __attribute__((used, section("troupe_declared"))) = &P##_signature;

/* The user's function behind a thunk: P_fn, P_run. */
#define TROUPE_RUN_(P, R, call)                                                                    \
    TROUPE_INLINE_ void P##_run(P##_fn *fn, void *self, const void *args, void *result)            \
    {                                                                                              \
        const struct P##_args *args_ = (const struct P##_args *)args;                              \
        (void)self, (void)args_, (void)result;                                                     \
        if (!fn)                                                                                   \
            troupe_stub_abstract(&P##_signature);                                                  \
        TROUPE_CAT_(TROUPE_STORE, TROUPE_IS_VOID_(R))(R, call);                                    \
    }                                                                                              \
    TROUPE_ALWAYS_INLINE_ void P##_each(P##_fn *fn, struct troupe_row *row, size_t apart,          \
                                        void *const *selves)                                       \
    {                                                                                              \
        const struct troupe_row old = *row;                                                        \
        const char *at = old.at;                                                                   \
        uint64_t(*result)[2] = old.result;                                                         \
        do {                                                                                       \
            if (!troupe_row_goes_on(row, &old, at))                                                \
                return;                                                                            \
            P##_run(fn, selves ? *selves++ : old.self, at, result++);                              \
            at += apart;                                                                           \
        } while (at != old.end);                                                                   \
        troupe_row_ends(row, at);                                                                  \
    }
#define TROUPE_STORE0(R, call) *(R *)result = call
#define TROUPE_STORE1(R, call) call

#define TROUPE_METHOD_RUN_(C, P, R, ...)                                                           \
    typedef R P##_fn(struct C##_state *self_ TROUPE_EACH_(TROUPE_PARAMETER_, ~, __VA_ARGS__));     \
    TROUPE_RUN_(P, R, fn((struct C##_state *)self TROUPE_EACH_(TROUPE_PASS_, ~, __VA_ARGS__)))     \
    extern struct troupe_method P##_method;

/* A function that fills struct P_args from its parameters or from the fields of `call`. */
#define TROUPE_PACK_(P, from, ...)                                                                 \
    struct P##_args args_;                                                                         \
    memset(&args_, 0, sizeof args_);                                                               \
    TROUPE_EACH_(TROUPE_COPY_, from, __VA_ARGS__)

/* Arguments without pointers are written where they will stay, if there is such a place. */
#define TROUPE_SHORT_TELL_(P, to, from, ...)                                                       \
    if (P##_signature.args.flat && sizeof(struct P##_args) <= 64) {                                \
        const size_t bytes_ = (sizeof(struct P##_args) + 7) / 8 * 8;                               \
        const uint32_t told_ = troupe_tells();                                                     \
        struct P##_args *put_ =                                                                    \
            (struct P##_args *)(void *)troupe_tell_again(to, &P##_method, bytes_);                 \
        if (put_) {                                                                                \
            memset((void *)put_, 0, bytes_);                                                       \
            TROUPE_EACH_(TROUPE_PUT_, from, __VA_ARGS__)                                           \
        }                                                                                          \
        troupe_told(told_);                                                                        \
        if (put_)                                                                                  \
            return;                                                                                \
    }
#define TROUPE_SEND_TELL_(P, R, to, with, from, ...)                                               \
    TROUPE_SHORT_TELL_(P, to, from, __VA_ARGS__)                                                   \
    TROUPE_PACK_(P, from, __VA_ARGS__)                                                             \
    troupe_stub_tell(to, &P##_method, &args_, with);
#define TROUPE_SEND_ASK_(P, R, to, with, from, ...)                                                \
    TROUPE_PACK_(P, from, __VA_ARGS__)                                                             \
    TROUPE_FUTURE(R) future_;                                                                      \
    future_.any = troupe_stub_ask(to, &P##_method, &args_, with);                                  \
    return future_;
#define TROUPE_ANSWER_TELL_(R) void
#define TROUPE_ANSWER_ASK_(R) __attribute__((warn_unused_result)) TROUPE_FUTURE(R)

/* A tell for later: behind troupe_after and troupe_every. */
#define TROUPE_LATER_TELL_(P, ...)                                                                 \
    TROUPE_INLINE_ troupe_timer P##_later(double after, double every, struct P##_call call_)       \
    {                                                                                              \
        TROUPE_PACK_(P, call_., __VA_ARGS__)                                                       \
        return troupe_stub_later(call_.troupe_to.ref, &P##_method, &args_, after, every);          \
    }
#define TROUPE_LATER_ASK_(P, ...)

#define TROUPE_SEND_URGENT_TELL_(P, R, to, with, from, ...)                                        \
    TROUPE_PACK_(P, from, __VA_ARGS__)                                                             \
    troupe_stub_tell(to, &P##_method, &args_, with);
#define TROUPE_SEND_URGENT_ASK_ TROUPE_SEND_ASK_
#define TROUPE_ANSWER_URGENT_TELL_ TROUPE_ANSWER_TELL_
#define TROUPE_ANSWER_URGENT_ASK_ TROUPE_ANSWER_ASK_
#define TROUPE_LATER_URGENT_TELL_ TROUPE_LATER_TELL_
#define TROUPE_LATER_URGENT_ASK_ TROUPE_LATER_ASK_

#define TROUPE_STUBS_(C, P, ROLE, R, ...)                                                          \
    struct P##_call {                                                                              \
        C troupe_to;                                                                               \
        TROUPE_EACH_(TROUPE_MEMBER_, ~, __VA_ARGS__)                                               \
        struct troupe_options with;                                                                \
    };                                                                                             \
    TROUPE_INLINE_ TROUPE_ANSWER_##ROLE##_(R) P##_with(struct P##_call call_)                      \
    {                                                                                              \
        TROUPE_SEND_##ROLE##_(P, R, call_.troupe_to.ref, &call_.with, call_., __VA_ARGS__)         \
    }                                                                                              \
    TROUPE_INLINE_ TROUPE_ANSWER_##ROLE##_(R)                                                      \
        P(C to_ TROUPE_EACH_(TROUPE_PARAMETER_, ~, __VA_ARGS__))                                   \
    {                                                                                              \
        TROUPE_SEND_##ROLE##_(P, R, to_.ref, NULL, , __VA_ARGS__)                                  \
    }                                                                                              \
    TROUPE_LATER_##ROLE##_(P, __VA_ARGS__)

/* The call from inside: of the actor's own, perhaps overriding, method, at once. */
#define TROUPE_INSIDE_(C, P, R, ...)                                                               \
    TROUPE_INLINE_ R P##_inside(                                                                   \
        struct C##_state *self_ TROUPE_EACH_(TROUPE_PARAMETER_, ~, __VA_ARGS__))                   \
    {                                                                                              \
        TROUPE_PACK_(P, , __VA_ARGS__)                                                             \
        TROUPE_CAT_(TROUPE_INSIDE, TROUPE_IS_VOID_(R))(P, R)                                       \
    }
#define TROUPE_INSIDE0(P, R)                                                                       \
    R result_;                                                                                     \
    troupe_stub_inside(self_, &P##_method, &args_, &result_);                                      \
    return result_;
#define TROUPE_INSIDE1(P, R) troupe_stub_inside(self_, &P##_method, &args_, NULL);

#define TROUPE_METHOD_(C, m, ROLE, R, base, ...)                                                   \
    typedef C C##_##m##_owner;                                                                     \
    TROUPE_FREE_NAME_(m);                                                                          \
    TROUPE_SIGNATURE_(C##_##m, #C, #m, TROUPE_ROLE_##ROLE, R, base, __VA_ARGS__)                   \
    TROUPE_METHOD_RUN_(C, C##_##m, R, __VA_ARGS__)                                                 \
    typedef R C##_##m##_plain(void *self_ TROUPE_EACH_(TROUPE_PARAMETER_, ~, __VA_ARGS__));        \
    TROUPE_STUBS_(C, C##_##m, ROLE, R, __VA_ARGS__)                                                \
    TROUPE_INSIDE_(C, C##_##m, R, __VA_ARGS__)

#define TROUPE_OVERRIDE_(C, B, m, ROLE, R, ...)                                                    \
    TROUPE_METHOD_(C, m, ROLE, R, &B##_##m##_signature, __VA_ARGS__)                               \
    TROUPE_SAME_SIGNATURE_(C, B, m)
#ifdef __cplusplus
#define TROUPE_SAME_SIGNATURE_(C, B, m) TROUPE_END_
#else
#define TROUPE_SAME_SIGNATURE_(C, B, m)                                                            \
    TROUPE_ASSERT_(__builtin_types_compatible_p(C##_##m##_plain, B##_##m##_plain),                 \
                   "the arguments or the result of " #C "_" #m " are not those of " #B "_" #m)
#endif

#define TROUPE_CLASS_(C, ...)                                                                      \
    typedef union C {                                                                              \
        struct troupe_ref ref;                                                                     \
    } C;                                                                                           \
    TROUPE_INLINE_ struct troupe_class *C##_base(void)                                             \
    {                                                                                              \
        return NULL;                                                                               \
    }                                                                                              \
    TROUPE_CLASS_BODY_(C, __VA_ARGS__)

#define TROUPE_EXTENDS_(C, B, ...)                                                                 \
    typedef union C {                                                                              \
        struct troupe_ref ref;                                                                     \
        B super;                                                                                   \
    } C;                                                                                           \
    TROUPE_INLINE_ struct troupe_class *C##_base(void)                                             \
    {                                                                                              \
        return &B##_class;                                                                         \
    }                                                                                              \
    TROUPE_CLASS_BODY_(C, __VA_ARGS__)

#define TROUPE_CLASS_BODY_(C, ...)                                                                 \
    struct C##_state;                                                                              \
    extern struct troupe_class C##_class;                                                          \
    TROUPE_TYPE_(C, #C, TROUPE_KIND_HANDLE, true, 0, NULL)                                         \
    TROUPE_SIGNATURE_(C##_init, #C, "init", TROUPE_ROLE_INIT, void, NULL, __VA_ARGS__)             \
    TROUPE_METHOD_RUN_(C, C##_init, void, __VA_ARGS__)                                             \
    TROUPE_NEW_(C, __VA_ARGS__)                                                                    \
    TROUPE_LIFE_(C)                                                                                \
    typedef union C##_pool {                                                                       \
        troupe_pool *any;                                                                          \
        C *type;                                                                                   \
    } C##_pool;                                                                                    \
    TROUPE_INLINE_ C##_pool C##_pool_new(size_t n, struct C##_new_call call_)                      \
    {                                                                                              \
        C##_pool pool_ = {troupe_pool_begin()};                                                    \
        for (size_t i = 0; i < n; i++)                                                             \
            troupe_pool_add_ref(pool_.any, C##_new_with(call_).ref, true);                         \
        return pool_;                                                                              \
    }                                                                                              \
    TROUPE_INLINE_ C C##_self(const struct C##_state *self)                                        \
    {                                                                                              \
        C handle_;                                                                                 \
        handle_.ref = troupe_stub_self(self);                                                      \
        return handle_;                                                                            \
    }                                                                                              \
    TROUPE_END_

#define TROUPE_NEW_(C, ...)                                                                        \
    struct C##_new_call {                                                                          \
        char troupe_zero;                                                                          \
        TROUPE_EACH_(TROUPE_MEMBER_, ~, __VA_ARGS__)                                               \
        struct troupe_options with;                                                                \
    };                                                                                             \
    TROUPE_INLINE_ C C##_new_with(struct C##_new_call call_)                                       \
    {                                                                                              \
        TROUPE_PACK_(C##_init, call_., __VA_ARGS__)                                                \
        C handle_;                                                                                 \
        handle_.ref = troupe_stub_new(&C##_class, &C##_init_signature, &args_, &call_.with);       \
        return handle_;                                                                            \
    }                                                                                              \
    TROUPE_INLINE_ C C##_new(TROUPE_PARAMETERS_(__VA_ARGS__))                                      \
    {                                                                                              \
        TROUPE_PACK_(C##_init, , __VA_ARGS__)                                                      \
        C handle_;                                                                                 \
        handle_.ref = troupe_stub_new(&C##_class, &C##_init_signature, &args_, NULL);              \
        return handle_;                                                                            \
    }                                                                                              \
    TROUPE_INLINE_ void C##_init(                                                                  \
        struct C##_state *self_ TROUPE_EACH_(TROUPE_PARAMETER_, ~, __VA_ARGS__))                   \
    {                                                                                              \
        TROUPE_PACK_(C##_init, , __VA_ARGS__)                                                      \
        troupe_stub_init(self_, &C##_class, &args_);                                               \
    }

/* The two functions that every class may have: a destructor and a repr. */
#define TROUPE_LIFE_(C)                                                                            \
    TROUPE_SIGNATURE_(C##_destroy, #C, "destroy", TROUPE_ROLE_DESTROY, void, NULL, ~)              \
    TROUPE_METHOD_RUN_(C, C##_destroy, void, ~)                                                    \
    TROUPE_SIGNATURE_(C##_repr, #C, "repr", TROUPE_ROLE_REPR, void, NULL, ~)                       \
    typedef void C##_repr_fn(const struct C##_state *self, char *text, size_t size);               \
    TROUPE_RUN_(C##_repr, void,                                                                    \
                fn((const struct C##_state *)self, ((struct troupe_text *)result)->text,           \
                   ((struct troupe_text *)result)->size))                                          \
    extern struct troupe_method C##_repr_method;

#define TROUPE_TASK_(t, R, ...)                                                                    \
    TROUPE_SIGNATURE_(t, #t, #t, TROUPE_ROLE_TASK, R, NULL, __VA_ARGS__)                           \
    typedef R t##_fn(TROUPE_PARAMETERS_(__VA_ARGS__));                                             \
    TROUPE_RUN_(t, R, fn(TROUPE_LIST_(TROUPE_PASS_, ~, __VA_ARGS__)))                              \
    extern struct troupe_method t##_method;                                                        \
    struct t##_call {                                                                              \
        char troupe_zero;                                                                          \
        TROUPE_EACH_(TROUPE_MEMBER_, ~, __VA_ARGS__)                                               \
        struct troupe_options with;                                                                \
    };                                                                                             \
    TROUPE_INLINE_ TROUPE_ANSWER_ASK_(R) t##_with(struct t##_call call_)                           \
    {                                                                                              \
        TROUPE_PACK_(t, call_., __VA_ARGS__)                                                       \
        TROUPE_FUTURE(R) future_;                                                                  \
        future_.any = troupe_stub_submit(&t##_method, &args_, &call_.with);                        \
        return future_;                                                                            \
    }                                                                                              \
    TROUPE_INLINE_ TROUPE_ANSWER_ASK_(R) t(TROUPE_PARAMETERS_(__VA_ARGS__))                        \
    {                                                                                              \
        TROUPE_PACK_(t, , __VA_ARGS__)                                                             \
        TROUPE_FUTURE(R) future_;                                                                  \
        future_.any = troupe_stub_submit(&t##_method, &args_, NULL);                               \
        return future_;                                                                            \
    }                                                                                              \
    TROUPE_INLINE_ troupe_status t##_map(size_t begin, size_t end,                                 \
                                         __typeof__(((TROUPE_FUTURE(R) *)0)->type) values_,        \
                                         struct t##_call call_)                                    \
    {                                                                                              \
        TROUPE_PACK_(t, call_., __VA_ARGS__)                                                       \
        return troupe_map_any(&t##_method, &args_, begin, end, values_, &call_.with);              \
    }                                                                                              \
    TROUPE_END_

/* ---- the bodies ------------------------------------------------------------------------------ */

#define TROUPE_ROW_(P, fn)                                                                         \
    TROUPE_UNUSED_ static void P##_row(struct troupe_row *row)                                     \
    {                                                                                              \
        const size_t bytes = (sizeof(struct P##_args) + 7) / 8 * 8;                                \
        if (row->selves)                                                                           \
            P##_each(fn, row, bytes + (P##_is_ask ? 16 : 8), row->selves);                         \
        else                                                                                       \
            P##_each(fn, row, bytes, NULL);                                                        \
    }

#define TROUPE_BODY_(P, fn, needed)                                                                \
    static void P##_thunk(void *self, const void *args, void *result)                              \
    {                                                                                              \
        P##_run(fn, self, args, result);                                                           \
    }                                                                                              \
    TROUPE_ROW_(P, fn)                                                                             \
    struct troupe_method P##_method = {.signature = &P##_signature,                                \
                                       .thunk = P##_thunk,                                         \
                                       .row = P##_in_rows ? P##_row : NULL,                        \
                                       .needs = needed};

#define TROUPE_TASK_BODY_(t, fn, ...)                                                              \
    TROUPE_CAT_(TROUPE_NEEDING, TROUPE_MORE_(__VA_ARGS__))(t, __VA_ARGS__)                         \
    TROUPE_BODY_(t, fn, &t##_needs)                                                                \
    TROUPE_REGISTER_(t, troupe_register_task(&t##_method))
#define TROUPE_NEEDING0(t, fn) static const struct troupe_needs t##_needs;
#define TROUPE_NEEDING1(t, fn, ...) static const struct troupe_needs t##_needs = {__VA_ARGS__};

/* An entry is a method and its function, or what the class needs. */
#define TROUPE_NEEDS_needs ~, ~
#define TROUPE_IS_NEEDS_(m) TROUPE_PROBE_(TROUPE_CAT_(TROUPE_NEEDS_, m))

#define TROUPE_THUNK_(C, entry) TROUPE_APPLY_(TROUPE_THUNK2_, C, TROUPE_OPEN_ entry)
#define TROUPE_THUNK2_(C, m, ...)                                                                  \
    TROUPE_CAT_(TROUPE_THUNK3_, TROUPE_IS_NEEDS_(m))(C, m, __VA_ARGS__)
#define TROUPE_THUNK3_0(C, m, fn) TROUPE_BODY_(C##_##m, fn, NULL)
#define TROUPE_THUNK3_1(C, m, ...) static const struct troupe_needs C##_needs = {__VA_ARGS__};

#define TROUPE_IMPLEMENT_(C, ...)                                                                  \
    static const struct troupe_needs C##_needs; /* zero, if no entry defines it */                 \
    TROUPE_EACH_(TROUPE_THUNK_, C, __VA_ARGS__)                                                    \
    static struct troupe_method *const C##_methods[] = {                                           \
        TROUPE_EACH_(TROUPE_ENTRY_, C, __VA_ARGS__) NULL};                                         \
    struct troupe_class C##_class = {                                                              \
        .name = #C,                                                                                \
        .state_size = sizeof(struct C##_state),                                                    \
        .methods = C##_methods,                                                                    \
        .needs = &C##_needs};                                                                      \
    TROUPE_REGISTER_(C, troupe_register_class(&C##_class, C##_base(), __start_troupe_declared,     \
                                              __stop_troupe_declared))

#define TROUPE_ENTRY_(C, entry) TROUPE_APPLY_(TROUPE_ENTRY2_, C, TROUPE_OPEN_ entry)
#define TROUPE_ENTRY2_(C, m, ...) TROUPE_CAT_(TROUPE_ENTRY3_, TROUPE_IS_NEEDS_(m))(C, m)
#define TROUPE_ENTRY3_0(C, m) &C##_##m##_method,
#define TROUPE_ENTRY3_1(C, m)

#define TROUPE_REGISTER_(C, call)                                                                  \
    __attribute__((constructor)) static void C##_register(void)                                    \
    {                                                                                              \
        call;                                                                                      \
    }                                                                                              \
    TROUPE_END_
/** @endcond */

#endif
