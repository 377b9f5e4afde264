/*
 * What requests do: call a method, make an actor, submit a task, end an actor, end the job.
 */
#include <stdio.h>
#include <string.h>

#include "actor/classes.h"
#include "gateway/clerk.h"
#include "gateway/find.h"
#include "gateway/kept.h"
#include "gateway/routes.h"
#include "schedule/role.h"
#include "schedule/send.h"
#include "troupe/life.h"
#include "troupe/method.h"

#define WAIT 30.0     /* seconds for an answer, before there is a number to ask with */
#define LONGEST 1e9   /* seconds */
#define NO_SLOT 0x7ff /* a method that no class has */

/* ---- arguments ------------------------------------------------------------------------------- */

/* As the member `args` of the body gives them, in memory of the clerk's method; NULL: refused. */
static void *read_args(struct trp_visit *v, const struct troupe_signature *s)
{
    struct trp_reading reading = {
        .arena = &trp_current()->arena, .find = trp_find_handle, .who = v};
    json_t *given = json_object_get(v->body, "args"), *none = given ? NULL : json_object();
    void *args = troupe_alloc(s->args.size);
    bool good = trp_value_read(&reading, &s->args, "args", given ? given : none, args);
    json_decref(none);
    if (!good)
        trp_refuse_fault(v, &reading.fault);
    return good ? args : NULL;
}

static bool read_times(struct trp_visit *v, double *timeout, double *wait)
{
    return trp_body_number(v, "timeout", 0, 0, LONGEST, timeout) &&
           trp_body_number(v, "wait", WAIT, 0, 3600, wait);
}

/* ---- calling --------------------------------------------------------------------------------- */

static const struct troupe_method *find_method(struct trp_visit *v, const trp_found *found)
{
    const struct troupe_class *class_ = trp_class_by_id(found->class_id);
    const struct troupe_method *method = class_ ? trp_method_named(class_, v->part[1]) : NULL;
    if (!method)
        trp_refuse_visit(v, 404, "not_found", NULL, 0, NULL, "%s has no method %.200s",
                         trp_class_name(found->class_id), v->part[1]);
    return method;
}

void trp_serve_call(struct trp_visit *v)
{
    static const char *const known[] = {"args", "timeout", "wait", NULL};
    struct troupe_options with = {0};
    double wait;
    trp_found found;
    if (!trp_body_knows(v, known) || !read_times(v, &with.timeout, &wait) ||
        !trp_find_living(v, v->part[0], &found))
        return;
    const struct troupe_method *method = find_method(v, &found);
    void *args = method ? read_args(v, method->signature) : NULL;
    if (!args)
        return;
    struct troupe_ref ref = trp_found_ref(&found);
    if (trp_is_ask(method)) {
        troupe_future future = troupe_stub_ask(ref, method, args, &with);
        trp_answer_future(v, future, method->signature->result, false, wait);
    } else {
        troupe_stub_tell(ref, method, args, NULL);
        trp_respond(v, 202, json_pack("{sb}", "sent", 1));
    }
}

/* ---- what may be refused: done by another clerk, since it fails as a method does -------------- */

struct making {
    const struct troupe_class *class_;
    const struct troupe_method *task;
    void *args;
    struct troupe_options with;
    struct troupe_ref actor;
    troupe_future future;
};

static void make_actor(void *arg)
{
    struct making *m = arg;
    m->actor = troupe_stub_new(m->class_, trp_init_of(m->class_), m->args, &m->with);
}

static void submit_task(void *arg)
{
    struct making *m = arg;
    m->future = troupe_stub_submit(m->task, m->args, &m->with);
}

/* Without the name of the clerk before it. */
static const char *story_of_attempt(void)
{
    static const char who[] = "the gateway: ";
    const char *story = troupe_story();
    return strncmp(story, who, sizeof who - 1) ? story : story + sizeof who - 1;
}

static bool refuse_attempt(struct trp_visit *v, troupe_status status)
{
    const char *story = story_of_attempt();
    if (status == TROUPE_FULL)
        return trp_refuse_visit(v, 503, "full", NULL, 0, NULL, "too many requests are under way");
    if (status == TROUPE_INVALID && !strncmp(story, "the name ", 9))
        return trp_refuse_visit(v, 409, "name_taken", "name", status, story, "%s", story);
    return trp_refuse_visit(v, status == TROUPE_INVALID ? 400 : 422,
                            status == TROUPE_INVALID ? "out_of_range" : "failed", NULL, status,
                            story, "%s", story);
}

/* ---- what is asked for ----------------------------------------------------------------------- */

static bool read_needs(struct trp_visit *v, struct troupe_options *with)
{
    double cpus, memory, rank;
    bool good = trp_body_number(v, "cpus", 0, 0, 1e6, &cpus) &&
                trp_body_number(v, "gpus", 0, 0, 1e6, &with->gpus) &&
                trp_body_number(v, "memory", 0, 0, 1e18, &memory) &&
                trp_body_number(v, "rank", -1, 0, trp_gate.rank->ranks - 1, &rank) &&
                trp_body_text(v, "resources", &with->resources);
    if (!good)
        return false;
    with->cpus = (int)cpus;
    with->memory = (size_t)memory;
    if (rank >= 0)
        with->place = troupe_on((int)rank);
    return true;
}

/* ---- making actors --------------------------------------------------------------------------- */

