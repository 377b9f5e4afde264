/*
 * Bytes as text: base64 of RFC 4648, with padding.
 */
#ifndef TRP_BASE64_H
#define TRP_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* From malloc, with its NUL; NULL when memory is short. */
char *trp_base64_of(const void *bytes, size_t size);

/* Into `bytes`, which has room for as many. False: it is no base64. The padding may be left out. */
bool trp_base64_read(const char *text, size_t length, void *bytes, size_t *size);

#endif
