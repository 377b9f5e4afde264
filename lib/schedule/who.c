#include "schedule/who.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actor/classes.h"
#include "base/log.h"
#include "base/text.h"
#include "schedule/workers.h"

void trp_ref_name(const struct trp_rank *rank, struct troupe_ref ref,
                  const struct troupe_class *class_, char *text, size_t size)
{
    struct trp_text out = {text, text + size - 1};
    trp_text_put(&out, class_ ? class_->name : "actor");
    trp_text_put(&out, "(");
    trp_text_put_number(&out, (uint64_t)trp_ref_host(ref));
    trp_text_put(&out, ":");
    trp_text_put_number(&out, trp_ref_number(ref, rank->ranks));
    /* The second actor of a number, the third, and so on, are told apart. */
    if (trp_ref_generation(ref) > 1) {
        trp_text_put(&out, ".");
        trp_text_put_number(&out, trp_ref_generation(ref));
    }
    trp_text_put(&out, ")");
}

void trp_actor_name(const struct trp_rank *rank, struct trp_actor *actor, char *text, size_t size)
{
    trp_ref_name(rank, trp_actor_ref(actor), actor->class_, text, size);
    if (!actor->class_ || !actor->class_->repr || trp_actor_is_shared(actor))
        return; /* of a shared one the state may be changing */
    char repr[TRP_WHO_SIZE / 2] = "";
    struct troupe_text out = {repr, sizeof repr};
    actor->class_->repr->thunk(actor->state, NULL, &out);
    repr[sizeof repr - 1] = 0;
    size_t at = strlen(text) - 1; /* of the bracket that closes it */
    snprintf(text + at, size - at, " \"%s\")", repr);
}

void trp_context_name(const struct trp_context *c, char *text, size_t size)
{
    if (c->kind == TRP_CONTEXT_DRIVER) {
        trp_text_put(&(struct trp_text){text, text + size - 1}, "driver");
    } else if (c->kind == TRP_CONTEXT_TASK) {
        snprintf(text, size, "task %s on rank %d", c->method->signature->name, c->rank->rank);
    } else if (trp_class_is_own(c->actor->class_)) {
        snprintf(text, size, "the gateway");
    } else {
        /* A state under construction, or being destroyed, is not shown to its repr. */
        if (!c->method || c->method == c->actor->class_->init)
            trp_ref_name(c->rank, trp_actor_ref(c->actor), c->actor->class_, text, size);
        else
            trp_actor_name(c->rank, c->actor, text, size);
        size_t at = strlen(text);
        snprintf(text + at, size - at, ".%s", c->method ? c->method->signature->name : "destroy");
    }
}

/* ---- in a signal handler --------------------------------------------------------------------- */

static const struct trp_stack *running_stack(const struct trp_context *c)
{
    if (c->away)
        return c->away;
    return c->worker ? trp_worker_stack(c->worker) : c->rank->carrier.running;
}

void trp_who_crashed(int signal, const void *address, char *text, size_t size)
{
    struct trp_context *c = trp_current();
    struct trp_rank *rank = c ? c->rank : trp_home;
    char who[TRP_WHO_SIZE] = "the runtime, or a thread of an OpenMP team";
    if (c && c->kind == TRP_CONTEXT_METHOD) {
        trp_ref_name(rank, trp_actor_ref(c->actor), c->actor->class_, who, sizeof who);
        size_t at = strlen(who);
        const char *method = c->method ? c->method->signature->name : "destroy";
        snprintf(who + at, sizeof who - at, ".%s", method);
    } else if (c) {
        snprintf(who, sizeof who, "%s%s", c->kind == TRP_CONTEXT_TASK ? "task " : "the driver",
                 c->kind == TRP_CONTEXT_TASK ? c->method->signature->name : "");
    }
    bool overflow = c && signal == SIGSEGV && trp_stack_guards(running_stack(c), address);
    snprintf(text, size, "%s, on rank %d%s", who, rank ? rank->rank : -1,
             overflow ? ": its stack is too small; raise troupe_run_options.stack_bytes" : "");
    if (rank)
        rank->wire->words->signal = (uint32_t)signal;
}

/* ---- of another rank ------------------------------------------------------------------------- */

