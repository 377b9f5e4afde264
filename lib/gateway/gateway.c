#include "gateway/gateway.h"

#include "base/log.h"

bool trp_gateway_open(struct trp_rank *rank, const char *where, const char *program)
{
    (void)rank, (void)program;
    trp_log(TRP_LOG_ERROR, "TROUPE_GATEWAY=%s: the door is not there yet", where);
    return false;
}

void trp_gateway_close(void)
{
}
