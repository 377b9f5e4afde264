/*
 * One waits for a word of another, asleep or awake.
 */
#ifndef RAW_FUTEX_H
#define RAW_FUTEX_H

#include <linux/futex.h>
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* how: 0, or FUTEX_PRIVATE_FLAG between threads of one process */
static inline void raw_futex_wake(uint32_t *word, uint32_t value, int how)
{
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, word, FUTEX_WAKE | how, 1, NULL, NULL, 0);
}

static inline void raw_futex_sleep_until(uint32_t *word, uint32_t value, int how)
{
    uint32_t seen;
    while ((seen = __atomic_load_n(word, __ATOMIC_SEQ_CST)) != value)
        syscall(SYS_futex, word, FUTEX_WAIT | how, seen, NULL, NULL, 0);
}

#endif