/* A call that no actor has is answered when those before it have been: the constructor has run. */
static troupe_future when_made(struct troupe_ref ref)
{
    bool outside = trp_call_enter();
    struct trp_rank *rank = trp_gate.rank;
    struct trp_record head = trp_record_for(ref, TRP_RECORD_ASK);
    head.slot = NO_SLOT;
    head.future = trp_future_new(&rank->futures, &trp_nothing, ref);
    trp_send_bytes(rank, trp_ref_host(ref), &head, "", 0);
    troupe_future future = {head.future};
    trp_role_leave(outside);
    return future;
}

static void answer_made(struct trp_visit *v, struct troupe_ref ref, double wait)
{
    char id[TRP_ID_SIZE], nothing[64];
    troupe_future future = when_made(ref);
    troupe_status status = trp_get(future, nothing, trp_nothing.size, wait);
    const char *story = troupe_story();
    json_t *actor = json_pack("{ss}", "actor", trp_id_of(ref, trp_gate.rank->ranks, id));
    if (status == TROUPE_BAD_MESSAGE || status == TROUPE_OK) {
        trp_respond(v, 201, actor);
    } else if (status == TROUPE_TIMEOUT) {
        troupe_drop_any(future);
        trp_respond(v, 202, actor);
    } else {
        json_decref(actor);
        bool taken = !strncmp(story, "the name ", 9);
        trp_refuse_visit(v, taken ? 409 : 422, taken ? "name_taken" : "failed",
                         taken ? "name" : NULL, status, story,
                         taken ? "the name is taken" : "the actor was not made");
    }
}

static const struct troupe_class *read_class(struct trp_visit *v)
{
    const char *name;
    if (!trp_body_text(v, "class", &name))
        return NULL;
    const struct troupe_class *class_ = name ? trp_class_named(name) : NULL;
    if (!name)
        trp_refuse_visit(v, 400, "missing_field", "class", 0, NULL, "class is missing");
    else if (!class_)
        trp_refuse_visit(v, 404, "not_found", "class", 0, NULL, "there is no class %.200s", name);
    return class_;
}

void trp_serve_create(struct trp_visit *v)
{
    static const char *const known[] = {"class", "args", "name",   "or_existing", "rank",
                                        "cpus",  "gpus", "memory", "resources",   "wait", NULL};
    struct making making = {.class_ = NULL};
    const json_t *or_existing = json_object_get(v->body, "or_existing");
    double wait;
    if (!trp_body_knows(v, known) || !(making.class_ = read_class(v)) ||
        !trp_body_number(v, "wait", WAIT, 0, 3600, &wait) ||
        !trp_body_text(v, "name", &making.with.name) || !read_needs(v, &making.with))
        return;
    if (or_existing && !json_is_boolean(or_existing)) {
        trp_refuse_visit(v, 400, "wrong_type", "or_existing", 0, NULL,
                         "or_existing is to be true or false");
        return;
    }
    making.with.or_existing = json_is_true(or_existing);
    if (!(making.args = read_args(v, trp_init_of(making.class_))))
        return;
    troupe_status status = trp_attempt(make_actor, &making);
    if (status == TROUPE_OK)
        answer_made(v, making.actor, wait);
    else
        refuse_attempt(v, status);
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static const struct troupe_method *read_task(struct trp_visit *v)
{
    const char *name;
    if (!trp_body_text(v, "task", &name))
        return NULL;
    const struct troupe_method *task = name ? trp_task_named(name) : NULL;
    if (!name)
        trp_refuse_visit(v, 400, "missing_field", "task", 0, NULL, "task is missing");
    else if (!task)
        trp_refuse_visit(v, 404, "not_found", "task", 0, NULL, "there is no task %.200s", name);
    return task;
}

void trp_serve_submit(struct trp_visit *v)
{
    static const char *const known[] = {"task", "args",   "timeout",   "wait",    "cpus",     "gpus",
                                        "rank", "memory", "resources", "retries", "priority", NULL};
    struct making making = {.class_ = NULL};
    double wait, retries, priority;
    if (!trp_body_knows(v, known) || !(making.task = read_task(v)) ||
        !read_times(v, &making.with.timeout, &wait) || !read_needs(v, &making.with) ||
        !trp_body_number(v, "retries", 0, 0, 255, &retries) ||
        !trp_body_number(v, "priority", 0, INT16_MIN, INT16_MAX, &priority) ||
        !(making.args = read_args(v, making.task->signature)))
        return;
    making.with.retries = (unsigned)retries;
    making.with.priority = (int)priority;
    troupe_status status = trp_attempt(submit_task, &making);
    if (status == TROUPE_OK)
        trp_answer_future(v, making.future, making.task->signature->result, true, wait);
    else
        refuse_attempt(v, status);
}

/* ---- ending ---------------------------------------------------------------------------------- */

void trp_serve_end(struct trp_visit *v)
{
    const char *kill = trp_query(v, "kill");
    trp_found found;
    if (kill && strcmp(kill, "0") != 0 && strcmp(kill, "1") != 0) {
        trp_refuse_visit(v, 400, "wrong_type", "kill", 0, NULL, "kill is to be 0 or 1");
        return;
    }
    if (!trp_find_living(v, v->part[0], &found))
        return;
    if (kill && *kill == '1')
        troupe_kill_ref(trp_found_ref(&found));
    else
        troupe_stop_ref(trp_found_ref(&found));
    trp_respond(v, 202, json_pack("{sb}", "ending", 1));
}

void trp_serve_exit(struct trp_visit *v)
{
    static const char *const known[] = {"status", NULL};
    double status;
    if (!trp_body_knows(v, known) || !trp_body_number(v, "status", 0, 0, 255, &status))
        return;
    trp_respond(v, 202, json_pack("{sb}", "ending", 1));
    troupe_exit((int)status);
}
