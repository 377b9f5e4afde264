/*
 * The page, and the page with the data of a moment in it: a report, which opens from a file.
 */
#ifndef TRP_REPORT_H
#define TRP_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* page.html as it is served at "/"; no zero ends it. */
extern const char trp_page[], trp_page_end[];

/* The policy that goes into the header beside it; from malloc, NULL without memory. */
char *trp_page_policy(void);

/* The page with `data` in it; from malloc, NULL without memory. `data` has the answers of the API
   by their paths ("/v1/actors": {"actors": […]}), integers beyond 2^53 as strings. */
char *trp_report_text(json_t *data, size_t *bytes);

/* Writes that to a file that only its owner may read; false after saying why not. */
bool trp_report_write(const char *path, json_t *data);

#endif
