/*
 * /v1/openapi.json: what this job can be asked, as OpenAPI 3.0.3, from its routes and its classes.
 *
 * A method has a path of its own; where classes have methods of one name with other arguments, the
 * path takes those of any of them.
 */
#define _GNU_SOURCE /* program_invocation_short_name */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "actor/classes.h"
#include "gateway/find.h"
#include "gateway/routes.h"
#include "troupe/method.h"

static json_t *schema_of(const struct troupe_type *type, bool result);

/* ---- values ---------------------------------------------------------------------------------- */

static json_t *any_of(json_t *first, json_t *second)
{
    return json_pack("{s[oo]}", "anyOf", first, second);
}

static json_t *base64_schema(void)
{
    return json_pack("{ss s[s] sb s{s{ss ss}}}", "type", "object", "required", "base64",
                     "additionalProperties", 0, "properties", "base64", "type", "string",
                     "format", "byte");
}

static json_t *text_schema(void)
{
    return any_of(json_pack("{ss}", "type", "string"), base64_schema());
}

/* What is beyond 2^53 may be text. */
static json_t *whole_schema(const struct troupe_type *type)
{
    bool is_signed = type->kind == TROUPE_KIND_INT;
    unsigned bits = 8 * type->size;
    json_t *number = json_pack("{ss}", "type", "integer");
    double most = is_signed ? (double)(UINT64_C(1) << (bits - 1)) : 0;
    if (bits < 64) {
        uint64_t top = (UINT64_C(1) << (is_signed ? bits - 1 : bits)) - 1;
        json_object_set_new(number, "maximum", json_integer((json_int_t)top));
        json_object_set_new(number, "minimum", json_integer((json_int_t)-most));
        return number;
    }
    json_object_set_new(number, "format", json_string(is_signed ? "int64" : "uint64"));
    if (!is_signed)
        json_object_set_new(number, "minimum", json_integer(0));
    return any_of(number, json_pack("{ss ss}", "type", "string", "pattern",
                                    is_signed ? "^-?[0-9]{1,19}$" : "^[0-9]{1,20}$"));
}

static json_t *float_schema(const struct troupe_type *type)
{
    json_t *number = json_pack("{ss ss}", "type", "number", "format",
                               type->size == 4 ? "float" : "double");
    return any_of(number, json_pack("{ss s[sss]}", "type", "string", "enum", "NaN", "Infinity",
                                    "-Infinity"));
}

static json_t *array_schema(const struct troupe_type *element, uint32_t count, bool result)
{
    json_t *array =
        json_pack("{ss so}", "type", "array", "items", schema_of(element, result));
    if (count) {
        json_object_set_new(array, "minItems", json_integer(count));
        json_object_set_new(array, "maxItems", json_integer(count));
    }
    return trp_type_is_octet(element)
               ? json_pack("{s[ooo]}", "anyOf", array, json_pack("{ss}", "type", "string"),
                           base64_schema())
               : array;
}

static json_t *fields_schema(const struct troupe_type *type, bool result)
{
    json_t *properties = json_object(), *required = json_array();
    for (uint32_t i = 0; i < type->count; i++) {
        const struct troupe_field *f = &type->fields[i];
        json_object_set_new(properties, f->name,
                            f->count ? array_schema(f->type, f->count, result)
                                     : schema_of(f->type, result));
        json_array_append_new(required, json_string(f->name));
    }
    json_t *schema = json_pack("{ss so sb}", "type", "object", "properties", properties,
                               "additionalProperties", 0);
    if (json_array_size(required)) /* an empty list is not allowed there */
        json_object_set(schema, "required", required);
    json_decref(required);
    return schema;
}

static json_t *schema_of(const struct troupe_type *type, bool result)
{
    switch (type->kind) {
    case TROUPE_KIND_BOOL:
        return json_pack("{ss}", "type", "boolean");
    case TROUPE_KIND_INT:
    case TROUPE_KIND_UINT:
        return whole_schema(type);
    case TROUPE_KIND_FLOAT:
        return float_schema(type);
    case TROUPE_KIND_STR:
        return text_schema();
    case TROUPE_KIND_SPAN:
        return array_schema(type->element, 0, result);
    case TROUPE_KIND_STRUCT:
        return fields_schema(type, result);
    case TROUPE_KIND_BYTES:
        return base64_schema();
    case TROUPE_KIND_HANDLE:
        return json_pack("{ss sb ss}", "type", "string", "nullable", 1, "description",
                         "the id or name of an actor");
    case TROUPE_KIND_VOID:
        break;
    }
    return json_pack("{sb s[n]}", "nullable", 1, "enum");
}

/* ---- operations ------------------------------------------------------------------------------ */

static json_t *parameter(const char *name, const char *in, bool required, json_t *schema)
{
    return json_pack("{ss ss sb so}", "name", name, "in", in, "required", required, "schema",
                     schema);
}

