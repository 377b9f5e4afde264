#include "actor/classes.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "wire/record.h"

static struct troupe_class *classes; /* as they registered, latest first */
static troupe_declared *declared_from, *declared_to;

static struct troupe_class **by_id;
static uint32_t class_count;

/* Tasks register one by one; a list of links keeps struct troupe_method free of it. */
static struct task_link {
    struct troupe_method *task;
    struct task_link *next;
} *tasks;
static struct troupe_method **by_number;
static uint32_t task_count;

void troupe_register_class(struct troupe_class *class_, struct troupe_class *base,
                           troupe_declared *from, troupe_declared *to)
{
    class_->base = base;
    class_->next = classes;
    classes = class_;
    declared_from = from;
    declared_to = to;
    class_count++;
}

void troupe_register_task(struct troupe_method *task)
{
    struct task_link *link = malloc(sizeof *link);
    if (!link)
        trp_die("no memory to register task %s", task->signature->name);
    *link = (struct task_link){task, tasks};
    tasks = link;
    task_count++;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static int compare_classes(const void *a, const void *b)
{
    const struct troupe_class *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static int compare_tasks(const void *a, const void *b)
{
    const struct troupe_method *const *x = a, *const *y = b;
    return strcmp((*x)->signature->name, (*y)->signature->name);
}

static void number_classes(void)
{
    by_id = calloc(class_count + 1, sizeof(struct troupe_class *));
    if (!by_id)
        trp_die("no memory for the table of %u classes", class_count);
    uint32_t n = 0;
    for (struct troupe_class *c = classes; c; c = c->next)
        by_id[n++] = c;
    qsort(by_id, n, sizeof *by_id, compare_classes);
    for (uint32_t i = 0; i < n; i++)
        by_id[i]->id = i;
}

static void number_tasks(void)
{
    by_number = calloc(task_count + 1, sizeof(struct troupe_method *));
    if (!by_number)
        trp_die("no memory for the table of %u tasks", task_count);
    uint32_t n = 0;
    for (struct task_link *t = tasks; t; t = t->next)
        by_number[n++] = t->task;
    qsort(by_number, n, sizeof *by_number, compare_tasks);
    for (uint32_t i = 0; i < n; i++)
        by_number[i]->slot = i;
}

uint32_t trp_class_count(void)
{
    return class_count;
}

uint32_t trp_task_count(void)
{
    return task_count;
}

struct troupe_class *trp_class_by_id(uint32_t id)
{
    return id < class_count ? by_id[id] : NULL;
}

const struct troupe_method *trp_task_by_number(uint32_t number)
{
    return number < task_count ? by_number[number] : NULL;
}

/* ---- tables of methods ----------------------------------------------------------------------- */

static bool is_urgent(const struct troupe_signature *s)
{
    return s->role == TROUPE_ROLE_URGENT_TELL || s->role == TROUPE_ROLE_URGENT_ASK;
}

static bool is_call(const struct troupe_signature *s)
{
    return is_urgent(s) || s->role == TROUPE_ROLE_TELL || s->role == TROUPE_ROLE_ASK;
}

static uint32_t own_methods(const struct troupe_class *class_)
{
    uint32_t n = 0;
    while (class_->methods[n])
        n++;
    return n;
}

static struct troupe_method *find(const struct troupe_class *class_, const char *name)
{
    for (uint32_t i = 0; i < class_->slots; i++)
        if (class_->table[i] && !strcmp(class_->table[i]->signature->name, name))
            return class_->table[i];
    return NULL;
}

static bool has_base(const struct troupe_class *class_, const char *name)
{
    const struct troupe_class *base = class_->base;
    while (base && strcmp(base->name, name))
        base = base->base;
    return base;
}

static bool place_method(struct troupe_class *class_, struct troupe_method *method)
{
    const struct troupe_signature *s = method->signature;
    struct troupe_method *inherited = find(class_, s->name);
    if (s->base && !has_base(class_, s->base->owner)) {
        trp_log(TRP_LOG_ERROR, "class %s: method %s overrides that of %s, which is no base of %s",
                s->owner, s->name, s->base->owner, s->owner);
        return false;
    }
    if (inherited && !s->base) {
        trp_log(TRP_LOG_ERROR,
                "class %s: method %s hides that of %s: declare it with TROUPE_OVERRIDE_TELL or "
                "TROUPE_OVERRIDE_ASK",
                s->owner, s->name, inherited->signature->owner);
        return false;
    }
    method->slot = inherited ? inherited->slot : class_->slots++;
    method->urgent = is_urgent(s) || (inherited && inherited->urgent);
    method->quick = s->args.flat && !method->urgent;
    class_->table[method->slot] = method;
    return true;
}

static void place_life(struct troupe_class *class_, struct troupe_method *method)
{
    switch (method->signature->role) {
    case TROUPE_ROLE_INIT:
        class_->init = method;
        break;
    case TROUPE_ROLE_DESTROY:
        class_->destroy = method;
        break;
    case TROUPE_ROLE_REPR:
        class_->repr = method;
        break;
    default:
        break;
    }
}

/* A base without arguments constructs for its subclass; one with arguments must be called. */
static bool inherit_init(struct troupe_class *class_)
{
    struct troupe_method *init = class_->base->init;
    if (class_->init || !init)
        return true;
    if (init->signature->args.count == 0) {
        class_->init = init;
        return true;
    }
    trp_log(TRP_LOG_ERROR,
            "class %s has no constructor, but that of its base %s takes arguments: implement "
            "(init, …) and call %s_init in it",
            class_->name, class_->base->name, class_->base->name);
    return false;
}

static bool lay_out(struct troupe_class *class_)
{
    const struct troupe_class *base = class_->base;
    if (class_->table)
        return true;
    bool good = !base || lay_out(class_->base);
    uint32_t inherited = base ? base->slots : 0;
    class_->table = calloc(inherited + own_methods(class_) + 1, sizeof(struct troupe_method *));
    if (!class_->table)
        trp_die("no memory for the methods of class %s", class_->name);
    if (base)
        memcpy(class_->table, base->table, inherited * sizeof *class_->table);
    class_->slots = inherited;
    for (struct troupe_method *const *m = class_->methods; *m; m++) {
        if (is_call((*m)->signature))
            good &= place_method(class_, *m);
        else
            place_life(class_, *m);
    }
    if (base) {
        good &= inherit_init(class_);
        class_->repr = class_->repr ? class_->repr : base->repr;
    }
    return good;
}

/* ---- what is declared must be implemented ---------------------------------------------------- */

static struct troupe_class *class_by_name(const char *name)
{
    for (struct troupe_class *c = classes; c; c = c->next)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

static bool implements(const struct troupe_class *class_, const struct troupe_signature *s)
{
    for (struct troupe_method *const *m = class_->methods; *m; m++)
        if (!strcmp((*m)->signature->name, s->name))
            return true;
    return false;
}

static bool needs_body(const struct troupe_signature *s)
{
    return is_call(s) || (s->role == TROUPE_ROLE_INIT && s->args.count > 0);
}

static bool check_declared(void)
{
    bool good = true;
    for (troupe_declared *d = declared_from; d < declared_to; d++) {
        const struct troupe_class *class_ = class_by_name((*d)->owner);
        if (!class_ || !needs_body(*d) || implements(class_, *d))
            continue;
        bool seen = false; /* in another file of the program that includes the declaration */
        for (troupe_declared *e = declared_from; e < d; e++)
            seen |= !strcmp((*e)->owner, (*d)->owner) && !strcmp((*e)->name, (*d)->name);
        if (!seen)
            trp_log(TRP_LOG_ERROR,
                    "class %s: %s is declared but not implemented: add (%s, function) to "
                    "TROUPE_IMPLEMENT(%s, …)",
                    (*d)->owner, (*d)->name, (*d)->name, (*d)->owner);
        good = false;
    }
    return good;
}

static bool check_names(void)
{
    bool good = true;
    for (uint32_t i = 1; i < class_count; i++)
        if (!strcmp(by_id[i - 1]->name, by_id[i]->name)) {
            trp_log(TRP_LOG_ERROR, "class %s is implemented twice", by_id[i]->name);
            good = false;
        }
    return good;
}

/* A record names each by a number of a few bits. */
static bool are_few(const char *what, const char *of, uint32_t count)
{
    if (count <= TRP_SLOTS_MAX)
        return true;
    trp_log(TRP_LOG_ERROR, "%u %s%s are more than the %u that there can be", count, what, of,
            TRP_SLOTS_MAX);
    return false;
}

static bool check_numbers(void)
{
    bool good = are_few("classes", "", class_count) && are_few("tasks", "", task_count);
    for (uint32_t i = 0; i < class_count; i++)
        good &= are_few("methods of class ", by_id[i]->name, by_id[i]->slots);
    return good;
}

bool trp_classes_open(void)
{
    number_classes();
    number_tasks();
    bool good = check_names();
    for (uint32_t i = 0; i < class_count; i++)
        good &= lay_out(by_id[i]);
    return check_declared() && check_numbers() && good;
}

void trp_classes_close(void)
{
    for (uint32_t i = 0; i < class_count; i++) {
        free(by_id[i]->table);
        by_id[i]->table = NULL;
    }
    free(by_id);
    free(by_number);
    by_id = NULL;
    by_number = NULL;
}

/* ---- comparing ------------------------------------------------------------------------------- */

/* With its NUL, so that "ab", "c" is not "a", "bc". */
static uint64_t add_text(uint64_t hash, const char *text)
{
    return trp_hash(hash, text, strlen(text) + 1);
}

static uint64_t add_number(uint64_t hash, uint32_t number)
{
    return trp_hash(hash, &number, sizeof number);
}

static uint64_t add_type(uint64_t hash, const struct troupe_type *type)
{
    hash = add_text(hash, type->name);
    hash = add_number(add_number(hash, type->kind), type->size);
    hash = add_number(hash, type->count);
    for (uint32_t i = 0; i < type->count; i++) {
        hash = add_text(hash, type->fields[i].name);
        hash = add_number(hash, type->fields[i].count);
        hash = add_type(hash, type->fields[i].type);
    }
    return type->element ? add_type(hash, type->element) : hash;
}

static uint64_t add_signature(uint64_t hash, const struct troupe_signature *s)
{
    hash = add_text(add_text(hash, s->owner), s->name);
    return add_type(add_type(add_number(hash, s->role), s->result), &s->args);
}

static uint64_t add_class(uint64_t hash, const struct troupe_class *class_)
{
    hash = add_text(hash, class_->name);
    hash = add_number(hash, class_->slots);
    for (uint32_t i = 0; i < class_->slots; i++)
        hash = add_signature(hash, class_->table[i]->signature);
    return class_->init ? add_signature(hash, class_->init->signature) : hash;
}

uint64_t trp_classes_fingerprint(void)
{
    uint64_t hash = TRP_HASH_BEGIN;
    for (uint32_t i = 0; i < class_count; i++)
        hash = add_class(hash, by_id[i]);
    for (uint32_t i = 0; i < task_count; i++)
        hash = add_signature(hash, by_number[i]->signature);
    return hash;
}

bool trp_class_is_a(const struct troupe_class *class_, const struct troupe_class *base)
{
    while (class_ && class_ != base)
        class_ = class_->base;
    return class_ != NULL;
}

bool trp_class_is_own(const struct troupe_class *class_)
{
    return !strncmp(class_->name, "trp_", 4);
}
