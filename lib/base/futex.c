#include "base/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LONGEST 1e9 /* seconds; more may not fit, and nobody will see them */

void trp_futex_wait(uint32_t *word, uint32_t value, double seconds)
{
    if (seconds > LONGEST)
        seconds = LONGEST;
    struct timespec limit = {.tv_sec = (time_t)seconds};
    limit.tv_nsec = (long)(1e9 * (seconds - (double)limit.tv_sec));
    syscall(SYS_futex, word, FUTEX_WAIT, value, seconds < 0 ? NULL : &limit, NULL, 0);
}

void trp_futex_wake(uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, 1 << 30, NULL, NULL, 0);
}
