#include "troupe/progress.h"

#include "schedule/context.h"
#include "schedule/news.h"
#include "schedule/rank.h"

void troupe_progress(const char *name, double done, double total)
{
    const struct trp_context *c = trp_current();
    struct trp_rank *rank = c ? c->rank : trp_home;
    if (rank)
        trp_news_progress_is(rank, name, done, total);
}