/* Class, slot and index of what a method is called on; 0: no method runs. */
uint64_t trp_who_code(const struct trp_actor *actor, const struct troupe_method *method)
{
    bool is_init = method->signature->role == TROUPE_ROLE_INIT;
    return (uint64_t)(actor->class_->id + 1) << 48 |
           (uint64_t)(is_init ? 0xffff : method->slot & 0xffff) << 32 |
           (uint32_t)trp_ref_number(trp_actor_ref(actor), trp_home->ranks);
}

#define TASKS UINT64_C(0xffff) /* for the class, where it is a task: its number follows */
#define DRIVER UINT64_C(0xfffe)

uint64_t trp_who_task_code(uint32_t number)
{
    return TASKS << 48 | number;
}

uint64_t trp_who_context_code(const struct trp_context *c)
{
    if (c->kind == TRP_CONTEXT_DRIVER)
        return DRIVER << 48;
    if (c->kind == TRP_CONTEXT_TASK)
        return trp_who_task_code(c->method->slot);
    return c->actor && c->method ? trp_who_code(c->actor, c->method) : 0;
}

void trp_who_computes(struct trp_rank *rank, uint64_t code)
{
    __atomic_store_n(&rank->wire->words->computes, code, __ATOMIC_RELAXED);
}

void trp_who_computed(struct trp_rank *rank, uint64_t code)
{
    __atomic_compare_exchange_n(&rank->wire->words->computes, &code, 0, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
}

static void name_code(uint64_t code, int rank, char *text, size_t size)
{
    const struct troupe_class *class_ = trp_class_by_id((uint32_t)(code >> 48) - 1);
    const struct troupe_method *task = trp_task_by_number((uint32_t)code);
    uint32_t slot = (uint32_t)(code >> 32) & 0xffff;
    if (code >> 48 == DRIVER)
        snprintf(text, size, "the driver");
    else if (code >> 48 == TASKS && task)
        snprintf(text, size, "task %s", task->signature->name);
    else if (class_)
        snprintf(text, size, "%s(%d:%u).%s", class_->name, rank, (uint32_t)code,
                 slot < class_->slots ? class_->table[slot]->signature->name : "init");
}

static void name_doing(const struct trp_wire_words *last, int rank, char *text, size_t size)
{
    uint64_t doing = __atomic_load_n(&last->doing, __ATOMIC_RELAXED);
    uint64_t computes = __atomic_load_n(&last->computes, __ATOMIC_RELAXED);
    char one[TRP_WHO_SIZE] = "", other[TRP_WHO_SIZE] = "";
    if (doing)
        name_code(doing, rank, one, sizeof one);
    if (computes)
        name_code(computes, rank, other, sizeof other);
    snprintf(text, size, "%s%s%s", doing || computes ? one : "no method",
             doing && computes ? " and " : "", other);
}

static void name_cause(const struct trp_wire_death *death, char *text, size_t size)
{
    if (death->silent)
        snprintf(text, size, "is lost: its node does not answer");
    else if (death->last && death->last->signal)
        snprintf(text, size, "has died by signal %u (%s)", death->last->signal,
                 strsignal((int)death->last->signal));
    else if (death->oom_kills)
        snprintf(text, size, "has died, killed for lack of memory (oom_kill of its cgroup: %ld)",
                 death->oom_kills);
    else
        snprintf(text, size, "has died, killed or lost");
}

static void write_said(const struct trp_wire_words *last)
{
    uint32_t bytes = __atomic_load_n(&last->said_bytes, __ATOMIC_ACQUIRE);
    if (bytes && bytes <= sizeof last->said && write(STDERR_FILENO, last->said, bytes) < 0)
        return; /* nobody reads */
}

void trp_who_died(const struct trp_wire_death *death)
{
    char cause[128], doing[3 * TRP_WHO_SIZE] = "";
    name_cause(death, cause, sizeof cause);
    if (death->last) {
        strcpy(doing, ", while in ");
        name_doing(death->last, death->rank, doing + strlen(doing), sizeof doing - strlen(doing));
    }
    if (death->last) /* what it has said, and rank 0 was still to write */
        write_said(death->last);
    trp_log(TRP_LOG_ERROR, "rank %d (process %d on %s) %s%s: the job ends", death->rank,
            death->pid, death->host, cause, doing);
}
