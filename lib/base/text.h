/*
 * Putting a line together, where snprintf would take longer than what the line is about. What does
 * not fit is left out; a zero ends it always.
 */
#ifndef TRP_TEXT_H
#define TRP_TEXT_H

#include <stdint.h>

struct trp_text {
    char *at, *last; /* where the next character goes, and the room's last one, for the zero */
};

static inline void trp_text_put(struct trp_text *text, const char *what)
{
    while (*what && text->at < text->last)
        *text->at++ = *what++;
    *text->at = 0;
}

static inline void trp_text_put_number(struct trp_text *text, uint64_t number)
{
    char digits[21], *at = digits + sizeof digits - 1;
    *at = 0;
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    trp_text_put(text, at);
}

#endif