static json_t *answer(const char *description, json_t *schema)
{
    return schema ? json_pack("{ss s{s{so}}}", "description", description, "content",
                              "application/json", "schema", schema)
                  : json_pack("{ss}", "description", description);
}

static json_t *error_answer(void)
{
    return answer("why it could not be done",
                  json_pack("{ss}", "$ref", "#/components/schemas/Error"));
}

/* One that is not said is an error, as of a path, a token or a limit. */
static json_t *operation(const char *summary, const char *id, json_t *parameters, json_t *responses)
{
    json_object_set_new(responses, "default", error_answer());
    return json_pack("{ss ss so so}", "summary", summary, "operationId", id, "parameters",
                     parameters, "responses", responses);
}

static json_t *body_of(json_t *properties, json_t *required)
{
    json_t *schema = json_pack("{ss so sb}", "type", "object", "properties", properties,
                               "additionalProperties", 0);
    bool must = json_array_size(required);
    if (must)
        json_object_set(schema, "required", required);
    json_decref(required);
    return json_pack("{sb s{s{so}}}", "required", must, "content", "application/json", "schema",
                     schema);
}

static json_t *seconds(void)
{
    return json_pack("{ss si si}", "type", "number", "minimum", 0, "maximum", 3600);
}

static json_t *call_properties(json_t *args)
{
    return json_pack("{so so so}", "args", args, "timeout", seconds(), "wait", seconds());
}

static bool must_have_args(const struct troupe_type *args)
{
    return args->count > 0;
}

static json_t *result_schema(const struct troupe_type *type)
{
    return json_pack("{ss s{so} s[s]}", "type", "object", "properties", "result",
                     schema_of(type, true), "required", "result");
}

static json_t *future_schema(void)
{
    return json_pack("{ss s{s{ss}}}", "type", "object", "properties", "future", "type", "string");
}

static json_t *call_answers(const struct troupe_method *method, bool answers)
{
    json_t *responses = json_object();
    if (answers)
        json_object_set_new(responses, "200",
                            answer("the result", result_schema(method->signature->result)));
    json_object_set_new(responses, "202",
                        answer(answers ? "not yet: its number" : "sent",
                               answers ? future_schema() : json_pack("{ss}", "type", "object")));
    return responses;
}

static json_t *method_operation(const struct troupe_class *class_,
                                const struct troupe_method *method)
{
    const struct troupe_signature *s = method->signature;
    char summary[256], id[256];
    snprintf(summary, sizeof summary, "%.100s.%.100s", class_->name, s->name);
    snprintf(id, sizeof id, "call_%.100s", s->name);
    json_t *parameters = json_pack(
        "[o]", parameter("actor", "path", true, json_pack("{ss}", "type", "string")));
    json_t *op = operation(summary, id, parameters, call_answers(method, trp_is_ask(method)));
    json_t *required = must_have_args(&s->args) ? json_pack("[s]", "args") : json_array();
    json_object_set_new(op, "tags", json_pack("[s]", class_->name));
    json_object_set_new(
        op, "requestBody",
        body_of(call_properties(fields_schema(&s->args, false)), required));
    return op;
}

/* ---- paths of methods ------------------------------------------------------------------------ */

static json_t *member(json_t *json, const char *const *path)
{
    for (; json && *path; path++)
        json = json_object_get(json, *path);
    return json;
}

/* A method of that name is there already: the arguments, and the results, of either. */
static void widen(json_t *op, const json_t *other)
{
    static const char *const args[] = {"requestBody", "content",    "application/json",
                                       "schema",      "properties", NULL};
    static const char *const result[] = {"responses", "200",        "content", "application/json",
                                         "schema",    "properties", NULL};
    json_t *mine = member(op, args), *its = member((json_t *)(uintptr_t)other, args);
    json_t *gives = member(op, result), *others = member((json_t *)(uintptr_t)other, result);
    json_t *responses = json_object_get(op, "responses");
    if (!json_equal(mine, its))
        json_object_set_new(mine, "args", any_of(json_incref(json_object_get(mine, "args")),
                                                 json_incref(json_object_get(its, "args"))));
    if (gives && others && !json_equal(gives, others))
        json_object_set_new(gives, "result",
                            any_of(json_incref(json_object_get(gives, "result")),
                                   json_incref(json_object_get(others, "result"))));
    json_object_update_missing(responses, json_object_get(other, "responses"));
    json_array_extend(json_object_get(op, "tags"), json_object_get(other, "tags"));
    if (!json_equal(mine, its)) /* what must be there differs */
        json_object_set_new(json_object_get(op, "requestBody"), "required", json_false());
}

