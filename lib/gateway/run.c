/*
 * troupe_run: the whole program, with the door for other programs where it is wanted.
 */
#include "troupe/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "call/run.h"
#include "gateway/gateway.h"

static const char *where; /* as TROUPE_GATEWAY or the options say; NULL: no door */
static const char *report; /* the file, likewise; NULL: none */

static const char *wanted(const struct troupe_run_options *options)
{
    const char *text = getenv("TROUPE_GATEWAY");
    if (!text || !*text)
        text = options ? options->gateway : NULL;
    return text && *text && strcmp(text, "0") != 0 ? text : NULL;
}

/* A job that cannot be seen computes as well: that there is no door is said, and it goes on. */
static const char *reported(const struct troupe_run_options *options)
{
    const char *text = getenv("TROUPE_REPORT");
    if (!text || !*text)
        text = options ? options->report : NULL;
    return text && *text ? text : NULL;
}

#ifdef TRP_GATEWAY
static void open_door(struct trp_rank *rank, const char *program)
{
    if (!trp_gateway_open(rank, where, program))
        trp_log(TRP_LOG_ERROR, "the job runs without a gateway");
}

static void close_door(bool may_call)
{
    trp_gateway_close(may_call ? report : NULL);
}
#else
static void open_door(struct trp_rank *rank, const char *program)
{
    (void)rank, (void)program;
    trp_log(TRP_LOG_ERROR,
            "TROUPE_%s=%s, but troupe was built without a gateway (configure "
            "--without-gateway): the job runs without one",
            where ? "GATEWAY" : "REPORT", where ? where : report);
}

static void close_door(bool may_call)
{
    (void)may_call;
}
#endif

static const struct trp_run_hooks hooks = {.open = open_door, .close = close_door};

int troupe_run(int argc, char **argv, troupe_driver *driver,
               const struct troupe_run_options *options)
{
    where = wanted(options);
    report = reported(options);
    return trp_run(argc, argv, driver, options, where || report ? &hooks : NULL);
}
