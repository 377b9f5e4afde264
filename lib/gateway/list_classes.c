/*
 * Classes and tasks as they are listed.
 */
#include "actor/classes.h"
#include "gateway/clerk.h"
#include "gateway/find.h"
#include "gateway/list.h"
#include "gateway/routes.h"
#include "troupe/method.h"

static json_t *method_json(const struct troupe_method *method)
{
    const struct troupe_signature *s = method->signature;
    return json_pack("{ss ss ss sb so so}", "name", s->name, "from", s->owner, "kind",
                     trp_is_ask(method) ? "ask" : "tell", "urgent", method->urgent, "args",
                     trp_fields_describe(&s->args), "result", trp_type_describe(s->result));
}

json_t *trp_class_json(const struct troupe_class *class_, json_int_t alive)
{
    json_t *methods = json_array();
    for (uint32_t i = 0; i < class_->slots; i++)
        if (class_->table[i])
            json_array_append_new(methods, method_json(class_->table[i]));
    return json_pack("{ss ss? so so sI}", "name", class_->name, "base",
                     class_->base ? class_->base->name : NULL, "fields",
                     trp_fields_describe(&trp_init_of(class_)->args), "methods", methods, "actors",
                     alive);
}

json_t *trp_task_json(const struct troupe_method *task)
{
    const struct troupe_signature *s = task->signature;
    return json_pack("{ss so so}", "name", s->name, "args", trp_fields_describe(&s->args),
                     "result", trp_type_describe(s->result));
}

/* How many of each class live, on all ranks, by id. */
static json_int_t *count_alive(void)
{
    typedef TROUPE_SPAN(trp_alive) alive_of;
    const alive_of *all = trp_ask_all(&trp_monitor_alive_method, "", NULL);
    uint32_t classes = 0;
    while (trp_class_by_id(classes))
        classes++;
    json_int_t *alive = troupe_alloc((classes + 1) * sizeof *alive);
    for (int r = 0; r < trp_gate.rank->ranks; r++)
        for (size_t i = 0; i < all[r].count; i++)
            if (all[r].data[i].class_id < classes)
                alive[all[r].data[i].class_id] += (json_int_t)all[r].data[i].count;
    return alive;
}

void trp_serve_classes(struct trp_visit *v)
{
    struct trp_page page;
    const struct troupe_class *class_;
    json_t *list = json_array();
    size_t total = 0;
    if (!trp_read_page(v, &page)) {
        json_decref(list);
        return;
    }
    const json_int_t *alive = count_alive();
    for (uint32_t id = 0; (class_ = trp_class_by_id(id)); id++) {
        if (trp_class_is_own(class_))
            continue;
        if (total >= page.offset && total - page.offset < page.limit)
            json_array_append_new(list, trp_class_json(class_, alive[id]));
        total++;
    }
    trp_respond(v, 200, json_pack("{so sI}", "classes", list, "total", (json_int_t)total));
}

void trp_serve_class(struct trp_visit *v)
{
    const struct troupe_class *class_ = trp_class_named(v->part[0]);
    if (class_)
        trp_respond(v, 200, trp_class_json(class_, count_alive()[class_->id]));
    else
        trp_refuse_visit(v, 404, "not_found", NULL, 0, NULL, "there is no class %.200s",
                         v->part[0]);
}