static void add_method(json_t *paths, const struct troupe_class *class_,
                       const struct troupe_method *method)
{
    char path[256];
    snprintf(path, sizeof path, "/v1/actors/{actor}/methods/%.200s", method->signature->name);
    json_t *there = json_object_get(json_object_get(paths, path), "post");
    json_t *op = method_operation(class_, method);
    if (there)
        widen(there, op);
    else
        json_object_set_new(paths, path, json_pack("{sO}", "post", op));
    json_decref(op);
}

static void add_methods(json_t *paths)
{
    const struct troupe_class *class_;
    for (uint32_t id = 0; (class_ = trp_class_by_id(id)); id++)
        for (uint32_t i = 0; i < class_->slots && !trp_class_is_own(class_); i++)
            if (class_->table[i])
                add_method(paths, class_, class_->table[i]);
}

/* ---- the other paths ------------------------------------------------------------------------- */

static json_t *names_of(bool tasks)
{
    json_t *names = json_array();
    const struct troupe_class *class_;
    const struct troupe_method *task;
    for (uint32_t i = 0; !tasks && (class_ = trp_class_by_id(i)); i++)
        if (!trp_class_is_own(class_))
            json_array_append_new(names, json_string(class_->name));
    for (uint32_t i = 0; tasks && (task = trp_task_by_number(i)); i++)
        json_array_append_new(names, json_string(task->signature->name));
    json_t *schema = json_pack("{ss}", "type", "string");
    if (json_array_size(names))
        json_object_set(schema, "enum", names);
    json_decref(names);
    return schema;
}

static json_t *number(double least, double most)
{
    return json_pack("{ss sf sf}", "type", "number", "minimum", least, "maximum", most);
}

static json_t *whole(double least, double most)
{
    return json_pack("{ss sI sI}", "type", "integer", "minimum", (json_int_t)least, "maximum",
                     (json_int_t)most);
}

static json_t *one_of(const char *first, const char *second)
{
    return json_pack("{ss s[ss]}", "type", "string", "enum", first, second);
}

static json_t *needs(bool task)
{
    json_t *p = json_pack("{s{ss} so so so s{ss} so}", "args", "type", "object", "cpus",
                          whole(0, 1e6), "gpus", number(0, 1e6), "memory", whole(0, 1e15),
                          "resources", "type", "string", "wait", seconds());
    if (task) {
        json_object_set_new(p, "task", names_of(true));
        json_object_set_new(p, "timeout", seconds());
        json_object_set_new(p, "retries", whole(0, 255));
        json_object_set_new(p, "priority", whole(-32768, 32767));
    } else {
        json_object_set_new(p, "class", names_of(false));
        json_object_set_new(p, "name", json_pack("{ss}", "type", "string"));
        json_object_set_new(p, "or_existing", json_pack("{ss}", "type", "boolean"));
    }
    json_object_set_new(p, "rank", whole(0, 1e6));
    return p;
}

static json_t *body_for(const struct trp_route *route)
{
    if (route->serve == trp_serve_create)
        return body_of(needs(false), json_pack("[s]", "class"));
    if (route->serve == trp_serve_submit)
        return body_of(needs(true), json_pack("[s]", "task"));
    if (route->serve == trp_serve_exit)
        return body_of(json_pack("{so}", "status", whole(0, 255)), json_array());
    return NULL;
}

static const char *part_name(const struct trp_route *route)
{
    return strstr(route->path, "/actors/")    ? "actor"
           : strstr(route->path, "/classes/") ? "class"
                                              : "future";
}

static json_t *parameters_of(const struct trp_route *route)
{
    json_t *list = json_array();
    bool lists = route->verb == TRP_GET && !strchr(route->path, '{');
    if (strchr(route->path, '{'))
        json_array_append_new(list, parameter(part_name(route), "path", true,
                                              json_pack("{ss}", "type", "string")));
    if (lists && (route->serve == trp_serve_actors || route->serve == trp_serve_tasks ||
                  route->serve == trp_serve_ended || route->serve == trp_serve_classes ||
                  route->serve == trp_serve_ranks)) {
        json_array_append_new(list, parameter("limit", "query", false, whole(0, 1e6)));
        json_array_append_new(list, parameter("offset", "query", false, whole(0, 1e15)));
    }
    if (route->serve == trp_serve_summary) {
        json_array_append_new(list, parameter("by", "query", false, one_of("class", "rank")));
        json_array_append_new(list, parameter("buckets", "query", false, one_of("0", "1")));
    }
    if (route->serve == trp_serve_future)
        json_array_append_new(list, parameter("wait", "query", false, seconds()));
    if (route->serve == trp_serve_end)
        json_array_append_new(list, parameter("kill", "query", false, one_of("0", "1")));
    return list;
}

static json_t *typed(const char *type, bool nullable)
{
    return json_pack("{ss sb}", "type", type, "nullable", nullable);
}

