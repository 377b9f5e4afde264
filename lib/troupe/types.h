/*
 * What can travel between ranks, and how a class describes itself to the library.
 *
 * Plain data structures: declare.h fills them in from a class's declaration, the library reads them
 * to pack a call, to check it, to print it. Nothing here is changed after main has begun, but for
 * the numbers that troupe_run gives to classes and methods.
 */
#ifndef TROUPE_TYPES_H
#define TROUPE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An actor of any class. Two words, by value; all zero is no actor. The typed handles hold one. */
struct troupe_ref {
    uint64_t place;  /**< host rank + 1 (32 bits) and the rank that created it (32 bits) */
    uint64_t serial; /**< its index among what the creator put there (32), generation (32) */
};

/** A result that is still to come, of any type. All zero is no future. */
typedef struct troupe_future {
    uint64_t id;
} troupe_future;

/** A tell for later (troupe_after, troupe_every). All zero is none. */
typedef struct troupe_timer {
    uint64_t number;
} troupe_timer;

/** A text: ends in NUL, is never NULL where the library hands it out. A NULL sent arrives as "". */
typedef const char *troupe_str;

/** What an ask of void gives. */
typedef struct troupe_void {
    char nothing;
} troupe_void;

/** How a value of a type is laid out, sent and printed. */
enum troupe_kind {
    TROUPE_KIND_VOID,
    TROUPE_KIND_BOOL,
    TROUPE_KIND_INT,    /**< signed */
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
    enum troupe_kind kind;
    bool flat;                         /**< no pointer inside: a copy of its bytes is the value */
    uint32_t size;                     /**< bytes in memory */
    uint32_t count;                    /**< number of fields of a struct */
    const struct troupe_field *fields; /**< of a struct: `count` of them */
    const struct troupe_type *element; /**< of a span */
};

/** One field of a struct or one argument of a method. */
struct troupe_field {
    const char *name;
    const struct troupe_type *type;
    uint32_t offset; /**< bytes from the start of the struct */
    uint32_t count;  /**< elements of a TROUPE_ARRAY, 0 for a single value */
};

/** The part a declared function plays. */
enum troupe_role {
    TROUPE_ROLE_INIT,
    TROUPE_ROLE_DESTROY,
    TROUPE_ROLE_REPR,
    TROUPE_ROLE_TELL,
    TROUPE_ROLE_ASK,
    TROUPE_ROLE_TASK,
};

/** A method or task as it was declared. */
struct troupe_signature {
    const char *owner; /**< class, or the name of the task */
    const char *name;  /**< method, or the name of the task */
    enum troupe_role role;
    struct troupe_type args;               /**< a struct of the arguments */
    const struct troupe_type *result;      /**< of void where there is none */
    const struct troupe_signature *base;   /**< what it overrides, or NULL */
};

/** Runs a user's function on unpacked arguments; `self` is the actor's state, NULL for a task. */
typedef void troupe_thunk(void *self, const void *args, void *result);

/** A method or task with its body. */
struct troupe_method {
    const struct troupe_signature *signature;
    troupe_thunk *thunk;
    uint32_t slot; /**< place in the class's table, or the task's number; set at start */
    uint32_t lost; /**< failures that nobody waited for */
};

/** A class with its methods. */
struct troupe_class {
    const char *name;
    uint32_t state_size;                  /**< bytes */
    struct troupe_method *const *methods; /**< own and overriding ones, NULL at the end */
    struct troupe_class *base;
    struct troupe_class *next;             /**< registered before it */
    struct troupe_method **table;          /**< by slot, inherited ones first; set at start */
    uint32_t slots;
    uint32_t id;                           /**< by sorted name; set at start */
    struct troupe_method *init, *destroy, *repr; /**< own or inherited, may be NULL */
};

/** What a repr writes into. */
struct troupe_text {
    char *text;
    size_t size; /**< bytes, the closing NUL included */
};

/** Where an actor or a task is to go; all zero: the library's choice. See troupe_on and others. */
struct troupe_place {
    int32_t rule;
    int32_t rank;
};

/** What may ride along with a call (`.with = { … }`); what is left out is zero: the default. */
struct troupe_options {
    struct troupe_place place; /**< of a new actor or a task; default: round robin from rank 0 */
    int cpus;         /**< threads of the OpenMP team of a task (default 1), or of an actor that is
                           to have a worker of its own (default: none, it shares its rank's) */
    const char *name; /**< of a new actor; the calls of one whose name is taken fail */
    bool or_existing; /**< with a name: the actor that has it already, if one does. Waits */
    bool tied;        /**< a new actor ends when the actor that made it does */
};

#ifdef __cplusplus
}
#endif

#endif
