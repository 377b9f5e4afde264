/*
 * Sleeping on a word and waking who sleeps there: Linux futexes, in shared memory or within one
 * process alike (the shared kind serves both).
 */
#ifndef TRP_FUTEX_H
#define TRP_FUTEX_H

#include <stdint.h>

/* Sleeps while *word == value, for at most `seconds` (negative: no limit). May return early. */
void trp_futex_wait(uint32_t *word, uint32_t value, double seconds);

void trp_futex_wake(uint32_t *word);

#endif