/* Of the calls of one actor that were measured. */
static json_t *times_schema(void)
{
    return json_pack("{ss sb s{so so so so}}", "type", "object", "nullable", 1, "properties",
                     "p50", typed("number", false), "p99", typed("number", false), "max",
                     typed("number", false), "count", typed("integer", false));
}

static json_t *actor_schema(void)
{
    static const struct {
        const char *name, *type;
        bool nullable;
    } all[] = {{"id", "string", false},       {"class", "string", false},
               {"name", "string", true},      {"repr", "string", false},
               {"rank", "integer", false},    {"node", "integer", false},
               {"creator", "string", false},  {"state", "string", false},
               {"depth", "integer", false},   {"restarts", "integer", false},
               {"running", "string", true},   {"calls", "object", false},
               {"mailbox", "object", false},  {"age", "number", false},
               {"busy", "number", true},      {"cpus", "integer", false},
               {"gpus", "number", false},     {"memory", "integer", false},
               {"resources", "string", false}, {"reason", "string", true}};
    json_t *properties = json_object();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        json_object_set_new(properties, all[i].name, typed(all[i].type, all[i].nullable));
    json_object_set_new(properties, "run", times_schema());
    json_object_set_new(properties, "wait", times_schema());
    return json_pack("{ss so}", "type", "object", "properties", properties);
}

static json_t *good_schema(const struct trp_route *route)
{
    json_t *actor = json_pack("{ss}", "$ref", "#/components/schemas/Actor");
    if (route->serve == trp_serve_actor)
        return actor;
    if (route->serve == trp_serve_actors)
        return json_pack("{ss s{s{ss so}}}", "type", "object", "properties", "actors", "type",
                         "array", "items", actor);
    json_decref(actor);
    return json_pack("{ss}", "type", "object");
}

static json_t *answers_of(const struct trp_route *route)
{
    bool text = route->serve == trp_serve_metrics || route->serve == trp_serve_report;
    json_t *responses = json_object();
    json_t *good = text ? json_pack("{ss s{s{s{ss}}}}", "description", "as text", "content",
                                    route->serve == trp_serve_report ? "text/html" : "text/plain",
                                    "schema", "type", "string")
                        : answer("so it is", good_schema(route));
    const char *status = route->serve == trp_serve_create ? "201"
                         : route->serve == trp_serve_end || route->serve == trp_serve_exit
                             ? "202"
                             : "200";
    json_object_set_new(responses, status, good);
    if (route->serve == trp_serve_create || route->serve == trp_serve_submit)
        json_object_set_new(responses, "202",
                            answer("not yet", json_pack("{ss}", "type", "object")));
    return responses;
}

/* "/v1/actors/{}" with the name of its part. */
static void name_part(const struct trp_route *route, char *path, size_t size)
{
    const char *hole = strstr(route->path, "{}");
    if (hole)
        snprintf(path, size, "%.*s{%s}%s", (int)(hole - route->path), route->path,
                 part_name(route), hole + 2);
    else
        snprintf(path, size, "%s", route->path);
}

static void add_route(json_t *paths, const struct trp_route *route)
{
    static const char *const verbs[] = {"get", "post", "delete"};
    char path[128], id[160];
    name_part(route, path, sizeof path);
    snprintf(id, sizeof id, "%s%s", verbs[route->verb], path);
    json_t *op = operation(route->summary, id, parameters_of(route), answers_of(route));
    json_t *body = body_for(route), *there = json_object_get(paths, path);
    if (body)
        json_object_set_new(op, "requestBody", body);
    if (!there)
        json_object_set_new(paths, path, there = json_object());
    json_object_set_new(there, verbs[route->verb], op);
}

void trp_serve_openapi(struct trp_visit *v)
{
    json_t *paths = json_object();
    const struct trp_route *route;
    for (size_t i = 0; (route = trp_route_by(i)); i++)
        if (route->serve != trp_serve_call)
            add_route(paths, route);
    add_methods(paths);
    json_t *error = json_pack(
        "{ss s[s] s{s{ss s[ss] s{s{ss} s{ss} s{ss} s{ss} s{ss}}}}}", "type", "object", "required",
        "error", "properties", "error", "type", "object", "required", "code", "message",
        "properties", "code", "type", "string", "message", "type", "string", "field", "type",
        "string", "status", "type", "integer", "story", "type", "string");
    json_t *body = json_pack(
        "{ss s{ss ss ss} so s{s{so so} s{s{ss ss}}} s[{s[]}]}", "openapi", "3.0.3", "info", "title",
        program_invocation_short_name, "version", PACKAGE_VERSION, "description",
        "A running job of troupe, as docs/gateway.md describes", "paths", paths, "components",
        "schemas", "Error", error, "Actor", actor_schema(), "securitySchemes", "token", "type",
        "http", "scheme", "bearer", "security", "token");
    trp_respond(v, 200, body);
}
