/** @file
 * What can travel between ranks, and how a class describes itself to the library.
 *
 * Plain data structures: declare.h fills them in from a class's declaration, the library reads them
 * to pack a call, to check it, to print it. Nothing here is changed after main has begun, but for
 * what troupe_run writes: numbers and tables of classes and methods, and counts. Pointers stay the
 * program's, and are good for its whole life.
 */
#ifndef TROUPE_TYPES_H
#define TROUPE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup types
    @{ */

/** An actor of any class. Two words, by value; all zero is no actor. The typed handles hold one.
    Good on every rank, by copying; it owns nothing, and outlives its actor. */
struct troupe_ref {
    uint64_t place;  /**< host rank + 1 (32 bits) and the rank that created it (32 bits) */
    uint64_t serial; /**< its index among what the creator put there (32), generation (32) */
};

/** A result that is still to come, of any type: see future.h. All zero is no future. */
typedef struct troupe_future {
    uint64_t id; /**< for the library, on the rank that made it */
} troupe_future;

/** A tell for later (troupe_after, troupe_every). All zero is none. */
typedef struct troupe_timer {
    uint64_t number; /**< the same on no other rank */
} troupe_timer;

/** A text: ends in NUL, is never NULL where the library hands it out. A NULL sent arrives as "". It
    is copied when it is sent; what arrives is read only, and lives as long as its call (arguments)
    or as what await gives (results). */
typedef const char *troupe_str;

/** What an ask of void gives. */
typedef struct troupe_void {
    char nothing; /**< 0 */
} troupe_void;

/** How a value of a type is laid out, sent and printed. */
enum troupe_kind {
    TROUPE_KIND_VOID,   /**< no value: troupe_void */
    TROUPE_KIND_BOOL,   /**< bool */
    TROUPE_KIND_INT,    /**< signed, and char */
    TROUPE_KIND_UINT,   /**< unsigned */
    TROUPE_KIND_FLOAT,  /**< float or double */
    TROUPE_KIND_STR,    /**< troupe_str */
    TROUPE_KIND_SPAN,   /**< { const T *data; size_t count; } */
    TROUPE_KIND_STRUCT, /**< declared field by field */
    TROUPE_KIND_HANDLE, /**< of a class */
    TROUPE_KIND_BYTES,  /**< sent as it lies in memory (TROUPE_BYTES) */
};

struct troupe_field;

/** The description of one type. */
struct troupe_type {
    const char *name;                  /**< as the user wrote it */
    enum troupe_kind kind;             /**< how it is sent and printed */
    bool flat;                         /**< no pointer inside: a copy of its bytes is the value */
    uint32_t size;                     /**< bytes in memory */
    uint32_t count;                    /**< number of fields of a struct */
    const struct troupe_field *fields; /**< of a struct: `count` of them */
    const struct troupe_type *element; /**< of a span; else NULL */
};

/** One field of a struct or one argument of a method. */
struct troupe_field {
    const char *name;               /**< as the user wrote it */
    const struct troupe_type *type; /**< of the value, or of one element */
    uint32_t offset; /**< bytes from the start of the struct */
    uint32_t count;  /**< elements of a TROUPE_ARRAY, 0 for a single value */
};

/** The part a declared function plays. */
enum troupe_role {
    TROUPE_ROLE_INIT,    /**< constructor */
    TROUPE_ROLE_DESTROY, /**< destructor */
    TROUPE_ROLE_REPR,    /**< writes what an actor is called */
    TROUPE_ROLE_TELL,    /**< method without an answer */
    TROUPE_ROLE_ASK,     /**< method with an answer */
    TROUPE_ROLE_URGENT_TELL, /**< the same, whose calls overtake those of others */
    TROUPE_ROLE_URGENT_ASK,  /**< and likewise */
    TROUPE_ROLE_TASK,    /**< task */
};

/** A method or task as it was declared. */
struct troupe_signature {
    const char *owner; /**< class, or the name of the task */
    const char *name;  /**< method, or the name of the task */
    enum troupe_role role; /**< the part it plays */
    struct troupe_type args;               /**< a struct of the arguments */
    const struct troupe_type *result;      /**< of void where there is none */
    const struct troupe_signature *base;   /**< what it overrides, or NULL */
};

/**
 * Runs a user's function on unpacked arguments.
 * @param self the actor's state, NULL for a task
 * @param args a struct as the signature's `args` describes it; borrowed
 * @param result room for a value of the signature's `result`; of a repr, a struct troupe_text
 */
typedef void troupe_thunk(void *self, const void *args, void *result);

/** Calls of one method, one at least. Their arguments stand one behind the other, rounded up to 8
    bytes; where they are of many actors there is a word before those of each, of asks two. */
struct troupe_row {
    const char *at;           /**< arguments of the call that runs, or would be next */
    const char *end;          /**< where those of one behind the last would be */
    void *self;               /**< the state of the actor; of many: */
    void *const *selves;      /**< the one that the next is called on, and those of the others */
    uint64_t (*result)[2];    /**< room for the result of the next, and of the others */
    const uint64_t *happened; /**< while it is `before` nothing has happened between two calls */
    uint64_t before;          /**< that the next one would have to wait for */
};

/**
 * Runs a user's function as often as `row` says, or until something happens. It says which call it
 * is at before it looks.
 * @param row `at` is moved on; at the return it is the first that was not run
 */
typedef void troupe_row_thunk(struct troupe_row *row);

/** What a task, or an actor of a class, asks for where a call does not say it: the options of these
    names (troupe_options) as TROUPE_BODY and TROUPE_IMPLEMENT declare them. */
struct troupe_needs {
    int cpus;              /**< threads */
    double gpus;           /**< GPUs, or a part of one */
    size_t memory;         /**< bytes */
    const char *resources; /**< "fpga:1,license:2" */
};

/** A method or task with its body. */
struct troupe_method {
    const struct troupe_signature *signature; /**< as declared */
    troupe_thunk *thunk;                      /**< runs the body */
    troupe_row_thunk *row; /**< the same many times; NULL: not of calls with pointers, or with a
                                result of more than 16 bytes */
    const struct troupe_needs *needs;         /**< of a task, or NULL */
    uint32_t slot; /**< place in the class's table, or the task's number; set at start */
    uint32_t lost; /**< failures that nobody waited for */
    bool urgent;   /**< declared so, by it or by what it overrides; set at start */
    bool quick;    /**< no pointers among its arguments, and not urgent; set at start */
    bool computes; /**< it was said that it computes for long */
};

/** A class with its methods. */
struct troupe_class {
    const char *name;                     /**< as the user wrote it */
    uint32_t state_size;                  /**< bytes */
    struct troupe_method *const *methods; /**< implemented ones, NULL at the end */
    const struct troupe_needs *needs;      /**< or NULL */
    struct troupe_class *base;             /**< or NULL */
    struct troupe_class *next;             /**< registered before it */
    struct troupe_method **table;          /**< by slot, inherited ones first; set at start */
    uint32_t slots;                        /**< entries of table */
    uint32_t id;                           /**< by sorted name; set at start */
    struct troupe_method *init, /**< constructor: own or inherited; NULL: none */
        *destroy,               /**< own destructor; NULL: none */
        *repr;                  /**< own or inherited; NULL: none */
};

/** What a repr writes into. */
struct troupe_text {
    char *text;  /**< the library's */
    size_t size; /**< bytes, the closing NUL included */
};

/** Where an actor or a task is to go; all zero: the library's choice. Made by troupe_on,
    troupe_here, troupe_beside, troupe_away_from, troupe_on_node, troupe_packed, troupe_spread,
    troupe_in a group, and troupe_rather, which makes a wish of it. A rank or node that there is
    not, an empty handle, and a place where no rank has what is asked for, unless it is a wish, fail
    the caller with TROUPE_INVALID when used. */
struct troupe_place {
    int32_t rule; /**< 0: the library's choice; the others are the library's */
    int32_t rank; /**< or node, or place of a group, from 0 */
    uint64_t group; /**< its number; or 0 */
};

/** What may ride along with a call (`.with = { … }`); what is left out is zero: the default, for
    `cpus`, `gpus`, `memory` and `resources` what the declaration says. All of it but `timeout`
    is for new actors, what stands before `name` for tasks, `timeout` alone for asks; tells have no
    options.
    A task holds what it asks for until it ends, an actor as long as it lives; but CPUs only while
    it runs, not while it waits or nobody calls it. What is not free is waited for: the task begins,
    the actor is made, when it is; calls wait for it. They wait in order, but one that can go on
    passes one that cannot: freely if the two ask for nothing of the same kind, else 16 times at
    most. What no rank, or not the one of `place`, has at all fails the caller with
    TROUPE_INVALID. */
struct troupe_options {
    struct troupe_place place; /**< of a new actor or a task; default for actors: round robin over
                                    all ranks, where each rank counts what it makes, beginning at
                                    rank 0, and passes over those that do not have what is asked
                                    for; for tasks: where a slot is free, nearest first. While it
                                    waits such a task may go to another rank that has nothing to
                                    run, but for one that was given buffers, or has failed once */
    int cpus;         /**< threads of the OpenMP team of a task (default 1), or of an actor that is
                           to have a worker of its own (default: none, it shares its rank's). Where
                           OMP_NUM_THREADS is set a team is no larger than that */
    double gpus;      /**< GPUs: whole ones, or a part of one (0.25), in steps of 0.0001; default:
                           none. See troupe_gpu_ids */
    size_t memory;    /**< bytes, of those that the rank has for all that asks for some; default:
                           none. Counted, and not enforced */
    const char *resources; /**< of those that TROUPE_RESOURCES or Slurm name: "fpga:1,license:2";
                           default: none */
    unsigned retries; /**< of a task, 0 to 255: as often it is run again, with the same arguments,
                           after it has failed (troupe_fail). Its last failure is the future's. One
                           that was cancelled, or was given buffers, is not run again */
    int priority;     /**< of a task, -32768 to 32767: of those that wait on a rank for CPUs, the
                           ones with a higher number begin before all others, in the order in which
                           they came; calls of actors with CPUs are among those of 0, the default */
    double timeout;   /**< seconds, of a task or an ask: without an answer by then its future fails
                           with TROUPE_LATE, whether somebody waits for it or not; what is answered
                           later is thrown away. The task is cancelled, as by troupe_cancel; the
                           method runs nevertheless. 0 or less: no limit, the default */
    const char *name; /**< of a new actor, copied; default: none. Where the name is taken the actor
                           never begins, and its calls fail with TROUPE_ENDED and the holder's
                           name */
    bool or_existing; /**< with a name: the actor that has it already, if one does. Waits, as
                           troupe_await; fails the caller with TROUPE_INVALID if the holder's class
                           is neither this one nor a subclass */
    bool tied;        /**< a new actor ends when the actor whose method made it does; without a
                           meaning in the driver, in tasks and in other threads of a team */
    unsigned max_concurrency; /**< of a new actor with `cpus`: methods that may run at a time, each
                               on a thread of its own with as many CPUs; default 1, at most 1000.
                               They are begun in the order of their calls, and from then on know
                               nothing of each other: what they share in the state needs locks or
                               atomics. Its constructor and its destructor run alone: what they do
                               is seen by all methods, and what these did by the destructor. Its end
                               waits for all of them, a kill is for each. Without `cpus` it fails
                               the caller with TROUPE_INVALID */
    unsigned max_pending; /**< calls of a new actor that may wait at once for their turn; default:
                               any number. Who calls when so many do waits until his call is
                               accepted; its own calls, urgent ones, and callers who may not wait
                               (troupe_await) are exempt. Actors that call each other so may wait
                               for ever */
    bool refuse_more; /**< with max_pending: nobody waits. A call too many is refused: an ask fails
                           with TROUPE_FULL, a tell is lost, counted, and the first is a warning */
};

/** @} */

#ifdef __cplusplus
}
#endif

#endif
