#include "wire/watch.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/farewell.h"
#include "base/log.h"
#include "base/oom.h"
#include "wire/together.h"

#define TOLD 200 /* ms in which a signal that is for all has come to all */

/* ---- a death --------------------------------------------------------------------------------- */

/* At once, for MPI may wait for who is no more. Whoever misses this process need not tell. */
static void end(struct trp_watch *watch)
{
    trp_doorbell_words(watch->bell)->ends = 1;
    trp_tether_close(&watch->tether, false);
    trp_farewell();
    _exit(1);
}

/* Whoever sends such a signal mostly sends it to all, who then are not missed. */
static bool both_are_told(struct trp_watch *watch, const struct trp_wire_words *last)
{
    struct pollfd stop = {.fd = watch->stop, .events = POLLIN};
    return last->signal && poll(&stop, 1, TOLD) >= 0 && watch->leave == (int)last->signal;
}

static void mate_is_gone(struct trp_watch *watch)
{
    int mate = trp_doorbell_mate(watch->bell);
    const struct trp_wire_words *last = trp_doorbell_words_of(watch->bell, mate);
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    struct trp_wire_death death = {.rank = mate, .pid = last->pid, .host = host, .last = last};
    long kills = trp_oom_kills(watch->oom);
    death.oom_kills = kills > watch->oom_kills ? kills - watch->oom_kills : 0;
    if (!last->ends && !both_are_told(watch, last))
        watch->died(&death);
    end(watch);
}

static void hear_from_next_node(struct trp_watch *watch)
{
    enum trp_tether_news news = trp_tether_look(&watch->tether);
    if (news == TRP_TETHER_NOTHING)
        return;
    const struct trp_tether_card *next = &watch->tether.next;
    struct trp_wire_death death = {.rank = next->rank, .pid = next->pid, .host = next->host,
                                   .silent = news == TRP_TETHER_LOST};
    if (news != TRP_TETHER_ENDS)
        watch->died(&death);
    end(watch);
}

static void *look_out(void *arg)
{
    struct trp_watch *watch = arg;
    for (;;) {
        struct pollfd fds[2 + TRP_TETHER_FDS] = {{.fd = watch->stop, .events = POLLIN},
                                                 {.fd = watch->pidfd, .events = POLLIN}};
        int most = trp_tether_poll(&watch->tether, fds + 2);
        if (poll(fds, sizeof fds / sizeof *fds, most) < 0)
            continue;
        if (fds[0].revents && !watch->leave)
            return NULL;
        if (fds[1].revents)
            mate_is_gone(watch);
        hear_from_next_node(watch);
        if (watch->leave) {
            trp_farewell();
            signal(watch->leave, SIG_DFL);
            raise(watch->leave);
        }
    }
}

bool trp_watch_leave(struct trp_watch *watch, int signal)
{
    const uint64_t one = 1;
    if (!watch->on)
        return false;
    watch->leave = signal;
    return write(watch->stop, &one, sizeof one) == sizeof one;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static void find_mate(struct trp_watch *watch)
{
    char groups[64];
    pid_t pid = trp_doorbell_words_of(watch->bell, trp_doorbell_mate(watch->bell))->pid;
    watch->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    snprintf(groups, sizeof groups, "/proc/%d/cgroup", (int)pid);
    watch->oom = trp_oom_open(groups, "/sys/fs/cgroup");
    watch->oom_kills = trp_oom_kills(watch->oom);
}

static void find_next_node(struct trp_watch *watch, MPI_Comm comm)
{
    MPI_Comm firsts;
    int rank;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_split(comm, watch->bell->node_rank == 0 ? 0 : MPI_UNDEFINED, 0, &firsts);
    if (firsts == MPI_COMM_NULL)
        return;
    trp_tether_open(&watch->tether, firsts, rank);
    MPI_Comm_free(&firsts);
}

void trp_watch_begin(struct trp_watch *watch, struct trp_doorbell *bell, MPI_Comm comm,
                     trp_wire_died *died)
{
    *watch = (struct trp_watch){.bell = bell, .died = died, .pidfd = -1, .oom = -1, .stop = -1};
    watch->tether.listener = watch->tether.line = -1;
    trp_together_meet(bell->node);
    if (bell->node_ranks > 1)
        find_mate(watch);
    if (!bell->covers_all)
        find_next_node(watch, comm);
    watch->stop = eventfd(0, EFD_CLOEXEC);
    watch->on = watch->stop >= 0 && !pthread_create(&watch->thread, NULL, look_out, watch);
    if (!watch->on || (bell->node_ranks > 1 && watch->pidfd < 0))
        trp_log(TRP_LOG_INFO, "the death of other ranks will be noticed by the launcher only");
}

void trp_watch_end(struct trp_watch *watch)
{
    const uint64_t one = 1;
    if (!watch->on)
        return;
    watch->on = false; /* a signal ends the process by itself from now on */
    if (write(watch->stop, &one, sizeof one) == sizeof one)
        pthread_join(watch->thread, NULL);
    trp_tether_close(&watch->tether, true);
    close(watch->stop);
    if (watch->pidfd >= 0)
        close(watch->pidfd);
    if (watch->oom >= 0)
        close(watch->oom);
}
