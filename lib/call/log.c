#include "troupe/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "schedule/context.h"
#include "schedule/rank.h"

/* "(progress 1:4)": not the actor's repr, which is code of the user's. */
static void tag(const struct trp_context *c, char *text, size_t size)
{
    struct troupe_ref self = c && c->actor ? trp_actor_ref(c->actor) : (struct troupe_ref){0, 0};
    if (!c)
        snprintf(text, size, "(thread)");
    else if (c->kind == TRP_CONTEXT_DRIVER)
        snprintf(text, size, "(driver)");
    else if (c->kind == TRP_CONTEXT_TASK)
        snprintf(text, size, "(task %s)", c->method->signature->name);
    else
        snprintf(text, size, "(%s %d:%llu)", c->actor->class_->name, trp_ref_host(self),
                 (unsigned long long)trp_ref_number(self, c->rank->ranks));
}

void troupe_log(enum troupe_log_level level, const char *format, ...)
{
    char who[128], line[3072];
    if (!trp_log_wanted(level))
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    tag(trp_current(), who, sizeof who);
    trp_log(level, "%s %s", who, line);
}
